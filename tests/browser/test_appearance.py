"""How the page looks and what it says when it cannot do what it is asked."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import WIDER_THAN_THE_SCREEN
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.relay import Relay

FAIL_WITH = """name => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", name));
}"""
PAPER = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture
def refusing(launch: Callable[..., Browser]) -> Iterator[Browser]:
    """A Chromium whose person says no to everything."""
    browser = launch("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream=deny")
    yield browser
    browser.close()


def test_a_refused_microphone(refusing: Browser, server: ServerProcess) -> None:
    page = refusing.new_page()
    page.goto(server.url)

    page.get_by_role("button", name="Record", exact=True).click()

    expect(page.locator("#trouble")).to_contain_text("did not let this page use the microphone")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_enabled()


@pytest.mark.parametrize(
    ("name", "says"),
    [("NotFoundError", "No microphone was found"), ("NotReadableError", "in use by another")],
)
def test_no_microphone_to_be_had(page: Page, server: ServerProcess, name: str, says: str) -> None:
    page.goto(server.url)
    page.evaluate(FAIL_WITH, name)

    page.get_by_role("button", name="Record", exact=True).click()

    expect(page.locator("#trouble")).to_contain_text(says)


def test_a_page_that_may_not_use_a_microphone_says_why(page: Page, server: ServerProcess) -> None:
    page.goto(f"http://insecure.test:{server.port}/")

    page.get_by_role("button", name="Record", exact=True).click()

    expect(page.locator("#trouble")).to_contain_text("http://localhost")
    expect(page.locator("#trouble")).to_contain_text("https")


def test_a_server_that_is_away_is_said_and_noticed_when_back(
    hardy_page: Page, server: ServerProcess
) -> None:
    hardy_page.goto(server.url)
    hardy_page.route("**/api/v1/recordings?*", lambda route: route.abort())

    hardy_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(hardy_page.locator("#trouble")).to_contain_text("The server does not answer")
    hardy_page.unroute("**/api/v1/recordings?*")

    expect(hardy_page.locator("#trouble")).to_be_hidden()


def test_a_server_that_is_away_is_not_blamed_on_the_microphone(
    hardy_page: Page, relay: Relay
) -> None:
    hardy_page.goto(relay.url)
    relay.cut()

    hardy_page.get_by_role("button", name="Record", exact=True).click()

    expect(hardy_page.locator("#trouble")).to_contain_text("so recording cannot begin")


@pytest.mark.parametrize("system", ["light", "dark"])
def test_light_and_dark_follow_the_system_until_a_person_chooses(
    browser: Browser, server: ServerProcess, system: str
) -> None:
    context = browser.new_context(color_scheme="dark" if system == "dark" else "light")
    page = context.new_page()
    page.goto(server.url)
    colours = {"light": "rgb(250, 248, 244)", "dark": "rgb(22, 21, 19)"}
    other = "light" if system == "dark" else "dark"
    assert page.evaluate(PAPER) == colours[system]

    page.get_by_role("button", name=f"Switch to {other} colours").click()
    assert page.evaluate(PAPER) == colours[other]
    page.reload()

    assert page.evaluate(PAPER) == colours[other]
    context.close()


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, server: ServerProcess, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(server.url)
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []

    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator(".utterance").first).to_be_visible()
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []

    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#player")).to_be_visible()
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
    page.get_by_role("button", name="Rename, download or delete", exact=True).click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []


def test_everything_can_be_reached_by_keyboard(page: Page, server: ServerProcess) -> None:
    page.goto(server.url)
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))

    assert {"theme", "drop-here", "record", "choose"} <= reached


def test_a_path_prefix_before_the_page_is_kept(page: Page, server: ServerProcess) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    page.wait_for_load_state("networkidle")

    html = page.request.get(server.url).text()

    assert 'src="/' not in html
    assert 'href="/' not in html
    assert [url for url in asked if not url.startswith((server.url, "blob:"))] == []
