"""Film the page while somebody speaks: docs/images/demo.webp, for the README.

The words, their delay and their changes are real; only the microphone is a WAV file.
usage: .venv/bin/python scripts/film.py
"""

import io
import tempfile
import time
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
from playwright.sync_api import sync_playwright
from screenshots import CHROMIUM, IMAGES, SPOKEN, join

from vivavoce.testing.process import ServerProcess

SIZE = (960, 600)
SECONDS = 12.0
FRAME = 0.2  # seconds


def film(url: str, spoken: Path) -> list[tuple[float, bytes]]:
    """When each picture was taken, in seconds from the first, and the picture as PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM if CHROMIUM.exists() else None,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={spoken}%noloop",
            ],
        )
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.goto(url)
        page.get_by_role("button", name="Record", exact=True).click()
        pictures: list[tuple[float, bytes]] = []
        began = time.monotonic()
        while (now := time.monotonic() - began) < SECONDS:
            pictures.append((now, page.screenshot(animations="allow")))
            page.wait_for_timeout(
                max(0.0, (len(pictures) * FRAME - time.monotonic() + began) * 1e3)
            )
        page.get_by_role("button", name="Stop").click()
        browser.close()
        return pictures


def write(pictures: list[tuple[float, bytes]], path: Path, *, exact: bool = False) -> None:
    """As an animated WebP that plays at the pace it was filmed at, for ever.

    `exact`: without loss, which suits letters on a plain ground.
    """
    options, pixels = ({"lossless": "1"}, "bgra") if exact else ({"quality": "85"}, "yuv420p")
    with av.open(str(path), "w", format="webp", options={"loop": "0"}) as sink:
        stream = sink.add_stream("libwebp_anim", rate=1000, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, pixels
        stream.codec_context.time_base = Fraction(1, 1000)
        for at, png in pictures:
            with av.open(io.BytesIO(png), format="png_pipe") as source:
                frame = next(source.decode(video=0)).reformat(format=pixels)
            frame.pts, frame.time_base = round(at * 1000), Fraction(1, 1000)
            sink.mux(stream.encode(frame))
        sink.mux(stream.encode())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = ServerProcess(Path(folder))
        server.start()
        stack.callback(server.stop)
        pictures = film(server.url, join(SPOKEN, Path(folder) / "spoken.wav"))
    write(pictures, IMAGES / "demo.webp")


if __name__ == "__main__":
    main()
