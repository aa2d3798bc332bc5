"""Speech in any format, encoded here and now by the FFmpeg that comes with PyAV."""

import io
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
import soxr
from av.audio.stream import AudioStream

from vivavoce.audio.pcm import Mono


class Shape(NamedTuple):
    """A container, the codec in it, and how the sound is sampled."""

    container: str
    codec: str
    rate: int = 48_000
    layout: str = "mono"
    video: bool = False


def encode(pcm: Mono, shape: Shape) -> bytes:
    """16 kHz mono samples as a file of this shape; every channel says the same."""
    sound = soxr.resample(pcm, 16_000, shape.rate).astype(np.float32)
    file = io.BytesIO()
    with av.open(file, "w", format=shape.container) as out:
        picture = out.add_stream("mpeg4", rate=10) if shape.video else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        stream = out.add_stream(shape.codec, rate=shape.rate, layout=shape.layout)
        assert isinstance(stream, AudioStream)
        if picture is not None:
            for at in range(len(pcm) // 1600):
                frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), at, np.uint8))
                frame.pts, frame.time_base = at, Fraction(1, 10)
                out.mux(picture.encode(frame))
            out.mux(picture.encode(None))
        channels = np.repeat(sound, stream.layout.nb_channels)[None]  # interleaved
        whole = av.AudioFrame.from_ndarray(channels, "flt", shape.layout)
        whole.rate, whole.pts = shape.rate, 0
        size = stream.codec_context.frame_size or None
        convert = av.AudioResampler(stream.codec_context.format, shape.layout, shape.rate, size)
        for piece in [*convert.resample(whole), *convert.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return file.getvalue()
