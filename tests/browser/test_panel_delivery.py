"""Who speaks, links and e-mails in their panels, by a diarizer and a mail server that are real."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.conftest import OF_A_CUT_LINE, watched
from tests.browser.editing_steps import uploaded
from tests.browser.panel_steps import MARKUP, SAID, Studio, opened, studio, talk, turned
from tests.browser.sharing import Speaker, call
from vivavoce.testing.process import ServerProcess

ADA = "ada@example.org"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with studio(tmp_path_factory.mktemp("panels")) as found:
        yield found


@pytest.fixture(scope="module")
def server(made: Studio) -> ServerProcess:
    return made.server


@pytest.fixture
def recording(server: ServerProcess) -> str:
    return talk(server)


def states(page: Page, *told: dict[str, Any]) -> None:
    """The server says these of the diarization, one after the other; the last stays."""
    left = [
        {"progress": 0, "speakers": None, "seconds_left": None, "message": None} | t for t in told
    ]

    def tell(route: Route) -> None:
        asked = route.request.method == "GET"
        route.fulfill(json=left.pop(0) if asked and len(left) > 1 else left[0])

    page.route("**/diarization", tell)


def link(panel: Locator) -> str:
    panel.get_by_role("button", name="Make a link").click()
    return panel.get_by_role("textbox", name="The link").first.input_value()


def test_speakers_of_a_file_are_told_apart(page: Page, made: Studio, clip: Path) -> None:
    id = uploaded(page, made.server, clip.read_bytes())
    panel = opened(page, made.server, id, "Speakers")
    panel.get_by_label("Speakers").select_option("1")
    panel.get_by_role("button", name="Tell who speaks").click()

    expect(panel.get_by_role("heading")).to_have_text("One speaker")
    expect(panel.locator(".voices li")).to_have_text(re.compile(r"^S1.*100 %$"))
    expect(page.locator(".speaker")).to_have_text(["S1"])
    expect(panel.get_by_role("button", name="Tell them apart anew")).to_be_visible()


def test_how_far_it_is_and_how_long_it_takes(page: Page, made: Studio, recording: str) -> None:
    page.clock.install()
    states(
        page,
        {"state": "waiting"},
        {"state": "running", "progress": 0.25, "seconds_left": 185.0},
        {"state": "running", "progress": 0.9, "seconds_left": 20.0},
        {"state": "cancelled"},
    )
    panel = opened(page, made.server, recording, "Speakers")
    expect(panel.get_by_text("It waits for its turn")).to_be_visible()
    expect(panel.get_by_role("button", name="Tell who speaks")).to_be_hidden()
    page.clock.run_for(3000)
    expect(panel.get_by_text("25 %, about 3 minutes left")).to_be_visible()
    bar = panel.get_by_role("progressbar", name="Telling who speaks")
    expect(bar).to_have_attribute("aria-valuenow", "25")
    page.clock.run_for(1000)
    expect(panel.get_by_text("90 %, less than a minute left")).to_be_visible()

    panel.get_by_role("button", name="Call it off").click()
    page.clock.run_for(1000)

    expect(panel.get_by_text("It was called off.")).to_be_visible()
    expect(panel.get_by_role("button", name="Tell who speaks")).to_be_focused()


def test_what_failed_says_why(page: Page, made: Studio, recording: str) -> None:
    states(page, {"state": "failed", "message": f"The recording has no audio. {MARKUP}"})
    panel = opened(page, made.server, recording, "Speakers")

    expect(panel.get_by_text(f"It failed. The recording has no audio. {MARKUP}")).to_be_visible()


def test_while_it_is_live_panels_say_what_waits_and_go_on_when_it_ends(
    page: Page, made: Studio, clip: Path
) -> None:
    speaker = Speaker(made.server, clip, title=f"A talk {MARKUP}", diarization=True)
    panel = opened(page, made.server, speaker.recording, "Speakers")
    expect(
        panel.get_by_text("Who speaks will be told when the recording has ended.")
    ).to_be_visible()
    turned(page, "E-mail")
    expect(page.locator("#panel-none")).to_have_text("It can be sent when the recording has ended.")
    turned(page, "Summary")
    expect(page.locator("#panel-none")).to_contain_text("There is nothing to summarise yet")
    assert "/s/" in link(turned(page, "Share"))

    speaker.say()
    speaker.say(1.5)
    expect(page.locator(".utterance").first).to_be_visible()
    turned(page, "Summary").get_by_role("button", name="Summarise").click()
    expect(page.locator("#panel details.made")).to_have_count(1)
    turned(page, "E-mail")
    speaker.finish()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    panel = turned(page, "Speakers")
    expect(panel.get_by_role("heading")).to_have_text("One speaker")


def test_a_link_is_made_read_copied_and_withdrawn(
    page: Page, browser: Browser, made: Studio, recording: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = opened(page, made.server, recording, "Share")
    expect(panel.get_by_text("There is no link to this recording.")).to_be_visible()
    expect(panel.get_by_text("work on this machine only")).to_be_visible()
    panel.get_by_label("The link works for").select_option("A day")
    panel.get_by_label("They may listen, too").check()
    address = link(panel)
    expect(panel.get_by_role("textbox", name="The link")).to_be_focused()
    panel.get_by_role("button", name="Copy the link").click()
    assert page.evaluate("navigator.clipboard.readText()") == address
    (share,) = call(made.server, f"recordings/{recording}/shares")["items"]
    assert share["audio"]

    context = browser.new_context()
    with watched(context, OF_A_CUT_LINE) as reader:
        reader.goto(address)
        expect(reader.locator("#text .paragraph").first).to_contain_text(SAID[0])
        panel.get_by_role("button", name="Withdraw").click()
        expect(panel.get_by_text("There is no link to this recording.")).to_be_visible()
        expect(reader.get_by_text("This link has expired or was withdrawn.")).to_be_visible()
    assert call(made.server, f"recordings/{recording}/shares") == {"items": []}


def test_captions_have_an_address_that_looks_as_it_was_chosen(
    page: Page, browser: Browser, made: Studio, clip: Path
) -> None:
    speaker = Speaker(made.server, clip)
    panel = opened(page, made.server, speaker.recording, "Share")
    link(panel)
    panel.get_by_text("Captions over a video").click()
    panel.get_by_label("Size").select_option("Large")
    panel.get_by_label("Lines").select_option("1")
    panel.get_by_label("Colour").select_option("Yellow")
    panel.get_by_label("Position").select_option("Top")
    address = panel.get_by_role("textbox", name="Address of the captions").input_value()
    assert address.endswith("?size=64&lines=1&colour=ffee00&position=top")

    context = browser.new_context()
    with watched(context, None) as overlay:
        overlay.goto(address)
        captions = overlay.locator("#captions")
        expect(captions.locator("p")).to_have_count(1)
        expect(captions).to_have_class(re.compile("top"))
        expect(captions).to_have_css("color", "rgb(255, 238, 0)")
        expect(captions).to_have_css("font-size", "64px")
    speaker.finish()


def test_links_of_another_visit_are_listed_without_their_address(
    page: Page, made: Studio, recording: str
) -> None:
    call(made.server, f"recordings/{recording}/shares", {"audio": False})
    panel = opened(page, made.server, recording, "Share")

    expect(panel.locator("li")).to_contain_text("Words only")
    expect(panel.get_by_role("textbox", name="The link")).to_have_count(0)
    expect(panel.get_by_role("button", name="Withdraw")).to_be_visible()


def test_an_email_is_sent_with_a_summary_and_files(
    page: Page, made: Studio, recording: str
) -> None:
    call(made.server, f"recordings/{recording}/summaries?stream=false", {"template": "short"})
    panel = opened(page, made.server, recording, "E-mail")
    panel.get_by_role("button", name="Send").click()
    expect(panel.get_by_role("alert").filter(has_text="Say whom it is for.")).to_be_visible()
    panel.get_by_role("textbox", name="To").fill(ADA)
    panel.get_by_role("combobox", name="Summary").select_option(index=1)
    panel.get_by_label("SRT").check()
    panel.get_by_role("button", name="Send").click()

    expect(panel.locator("li[data-state=sent]")).to_contain_text(ADA)
    letter = made.mailbox.letters[-1]
    assert letter["To"] == ADA
    assert [file.get_content_type() for file in letter.iter_attachments()] == [
        "application/x-subrip"
    ]
    body = letter.get_body(("plain",))
    assert body is not None
    assert SAID[0] in body.get_content()
    assert "Somebody said:" in body.get_content()


def test_an_email_that_is_refused_says_why_and_is_sent_again(
    page: Page, made: Studio, recording: str
) -> None:
    made.mailbox.replies[:] = [f"550 Nobody of that name, {MARKUP}."]
    panel = opened(page, made.server, recording, "E-mail")
    panel.get_by_role("textbox", name="To").fill(ADA)
    panel.get_by_role("button", name="Send").click()
    row = panel.locator("li[data-state=failed]")
    expect(row.locator(".wrong")).to_contain_text(f"said 550: Nobody of that name, {MARKUP}.")

    row.get_by_role("button", name="Try again").click()
    expect(panel.locator("li[data-state=sent]")).to_have_count(1)
    page.reload()
    page.locator("#panel-openers button").nth(5).click()
    row.get_by_role("button", name="Try again").click()
    expect(panel.get_by_role("alert").filter(has_text="Choose what to send")).to_be_visible()
    expect(panel.get_by_role("textbox", name="To")).to_have_value(ADA)


def test_what_is_no_address_is_refused_where_it_stands(
    hardy_page: Page, made: Studio, recording: str
) -> None:
    panel = opened(hardy_page, made.server, recording, "E-mail")
    panel.get_by_role("textbox", name="To").fill("ada")
    hardy_page.keyboard.press("Enter")
    expect(panel.get_by_role("alert").filter(has_text="ada is no e-mail address")).to_be_visible()
    panel.get_by_label("The transcript, in the letter").uncheck()
    panel.get_by_role("button", name="Send").click()

    expect(panel.get_by_role("alert").filter(has_text="Choose what to send")).to_be_visible()


def test_a_server_without_a_mail_server_says_how_to_have_one(
    page: Page, made: Studio, recording: str
) -> None:
    page.route("**/api/v1/info", lambda r: r.fulfill(json=r.fetch().json() | {"email": False}))
    panel = opened(page, made.server, recording, "E-mail")

    expect(panel.get_by_text("This server sends no e-mail")).to_be_visible()
    panel.get_by_text("How to have e-mail").click()
    expect(panel.locator("pre")).to_contain_text("VIVAVOCE_SMTP_HOST")
    expect(panel.get_by_role("button", name="Send")).to_be_hidden()
