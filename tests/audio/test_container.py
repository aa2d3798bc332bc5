"""Containers of every kind, finished, growing, broken; and the process that decodes them."""

from collections.abc import Awaitable, Callable, Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio.pcm import Mono
from vivavoce.audio.source import Growth
from vivavoce.audio.wav import wav_header
from vivavoce.core.errors import BadAudio
from vivavoce.core.types import AudioFormat

pytestmark = pytest.mark.anyio

Read = Callable[..., Awaitable[Mono]]
Grow = Callable[[Path, Iterable[bytes]], Growth]
Alike = Callable[[Mono, Mono], float]

CONTAINER = AudioFormat("container")
WHOLE = [
    "reference.flac",
    "plain.mp3",
    "index_at_the_end.m4a",
    "index_first.m4a",
    "fragmented.mp4",
    "opus.ogg",
    "opus_stereo.webm",
    "96k_stereo.flac",
    "adts.aac",
    "8k.amr",
    "8k_mulaw.wav",
    "8k_alaw.wav",
    "big_endian.aiff",
    "video_with_sound.mp4",
]


@pytest.mark.parametrize("name", WHOLE)
async def test_every_container_gives_the_clip(
    name: str, clip: Mono, data: Path, read: Read, alike: Alike
) -> None:
    samples = await read(data / name, CONTAINER)
    assert abs(len(samples) - len(clip)) < 1_600  # codecs pad by up to 0.1 s
    assert alike(samples, clip) > (0.85 if name.startswith("8k") else 0.97)


@pytest.mark.parametrize("channels", [2, 8])
async def test_channels_are_averaged(
    channels: int, clip: Mono, read: Read, alike: Alike, tmp_path: Path
) -> None:
    path = tmp_path / "channels.wav"
    frames = np.outer(clip, np.linspace(0, 1, channels)).astype("<f4").tobytes()
    format = AudioFormat("pcm_f32le", 16_000, channels)
    path.write_bytes(wav_header(format, len(frames)) + frames)
    samples = await read(path, CONTAINER)
    assert np.allclose(samples, clip / 2, atol=1e-6)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 100, 2_000_000_000])
async def test_a_wav_whose_writer_did_not_know_the_size(
    size: int, data: Path, read: Read, tmp_path: Path
) -> None:
    wav = bytearray((data / "8k_mulaw.wav").read_bytes())
    at = wav.index(b"data") + 4
    del wav[at + 4 + int.from_bytes(wav[at : at + 4], "little") :]  # a byte of padding
    wav[at : at + 4] = size.to_bytes(4, "little")
    wav[4:8] = min(size, 0xFFFFFFFF).to_bytes(4, "little")
    path = tmp_path / "wrong_size.wav"
    path.write_bytes(wav)
    samples = await read(path, CONTAINER)
    whole = await read(data / "8k_mulaw.wav", CONTAINER)
    assert len(samples) == (200 if size == 100 else len(whole))


async def test_rate_and_channels_may_change_in_the_middle(
    clip: Mono, data: Path, read: Read, alike: Alike
) -> None:
    samples = await read(data / "rate_and_channels_change.mp3", CONTAINER)
    first, second = samples[: len(samples) // 2], samples[len(samples) // 2 :]
    assert alike(first, clip) > 0.97
    assert alike(second, clip) > 0.97


async def test_no_samples_are_no_error(data: Path, read: Read) -> None:
    assert len(await read(data / "no_samples.wav", CONTAINER)) == 0


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("empty.wav", "empty.wav is empty."),
        ("text_named.wav", "text_named.wav is not audio: it looks like text."),
        ("video_without_sound.mp4", "video_without_sound.mp4 has no sound track."),
        ("index_missing.m4a", "index_missing.m4a begins like mp4, but is damaged or cut off."),
    ],
)
async def test_what_is_no_audio_is_refused_in_a_sentence(
    name: str, says: str, data: Path, read: Read
) -> None:
    with pytest.raises(BadAudio) as refused:
        await read(data / name, CONTAINER)
    assert refused.value.message == says


async def test_noise_is_refused(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "noise.bin"
    path.write_bytes(bytes(1_000) + np.random.default_rng(0).bytes(5_000))
    with pytest.raises(BadAudio, match=r"^noise\.bin is not audio or video of a kind"):
        await read(path, CONTAINER)


@pytest.mark.parametrize("name", ["plain.mp3", "opus_stereo.webm", "index_first.m4a", "opus.ogg"])
async def test_a_file_that_is_cut_off_gives_what_is_there(
    name: str, data: Path, read: Read, tmp_path: Path
) -> None:
    whole = await read(data / name, CONTAINER)
    path = tmp_path / name
    content = (data / name).read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    part = await read(path, CONTAINER)
    assert 0.4 * len(whole) < len(part) < 0.8 * len(whole)
    same = len(part) - 1_600  # the resampler and codec end a little differently
    assert np.allclose(part[:same], whole[:same], atol=1e-4)


async def test_a_truncated_mp3_gives_its_beginning(
    clip: Mono, data: Path, read: Read, alike: Alike
) -> None:
    samples = await read(data / "truncated.mp3", CONTAINER)
    assert 13_000 < len(samples) < 16_000
    assert alike(samples, clip[: len(samples)]) > 0.97


@pytest.mark.parametrize("name", ["plain.mp3", "opus_stereo.webm", "opus.ogg"])
async def test_damage_in_the_middle_costs_only_what_is_damaged(
    name: str, clip: Mono, data: Path, read: Read, tmp_path: Path
) -> None:
    content = bytearray((data / name).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 60] = np.random.default_rng(1).bytes(60)
    path = tmp_path / name
    path.write_bytes(content)
    samples = await read(path, CONTAINER)
    assert len(samples) > 0.4 * len(clip)


async def test_a_sound_track_of_garbage_is_refused(data: Path, read: Read, tmp_path: Path) -> None:
    content = bytearray((data / "index_first.m4a").read_bytes())
    at = content.index(b"mdat") + 4
    content[at:] = b"\xff" * (len(content) - at)
    path = tmp_path / "garbage.m4a"
    path.write_bytes(content)
    with pytest.raises(BadAudio, match=r"^garbage\.m4a holds no sound that can be decoded"):
        await read(path, CONTAINER)


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=2)
@given(data_=st.data())
async def test_however_a_file_grows_the_bits_are_the_same(
    name: str,
    data_: st.DataObject,
    data: Path,
    read: Read,
    growing: Grow,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    content = (data / name).read_bytes()
    cuts = data_.draw(st.lists(st.integers(0, len(content)), max_size=40))
    edges = [0, *sorted(cuts), len(content)]
    path = tmp_path_factory.mktemp("grow") / name
    growth = growing(path, [content[a:b] for a, b in pairwise(edges)])
    grown = await read(path, CONTAINER, growth)
    assert grown.tobytes() == (await read(data / name, CONTAINER)).tobytes()
