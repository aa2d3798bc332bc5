"""What the page makes of a recording of three hours, in a real Chromium.

    python -m benchmarks.page [--hours 3]

A recording of 3,000 utterances and 30,000 words is put into a library, a server is started on it,
and the page opens it, scrolls through it, and edits it. Told are the seconds until the text is
there, and the tasks over 50 ms that kept the page from answering (the browser's own
`PerformanceObserver` counts them).
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from vivavoce.audio.wav import wav_header
from vivavoce.core.events import AnyEvent, Ended, Final, Revised, Speaker, Started
from vivavoce.core.types import SAMPLE_RATE, AudioFormat, Word
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.recordings import keep

CHROMIUM = Path("/usr/bin/chromium")
LENGTH = 3.6  # seconds of an utterance, with the pause after it
WORDS = 10  # in an utterance
VOCABULARY = (
    "the of and to in that it is was for on are as with they at be this from have or by one had "
    "not but what all were when we there can an your which their said if do will each about how "
    "printing movable letters century invention ordinary beautiful although exhibition present"
)
RUNS = 3

OBSERVE = """() => {
  window.tasks = [];
  new PerformanceObserver((list) => {
    window.tasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: "longtask", buffered: true });
}"""
TASKS = "() => window.tasks.splice(0)"
WHOLE = """(count) => document.querySelectorAll(".utterance").length >= count"""
MIDDLE = """() => {
  const all = document.querySelectorAll(".utterance");
  const middle = all[all.length >> 1];
  middle.scrollIntoView({ block: "center" });
  const { x, y, height } = middle.getClientRects()[0];
  return [x + 10, y + height / 2];
}"""
SCROLL = """async () => {
  const scroller = document.querySelector("#scroller");
  const frames = [];
  let last = performance.now();
  while (scroller.scrollTop + scroller.clientHeight < scroller.scrollHeight - 2) {
    scroller.scrollTop += scroller.clientHeight * 0.9;
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - last);
    last = performance.now();
  }
  return frames;
}"""


def talk(hours: float) -> Iterator[AnyEvent]:
    """What an engine and an aligner say of that many hours, and who spoke."""
    chance, vocabulary = random.Random(7), VOCABULARY.split()
    yield Started(session="s", engine="moonshine", format=AudioFormat(), language="en")
    count = int(hours * 3600 / LENGTH)
    for number in range(count):
        start = int(number * LENGTH * SAMPLE_RATE)
        end = start + int((LENGTH - 0.6) * SAMPLE_RATE)
        words = [chance.choice(vocabulary) for _ in range(WORDS)]
        text = f"{' '.join(words).capitalize()}."
        id = f"u{number}"
        yield Final(id=id, start=start, end=end, text=text, engine="moonshine", model="tiny-en")
        step = (end - start) // WORDS
        timed = tuple(
            Word(word, start + i * step, start + (i + 1) * step, round(chance.uniform(0.4, 1), 3))
            for i, word in enumerate(text.split())
        )
        yield Revised(id=id, text=text, engine="aligner", model="tiny-en", words=timed)
    for number in range(count):
        yield Speaker(id=f"u{number}", speaker=f"S{number // 7 % 3 + 1}")
    yield Ended(reason="finished", duration=int(count * LENGTH * SAMPLE_RATE))


def opened(page: Page, url: str, id: str, count: int) -> tuple[float, float]:
    """Seconds from the list until the first words and until all of them are on the page."""
    page.add_init_script(f"({OBSERVE})()")
    page.goto(url)
    link = page.locator(f"#recordings a[href$='{id}']")
    link.wait_for()
    page.wait_for_timeout(500)
    page.evaluate(TASKS)
    began = time.perf_counter()
    link.click()
    page.wait_for_selector(".utterance", timeout=60_000)
    first = time.perf_counter() - began
    page.wait_for_function(WHOLE, arg=count, timeout=60_000)
    return first, time.perf_counter() - began


def edited(page: Page, run: int) -> float:
    """Seconds until an edit in the middle is saved, typed as people type."""
    page.evaluate(MIDDLE)
    page.wait_for_timeout(500)
    x, y = page.evaluate(MIDDLE)
    page.evaluate(TASKS)
    page.mouse.dblclick(x, y)
    page.keyboard.type(f"corrected{run}", delay=60)
    began = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('[data-saved]').textContent === 'Saved'")
    return time.perf_counter() - began


def replaced(page: Page) -> float:
    """Seconds until a word is replaced everywhere, on the page."""
    page.keyboard.press("Control+f")
    page.keyboard.type("movable", delay=60)
    page.locator("[data-by]").fill("movable (sic)")
    began = time.perf_counter()
    page.locator("[data-all]").click()
    page.wait_for_function("() => document.querySelector('[data-saved]').textContent === 'Saved'")
    return time.perf_counter() - began


def tell(what: str, seconds: list[float], tasks: list[list[float]]) -> None:
    longest = max((task for run in tasks for task in run), default=0)
    over = sum(task > 100 for run in tasks for task in run)
    print(
        f"{what:<34} median {statistics.median(seconds):6.2f} s, worst {max(seconds):6.2f} s; "
        f"longest task {longest:4.0f} ms, {over} over 100 ms in {len(seconds)} runs"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hours", type=float, default=3.0)
    hours = parser.parse_args().hours
    events = list(talk(hours))
    count = sum(isinstance(event, Final) for event in events)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = ServerProcess(Path(folder))
        server.start()
        stack.callback(server.stop)
        second = wav_header(AudioFormat(), 2 * SAMPLE_RATE) + bytes(2 * SAMPLE_RATE)
        id = asyncio.run(keep(server.data_dir, "Three hours", events, second))
        print(f"{count} utterances, {count * WORDS} words, {len(events)} events")
        measure(stack, server.url, id, count)


def measure(stack: ExitStack, url: str, id: str, count: int) -> None:
    chromium = stack.enter_context(sync_playwright()).chromium
    browser = chromium.launch(
        executable_path=CHROMIUM if CHROMIUM.exists() else None, args=["--no-sandbox"]
    )
    first, whole, scrolled, saved, all_saved = [], [], [], [], []
    tasks: dict[str, list[list[float]]] = {name: [] for name in ("open", "scroll", "edit", "all")}
    for run in range(RUNS):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        seconds = opened(page, url, id, count)
        first.append(seconds[0])
        whole.append(seconds[1])
        page.wait_for_timeout(500)
        tasks["open"].append(page.evaluate(TASKS))
        scrolled.append(max(page.evaluate(SCROLL)) / 1000)
        tasks["scroll"].append(page.evaluate(TASKS))
        saved.append(edited(page, run))
        tasks["edit"].append(page.evaluate(TASKS))
        all_saved.append(replaced(page))
        page.wait_for_timeout(500)
        tasks["all"].append(page.evaluate(TASKS))
        page.close()
    tell("open: the first words", first, tasks["open"])
    tell("open: all words", whole, tasks["open"])
    tell("scroll: the slowest frame", scrolled, tasks["scroll"])
    tell("edit in the middle: saved after", saved, tasks["edit"])
    tell("replace all: saved after", all_saved, tasks["all"])
    browser.close()


if __name__ == "__main__":
    main()
