"""What tests of the editor do over and over: recordings that have words, and words on the page."""

import json
import re
import wave
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from vivavoce.audio.wav import wav_header
from vivavoce.core.events import AnyEvent, Ended, Final, Started
from vivavoce.core.types import SAMPLE_RATE, AudioFormat, Word
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.recordings import kept

SAID = "Produced the block books, which were the immediate predecessors of the true printed book."

POINT = """([word, nth]) => {
  const body = document.querySelector("#transcript");
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const { index } of node.data.matchAll(new RegExp(word, "g"))) {
      if (nth-- > 0) continue;
      node.parentElement.scrollIntoView({ block: "nearest" });
      const range = new Range();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const { x, y, width, height } = range.getClientRects()[0];
      return [x, y + height / 2, width];
    }
  }
  return null;
}"""
MARKED = """(name) => [...(CSS.highlights.get(name) ?? [])].map((found) => {
  const range = new Range();
  range.setStart(found.startContainer, found.startOffset);
  range.setEnd(found.endContainer, found.endOffset);
  return range.toString();
})"""


def clip_times(clip: Path, times: int, path: Path, pause: float = 2.5) -> bytes:
    """The clip so many times over with silence between, as a WAV file."""
    with wave.open(str(clip)) as source, wave.open(str(path), "wb") as sink:
        sink.setparams(source.getparams())
        said = source.readframes(source.getnframes())
        for _ in range(times):
            sink.writeframes(said)
            sink.writeframes(bytes(int(pause * source.getframerate()) * source.getsampwidth()))
    return path.read_bytes()


def uploaded(page: Page, server: ServerProcess, audio: bytes, title: str = "A reading") -> str:
    """A recording that the real engine has transcribed; its id."""
    answer = page.request.post(
        f"{server.url}api/v1/recordings?wait=true&title={title}",
        headers={"Content-Type": "audio/wav"},
        data=audio,
        timeout=120_000,
    )
    assert answer.ok, answer.text()
    found: str = answer.json()["id"]
    return found


def said(number: int, text: str, *, gap: float = 0.5, **fields: Any) -> Final:
    """A final of four seconds, each word with its share of them and a confidence of its own."""
    start = int(number * (4 + gap) * SAMPLE_RATE)
    end = start + 4 * SAMPLE_RATE
    texts = text.split()
    step = (end - start) // max(1, len(texts))
    words = tuple(
        Word(word, start + i * step, start + (i + 1) * step, 0.9) for i, word in enumerate(texts)
    )
    kind = {"engine": "fake", "model": "fake", "words": words} | fields
    return Final(id=f"u{number}", start=start, end=end, text=text, **kind)


def written(
    server: ServerProcess, *events: AnyEvent, seconds: float = 60, owner: str = "local"
) -> str:
    """A recording of these events, and of silence; its id."""
    started = Started(session="s", engine="fake", format=AudioFormat())
    ended = Ended(reason="finished", duration=int(seconds * SAMPLE_RATE))
    silence = AudioFormat(rate=8000)
    size = int(seconds * silence.rate) * silence.frame_bytes
    audio = wav_header(silence, size) + bytes(size)
    return kept(server.data_dir, "Written", [started, *events, ended], audio, owner)


def opened(page: Page, server: ServerProcess, id: str) -> Locator:
    """The page with a recording on it; its utterances."""
    page.goto(f"{server.url}#/r/{id}")
    expect(page.locator(".utterance").first).to_be_visible()
    return page.locator(".utterance")


def click_word(page: Page, word: str, nth: int = 0, *, at: float = 0.5, clicks: int = 1) -> None:
    """Click into a word of the transcript, at this share of its width."""
    x, y, width = page.evaluate(POINT, [word, nth])
    page.mouse.click(x + at * width, y, click_count=clicks)


def drag(page: Page, first: str, last: str) -> None:
    """Select from the beginning of a word to the end of another; both are in sight."""
    x, y, _ = page.evaluate(POINT, [first, 0])
    to_x, to_y, width = page.evaluate(POINT, [last, 0])
    page.mouse.move(x + 1, y)
    page.mouse.down()
    page.mouse.move((x + to_x) / 2, (y + to_y) / 2)
    page.mouse.move(to_x + width - 1, to_y)
    page.mouse.up()


def marked(page: Page, name: str) -> list[str]:
    """The texts that are highlighted under a name."""
    found: list[str] = page.evaluate(MARKED, name)
    return found


def saved(page: Page) -> None:
    expect(page.locator("#tools [data-saved]")).to_have_text("Saved")


def kept_text(page: Page, server: ServerProcess, id: str) -> str:
    """What the server has of a recording, as text."""
    answer = page.request.get(f"{server.url}api/v1/recordings/{id}/transcript?format=txt")
    return answer.text().strip()


def events_of(page: Page, server: ServerProcess, id: str, type: str) -> list[dict[str, Any]]:
    """The events of a type in a recording's log."""
    text = page.request.get(f"{server.url}api/v1/recordings/{id}/events").text()
    found = [json.loads(line) for line in re.findall(r"(?m)^data: (.*)$", text)]
    return [one["event"] for one in found if one["event"]["type"] == type]
