"""The decoder's own process: any container in, 16 kHz mono float32 out.

    python -P -m vivavoce.audio.decoder FILE

On stdin the parent says, a line each time, how many bytes of FILE may be read, and `end`
after the last: `4096`, `9000`, `9120 end`. Samples go to stdout, in the machine's byte
order. It opens no other file; the rest is in `confined.py`.
"""

import sys
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer

from vivavoce.audio.awaited import AwaitedFile, index_first
from vivavoce.audio.bounds import Processor
from vivavoce.audio.confined import Fault, run
from vivavoce.audio.frames import Output, frames
from vivavoce.audio.sniff import HEAD, sniff

_STREAMS = 100  # in one container

# Sound and video only: FFmpeg would also read playlists, which name other files to open.
_FORMATS = (
    "wav,w64,flac,mp3,ogg,matroska,webm,mov,mp4,aac,amr,aiff,au,caf,avi,flv,asf,"
    "mpeg,mpegts,ac3,eac3"
)
_OPTIONS = {
    "format_whitelist": _FORMATS,
    "protocol_whitelist": "",
    "max_streams": str(_STREAMS),
}

# These say all about their sound at once: give the first samples without reading seconds
# of it to make sure. (`max_size` is the bytes in a packet of a WAV.)
_PROMPT = {"wav", "mp3", "aac", "ogg", "webm", "matroska", "flac", "amr"}
_PROMPT_OPTIONS = {"analyzeduration": "100000", "max_probe_packets": "4", "max_size": "4096"}


def decode(file: AwaitedFile, out: BinaryIO) -> None:
    """Decode the first sound track to `out`. What is damaged or cut off is left out.

    Raises `Fault` if there is no sound track, if something is there and none of it can be
    decoded, or if it is longer than its bytes can be believed to be. A file with a sound track
    of no length writes nothing.
    """
    processor = Processor()
    with _open(file) as container:
        if not container.streams.audio:
            raise Fault("has no sound track")
        output = Output(out, lambda: file.furthest)
        damaged = False
        for frame in frames(container, container.streams.audio[0]):
            if frame is None:
                damaged = True
            else:
                output.take(frame)
                processor.renew()
        if damaged and not output.frames:
            raise Fault("holds no sound that can be decoded; it may be damaged or cut off")
        output.flush()


def _open(file: AwaitedFile) -> InputContainer:
    kind = sniff(file.peek(0, HEAD))
    name = kind.name if kind else None
    file.may_seek = name == "mp4" and not index_first(file)
    options = _OPTIONS | (_PROMPT_OPTIONS if name in _PROMPT else {})
    try:
        return av.open(file, "r", options=options, metadata_errors="replace", buffer_size=4096)
    except av.FFmpegError as error:
        if name is None:
            raise Fault("is not audio or video of a kind that is known here") from error
        raise Fault(f"begins like {name}, but is damaged or cut off") from error


def main() -> int:
    """Run the process; its exit status."""

    def decode_file(out: BinaryIO) -> None:
        with Path(sys.argv[1]).open("rb", buffering=0) as file:
            decode(AwaitedFile(file, sys.stdin.buffer, out.flush), out)

    return run(decode_file)


if __name__ == "__main__":
    sys.exit(main())
