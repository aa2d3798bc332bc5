"""The page that shows how programs are connected. Its snippets are run as they are copied."""

import re
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr
from playwright.sync_api import Browser, Locator, Page, expect

from vivavoce.testing.keys import made_key
from vivavoce.testing.process import ServerProcess, running

LIMIT = 240  # seconds
VENDORS = Path(__file__).parents[1] / "vendors"
GREEN = re.compile(r"\blit\b")
WORDS = "the true printed book"
FILE_INPUT = """() => {
  const input = document.createElement("input");
  input.type = "file";
  document.body.append(input);
}"""
WIDER_THAN_THE_SCREEN = """[...document.querySelectorAll("body *:not(pre *)")]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 0.5)
  .map((e) => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def shown(page: Page, server: ServerProcess) -> Page:
    """The page, which has asked the server once."""
    with page.expect_response("**/api/v1/heard"):
        page.goto(f"{server.url}connect")
    return page


@pytest.fixture
def folder(tmp_path: Path, clip: Path) -> Path:
    """One with the files that the snippets read, whatever those are called."""
    for name in ("talk.mp4", "talk.mp3", "speech.wav"):
        (tmp_path / name).write_bytes(clip.read_bytes())
    return tmp_path


def way(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def snippet(page: Page, title: str) -> str:
    return way(page, title).locator("code").inner_text()


def pcm(clip: Path, folder: Path, rate: int) -> None:
    with wave.open(str(clip)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
        resampled = soxr.resample(samples, file.getframerate(), rate)
    (folder / "speech.pcm").write_bytes(resampled.astype("<i2").tobytes())


def run(folder: Path, *command: str) -> str:
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "NO_PROXY": "localhost"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_here(page: Page, title: str) -> None:
    """Put a snippet into the page itself, which may connect where it comes from."""
    page.evaluate(f"(async () => {{\n{snippet(page, title)}\n}})()")


@pytest.mark.parametrize(
    ("title", "rate"),
    [
        ("Python", 16_000),
        ("OpenAI Realtime, Python", 24_000),
        ("OpenAI REST, Python", 16_000),
        ("Azure Speech, Python", 16_000),
    ],
)
def test_the_python_that_is_copied(
    shown: Page, folder: Path, clip: Path, title: str, rate: int
) -> None:
    pcm(clip, folder, rate)
    (folder / "copied.py").write_text(snippet(shown, title))
    said = run(folder, sys.executable, "copied.py")
    assert WORDS in said.lower()
    expect(way(shown, title)).to_have_class(GREEN)
    expect(way(shown, title).locator(".light")).to_contain_text("Audio arrived at")


@pytest.mark.parametrize("title", ["curl", "OpenAI REST, curl"])
def test_the_curl_that_is_copied(shown: Page, folder: Path, title: str) -> None:
    (folder / "copied.sh").write_text(snippet(shown, title))
    assert WORDS in run(folder, "sh", "copied.sh").lower()
    expect(way(shown, title)).to_have_class(GREEN)


@pytest.mark.parametrize(
    "title", ["Socket.IO", "Azure Speech, JavaScript", "Amazon Transcribe, JavaScript"]
)
def test_the_javascript_that_is_copied(shown: Page, folder: Path, clip: Path, title: str) -> None:
    if not (VENDORS / "node_modules" / ".installed").exists():
        pytest.skip("the JavaScript clients are not installed (scripts/install-clients)")
    pcm(clip, folder, 16_000)
    (folder / "node_modules").symlink_to(VENDORS / "node_modules")
    (folder / "copied.mjs").write_text(snippet(shown, title))
    assert WORDS in run(folder, "node", "copied.mjs").lower()
    expect(way(shown, title)).to_have_class(GREEN)


@pytest.mark.parametrize("title", ["WebSocket", "AWS sample", "WebRTC"])
def test_the_page_code_that_is_copied(shown: Page, title: str) -> None:
    run_here(shown, title)
    expect(way(shown, title)).to_have_class(GREEN)


def test_the_file_of_a_page_that_is_copied(shown: Page, clip: Path) -> None:
    shown.evaluate(FILE_INPUT)
    shown.locator("input[type=file]").set_input_files(clip)
    with shown.expect_console_message(lambda message: WORDS in message.text):
        run_here(shown, "Live transcription server")
    expect(way(shown, "Live transcription server")).to_have_class(GREEN)


def test_the_light_of_another_protocol_stays_dark(shown: Page) -> None:
    run_here(shown, "AWS sample")
    expect(way(shown, "AWS sample")).to_have_class(GREEN)
    expect(way(shown, "Wyoming, Home Assistant")).not_to_have_class(GREEN)


def test_what_was_heard_before_is_said_without_a_light(shown: Page) -> None:
    run_here(shown, "AWS sample")
    expect(way(shown, "AWS sample")).to_have_class(GREEN)
    shown.reload()
    expect(way(shown, "AWS sample").locator(".light")).to_contain_text("Last heard at")
    expect(way(shown, "AWS sample")).not_to_have_class(GREEN)


def test_the_address_is_this_server_s(shown: Page, server: ServerProcess) -> None:
    texts = shown.locator("code").all_inner_texts()
    assert "localhost:8000" not in "".join(texts)
    assert f'connect("{server.url.rstrip("/")}")' in snippet(shown, "Python")
    assert f'"ws://localhost:{server.port}/ws"' in snippet(shown, "AWS sample")
    assert "Off." in snippet(shown, "Wyoming, Home Assistant")


def test_a_snippet_is_copied(browser: Browser, server: ServerProcess) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{server.url}connect")
    page.get_by_role("button", name="Copy: curl", exact=True).click()
    expect(page.locator("#spoken")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == snippet(page, "curl")
    context.close()


def test_where_copying_is_forbidden_the_text_is_selected(shown: Page) -> None:
    shown.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    shown.get_by_role("button", name="Copy: curl", exact=True).click()
    expect(shown.locator("#spoken")).to_contain_text("did not allow copying")
    assert shown.evaluate("getSelection().toString()").strip() == snippet(shown, "curl").strip()


def test_a_server_that_is_away_is_said(hardy_page: Page, server: ServerProcess) -> None:
    hardy_page.goto(f"{server.url}connect")
    hardy_page.route("**/api/v1/heard", lambda route: route.abort())
    expect(hardy_page.locator("#trouble")).to_contain_text("The server does not answer")
    hardy_page.unroute("**/api/v1/heard")
    expect(hardy_page.locator("#trouble")).to_be_hidden()


def test_the_studio_leads_to_it(page: Page, server: ServerProcess) -> None:
    page.goto(server.url)
    page.get_by_role("link", name="Connect a program of your own").click()
    expect(page.get_by_role("heading", name="Connect a program")).to_be_visible()
    page.get_by_role("link", name="Vivavoce, start").click()
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, str]]:
    """A server that asks for keys, and a key."""
    server = ServerProcess(tmp_path_factory.mktemp("keyed"), auth="keys", finals="tiny")
    with running(server):
        yield server, made_key(server.data_dir)


@pytest.fixture
def shown_with_key(browser: Browser, keyed: tuple[ServerProcess, str]) -> Iterator[Page]:
    """The page, as somebody sees it who is known."""
    server, key = keyed
    context = browser.new_context(extra_http_headers={"Authorization": f"Bearer {key}"})
    page = context.new_page()
    page.goto(f"{server.url}connect")
    expect(page.locator("#keys")).to_be_visible()
    yield page
    context.close()


@pytest.mark.parametrize("title", ["Python", "OpenAI REST, Python", "Azure Speech, Python"])
def test_the_python_of_a_server_that_asks_for_keys(
    shown_with_key: Page, keyed: tuple[ServerProcess, str], folder: Path, clip: Path, title: str
) -> None:
    pcm(clip, folder, 16_000)
    (folder / "copied.py").write_text(snippet(shown_with_key, title).replace("vv_...", keyed[1]))
    assert WORDS in run(folder, sys.executable, "copied.py").lower()
    expect(way(shown_with_key, title)).to_have_class(GREEN)


@pytest.mark.parametrize("title", ["curl", "OpenAI REST, curl"])
def test_the_curl_of_a_server_that_asks_for_keys(
    shown_with_key: Page, keyed: tuple[ServerProcess, str], folder: Path, title: str
) -> None:
    (folder / "copied.sh").write_text(snippet(shown_with_key, title).replace("vv_...", keyed[1]))
    assert WORDS in run(folder, "sh", "copied.sh").lower()
    expect(way(shown_with_key, title)).to_have_class(GREEN)


def test_every_snippet_of_a_server_that_asks_for_keys_has_a_place_for_one(
    shown_with_key: Page,
) -> None:
    for way in shown_with_key.locator(".way:not([data-protocol=wyoming])").all():
        assert re.search("vv_[.]{3}|TOKEN", way.locator("code").inner_text()), way
    assert "Any key will do" not in shown_with_key.locator("main").inner_text()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, server: ServerProcess, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{server.url}connect")
    expect(page.locator("#ways a").first).to_be_visible()
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("system", ["light", "dark"])
def test_it_follows_the_system_s_colours(
    browser: Browser, server: ServerProcess, system: str
) -> None:
    context = browser.new_context(color_scheme="dark" if system == "dark" else "light")
    page = context.new_page()
    page.goto(f"{server.url}connect")
    colours = {"light": "rgb(250, 248, 244)", "dark": "rgb(22, 21, 19)"}
    other = "light" if system == "dark" else "dark"
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == colours[system]
    page.get_by_role("button", name=f"Switch to {other} colours").click()
    assert page.evaluate(paper) == colours[other]
    context.close()
