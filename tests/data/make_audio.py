"""Made the small audio files in this folder from one LJSpeech clip (public domain).

    python tests/data/make_audio.py ../shared/speech/ljspeech/LJ001-0002.wav

They are kept, not made anew for every run: encoders differ from build to build.
"""

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

HERE = Path(__file__).parent
FIRST = {"movflags": "faststart"}
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "400000"}


def clip(path: Path) -> Iterator[AudioFrame]:
    with av.open(str(path)) as source:
        yield from source.decode(audio=0)


def grey(at: int) -> av.VideoFrame:
    """A picture for the moment `at` tenths of a second."""
    frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 12 * at, np.uint8))
    frame.pts, frame.time_base = at, Fraction(1, 10)
    return frame


def encode(
    source: Path,
    name: str,
    codec: str,
    rate: int,
    layout: str = "mono",
    *,
    container: str | None = None,
    options: dict[str, str] | None = None,
    bit_rate: int | None = None,
    video: bool = False,
) -> None:
    with av.open(str(HERE / name), "w", format=container, options=options or {}) as out:
        picture = out.add_stream("libx264", rate=10) if video else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        sound = out.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(sound, AudioStream)
        if bit_rate:
            sound.bit_rate = bit_rate
        if picture is not None:
            for at in range(20):
                out.mux(picture.encode(grey(at)))
            out.mux(picture.encode(None))
        size = sound.codec_context.frame_size or None
        resampler = av.AudioResampler(sound.codec_context.format, layout, rate, size)
        for frame in [*clip(source), None]:
            for piece in resampler.resample(frame):
                out.mux(sound.encode(piece))
        out.mux(sound.encode(None))


def silent_film(name: str) -> None:
    with av.open(str(HERE / name), "w") as out:
        picture = out.add_stream("libx264", rate=10)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        for at in range(3):
            out.mux(picture.encode(grey(at)))
        out.mux(picture.encode(None))


def join(name: str, *parts: str, keep: int | None = None) -> None:
    data = b"".join((HERE / part).read_bytes() for part in parts)
    (HERE / name).write_bytes(data[:keep])


def main(source: Path) -> None:
    encode(source, "reference.flac", "flac", 22_050)
    encode(source, "plain.mp3", "libmp3lame", 22_050, bit_rate=32_000)
    encode(source, "stereo_44k.mp3", "libmp3lame", 44_100, "stereo", bit_rate=64_000)
    join("rate_and_channels_change.mp3", "plain.mp3", "stereo_44k.mp3")
    (HERE / "stereo_44k.mp3").unlink()
    size = (HERE / "plain.mp3").stat().st_size
    join("truncated.mp3", "plain.mp3", keep=size // 2 + 33)
    encode(source, "index_at_the_end.m4a", "aac", 44_100, bit_rate=48_000)
    encode(source, "index_first.m4a", "aac", 44_100, options=FIRST, bit_rate=48_000)
    encode(source, "fragmented.mp4", "aac", 48_000, options=FRAGMENTED, bit_rate=48_000)
    encode(source, "opus.ogg", "libopus", 48_000, bit_rate=24_000)
    encode(source, "opus_stereo.webm", "libopus", 48_000, "stereo", bit_rate=32_000)
    encode(source, "96k_stereo.flac", "flac", 96_000, "stereo")
    encode(source, "adts.aac", "aac", 44_100, container="adts", bit_rate=48_000)
    encode(source, "8k.amr", "libopencore_amrnb", 8_000, bit_rate=12_200)
    encode(source, "8k_mulaw.wav", "pcm_mulaw", 8_000)
    encode(source, "8k_alaw.wav", "pcm_alaw", 8_000)
    encode(source, "big_endian.aiff", "pcm_s16be", 16_000)
    encode(source, "video_with_sound.mp4", "aac", 44_100, bit_rate=48_000, video=True)
    silent_film("video_without_sound.mp4")
    join("index_missing.m4a", "index_at_the_end.m4a", keep=8_000)
    (HERE / "text_named.wav").write_text("This is no sound, whatever its name says.\n" * 20)
    (HERE / "empty.wav").write_bytes(b"")
    header = (HERE / "8k_mulaw.wav").read_bytes()
    data = header.index(b"data")
    (HERE / "no_samples.wav").write_bytes(header[: data + 4] + bytes(4))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
