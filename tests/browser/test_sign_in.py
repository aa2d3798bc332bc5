"""The studio of a server that asks for keys: in, out, and signed out in the middle of a word."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import violations
from tests.browser.conftest import OF_A_CUT_LINE, OF_THE_CLIP, watched
from tests.browser.editing_steps import click_word, said, written
from tests.browser.test_accessible_recorder import SCREENS
from tests.browser.test_recording import HEARD, SETTLED
from vivavoce.library.keys import Keys, Scope, id_of
from vivavoce.library.sql import SqlRepository
from vivavoce.server.auth.attempts import FREE
from vivavoce.testing.keys import made_key
from vivavoce.testing.process import UVICORN, ServerProcess, running

SIGN_IN = re.compile("^Sign in")
Made = TypeVar("Made")

LONG = "This is said in a recording of Ada's."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One that asks for keys."""
    command = (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol")
    folder = tmp_path_factory.mktemp("keyed")
    server = ServerProcess(folder, command, finals="tiny", auth="keys")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    return new_key(server.data_dir)


@pytest.fixture(scope="module")
def recording(server: ServerProcess) -> str:
    return written(server, said(0, LONG), owner="ada")


@pytest.fixture
def hardy(browser: Browser) -> Iterator[Page]:
    """A page that may be refused, which Chromium itself writes on the console."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    with watched(context, OF_A_CUT_LINE) as page:
        yield page


def revoke(server: ServerProcess, key: str) -> None:
    """As `vivavoce keys revoke` does it, beside the server."""

    async def run() -> None:
        repository = await SqlRepository.open(server.data_dir)
        await Keys(repository.tables).revoke(str(id_of(key)), datetime.now(UTC))
        await repository.close()

    apart(lambda: asyncio.run(run()))


def apart(make: Callable[[], Made]) -> Made:
    """In a thread: Playwright has an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make).result()


def new_key(folder: Path, *scopes: Scope, owner: str = "ada") -> str:
    return apart(lambda: made_key(folder, *scopes, owner=owner))


def sign_in(page: Page, key: str) -> None:
    form = page.locator("form.sign-in")
    form.get_by_label("Your key").fill(key)
    form.get_by_role("button", name="Sign in").click()


def entered(page: Page, server: ServerProcess, key: str) -> None:
    page.goto(server.url)
    sign_in(page, key)
    expect(page.locator("#account")).to_be_visible()


def test_in_by_the_keyboard_and_out_again(
    page: Page, server: ServerProcess, key: str, recording: str
) -> None:
    page.goto(server.url)
    expect(page).to_have_title(SIGN_IN)
    expect(page.get_by_label("Your key")).to_be_focused()
    page.keyboard.type(key)
    page.keyboard.press("Enter")

    expect(page.locator(f"#recordings [data-id='{recording}']")).to_be_visible()
    expect(page).to_have_url(server.url)
    account = page.get_by_role("button", name="Signed in as of a test")
    account.click()
    expect(page.get_by_role("menu")).to_contain_text("read, record and correct and share")
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page).to_have_title(SIGN_IN)
    assert page.context.cookies() == []
    page.goto(server.url)
    expect(page).to_have_title(SIGN_IN)


@pytest.mark.parametrize("path", ["connect", "dictate", "list-audio?from=a%2Fb", "#/r/{id}@0.5"])
def test_back_to_where_they_were(
    page: Page, server: ServerProcess, key: str, recording: str, path: str
) -> None:
    wanted = server.url + path.format(id=recording)
    page.goto(wanted)
    expect(page).to_have_title(SIGN_IN)
    sign_in(page, key)
    expect(page).to_have_url(wanted)
    if "#" in path:
        expect(page.locator("#transcript")).to_contain_text(LONG)


def test_to_no_other_site(page: Page, server: ServerProcess, key: str) -> None:
    page.goto(f"{server.url}sign-in?to=https%3A%2F%2Fevil.example%2F")
    sign_in(page, key)
    expect(page).to_have_url(server.url)


def test_who_is_signed_in_is_not_asked(page: Page, server: ServerProcess, key: str) -> None:
    entered(page, server, key)
    page.goto(f"{server.url}sign-in?to=connect")
    expect(page).to_have_url(f"{server.url}connect")


def test_a_key_that_opens_nothing(hardy: Page, tmp_path: Path) -> None:
    """On a server of its own: who guesses has to wait."""
    with running(ServerProcess(tmp_path, engines="scripted", hosts=1, auth="keys")) as server:
        hardy.goto(server.url)
        sign_in(hardy, "vv_" + "a" * 12 + "_" + "b" * 40)
        expect(hardy.get_by_role("alert")).to_contain_text("not known here")
        expect(hardy.get_by_label("Your key")).to_be_focused()
        assert violations(hardy) == []
        for _ in range(FREE):
            hardy.keyboard.press("Enter")
            expect(hardy.get_by_role("button", name="Sign in")).to_be_enabled()
            expect(hardy.get_by_role("alert")).not_to_be_empty()
        expect(hardy.get_by_role("alert")).to_contain_text("Too many keys")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), SCREENS, ids=["wide", "phone"])
