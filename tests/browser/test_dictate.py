"""Dictation into the text fields of any page, with Chromium's microphone."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.conftest import OF_A_CUT_LINE, OF_THE_CLIP, watched
from vivavoce.testing.process import UVICORN, ServerProcess

FIELD = """async ([selector, steps]) => {
  const { fieldOf } = await import(new URL("embed/field.js", document.baseURI));
  const element = document.querySelector(selector);
  const field = fieldOf(element);
  let inputs = 0;
  element.addEventListener("input", () => inputs++);
  for (const [key, text] of steps) {
    if (key === null) field.paragraph();
    else field.write(key, text, "en");
  }
  return { text: element.value ?? element.innerText.replaceAll("\\u00a0", " "), inputs };
}"""
LISTEN = """() => {
  window.heard = [];
  for (const name of ["start", "final", "stop", "error"]) {
    addEventListener(`vivavoce-${name}`, ({ type, detail }) => window.heard.push([type, detail]));
  }
}"""
HEARD = "(name) => window.heard.filter(([type]) => type === `vivavoce-${name}`)"
ELSEWHERE = """<!doctype html><html lang="en"><title>Another site</title>
<link rel="icon" href="data:,">
<script type="module" src="{url}embed/dictate.js"></script>
<label for="note">Note</label><textarea id="note">Dear all,</textarea>
<vivavoce-dictate for="note" lang="en"></vivavoce-dictate></html>"""


class Site(SimpleHTTPRequestHandler):
    """Another site, which says nothing on the console of the tests."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The origin of another site, and the folder of its pages."""
    folder = tmp_path_factory.mktemp("site")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def open_server(
    site: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server whose scripts the other site's pages may use."""
    command = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol")
    folder = tmp_path_factory.mktemp("open server")
    server = ServerProcess(folder, command, finals="tiny", origins=site[0])
    server.start()
    yield server
    server.stop()


def written(page: Page, selector: str, *steps: tuple[str | None, str]) -> str:
    found = page.evaluate(FIELD, [selector, steps])
    assert found["inputs"] > 0, "the page is told"
    return str(found["text"])


@pytest.mark.parametrize("selector", ["#subject", "#letter", "#rich"])
def test_words_are_typed_at_the_caret_and_undone(
    page: Page, server: ServerProcess, selector: str
) -> None:
    page.goto(f"{server.url}dictate")
    field = page.locator(selector)
    field.click()
    page.keyboard.type("Dear Ann")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")

    assert written(page, selector, ("u1", "Old friend")) == "Dear old friend Ann"
    assert written(page, selector, ("u2", "Indeed")).startswith("Dear old friend indeed")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert "friend" not in str(page.evaluate(f"(e => e.value ?? e.innerText)({_one(selector)})"))


def _one(selector: str) -> str:
    return f"document.querySelector('{selector}')"


@pytest.mark.parametrize("selector", ["#letter", "#rich"])
def test_what_is_corrected_or_taken_back_changes_where_it_stands(
    page: Page, server: ServerProcess, selector: str
) -> None:
    page.goto(f"{server.url}dictate")
    page.locator(selector).click()
    steps = (("u1", "One."), ("u2", "Too."), ("u2", "Two."), ("u3", "Three."), ("u3", ""))
    assert written(page, selector, *steps).strip() == "One. Two."


def test_paragraphs_begin_where_a_field_has_them(page: Page, server: ServerProcess) -> None:
    page.goto(f"{server.url}dictate")
    steps = (("u1", "One."), (None, ""), ("u2", "Two."))
    assert written(page, "#letter", *steps) == "One.\n\nTwo."
    assert written(page, "#subject", *steps) == "One. Two."
    assert [line for line in written(page, "#rich", *steps).split("\n") if line] == ["One.", "Two."]


def test_dictation_does_not_take_the_focus_from_another_field(
    page: Page, server: ServerProcess
) -> None:
    page.goto(f"{server.url}dictate")
    page.locator("#subject").focus()
    assert written(page, "#letter", ("u1", "One.")) == "One."
    assert page.evaluate("document.activeElement.id") == "subject"


def test_a_person_dictates_with_the_keyboard_alone(page: Page, server: ServerProcess) -> None:
    page.goto(f"{server.url}dictate")
    page.evaluate(LISTEN)
    page.locator("#letter").focus()
    page.keyboard.press("Alt+Shift+D")
    button = page.locator("vivavoce-dictate[for=letter]")

    expect(page.locator("#letter")).to_have_value(OF_THE_CLIP)
    assert page.evaluate("document.activeElement.id") == "letter"
    page.keyboard.press("Escape")

    page.wait_for_function("() => window.heard.some(([type]) => type === 'vivavoce-stop')")
    ((_, start),) = page.evaluate(HEARD, "start")
    assert len(start["recording"]) == 26
    finals = [detail["text"] for _, detail in page.evaluate(HEARD, "final")]
    assert finals
    assert page.evaluate(HEARD, "error") == []
    expect(button).to_be_visible()


def test_spoken_commands_are_done_to_the_field(page: Page, server: ServerProcess) -> None:
    """What the server says of them is scripted: nobody speaks them into this microphone."""
    final = {"type": "final", "engine": "e", "model": "m", "start": 0, "end": 16000}
    edited = {"type": "edited", "actor": "voice", "base_revision": 0, "text": ""}
    events: list[dict[str, Any]] = [
        {**final, "id": "u1", "text": "One."},
        {**final, "id": "u2", "text": "New paragraph."},
        {**edited, "id": "u2"},
        {"type": "marker", "at": 16000, "label": "¶", "actor": "voice"},
        {**final, "id": "u3", "text": "Two.", "start": 17000, "end": 18000},
        {**final, "id": "u4", "text": "Three.", "start": 19000, "end": 20000},
        {**final, "id": "u5", "text": "Scratch that.", "start": 21000, "end": 22000},
        {**edited, "id": "u4"},
        {**edited, "id": "u5"},
        {"type": "ended", "reason": "finished", "duration": 30000},
    ]
    asked: list[dict[str, Any]] = []

    def answer(route: WebSocketRoute, message: str | bytes) -> None:
        if isinstance(message, bytes) or json.loads(message)["type"] != "start":
            return
        asked.append(json.loads(message))
        ready = {"session": "0" * 26, "token": "t", "epoch": 1, "next_frame": 0, "limits": {}}
        route.send(json.dumps({"type": "ready", **ready}))
        for n, event in enumerate(events, 1):
            route.send(json.dumps({"type": "event", "n": n, "epoch": 1, "event": event}))
        route.send(json.dumps({"type": "bye", "reason": "finished"}))
        route.close(code=1000)

    page.route_web_socket("**/api/v1/live", lambda route: route.on_message(partial(answer, route)))
    page.goto(f"{server.url}dictate")
    page.evaluate(LISTEN)
    page.locator("#letter").focus()
    page.keyboard.press("Alt+Shift+D")

    page.wait_for_function("() => window.heard.some(([type]) => type === 'vivavoce-stop')")
    expect(page.locator("#letter")).to_have_value("One.\n\nTwo.")
    assert asked[0]["options"]["voice_commands"] is True


def test_a_page_of_another_site_has_it_by_one_script_tag(
    page: Page, open_server: ServerProcess, site: tuple[str, Path]
) -> None:
    origin, folder = site
    (folder / "index.html").write_text(ELSEWHERE.format(url=open_server.url))
    page.goto(f"{origin}/index.html")
    page.wait_for_function("() => customElements.get('vivavoce-dictate')")
    page.evaluate(LISTEN)

    page.locator("vivavoce-dictate").click()

    expect(page.locator("#note")).to_have_value(OF_THE_CLIP)
    page.locator("vivavoce-dictate").click()
    page.wait_for_function("() => window.heard.some(([type]) => type === 'vivavoce-stop')")
    assert page.locator("#note").input_value().startswith("Dear all, ")
    assert page.evaluate("document.querySelector('vivavoce-dictate').shadowRoot") is None


def test_a_site_that_is_not_let_in_has_no_script(
    browser: Browser, server: ServerProcess, site: tuple[str, Path]
) -> None:
    origin, folder = site
    (folder / "other.html").write_text(ELSEWHERE.format(url=server.url))
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{origin}/other.html")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("() => !customElements.get('vivavoce-dictate')")
    assert any("CORS" in complaint for complaint in complaints)
    context.close()


def test_trouble_is_said_and_told(browser: Browser, server: ServerProcess) -> None:
    context = browser.new_context()
    with watched(context, OF_A_CUT_LINE) as page:
        page.goto(f"{server.url}dictate")
        page.evaluate(LISTEN)
        page.evaluate("""() => {
          navigator.mediaDevices.getUserMedia = () =>
            Promise.reject(new DOMException("", "NotAllowedError"));
        }""")
        page.locator("vivavoce-dictate[for=letter]").click()
        page.wait_for_function("() => window.heard.length > 0")
        ((_, error),) = page.evaluate(HEARD, "error")
        assert "did not let this page use the microphone" in error["message"]
        page.evaluate("document.querySelector('#letter').disabled = true")
        page.locator("vivavoce-dictate[for=letter]").click()
        page.wait_for_function("() => window.heard.length > 1")
        assert "text field" in page.evaluate(HEARD, "error")[1][1]["message"]
