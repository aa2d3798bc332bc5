"""Silero's detector on its grid of 512 samples."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio.pcm import Mono
from vivavoce.audio.vad import WINDOW, Vad


def test_speech_is_speech_and_silence_is_not(clip: Mono) -> None:
    silence = np.zeros(16_000, np.float32)
    speech = Vad().open().feed(np.concatenate([silence, clip, silence]))
    inside = speech[16_000 // WINDOW + 5 : (16_000 + len(clip)) // WINDOW - 5]
    assert speech[: 16_000 // WINDOW - 2].max() < 0.2
    assert np.median(inside) > 0.9
    assert speech[-10:].max() < 0.2


def test_noise_is_not_speech() -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, 32_000).astype(np.float32)
    assert np.median(Vad().open().feed(noise)) < 0.3


def test_pending_counts_what_is_not_judged() -> None:
    stream = Vad().open()
    assert stream.feed(np.zeros(511, np.float32)).shape == (0,)
    assert stream.pending == 511
    assert stream.feed(np.zeros(2, np.float32)).shape == (1,)
    assert stream.pending == 1


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 30_000), max_size=40))
def test_any_split_gives_the_same_bits(clip: Mono, cuts: list[int]) -> None:
    whole = Vad().open().feed(clip)
    stream = Vad().open()
    pieces = [stream.feed(piece) for piece in np.split(clip, sorted(cuts))]
    assert len(whole) == len(clip) // WINDOW
    assert np.concatenate(pieces).tobytes() == whole.tobytes()


def test_streams_do_not_hear_each_other(clip: Mono) -> None:
    vad = Vad()
    one, other = vad.open(), vad.open()
    heard = np.concatenate([one.feed(clip[:8_000]), other.feed(clip)[:0], one.feed(clip[8_000:])])
    assert heard.tobytes() == vad.open().feed(clip).tobytes()
    assert other.feed(np.zeros(0, np.float32)).shape == (0,)


def test_a_buffer_reused_by_the_caller_is_not_kept(clip: Mono) -> None:
    buffer, stream = np.empty(700, np.float32), Vad().open()
    pieces = []
    for start in range(0, 14_000, 700):
        buffer[:] = clip[start : start + 700]
        pieces.append(stream.feed(buffer))
    assert np.concatenate(pieces).tobytes() == Vad().open().feed(clip[:14_000]).tobytes()


@pytest.mark.speech
def test_it_agrees_with_the_graph_run_in_one_go(speech: Path) -> None:
    """The context of 64 samples and the state are carried as the model was trained."""
    import av
    import onnxruntime as ort

    with av.open(str(speech / "ljspeech" / "LJ001-0001.wav")) as file:
        resampler = av.AudioResampler("flt", "mono", 16_000)
        frames = [f for frame in file.decode(audio=0) for f in resampler.resample(frame)]
    pcm = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    rows = len(pcm) // WINDOW
    padded = np.concatenate([np.zeros(64, np.float32), pcm])
    windows = np.stack([padded[i * WINDOW :][: 64 + WINDOW] for i in range(rows)])
    model = Path(__file__).parents[2] / "src" / "vivavoce" / "audio" / "silero_vad.onnx"
    state = np.zeros((1, 1, 128), np.float32)
    graph = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    expected = graph.run(None, {"input": windows, "h": state, "c": state})[0]
    assert np.allclose(Vad().open().feed(pcm), expected, atol=1e-4)
