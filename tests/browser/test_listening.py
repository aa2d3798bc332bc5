"""Hearing a transcript: words that are clicked, marked and stepped through, speed, waveform."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.editing_steps import (
    SAID,
    click_word,
    clip_times,
    marked,
    opened,
    said,
    uploaded,
    written,
)
from vivavoce.testing.process import ServerProcess

AUDIO = "document.querySelector('audio')"
CHANGES = """() => {
  window.changes = [];
  const watch = new MutationObserver((list) => window.changes.push(...list));
  const options = { subtree: true, childList: true, attributes: true, characterData: true };
  watch.observe(document.querySelector("#transcript"), options);
}"""
DRAWN = """() => {
  const canvas = document.querySelector(".track canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let filled = 0;
  for (let i = 3; i < data.length; i += 4) filled += data[i] > 0;
  return filled / (canvas.width * canvas.height);
}"""


@pytest.fixture
def twice(page: Page, server: ServerProcess, clip: Path, tmp_path: Path) -> str:
    """What the real engine made of the clip, silence, and the clip again, with word times."""
    id = uploaded(page, server, clip_times(clip, 2, tmp_path / "twice.wav", pause=4))
    expect(opened(page, server, id)).to_have_text([SAID, SAID])
    expect(page.locator("#player")).to_be_visible()
    page.wait_for_function(f"() => {AUDIO}.duration > 10")
    return id


def test_a_clicked_word_is_heard_and_playing_marks_the_words(page: Page, twice: str) -> None:
    page.evaluate(CHANGES)

    click_word(page, "immediate", 1)

    page.wait_for_function(f"() => !{AUDIO}.paused && {AUDIO}.currentTime > 10")
    assert marked(page, "word") == ["immediate"]
    expect(page.locator(".utterance.playing")).to_have_text(SAID)
    page.wait_for_function(
        "() => [...CSS.highlights.get('word')][0].startContainer.data"
        ".slice([...CSS.highlights.get('word')][0].startOffset).startsWith('printed')"
    )
    changed = page.evaluate(
        "[...new Set(window.changes.map(({ target }) => target.dataset.key))].length"
    )
    assert changed == 1  # no element but the utterance that is played and has the caret


def test_typing_stops_the_sound_and_the_keys_work_while_writing(page: Page, twice: str) -> None:
    click_word(page, "immediate")
    page.wait_for_function(f"() => !{AUDIO}.paused")

    page.keyboard.type("X")
    page.wait_for_function(f"() => {AUDIO}.paused")
    page.keyboard.press("Control+Space")
    page.wait_for_function(f"() => !{AUDIO}.paused")
    page.keyboard.press("Alt+k")
    page.wait_for_function(f"() => {AUDIO}.paused")

    page.keyboard.press("Escape")
    expect(page.locator(".utterance")).to_have_text([SAID, SAID])


def test_the_keys_of_players_and_of_transcript_editors(page: Page, twice: str) -> None:
    page.locator("#scroller").focus()
    time = f"{AUDIO}.currentTime"

    page.keyboard.press("Space")
    page.wait_for_function(f"() => !{AUDIO}.paused && {time} > 0.2")
    page.keyboard.press("k")
    page.wait_for_function(f"() => {AUDIO}.paused")
    page.evaluate(f"{time} = 0")
    page.keyboard.press("l")
    assert page.evaluate(time) == 10
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(time) == 5
    page.keyboard.press("j")
    assert page.evaluate(time) == 0
    page.keyboard.press("]")
    (first,) = marked(page, "word")
    page.keyboard.press("]")
    (second,) = marked(page, "word")
    assert f"{first} {second}" in SAID
    page.keyboard.press("[")
    assert marked(page, "word") == [first]
    page.keyboard.press("Control+ArrowRight")
    assert marked(page, "word") == [second]
    page.keyboard.press("}")
    assert marked(page, "word") == ["Produced"]
    assert page.evaluate(time) > 9
    page.keyboard.press("+")
    expect(page.locator("[data-rate]")).to_have_text("1.25\N{MULTIPLICATION SIGN}")
    page.keyboard.press("-")
    expect(page.locator("[data-rate]")).to_have_text("1\N{MULTIPLICATION SIGN}")
    expect(page.locator("#dock")).to_have_attribute("data-state", "idle")  # Space did not record


def test_speed_from_a_menu(page: Page, twice: str) -> None:
    page.locator("[data-rate]").click()
    choices = page.get_by_role("menuitemradio")
    expect(choices).to_have_count(9)
    expect(
        page.get_by_role("menuitemradio", name="1\N{MULTIPLICATION SIGN}", exact=True)
    ).to_be_checked()

    page.get_by_role("menuitemradio", name="2.5\N{MULTIPLICATION SIGN}").click()

    assert page.evaluate(f"{AUDIO}.playbackRate") == 2.5
    expect(page.get_by_role("button", name="Speed, 2.5 times")).to_be_visible()


def test_silence_is_skipped(page: Page, twice: str) -> None:
    page.evaluate("""() => {
      window.jumps = [];
      const audio = document.querySelector("audio");
      audio.addEventListener("seeking", () => window.jumps.push(audio.currentTime));
    }""")
    page.get_by_role("button", name="Skip silence").click()
    page.evaluate(f"{AUDIO}.currentTime = 4.5")
    page.get_by_role("button", name="Play", exact=True).click()

    page.wait_for_function(f"() => {AUDIO}.currentTime > 9.2")

    assert [round(jump) for jump in page.evaluate("window.jumps")] == [4, 9]


def test_the_waveform_is_drawn_and_seeks_by_pointer_and_keyboard(page: Page, twice: str) -> None:
    expect(page.locator(".track.drawn")).to_be_visible()
    assert 0.05 < page.evaluate(DRAWN) < 0.8
    slider = page.get_by_role("slider", name="Position")
    box = slider.bounding_box()
    assert box

    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.up()
    length = page.evaluate(f"{AUDIO}.duration")
    assert page.evaluate(f"{AUDIO}.currentTime") == pytest.approx(length / 2, abs=0.5)
    slider.focus()
    before = page.evaluate(f"{AUDIO}.currentTime")
    page.keyboard.press("ArrowLeft")

    assert page.evaluate(f"{AUDIO}.currentTime") == pytest.approx(before - 5, abs=0.1)
    expect(slider).to_have_attribute("aria-valuetext", "0:04 of 0:18")


def test_uncertain_words_are_marked_unless_somebody_will_not_have_it(
    page: Page, server: ServerProcess
) -> None:
    final = said(0, "Sure doubtful unsure sure.")
    confidences = (0.95, 0.6, 0.3, 0.9)
    words = tuple(
        type(word)(word.text, word.start, word.end, confidence)
        for word, confidence in zip(final.words, confidences, strict=True)
    )
    id = written(server, said(0, final.text, words=words))
    opened(page, server, id)
    switch = page.get_by_role("button", name="Mark words that are uncertain")
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("() => CSS.highlights.has('unsure')")
    assert (marked(page, "doubtful"), marked(page, "unsure")) == (["doubtful"], ["unsure"])

    switch.click()
    page.wait_for_function("() => !CSS.highlights.has('unsure')")
    page.reload()

    expect(switch).to_have_attribute("aria-pressed", "false")
    assert marked(page, "doubtful") == []
