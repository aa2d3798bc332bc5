"""Live captions in a window, of a microphone or of a WAV file. Needs pygame-ce.

usage: python caption_window.py [--server URL] [FILE.wav]      (Escape closes it)
"""

import argparse
import asyncio
import wave
from collections import deque
from collections.abc import AsyncIterator

import pygame

from vivavoce.client import Session, connect
from vivavoce.core.events import Final, Interim
from vivavoce.core.types import AudioFormat

SIZE = (900, 260)
LINES = 4
PAPER, INK, TAIL = (16, 18, 24), (240, 240, 235), (140, 145, 155)


class Captions:
    """The last lines that were decided, and the one that is being said."""

    def __init__(self) -> None:
        self.decided: deque[str] = deque(maxlen=LINES)
        self.stable = self.tail = ""

    async def follow(self, session: Session) -> None:
        async for event in session:
            if isinstance(event, Interim):
                self.stable, self.tail = event.stable, event.tail
            elif isinstance(event, Final):
                self.stable = self.tail = ""
                if event.text:
                    self.decided.append(event.text)

    def draw(self, screen: pygame.Surface, font: pygame.font.Font) -> None:
        """From the bottom up: the open line, and above it those before."""
        screen.fill(PAPER)
        width, bottom = screen.get_width() - 40, screen.get_height() - 20
        lines = [*((text, INK) for text in self.decided)]
        lines += [(self.stable + self.tail, TAIL if not self.stable else INK)]
        for text, colour in reversed(lines):
            image = font.render(text, True, colour, None, width)
            bottom -= image.get_height()
            screen.blit(image, (20, bottom))


async def microphone(format: AudioFormat) -> AsyncIterator[bytes]:
    import sounddevice  # it wants PortAudio, which a file does not

    loop, blocks = asyncio.get_running_loop(), asyncio.Queue[bytes]()

    def heard(data: bytes, *_: object) -> None:
        loop.call_soon_threadsafe(blocks.put_nowait, bytes(data))

    with sounddevice.RawInputStream(
        samplerate=format.rate, channels=1, dtype="int16", callback=heard
    ):
        while True:
            yield await blocks.get()


async def spoken(path: str) -> AsyncIterator[bytes]:
    """A file at the pace of speech."""
    with wave.open(path) as file:
        while pcm := file.readframes(file.getframerate() // 10):
            yield pcm
            await asyncio.sleep(0.1)


async def send(session: Session, blocks: AsyncIterator[bytes]) -> None:
    async for block in blocks:
        await session.send(block)
    await session.finish()


async def show(captions: Captions, following: "asyncio.Task[None]") -> None:
    """Until the window is closed, or the session is over."""
    screen = pygame.display.set_mode(SIZE, pygame.RESIZABLE)
    pygame.display.set_caption("Captions")
    font = pygame.font.Font(None, 40)
    while not following.done():
        for event in pygame.event.get():
            escape = event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE
            if event.type == pygame.QUIT or escape:
                return
        captions.draw(screen, font)
        pygame.display.flip()
        await asyncio.sleep(1 / 30)


async def main(server: str, path: str | None) -> Captions:
    format, blocks = AudioFormat(), None
    if path:
        with wave.open(path) as file:
            format = AudioFormat(rate=file.getframerate(), channels=file.getnchannels())
        blocks = spoken(path)
    captions = Captions()
    pygame.init()
    async with connect(server, format) as session:
        following = asyncio.create_task(captions.follow(session))
        sending = asyncio.create_task(send(session, blocks or microphone(format)))
        await show(captions, following)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        if not session.over:
            await session.finish()
        await following
    pygame.quit()
    return captions


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="http://localhost:8000")
    parser.add_argument("file", nargs="?")
    asked = parser.parse_args()
    for line in asyncio.run(main(asked.server, asked.file)).decided:
        print(line)
