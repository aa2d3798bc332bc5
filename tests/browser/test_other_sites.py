"""A page of another site, in the browser of somebody who uses this server, tries what it can."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OF_A_CUT_LINE, OF_THE_CLIP, watched
from tests.browser.editing_steps import said, written
from tests.browser.sharing import call
from tests.browser.test_dictate import ELSEWHERE, site
from tests.browser.test_sign_in import entered, new_key
from vivavoce.testing.process import UVICORN, ServerProcess, running

__all__ = ["site"]  # a fixture

TEXT = "What nobody else is to read."
SCRIPT = "<img src=x onerror='window.ran = 1'><script>window.ran = 1</script>"

OPEN = """(url) => new Promise((done) => {
  const line = new WebSocket(url, ["vivavoce.v1"]);
  const start = { type: "start", format: { encoding: "pcm_s16le", rate: 16000, channels: 1 } };
  line.onopen = () => line.send(JSON.stringify(start));
  line.onmessage = ({ data }) => done(data);
  line.onclose = ({ code }) => done(code);
})"""
"""Give the first message, or the code with which it closed."""

POST = """async (url) => {
  const body = new URLSearchParams({ filename: "x", edited_transcript: "Not by you." });
  const request = { method: "POST", mode: "no-cors", credentials: "include", body };
  try {
    return (await fetch(url, request)).type;
  } catch (error) {
    return error.name;
  }
}"""

READ = """async (url) => {
  try {
    return await (await fetch(url, { credentials: "include" })).text();
  } catch (error) {
    return error.name;
  }
}"""

LISTEN = """(url) => new Promise((done) => {
  const audio = new Audio(url);
  audio.onerror = () => done("refused");
  audio.onloadedmetadata = () => done("heard");
})"""

SUBMIT = """([url, name]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: url });
  const field = Object.assign(document.createElement("input"), { name, value: "Not by you." });
  form.append(field);
  document.body.append(form);
  form.submit();
}"""

FRAME = """(url) => {
  const frame = Object.assign(document.createElement("iframe"), { src: url, name: "ours" });
  const loaded = new Promise((done) => (frame.onload = () => done()));
  document.body.append(frame);
  return loaded;
}"""

INJECT = """() => {
  const script = document.createElement("script");
  try { script.textContent = "window.ran = 1"; } catch { /* a script is no text any more */ }
  document.head.append(script);
  try { document.body.innerHTML += "<b onclick='window.ran = 1'>"; return "parsed"; }
  catch (error) { return error.name; }
}"""

REFUSED = re.compile(f"{OF_A_CUT_LINE.pattern}|CORS policy|frame-ancestors")
"""What Chromium says on the console of a page that is refused."""


@pytest.fixture(scope="module", params=["none", "keys"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """With keys, and without."""
    command = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol")
    folder = tmp_path_factory.mktemp("server")
    with running(ServerProcess(folder, command, finals="tiny", auth=request.param)) as server:
        yield server


@pytest.fixture
def asks(request: pytest.FixtureRequest) -> bool:
    """Whether it asks for keys."""
    return bool(request.node.callspec.params["server"] == "keys")


@pytest.fixture
def visitor(browser: Browser, server: ServerProcess, asks: bool) -> Iterator[Page]:
    """Somebody who is let in here, and whose browser shows another site now."""
    with watched(browser.new_context(), REFUSED) as page:
        if asks:
            entered(page, server, new_key(server.data_dir))
            assert page.context.cookies()
        yield page


@pytest.fixture
def recording(server: ServerProcess, asks: bool) -> str:
    return written(server, said(0, TEXT), owner="ada" if asks else "local")


@pytest.fixture(params=["127.0.0.1", "localhost"])
def elsewhere(request: pytest.FixtureRequest, site: tuple[str, Path]) -> str:
    """A page on another host, or on this one at another port, to which browsers send cookies."""
    origin, folder = site
    (folder / "evil.html").write_text(
        '<!doctype html><html lang="en"><title>Evil</title><link rel="icon" href="data:,"></html>'
    )
    return f"{origin.replace('127.0.0.1', str(request.param))}/evil.html"


def test_it_cannot_record(visitor: Page, server: ServerProcess, elsewhere: str) -> None:
    visitor.goto(elsewhere)
    lines = ("api/v1/live", "ws", "ws/transcribe", "v1/realtime", "ws/echo", "anything/else")
    for path in (*lines, "socket.io/?EIO=4&transport=websocket"):
        assert visitor.evaluate(OPEN, f"ws://localhost:{server.port}/{path}") == 1006, path


def test_it_cannot_read(
    visitor: Page, server: ServerProcess, recording: str, elsewhere: str
) -> None:
    visitor.goto(elsewhere)
    one = f"api/v1/recordings/{recording}"
    for path in ("api/v1/recordings", f"{one}/transcript", f"{one}/events", "api/v1/session"):
        assert visitor.evaluate(READ, server.url + path) == "TypeError", path
    assert visitor.evaluate(LISTEN, f"{server.url}{one}/audio") == "refused"


def test_it_cannot_change_anything(
    visitor: Page, server: ServerProcess, recording: str, elsewhere: str
) -> None:
    visitor.goto(elsewhere)
    paths = ("save-transcript", f"api/v1/recordings/{recording}/bin", "api/v1/session")
    for path in paths:
        assert visitor.evaluate(POST, server.url + path) == "TypeError"
    for path in paths:
        visitor.goto(elsewhere)
        visitor.evaluate(SUBMIT, [server.url + path, "edited_transcript"])
        expect(visitor.locator("body")).to_contain_text("may not do this")
    visitor.goto(server.url)
    expect(visitor.locator(f"[data-id='{recording}']")).to_have_count(1)
    expect(visitor.locator("#recordings")).not_to_contain_text("Not by you")


def test_it_cannot_frame_the_studio(
    visitor: Page, server: ServerProcess, recording: str, asks: bool, elsewhere: str
) -> None:
    how = {"token": new_key(server.data_dir)} if asks else {}
    made = call(server, f"recordings/{recording}/shares", {}, **how)
    pages = {"": False, "sign-in": False, "connect": False, f"captions/{made['token']}": True}
    for path, shown in pages.items():
        visitor.goto(elsewhere)
        visitor.evaluate(FRAME, server.url + path)
        (frame,) = visitor.main_frame.child_frames
        assert (frame.url == server.url + path) == shown, path


def test_its_name_may_point_here_and_is_not_believed(
    visitor: Page, server: ServerProcess, elsewhere: str
) -> None:
    """DNS rebinding: for this browser `insecure.test` is this machine."""
    for path in ("", "api/v1/recordings", "studio/app.js"):
        answer = visitor.goto(f"http://insecure.test:{server.port}/{path}")
        assert answer is not None
        assert answer.status == 421
    expect(visitor.locator("body")).to_contain_text("trusted_hosts")
    visitor.goto(re.sub("//[^:]+", "//insecure.test", elsewhere))
    assert visitor.evaluate(OPEN, f"ws://insecure.test:{server.port}/api/v1/live") == 1006


def test_what_is_said_never_becomes_a_script(page: Page, server: ServerProcess, asks: bool) -> None:
    id = written(server, said(0, SCRIPT), owner="ada" if asks else "local")
    if asks:
        entered(page, server, new_key(server.data_dir))
    page.goto(f"{server.url}#/r/{id}")
    expect(page.locator("#transcript")).to_contain_text("onerror")
    assert page.evaluate("window.ran") is None


def test_a_page_of_ours_runs_nothing_but_its_files(browser: Browser, server: ServerProcess) -> None:
    context = browser.new_context()
    page = context.new_page()
    for path in ("docs", "s/no-link"):
        page.goto(server.url + path)
        assert page.evaluate(INJECT) == "TypeError"
        assert page.evaluate("window.ran") is None
    context.close()


def test_a_site_that_is_named_dictates_with_a_token(
    browser: Browser, site: tuple[str, Path], tmp_path: Path
) -> None:
    origin, folder = site
    command = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol")
    keyed = ServerProcess(tmp_path, command, finals="tiny", auth="keys", origins=origin)
    with running(keyed) as server, watched(browser.new_context(), OF_A_CUT_LINE) as page:
        wish = {"scopes": ["transcribe"], "expires_in": 600}
        token = call(server, "tokens", wish, token=new_key(server.data_dir))["token"]
        theirs = ELSEWHERE.format(url=server.url)
        tag = f'<vivavoce-dictate token="{token}" '
        (folder / "named.html").write_text(theirs.replace("<vivavoce-dictate ", tag))
        (folder / "none.html").write_text(theirs)

        page.goto(f"{origin}/named.html")
        page.wait_for_function("() => customElements.get('vivavoce-dictate')")
        page.locator("vivavoce-dictate").click()
        expect(page.locator("#note")).to_have_value(OF_THE_CLIP)

        page.goto(f"{origin}/none.html")
        page.wait_for_function("() => customElements.get('vivavoce-dictate')")
        page.evaluate(
            "addEventListener('vivavoce-error', ({ detail }) => { window.why = detail.message; })"
        )
        page.locator("vivavoce-dictate").click()
        page.wait_for_function("() => window.why")
        assert "key" in page.evaluate("window.why")
