"""The engine that streams by itself, with a real model."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vivavoce.core.errors import EngineError
from vivavoce.core.results import Heard
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm, StreamOptions
from vivavoce.engines.fake import silence
from vivavoce.engines.vosk.engine import GRAIN, Vosk, VoskStream, language_of
from vivavoce.plugins import available
from vivavoce.testing.engines import NativeContract, check_grammar, decided, pieces, said
from vivavoce.testing.local import hear, open_local
from vivavoce.testing.words import word_error_rate


@pytest.fixture(scope="module")
def vosk(vosk_small_en: Path) -> Vosk:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIVAVOCE_VOSK_MODEL", str(vosk_small_en))
        engine = Vosk()
    engine.load()
    return engine


@pytest.fixture(scope="module")
def speech_twice(clip: Pcm) -> Pcm:
    """The same sentence twice, with a pause that Vosk takes for an end."""
    return np.concatenate([silence(0.5), clip, silence(1.5), clip, silence(1)])


class TestVosk(NativeContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, vosk: Vosk) -> Vosk:
        return vosk

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls, clip: Pcm) -> Pcm:
        return np.concatenate([silence(0.5), clip, silence(1)])


@pytest.mark.anyio
async def test_words_have_times_and_probabilities(vosk: Vosk, speech_twice: Pcm) -> None:
    results = await hear(open_local(vosk), pieces(speech_twice, 1600))

    first, second = decided(results)
    assert first.text == second.text == "in being comparatively modern"
    assert (first.language, first.model) == ("en", "vosk-small-en")
    assert [w.text for w in first.words] == first.text.split()
    assert first.start == first.words[0].start
    assert first.end == first.words[-1].end
    assert abs(first.start - SAMPLE_RATE // 2) < SAMPLE_RATE // 4
    assert all(w.confidence is not None and w.confidence > 0.3 for w in first.words)
    assert first.confidence is not None
    assert len(first.chances) == 4
    assert [h for h in results if isinstance(h, Heard) and h.stable]


@pytest.mark.anyio
async def test_a_stream_goes_on_after_a_flush_in_mid_word(vosk: Vosk, speech_twice: Pcm) -> None:
    stream = vosk.open(StreamOptions())
    cut = len(speech_twice) // 4 + 7
    results = [*stream.feed(speech_twice[:cut]), *stream.flush()]
    results += [*stream.feed(speech_twice[cut:]), *stream.flush()]
    stream.close()

    check_grammar(results, len(speech_twice))
    assert decided(results)[-1].text == "in being comparatively modern"
    whole = decided(await hear(open_local(vosk), [speech_twice]))
    assert abs(decided(results)[-1].end - whole[-1].end) < SAMPLE_RATE // 10


class Told:
    """A recogniser that says what it is told to, in place of Vosk's."""

    def __init__(self, partial: str, result: str) -> None:
        self._partial, self._result = partial, result

    def AcceptWaveform(self, data: bytes) -> int:  # noqa: N802
        return 0

    def PartialResult(self) -> str:  # noqa: N802
        return self._partial

    def FinalResult(self) -> str:  # noqa: N802
        return self._result


def test_what_was_shown_and_turns_out_to_be_nothing_is_decided_as_nothing() -> None:
    word = '{"word": "huh", "start": 0.1, "end": 0.2, "conf": 0.3}'
    partial = f'{{"partial": "huh", "partial_result": [{word}]}}'
    stream = VoskStream(Told(partial, '{"text": ""}'), "m", "en", StreamOptions())

    results = [*stream.feed(silence(1)), *stream.flush()]
    check_grammar(results, SAMPLE_RATE)
    (nothing,) = decided(results)
    assert (nothing.text, nothing.words, nothing.confidence) == ("", (), None)


def test_times_stay_within_what_was_fed_and_after_what_is_decided() -> None:
    word = '{"word": "oh", "start": 0.0, "end": 99.0, "conf": 1.00001}'
    stream = VoskStream(
        Told('{"partial": ""}', f'{{"result": [{word}]}}'), "m", None, StreamOptions()
    )

    results = []
    for _ in range(2):
        results += [*stream.feed(silence(0.1)), *stream.flush()]
    check_grammar(results, 2 * GRAIN)
    assert [(d.start, d.end) for d in decided(results)] == [(0, GRAIN), (GRAIN, 2 * GRAIN)]


@pytest.mark.parametrize(
    ("model", "language"),
    [
        ("vosk-model-small-en-us-0.15", "en"),
        ("vosk-model-de-0.21", "de"),
        ("vosk-model-small-cn-0.22", "zh"),
        ("vosk-model-el-gr-0.7", "el"),
        ("vosk-small-en", "en"),
        ("model-fr", "fr"),
        ("model", None),
        ("my-model", None),
        ("vosk-model-spk-0.4", None),
    ],
)
def test_the_name_of_a_model_tells_its_language(model: str, language: str | None) -> None:
    assert language_of(model) == language


def test_a_model_of_an_unknown_language_takes_any(
    vosk_small_en: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_").symlink_to(vosk_small_en)
    monkeypatch.setenv("VIVAVOCE_VOSK_MODEL", str(tmp_path / "mine_"))
    assert Vosk().capabilities.languages == ("*",)


def test_it_says_what_to_set_where_no_model_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIVAVOCE_VOSK_MODEL", raising=False)
    (found,) = (each for each in available() if each.name == "vosk")
    assert found.installed
    assert "`vivavoce models pull vosk:small-en-us-0.15` gets one" in found.hint

    monkeypatch.setenv("VIVAVOCE_VOSK_MODEL", str(tmp_path))
    with pytest.raises(EngineError, match=r"not the folder of a Vosk model: there is no final"):
        Vosk().load()


def test_a_broken_model_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "final.mdl").write_bytes(b"nonsense")
    monkeypatch.setenv("VIVAVOCE_VOSK_MODEL", str(tmp_path))
    with pytest.raises(EngineError, match="Vosk cannot read the model in "):
        Vosk().load()


@pytest.mark.speech
def test_it_makes_no_more_mistakes_than_this_model_should(
    vosk: Vosk, speech: Path, read: Callable[[Path], Pcm]
) -> None:
    """24 % of the words of all test-other clips."""
    with (speech / "manifest.tsv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if "test-other/1688" in r["path"]]
    heard = []
    for row in rows:
        stream = vosk.open(StreamOptions())
        heard.append(said([*stream.feed(read(speech / row["path"])), *stream.flush()]))
    assert word_error_rate([row["transcript"] for row in rows], heard) < 0.35
