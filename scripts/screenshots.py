"""Take the README's pictures of the page into docs/images.

A real server transcribes public-domain speech (LJSpeech, from ../shared/speech) while Chromium's
fake microphone plays it. usage: .venv/bin/python scripts/screenshots.py
"""

import re
import sys
import tempfile
import wave
from contextlib import ExitStack
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Page, expect, sync_playwright

from vivavoce.testing.process import ServerProcess

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SPEECH = ROOT.parent / "shared" / "speech" / "ljspeech"
CHROMIUM = Path("/usr/bin/chromium")
KEPT = {
    "Reading for the archive": ("0003", "0004"),
    "On early printing": ("0005", "0006", "0007"),
    "Notes on type": ("0008", "0009", "0010"),
}
SPOKEN = ("0001", "0002", "0003", "0004", "0005")
SHOT_AT = re.compile("0:2[3-9]")  # of the time that the page shows
SIZES = {
    "studio-light": ("light", 1280, 800),
    "studio-dark": ("dark", 1280, 800),
    "studio-phone": ("light", 390, 844),
}


def join(numbers: tuple[str, ...], path: Path) -> Path:
    """These clips, one after the other, as one WAV file."""
    with wave.open(str(path), "wb") as sink:
        for i, number in enumerate(numbers):
            with wave.open(str(SPEECH / f"LJ001-{number}.wav")) as source:
                if i == 0:
                    sink.setparams(source.getparams())
                sink.writeframes(source.readframes(source.getnframes()))
    return path


def upload(server: ServerProcess, title: str, path: Path) -> None:
    httpx2.post(
        f"{server.url}api/v1/recordings",
        params={"title": title, "wait": "true"},
        headers={"Content-Type": "audio/wav"},
        content=path.read_bytes(),
        timeout=120,
    ).raise_for_status()


def picture(browser: Browser, url: str, name: str) -> None:
    scheme, width, height = SIZES[name]
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
        device_scale_factor=2,
    )
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Record", exact=True).click()
    shoot(page, IMAGES / f"{name}.png")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")
    page.request.delete(f"{url}api/v1/recordings/{page.url.rpartition('/')[2]}")
    context.close()


def shoot(page: Page, path: Path) -> None:
    """While words are open and the time is right."""
    expect(page.locator("#timer")).to_have_text(SHOT_AT, timeout=60_000)
    expect(page.locator(".tail").last).to_have_text(re.compile(r"\w"), timeout=20_000)
    page.screenshot(path=path)


def main() -> None:
    if not SPEECH.is_dir():
        sys.exit("The speech for the pictures (../shared/speech/ljspeech) is not here.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = ServerProcess(Path(folder))
        server.start()
        stack.callback(server.stop)
        for title, numbers in KEPT.items():
            upload(server, title, join(numbers, Path(folder) / "kept.wav"))
        spoken = join(SPOKEN, Path(folder) / "spoken.wav")
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM if CHROMIUM.exists() else None,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={spoken}%noloop",
            ],
        )
        for name in SIZES:
            picture(browser, server.url, name)


if __name__ == "__main__":
    main()
