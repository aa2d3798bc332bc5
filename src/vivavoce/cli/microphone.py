"""Microphones, and what stands in for one: a file played at speaking pace."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.errors import OurError
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.paths import readable

BLOCK = 0.1  # seconds
AHEAD = 600  # blocks that may wait for whoever takes them: a minute

INSTALL = {
    "linux": "install it with `apt install libportaudio2`, `dnf install portaudio` or the like",
    "darwin": "install it with `brew install portaudio`",
}


class MicrophoneError(OurError):
    """There is no microphone, or it cannot be used."""

    code: ClassVar[str] = "microphone"


@dataclass(frozen=True, slots=True)
class Microphone:
    """An input device."""

    index: int
    name: str
    rate: int  # samples per second, its own
    default: bool


def microphones() -> list[Microphone]:
    """Every input device. Raises `MicrophoneError` where none can be asked for."""
    sounddevice = _sounddevice()
    default = sounddevice.default.device[0]
    return [
        Microphone(
            device["index"],
            device["name"],
            round(device["default_samplerate"]),
            default == device["index"],
        )
        for device in sounddevice.query_devices()
        if device["max_input_channels"] > 0
    ]


@asynccontextmanager
async def recording(
    microphone: Microphone,
) -> AsyncIterator[tuple[AudioFormat, AsyncIterator[bytes]]]:
    """Record at the device's own rate: the format, and blocks as they come."""
    sounddevice = _sounddevice()
    loop = asyncio.get_running_loop()
    blocks: asyncio.Queue[bytes] = asyncio.Queue(AHEAD)

    overrun = asyncio.Event()

    def keep(block: bytes) -> None:
        if blocks.full():
            overrun.set()
        else:
            blocks.put_nowait(block)

    def heard(data: Any, _frames: int, _time: Any, _status: Any) -> None:
        loop.call_soon_threadsafe(keep, bytes(data))

    async def taken() -> AsyncIterator[bytes]:
        while not (overrun.is_set() and blocks.empty()):
            yield await blocks.get()
        raise MicrophoneError("What was said could not be passed on for a minute: recording ended.")

    try:
        stream = sounddevice.RawInputStream(
            device=microphone.index,
            samplerate=microphone.rate,
            blocksize=round(microphone.rate * BLOCK),
            channels=1,
            dtype="int16",
            callback=heard,
        )
    except sounddevice.PortAudioError as error:
        raise MicrophoneError(f"{microphone.name} cannot be used: {error}.") from None
    with stream:
        yield AudioFormat(rate=microphone.rate), taken()


@asynccontextmanager
async def playing(path: str) -> AsyncIterator[tuple[AudioFormat, AsyncIterator[bytes]]]:
    """A file of any kind as if somebody said it: a tenth of a second every tenth of a second.

    Raises `NotFound`, and while it plays `BadAudio`.
    """
    file = readable(path)
    container = AudioFormat("container")

    async def played() -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        start, said = loop.time(), 0
        async with aclosing(read_audio(file, container, CompleteFile(file), name=file.name)) as pcm:
            async for samples in pcm:
                for at in range(0, len(samples), round(SAMPLE_RATE * BLOCK)):
                    block = samples[at : at + round(SAMPLE_RATE * BLOCK)]
                    said += len(block)
                    await asyncio.sleep(start + said / SAMPLE_RATE - loop.time())
                    yield (block * 32767).clip(-32768, 32767).astype("<i2").tobytes()

    yield AudioFormat(), played()


def _sounddevice() -> Any:
    try:
        import sounddevice
    except OSError:
        how = INSTALL.get(sys.platform, "install it, see www.portaudio.com")
        raise MicrophoneError(f"The PortAudio library is missing; {how}.") from None
    return sounddevice