def test_axe_finds_nothing(
    browser: Browser, server: ServerProcess, key: str, width: int, height: int, scheme: Any
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    with watched(context, OF_A_CUT_LINE) as page:
        page.goto(server.url)
        expect(page.get_by_label("Your key")).to_be_visible()
        assert violations(page) == []
        sign_in(page, key)
        page.locator("#account").click()
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.context.clear_cookies()
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.get_by_role("dialog", name="You are signed out")).to_be_visible()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_readers_are_shown_what_they_may(page: Page, server: ServerProcess, recording: str) -> None:
    entered(page, server, new_key(server.data_dir, "read"))
    expect(page.get_by_text("Your key is for reading and listening")).to_be_visible()
    for hidden in ("#dock", "#drop-here", ".steps"):
        expect(page.locator(hidden)).to_be_hidden()
    page.keyboard.press("Space")
    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")

    page.locator(f"#recordings [data-id='{recording}'] a").click()
    expect(page.locator("#transcript")).to_contain_text(LONG)
    for hidden in ("[data-undo]", "[data-speaker]"):
        expect(page.locator(f"#tools {hidden}")).to_be_hidden()
    page.locator(".utterance").click()
    page.keyboard.press("Enter")
    expect(page.locator(".utterance[contenteditable]")).to_have_count(0)
    openers = page.locator("#panel-openers button:visible")
    expect(openers).to_have_count(1)
    openers.click()
    expect(page.locator("#panel [role=tab]:visible")).to_have_count(1)
    expect(page.locator("#panel-body form:visible")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator("#sheet-more").click()
    expect(page.get_by_role("menuitem", name="Audio")).to_be_visible()
    for hidden in ("Rename", "Tags", "Delete"):
        expect(page.get_by_role("menuitem", name=hidden)).to_have_count(0)


def test_writers_do_not_share_or_delete(page: Page, server: ServerProcess, recording: str) -> None:
    entered(page, server, new_key(server.data_dir, "read", "transcribe"))
    expect(page.locator("#dock")).to_be_visible()
    page.goto(f"{server.url}#/r/{recording}")
    page.locator("#sheet-more").click()
    expect(page.get_by_role("menuitem", name="Rename")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Delete")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("[data-panel=summary]")).to_be_visible()
    for hidden in ("share", "email"):
        expect(page.locator(f"#panel-openers [data-panel={hidden}]")).to_be_hidden()


def test_signed_out_while_recording(hardy: Page, server: ServerProcess) -> None:
    """All that is said goes on being kept, and to the server as soon as they sign in again."""
    first = new_key(server.data_dir)
    entered(hardy, server, first)
    hardy.get_by_role("button", name="Record", exact=True).click()
    expect(hardy.locator("#r-line")).to_have_text("Live")
    hardy.wait_for_function(f"() => {HEARD}")

    revoke(server, first)
    expect(hardy.locator("#r-line")).to_have_text("Signed out")
    expect(hardy.locator("#trouble")).to_contain_text("You are signed out. Your audio is kept here")
    dialog = hardy.get_by_role("dialog", name="You are signed out")
    expect(dialog).to_be_visible()
    waiting = hardy.locator("#trouble")
    expect(waiting).to_contain_text(re.compile(r"[1-9]\.\d s waiting"))
    dialog.get_by_role("button", name="Later").click()
    expect(hardy.locator("#account")).to_have_text("Sign in")

    hardy.locator("#account").click()
    sign_in(hardy, new_key(server.data_dir))
    expect(dialog).to_be_hidden()
    expect(hardy.locator("#r-line")).to_have_text("Live")
    expect(hardy.locator("#trouble")).to_be_hidden()
    hardy.get_by_role("button", name="Stop").click()
    expect(hardy.locator("#dock")).to_have_attribute("data-state", "idle")
    expect(hardy.locator("#r-lost")).to_have_text("0 samples")
    about = hardy.locator("#r-saved")
    assert about.get_attribute("data-saved") == about.get_attribute("data-captured")
    expect(hardy.locator("#player")).to_be_visible()  # it is one recording, and sealed
    assert OF_THE_CLIP.search(" ".join(hardy.locator(SETTLED).all_inner_texts()))


def test_what_is_written_while_signed_out_is_not_lost(hardy: Page, server: ServerProcess) -> None:
    id = written(server, said(0, "The first reading of it."), owner="ada")
    first = new_key(server.data_dir)
    entered(hardy, server, first)
    hardy.goto(f"{server.url}#/r/{id}")
    expect(hardy.locator("#transcript")).to_contain_text("first reading")
    revoke(server, first)
    expect(hardy.get_by_role("dialog", name="You are signed out")).to_be_visible()
    hardy.get_by_role("button", name="Later").click()

    click_word(hardy, "first", clicks=2)
    hardy.keyboard.type("second")
    hardy.keyboard.press("Enter")
    expect(hardy.locator("#tools [data-saved]")).to_have_attribute("data-state", "saving")

    hardy.locator("#account").click()
    sign_in(hardy, new_key(server.data_dir))
    expect(hardy.locator("#tools [data-saved]")).to_have_text("Saved")
    text = hardy.request.get(f"{server.url}api/v1/recordings/{id}/transcript?format=txt").text()
    assert "The second reading of it." in text


def test_nobody_leaves_what_is_not_saved_by_signing_out(
    page: Page, server: ServerProcess, key: str
) -> None:
    entered(page, server, key)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#r-line")).to_have_text("Live")
    page.locator("#account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.locator("#toasts")).to_contain_text("not saved yet")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")


def test_a_recording_is_its_makers(page: Page, server: ServerProcess, recording: str) -> None:
    entered(page, server, new_key(server.data_dir, owner="bob"))
    expect(page.locator("#none")).to_be_visible()
    expect(page.locator(f"#recordings [data-id='{recording}']")).to_have_count(0)


def test_where_no_keys_are_asked_for_nothing_is_said_of_them(page: Page, tmp_path: Path) -> None:
    with running(ServerProcess(tmp_path, engines="scripted", hosts=1)) as server:
        page.goto(server.url)
        expect(page.locator("#r-engine")).to_have_text(re.compile(r"\w"))
        expect(page.locator("#account")).to_be_hidden()
        page.goto(f"{server.url}sign-in")
        expect(page).to_have_url(server.url)
        page.goto("about:blank")  # the server goes
