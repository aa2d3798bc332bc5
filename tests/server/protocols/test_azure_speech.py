"""What Azure Speech's addresses do beside what the SDKs see, which is in tests/vendors."""

import asyncio
from typing import Any

import pytest
from starlette.routing import Match

from vivavoce.core.commands import Options
from vivavoce.core.errors import BadAudio, BadMessage, NotFound, VivavoceError
from vivavoce.core.events import Ended, Final, Numbered
from vivavoce.core.types import Brief
from vivavoce.dialects.azure_speech import AzureSpeechDialect
from vivavoce.dialects.azure_speech_messages import parse
from vivavoce.dialects.azure_speech_turn import Promises
from vivavoce.dialects.base import Ready, Wire
from vivavoce.live.engines import Engines
from vivavoce.server.line import LineLost
from vivavoce.server.protocols.azure_speech import PATHS, REASON, AzureConnection, promises, routes
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio

CONTEXT = "Path:speech.context\r\nX-RequestId:1\r\n\r\n{}"


def audio(body: bytes = b"", media: str = "audio/ogg") -> bytes:
    head = f"Path:audio\r\nX-RequestId:1\r\nContent-Type:{media}\r\n".encode()
    return len(head).to_bytes(2, "big") + head + body


class Sdk:
    """Says these messages, and notes what it is told and how it ends."""

    def __init__(self, *says: Wire) -> None:
        self._says = list(says)
        self.heard: list[str] = []
        self.closed: tuple[int, str] | None = None

    async def hear(self) -> Wire:
        if not self._says:
            await asyncio.Event().wait()
        return self._says.pop(0)

    async def say(self, wire: Wire) -> None:
        self.heard.append(parse(wire).path)

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)
        raise LineLost


async def end(parts: Services, *says: Wire, error: VivavoceError | None = None) -> tuple[int, str]:
    """The close that these messages lead to. `error`: what the engines say to every wish."""

    def ask(_options: Options) -> Promises:
        if error is not None:
            raise error
        return Promises()

    sdk = Sdk(*says)
    await AzureConnection(
        sdk, AzureSpeechDialect("5eed", lambda: 0.0, ask=ask), parts.hub, "local"
    ).run()
    assert sdk.closed is not None
    return sdk.closed


# --- how a connection ends


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (["Path:audio"], "audio came without an X-RequestId."),
        ([b"\xff\xff"], "A binary message of 2 bytes has headers up to byte 65537."),
        ([bytes((1 << 20) + 1)], "A message of 1048577 bytes came; 1048576 is the most."),
    ],
)
async def test_what_is_wrong_is_the_reason_of_the_close(
    parts: Services, says: list[Wire], sentence: str
) -> None:
    assert await end(parts, *says) == (1007, sentence)


async def test_a_long_sentence_is_cut_between_two_letters(parts: Services) -> None:
    code, reason = await end(parts, CONTEXT, error=NotFound("x" + "ü" * REASON))
    assert code == 1007
    assert reason == "x" + "ü" * ((REASON - 1) // 2)


async def test_audio_that_cannot_be_read_ends_the_connection(parts: Services) -> None:
    says = (CONTEXT, audio(b"%PDF-1.7 not a sound" * 100), audio())
    code, reason = await end(parts, *says)
    assert code == 1007
    assert "is not audio" in reason


async def test_a_full_server_may_be_asked_again(
    parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.hub, "max_sessions", 0)
    code, reason = await end(parts, CONTEXT, audio(b"OggS"))
    assert code == 1013
    assert reason.startswith("This server has as many live sessions as it can serve")


async def test_a_phrase_that_waits_for_its_times_is_told_before_a_failure(
    parts: Services,
) -> None:
    detailed = CONTEXT.replace("{}", '{"phraseOutput": {"format": "detailed"}}')
    dialect = AzureSpeechDialect("5eed", lambda: 0.0, ask=lambda _options: Promises(words=True))
    for message in (detailed, audio(b"OggS")):
        dialect.receive(message)
    sdk = Sdk()
    connection = AzureConnection(sdk, dialect, parts.hub, "local")
    final = Final(id="u1", start=0, end=16_000, text="Last words.", engine="e", model="m")
    ended = Ended(reason=BadAudio.code, duration=32_000)
    await connection._send(Ready("s", "token", 1, 0))
    await connection._send(Numbered(1, 1, final))
    assert sdk.heard == []
    with pytest.raises(BadAudio):
        await connection._send(Numbered(2, 1, ended))
    assert sdk.heard == ["speech.phrase"]


# --- what the engines promise


@pytest.fixture
def engines() -> Engines:
    """The server's own, which need not run."""
    return Engines(["moonshine"], 1)


async def test_the_embedded_engine_has_its_words_timed(engines: Engines) -> None:
    known = Promises(words=True, speakers=False, language="en")
    assert promises(engines, Options(language="en-US")) == known
    assert promises(engines, Options(brief=Brief(languages=("de-DE", "en-GB")))) == known


async def test_where_there_is_no_aligner_there_are_no_words(engines: Engines) -> None:
    engines.aligner = None
    assert not promises(engines, Options(language="en-US")).words


async def test_an_engine_that_times_them_itself_is_not_waited_for(parts: Services) -> None:
    assert promises(parts.engines, Options(language="de-DE")) == Promises()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (Options(language="de-DE"), "understands en, not de-DE"),
        (Options(brief=Brief(languages=("de-DE", "fr-FR"))), "understands en, not de-DE"),
        (Options(brief=Brief(translate_to=("de",))), "does not translate, so there is no de"),
    ],
)
async def test_what_there_cannot_be_is_refused(
    engines: Engines, options: Options, sentence: str
) -> None:
    with pytest.raises(BadMessage, match=sentence):
        promises(engines, options)


# --- who is served where


def scope(path: str, **changes: Any) -> dict[str, Any]:
    kind = {"type": "websocket", "path": path, "root_path": "", "path_params": {}}
    return {**kind, "headers": [], "query_string": b"", "subprotocols": [], **changes}


def served(scope: dict[str, Any]) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in routes())


SDKS: list[dict[str, Any]] = [
    {"subprotocols": ["USP"]},
    {"headers": [(b"x-connectionid", b"0A1B")]},
    {"query_string": b"language=en-US&X-ConnectionId=0A1B"},
]


@pytest.mark.parametrize("sdk", SDKS)
async def test_an_sdk_is_answered_at_any_address(sdk: dict[str, Any]) -> None:
    assert all(served(scope(path, **sdk)) for path in (*PATHS, "/", "/any/path"))


async def test_others_are_at_its_own_alone() -> None:
    assert all(served(scope(path)) for path in PATHS)
    assert not any(served(scope(path)) for path in ("/", "/any/path", "/v1/listen"))
    assert not served(scope("/", type="http", method="GET"))
