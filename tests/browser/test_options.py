"""What is chosen before recording or sending a file: what is offered, remembered and sent."""

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.scripted import ScriptedServer
from tests.browser.test_live import begin, stop
from tests.browser.test_recording import recording_id
from vivavoce.testing.language_model import LanguageModelServer
from vivavoce.testing.process import ServerProcess, running

DEVICES = """(labels) => {
  window.devices = labels;
  navigator.mediaDevices.enumerateDevices = async () => [
    { kind: "audioinput", deviceId: "default", label: "Default" },
    { kind: "videoinput", deviceId: "camera", label: "Camera" },
    ...window.devices.map((label) => ({ kind: "audioinput", deviceId: label, label })),
  ];
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
}"""
ASKED_OF_THE_MICROPHONE = """() => {
  const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.asked = [];
  navigator.mediaDevices.getUserMedia = (wanted) => {
    window.asked.push(wanted.audio.deviceId?.ideal ?? "");
    return own({ audio: true });
  };
}"""
LEVEL = "Number(document.querySelector('#options [data-level]').getAttribute('aria-valuenow'))"


def engine(name: str, languages: list[str], **rest: Any) -> dict[str, Any]:
    capabilities = {"name": name, "model": f"{name}-1", "languages": languages}
    return {"name": name, "installed": True, "hint": "", "capabilities": capabilities | rest}


POLYGLOT = engine("polyglot", ["de-DE", "en-GB", "fr"], translations=["es", "it"])
ANY = engine("any", ["*"])
LACKING = {"name": "cloud", "installed": True, "hint": "It wants a key: set <KEY>."}


def info(server: ServerProcess, **more: Any) -> dict[str, Any]:
    """What the server says of itself, with engines that it has not."""
    with urllib.request.urlopen(f"{server.url}api/v1/info", timeout=60) as answer:
        own = json.load(answer)
    moonshine = next(one for one in own["engines"] if one["name"] == "moonshine")
    engines = [moonshine, POLYGLOT, ANY, LACKING | {"capabilities": None}]
    return {**own, "engines": engines, "language_model": None, **more}


@pytest.fixture
def opened(page: Page, server: ServerProcess) -> Page:
    """The page with its options open, and the engines above."""
    known = info(server)
    page.route("**/api/v1/info", lambda route: route.fulfill(json=known))
    page.goto(server.url)
    expect(page.locator("#r-engine")).to_have_text("moonshine-tiny-en")
    page.get_by_role("button", name="Options", exact=True).click()
    return page


def choice(page: Page, name: str) -> Locator:
    return page.get_by_role("combobox", name=name, exact=True)


def choices(page: Page, name: str) -> list[str]:
    return choice(page, name).locator("option").all_inner_texts()


def test_engines_that_are_ready_are_offered_and_the_others_say_what_they_lack(opened: Page) -> None:
    assert choices(opened, "Engine")[1:] == ["moonshine-tiny-en", "polyglot-1", "any-1"]

    opened.get_by_text("Engines that are not ready here").click()

    expect(opened.locator("#options li")).to_have_text("cloud It wants a key: set <KEY>.")


def test_languages_are_those_that_the_engine_knows(opened: Page) -> None:
    assert choices(opened, "Language") == ["English"]
    expect(choice(opened, "Language")).to_be_disabled()
    expect(choice(opened, "Translate as well to")).to_be_hidden()

    choice(opened, "Engine").select_option("polyglot")
    assert choices(opened, "Language") == [
        "Any of these",
        "British English",
        "French",
        "German (Germany)",
    ]
    assert choices(opened, "Translate as well to") == ["None", "Italian", "Spanish"]
    choice(opened, "Language").select_option("fr")

    choice(opened, "Engine").select_option("any")
    assert len(choices(opened, "Language")) > 50
    assert choice(opened, "Language").input_value() == "fr"
    choice(opened, "Engine").select_option("")
    assert choice(opened, "Language").input_value() == ""


def test_a_language_model_translates_for_every_engine(page: Page, server: ServerProcess) -> None:
    known = info(server, language_model={"model": "m"})
    page.route("**/api/v1/info", lambda route: route.fulfill(json=known))
    page.goto(server.url)
    page.get_by_role("button", name="Options", exact=True).click()
    expect(choice(page, "Translate as well to")).to_be_visible()
    assert "German" in choices(page, "Translate as well to")


def test_a_session_is_opened_with_what_was_chosen(opened: Page, server: ServerProcess) -> None:
    scripted = ScriptedServer(opened)
    tagged: list[Any] = []

    def tag(route: Any) -> None:
        if route.request.method == "PATCH":
            tagged.append(route.request.post_data_json)
        route.fallback()

    opened.route("**/api/v1/recordings/*", tag)
    choice(opened, "Engine").select_option("polyglot")
    choice(opened, "Language").select_option("de-DE")
    choice(opened, "Translate as well to").select_option("it")
    choice(opened, "A sentence ends").select_option("conversation")
    opened.get_by_label("Tell who speaks").check()
    choice(opened, "Speakers").select_option("3")
    opened.get_by_label("Obey spoken commands").check()
    opened.get_by_role("textbox", name="Title", exact=True).fill("Council")
    opened.get_by_role("textbox", name="Tags", exact=True).fill("Berlin, minutes, berlin")

    opened.get_by_role("button", name="Record", exact=True).click()
    expect(opened.locator("#r-line")).to_have_text("Live")
    stop(opened)

    start = scripted.heard[0]
    assert start["engine"] == "polyglot"
    assert start["language"] == "de-DE"
    assert start["options"] == {
        "interims": True,
        "title": "Council",
        "translate_to": ["it"],
        "diarization": True,
        "speakers": 3,
        "endpointing": "conversation",
        "voice_commands": True,
    }
    assert {"tags": ["Berlin", "minutes"]} in tagged


