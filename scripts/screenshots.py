"""Take a picture of every view of the studio into docs/images/studio, and list them in
docs/views.md: light and dark, on a desk and on a telephone.

A real server reads public-domain speech (../shared/speech); Chromium's fake microphone plays some
of it. The language model behind the summary is the tests' own. What is drawn is looked at by a
person. usage: .venv/bin/python scripts/screenshots.py [view ...]
"""

import io
import re
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import av
import httpx2
from playwright.sync_api import Browser, Page, expect, sync_playwright

from vivavoce.testing.keys import made_key
from vivavoce.testing.language_model import LanguageModelServer, lines_of
from vivavoce.testing.process import UVICORN, ServerProcess

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SPEECH = ROOT.parent / "shared" / "speech" / "ljspeech"
CHROMIUM = Path("/usr/bin/chromium")
SPOKEN = ("0001", "0002", "0003", "0004", "0005")
FOLDER = IMAGES / "studio"
PAGE = ROOT / "docs" / "views.md"
TALK = SPEECH.parent / "google" / "commercial_mono.wav"
SCREENS = {"desk": (1280, 800), "phone": (390, 844)}
SCHEMES = ("light", "dark")

POINTS = {
    "Chinese": "In China, pictures were printed from wood blocks centuries before Europe did so.",
    "block books": "Block books came just before the true printed book.",
    "metal": "Movable metal letters count as the invention of the art of printing.",
    "Bible": "The first book printed with them, Gutenberg's Bible, was an example of fine type.",
}
"""What the language model says, by the words of the line that it cites."""


@dataclass(frozen=True)
class Place:
    """What there is to be seen."""

    url: str
    talk: str  # id of a recording with two speakers
    book: str  # id of one to read
    link: str  # a token of `book`
    keyed: str  # the address of a server that asks for keys
    keys: tuple[str, str]  # of one for everything, and one to read


View = Callable[[Page, Place], None]


def sign_in(page: Page, place: Place) -> None:
    page.goto(place.keyed)
    expect(page.get_by_label("Your key")).to_be_focused()


def reader(page: Page, place: Place) -> None:
    entered(page, place, place.keys[1])
    expect(page.locator("#recordings li")).not_to_have_count(0)


def signed_out(page: Page, place: Place) -> None:
    entered(page, place, place.keys[0])
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#timer")).to_have_text(re.compile("0:0[4-9]"), timeout=60_000)
    page.context.clear_cookies()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("dialog", name="You are signed out")).to_be_visible()


def start(page: Page, place: Place) -> None:
    page.goto(place.url)
    expect(page.locator("#recordings li")).not_to_have_count(0)


def options(page: Page, place: Place) -> None:
    start(page, place)
    expect(page.locator("#r-engine")).to_have_text(re.compile(r"\w"))
    page.locator("#tune").click()


def live(page: Page, place: Place) -> None:
    page.goto(place.url)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#timer")).to_have_text(re.compile("0:1[4-9]"), timeout=60_000)
    expect(page.locator(".tail").last).to_have_text(re.compile(r"\w"), timeout=30_000)


def transcript(page: Page, place: Place) -> None:
    opened(page, place, place.talk)
    page.locator("#scroller").evaluate("scroller => scroller.scrollTo(0, 0)")


def find(page: Page, place: Place) -> None:
    opened(page, place, place.book)
    page.locator("#tools [data-find]").click()
    page.get_by_role("textbox", name="Find", exact=True).fill("print")


def search(page: Page, place: Place) -> None:
    start(page, place)
    page.get_by_role("searchbox").fill("printing")
    expect(page.locator("#hits li")).not_to_have_count(0)


def bin(page: Page, place: Place) -> None:
    start(page, place)
    page.locator("#library-more").click()
    page.get_by_role("menuitemradio", name="The bin").click()
    expect(page.locator("#recordings li")).to_have_count(1)


def summary(page: Page, place: Place) -> None:
    panel(page, place, "summary")
    expect(page.locator("#panel-body a.moment:visible").first).to_be_visible()


def ask(page: Page, place: Place) -> None:
    panel(page, place, "ask")
    page.get_by_role("textbox", name="Question").fill("What came first?")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-body a.moment:visible").first).to_be_visible()


