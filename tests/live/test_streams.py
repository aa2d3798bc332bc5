"""What kind of stream an engine gets, and what a session may choose."""

import pytest

from vivavoce.core.commands import Configure, Options
from vivavoce.core.errors import BadMessage
from vivavoce.engines.base import StreamOptions
from vivavoce.engines.fake import Scripted
from vivavoce.engines.moonshine.engine import Moonshine
from vivavoce.engines.native import NativeEngineStream
from vivavoce.engines.windowed import WindowedStream, rewound
from vivavoce.live.streams import check_language, configured, open_stream, stream_options
from vivavoce.testing.local import LocalHosts


@pytest.mark.anyio
async def test_the_kind_of_engine_makes_the_kind_of_stream() -> None:
    options = StreamOptions()
    for name, kind in (("scripted", WindowedStream), ("scripted-native", NativeEngineStream)):
        stream, base = await open_stream(LocalHosts(name), options, 5_000_001)
        assert base == (5_000_001 if kind is NativeEngineStream else rewound(5_000_001))
        assert isinstance(stream, kind)
        assert stream.capabilities.name == name
        await stream.close()


@pytest.mark.parametrize("language", [None, "en", "EN", "en-GB"])
def test_a_language_that_is_understood(language: str | None) -> None:
    check_language(Moonshine.capabilities, language)


def test_an_engine_for_any_language_takes_any() -> None:
    check_language(Scripted.capabilities, "tlh")


def test_a_language_that_is_not_understood_is_refused() -> None:
    with pytest.raises(BadMessage, match="moonshine-tiny-en understands en, not de-DE"):
        check_language(Moonshine.capabilities, "de-DE")


def test_what_is_not_chosen_is_the_servers_setting() -> None:
    defaults = StreamOptions(language="en", endpoint=7, max_utterance=8, interim_every=9)
    assert stream_options(Options(), defaults) == defaults
    chosen = Options(language="de", interims=False, endpoint_ms=100, max_utterance_ms=2000)
    assert stream_options(chosen, defaults) == StreamOptions(
        language="de", interims=False, endpoint=1600, max_utterance=32000, interim_every=9
    )


def test_a_session_may_choose_how_patient_it_is() -> None:
    defaults = StreamOptions(endpoint=8000)
    for options, endpoint in (
        (Options(endpointing="dictation"), 4800),
        (Options(endpointing="conversation"), 14_400),
        (Options(endpointing="conversation", endpoint_ms=200), 3200),
        (Options(interims=False), 16_000),
        (Options(interims=False, endpoint_ms=200), 3200),
    ):
        assert stream_options(options, defaults).endpoint == endpoint


def test_a_change_leaves_the_rest_as_it_was() -> None:
    options = StreamOptions(language="en", interims=False, endpoint=7, max_utterance=8)
    assert configured(options, Configure()) == options
    assert configured(options, Configure(language="de", endpoint_ms=1)) == StreamOptions(
        language="de", interims=False, endpoint=16, max_utterance=8
    )