def test_what_is_chosen_is_remembered_and_a_title_is_for_once(
    page: Page, server: ServerProcess
) -> None:
    scripted = ScriptedServer(page)
    page.goto(server.url)
    tune = page.get_by_role("button", name="Options", exact=True)
    tune.click()
    page.get_by_label("Tell who speaks").check()
    page.get_by_role("textbox", name="Title", exact=True).fill("Once")
    page.get_by_role("textbox", name="Tags", exact=True).fill("a, b")
    page.reload()
    tune.click()
    expect(page.get_by_label("Tell who speaks")).to_be_checked()
    expect(page.get_by_role("textbox", name="Tags", exact=True)).to_have_value("a, b")
    expect(page.locator("#tune")).to_have_class("quiet tune chosen")
    page.get_by_role("textbox", name="Title", exact=True).fill("Once")

    for title in ("Once", ""):
        expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value(title)
        page.get_by_role("button", name="Record", exact=True).click()
        expect(page.locator("#options")).to_be_hidden()
        expect(page.locator("#r-line")).to_have_text("Live")
        stop(page)
        tune.click()

    titles = [said["options"]["title"] for said in scripted.heard if said["type"] == "start"]
    assert titles[0] == "Once"
    assert titles[1] != "Once"


def test_what_was_remembered_and_is_nonsense_does_no_harm(
    page: Page, server: ServerProcess
) -> None:
    page.add_init_script(
        """localStorage.setItem("vivavoce.options", '{"speakers": "x", "device": 4')"""
    )
    begin(page, server.url)
    stop(page)


def test_the_sheet_is_left_by_escape_or_elsewhere(opened: Page) -> None:
    sheet, tune = opened.locator("#options"), opened.locator("#tune")
    expect(tune).to_have_attribute("aria-expanded", "true")
    opened.keyboard.press("Tab")
    expect(opened.get_by_role("button", name="Close the options")).to_be_focused()

    opened.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(tune).to_be_focused()
    expect(tune).to_have_attribute("aria-expanded", "false")

    opened.keyboard.press("Enter")
    expect(sheet).to_be_visible()
    opened.locator("#welcome-title").click(position={"x": 2, "y": 2}, force=True)
    opened.mouse.click(4, 400)
    expect(sheet).to_be_hidden()


def test_microphones_come_and_go(page: Page, server: ServerProcess) -> None:
    page.goto(server.url)
    page.evaluate(DEVICES, ["Built-in", "Headset"])
    page.get_by_role("button", name="Options", exact=True).click()
    microphone = choice(page, "Microphone")
    expect(microphone.locator("option")).to_have_count(3)
    microphone.select_option("Headset")

    page.evaluate(DEVICES, ["Built-in"])
    expect(microphone.locator("option")).to_have_text(
        [re.compile("system"), "Built-in", "The one chosen before (not plugged in)"]
    )
    expect(microphone).to_have_value("Headset")


def test_the_microphone_that_is_chosen_is_the_one_that_records(
    page: Page, server: ServerProcess
) -> None:
    page.goto(server.url)
    page.evaluate(DEVICES, ["Built-in", "Headset"])
    page.evaluate(ASKED_OF_THE_MICROPHONE)
    page.get_by_role("button", name="Options", exact=True).click()
    choice(page, "Microphone").select_option("Headset")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#r-line")).to_have_text("Live")
    stop(page)
    assert page.evaluate("window.asked").pop() == "Headset"


def test_the_level_shows_before_recording_and_nothing_is_recorded(
    page: Page, server: ServerProcess
) -> None:
    scripted = ScriptedServer(page)
    page.goto(server.url)
    page.get_by_role("button", name="Options", exact=True).click()

    page.get_by_role("button", name="Try it").click()

    page.wait_for_function(f"() => {LEVEL} > 0")
    expect(page.locator("[data-hearing]")).to_contain_text("Nothing is recorded.")
    page.get_by_role("button", name="Close the options").click()
    assert page.evaluate(LEVEL) == 0
    assert scripted.heard == []


@pytest.fixture(scope="module")
def fluent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with a language model."""
    with LanguageModelServer() as model:
        folder = tmp_path_factory.mktemp("fluent")
        llm = {"llm_base_url": model.url, "llm_model": "m", "llm_api_key": "k"}
        with running(ServerProcess(folder, finals="tiny", **llm)) as server:
            yield server


def test_words_are_translated_beside_them_while_they_are_said(
    page: Page, fluent: ServerProcess
) -> None:
    page.goto(fluent.url)
    page.get_by_role("button", name="Options", exact=True).click()
    choice(page, "Translate as well to").select_option("de")

    page.get_by_role("button", name="Record", exact=True).click()

    expect(page.locator("#transcript .translation").first).to_contain_text("(de)")
    expect(page.locator("#dock")).to_have_attribute("data-state", "recording")
    stop(page)


def test_a_file_is_read_as_it_was_wished(page: Page, server: ServerProcess, clip: Path) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Options", exact=True).click()
    page.get_by_label("Tell who speaks").check()
    choice(page, "Speakers").select_option("1")
    page.get_by_role("textbox", name="Tags", exact=True).fill("Berlin, minutes")

    page.locator("#files").set_input_files(clip)

    expect(page.locator("#uploads li")).to_have_count(0)
    expect(page.locator("#player")).to_be_visible()
    address = f"{server.url}api/v1/recordings/{recording_id(page)}"
    recording = page.request.get(address).json()
    assert recording["tags"] == ["Berlin", "minutes"]
    assert recording["diarization"] is True