def share(page: Page, place: Place) -> None:
    panel(page, place, "share")
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#panel-body .rows li").first).to_be_visible()


def email(page: Page, place: Place) -> None:
    panel(page, place, "email")
    expect(page.locator("#panel-body")).to_contain_text("SRT")


def who(page: Page, place: Place) -> None:
    panel(page, place, "who", place.talk)


def viewer(page: Page, place: Place) -> None:
    page.goto(f"{place.url}s/{place.link}")
    expect(page.locator("main")).to_contain_text(re.compile(r"\w{4}"))


def captions(page: Page, place: Place) -> None:
    page.goto(f"{place.url}captions/{place.link}")
    expect(page.locator("body")).to_contain_text(re.compile(r"\w{4}"))


def dictate(page: Page, place: Place) -> None:
    page.goto(f"{place.url}dictate")


def connect(page: Page, place: Place) -> None:
    page.goto(f"{place.url}connect")


VIEWS: dict[str, tuple[View, str]] = {
    "sign-in": (sign_in, "Signing in, where a server asks for keys"),
    "reader": (reader, "The start with a key that may only read"),
    "signed-out": (signed_out, "Signed out while recording: it goes on"),
    "start": (start, "The start"),
    "options": (options, "Options of the next recording"),
    "live": (live, "Recording: settled words dark, the newest grey"),
    "transcript": (transcript, "A transcript with its speakers"),
    "find": (find, "Find and replace"),
    "search": (search, "Search in every recording"),
    "bin": (bin, "The bin"),
    "summary": (summary, "A summary, each sentence with where it was said"),
    "ask": (ask, "A question, answered with where it was said"),
    "who": (who, "Who speaks"),
    "share": (share, "Links for others"),
    "email": (email, "E-mail"),
    "viewer": (viewer, "What the holder of a link reads"),
    "captions": (captions, "Captions over a video"),
    "dictate": (dictate, "Dictation into any field"),
    "connect": (connect, "Programs of one's own"),
}


def says(messages: list[dict[str, str]]) -> str:
    """The points that are in the transcript, each with its line."""
    lines = lines_of(messages)
    found = [(point, n) for word, point in POINTS.items() for n, text in lines if word in text]
    return " ".join(f"{point} [{n}]" for point, n in found)


def entered(page: Page, place: Place, key: str) -> None:
    page.goto(place.keyed)
    page.get_by_label("Your key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#account")).to_be_visible()


def opened(page: Page, place: Place, id: str) -> None:
    page.goto(f"{place.url}#/r/{id}")
    expect(page.locator(".utterance")).not_to_have_count(0)
    expect(page.locator("#player")).to_be_visible()


def panel(page: Page, place: Place, name: str, id: str = "") -> None:
    opened(page, place, id or place.book)
    if page.locator(f"#panel-openers [data-panel={name}]").is_visible():
        return page.locator(f"#panel-openers [data-panel={name}]").click()
    page.locator("#panel-openers [data-panel=any]").click()
    return page.locator(f"#tab-{name}").click()


def prepare(url: str, keyed: ServerProcess, folder: Path) -> Place:
    """Recordings to be seen."""
    keys = made_key(keyed.data_dir), made_key(keyed.data_dir, "read")
    sent = {"Authorization": f"Bearer {keys[0]}", "Content-Type": "audio/wav"}
    said = join(("0008", "0009", "0010"), folder / "kept.wav").read_bytes()
    query = {"title": "Notes on type", "wait": "true"}
    address = f"{keyed.url}api/v1/recordings"
    httpx2.post(address, params=query, headers=sent, content=said, timeout=120).raise_for_status()
    with httpx2.Client(base_url=f"{url}api/v1/", timeout=120) as api:

        def upload(path: Path, title: str, **query: str) -> str:
            params = {"title": title, "wait": "true", **query}
            type = {"Content-Type": "audio/wav"}
            content = path.read_bytes()
            answer = api.post("recordings", params=params, headers=type, content=content)
            return str(answer.raise_for_status().json()["id"])

        wav = folder / "kept.wav"
        gone = upload(join(("0008",), wav), "A try")
        api.post(f"recordings/{gone}/bin").raise_for_status()
        upload(join(("0008", "0009", "0010"), wav), "Notes on type")
        book = upload(join(("0002", "0003", "0004", "0005", "0006"), wav), "On early printing")
        api.patch(f"recordings/{book}", json={"tags": ["Books", "History"]}).raise_for_status()
        api.post(f"recordings/{book}/summaries?stream=false", json={"template": "short"})
        talk = upload(TALK, "Asking for a Chromecast")
        name(api, talk)
        link = api.post(f"recordings/{book}/shares", json={"audio": True})
    token = link.raise_for_status().json()["token"]
    return Place(url, talk, book, token, keyed.url, keys)


def name(api: httpx2.Client, id: str) -> None:
    """Tell its two speakers apart, and give them names."""
    api.post(f"recordings/{id}/diarization", json={"speakers": 2}).raise_for_status()
    while api.get(f"recordings/{id}/diarization").json()["state"] in ("waiting", "running"):
        time.sleep(1)
    names = [{"speaker": "S1", "name": "Shop"}, {"speaker": "S2", "name": "Caller"}]
    api.post(f"recordings/{id}/speakers", json={"assign": [], "names": names}).raise_for_status()


def join(numbers: tuple[str, ...], path: Path) -> Path:
    """These clips, one after the other, as one WAV file."""
    with wave.open(str(path), "wb") as sink:
        for i, number in enumerate(numbers):
            with wave.open(str(SPEECH / f"LJ001-{number}.wav")) as source:
                if i == 0:
                    sink.setparams(source.getparams())
                sink.writeframes(source.readframes(source.getnframes()))
    return path


def take(browser: Browser, view: str, place: Place, scheme: str, screen: str) -> None:
    width, height = SCREENS[screen]
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    page = context.new_page()
    VIEWS[view][0](page, place)
    page.wait_for_timeout(400)  # fonts and waveforms are drawn a frame later
    keep(page.screenshot(), FOLDER / f"{view}-{screen}-{scheme}.webp")
    if view == "live":
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#dock")).to_have_attribute("data-state", "idle", timeout=60_000)
        page.request.delete(f"{place.url}api/v1/recordings/{page.url.rpartition('/')[2]}")
    context.close()


def keep(png: bytes, path: Path) -> None:
    with av.open(io.BytesIO(png), format="png_pipe") as source:
        frame = next(source.decode(video=0)).reformat(format="bgra")
    with av.open(str(path), "w", format="webp") as sink:
        stream = sink.add_stream("libwebp", rate=1, options={"lossless": "1"})
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "bgra"
        sink.mux(stream.encode(frame))
        sink.mux(stream.encode())


def describe() -> None:
    """The page with all of them."""
    parts = ["# Views", "", "Every view of the [studio](studio.md), as its own script takes them:"]
    parts += ["`.venv/bin/python scripts/screenshots.py`.", ""]
    for view, (_, title) in VIEWS.items():
        parts += [f"## {title}", ""]
        for screen in SCREENS:
            shown = [f"![{title}, {s}](images/studio/{view}-{screen}-{s}.webp)" for s in SCHEMES]
            parts += [*shown, ""]
    PAGE.write_text("\n".join(parts).rstrip() + "\n", "utf-8")


def main(wanted: list[str]) -> None:
    if not SPEECH.is_dir():
        sys.exit("The speech for the pictures (../shared/speech) is not here.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        model = stack.enter_context(LanguageModelServer())
        model.says = says
        command = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol")
        model_here = {"llm_base_url": model.url, "llm_model": "a-model"}
        mail = {"smtp_host": "localhost", "smtp_from": "studio@example.org"}
        server = ServerProcess(Path(name), command, **model_here, **mail)
        (Path(name) / "keyed").mkdir()
        keyed = ServerProcess(Path(name) / "keyed", command, auth="keys")
        for one in (server, keyed):
            one.start()
            stack.callback(one.stop)
        place = prepare(server.url, keyed, Path(name))
        spoken = join(SPOKEN, Path(name) / "spoken.wav")
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM if CHROMIUM.exists() else None,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={spoken}%noloop",
            ],
        )
        for view in wanted or VIEWS:
            for screen in SCREENS:
                for scheme in SCHEMES:
                    take(browser, view, place, scheme, screen)
            print(view, flush=True)
    describe()


if __name__ == "__main__":
    main(sys.argv[1:])
