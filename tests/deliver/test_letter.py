"""What an e-mail says, and what it cannot be made to say."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

import msgspec
import pytest

from vivavoce.deliver.letter import CLOSING, Attachment, Letter, compose, rich

SENDER = Address("Studio", addr_spec="studio@example.org")
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCRIPT = '<script>alert("1")</script>'


def written(letter: Letter) -> EmailMessage:
    """As it arrives."""
    message = compose(letter, SENDER, "ada@example.org", "01abc", AT)
    found = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(found, EmailMessage)
    return found


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


def test_it_has_all_that_was_wanted_in_both_forms() -> None:
    letter = Letter(
        "Interview with Ada",
        (("Language", "en"), ("Length", "1:02")),
        "They spoke of engines.",
        "Good morning.\nGuten Tag, schöne Grüße.",
        (Attachment("Interview.srt", "application/x-subrip; charset=utf-8", "1\n"),),
    )
    message = written(letter)
    assert message["From"] == "Studio <studio@example.org>"
    assert message["To"] == "ada@example.org"
    assert message["Subject"] == "Interview with Ada"
    assert message["Message-ID"] == "<01abc@example.org>"
    assert message["Date"].datetime == AT
    for kind in ("plain", "html"):
        text = body(message, kind)
        for part in ("Language", "1:02", "They spoke of engines.", "Guten Tag, schöne Grüße."):
            assert part in text
    (file,) = message.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == (
        "Interview.srt",
        "application/x-subrip",
    )
    assert file.get_content() == b"1\n"


def test_what_is_not_there_has_no_heading() -> None:
    text = body(written(Letter("Only words", transcript="Hello.")), "plain")
    assert "Summary" not in text
    assert text.splitlines() == ["Only words", "", "Transcript", "", "Hello.", "", CLOSING]


@pytest.mark.parametrize("field", ["title", "summary", "transcript"])
def test_html_in_it_is_text(field: str) -> None:
    letter = msgspec.structs.replace(Letter("A", transcript="B"), **{field: SCRIPT})
    html = body(written(letter), "html")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_html_in_settings_is_text() -> None:
    html = body(written(Letter("A", ((SCRIPT, SCRIPT),))), "html")
    assert "<script>" not in html


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\0"])
def test_a_title_adds_no_header(end: str) -> None:
    title = f"Minutes{end}Bcc: eve@example.org{end}{end}<b>Hello</b>"
    message = written(Letter(title, attachments=(Attachment(title, "text/plain", "x"),)))
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Minutes Bcc: eve@example.org")
    (file,) = message.iter_attachments()
    assert file["Bcc"] is None
    assert set(message.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"),
        "Content-Type",
    }


def test_a_long_title_is_cut_and_none_is_named() -> None:
    assert len(written(Letter("x" * 5000))["Subject"]) == 200
    assert written(Letter("\r\n"))["Subject"] == "Transcript"


def test_a_transcript_of_one_endless_line_arrives_whole() -> None:
    line = "word " * 20_000
    assert line.strip() in body(written(Letter("Long", transcript=line)), "plain")


def test_a_summary_is_html_and_nothing_in_it_is() -> None:
    assert rich("Two agreed.\n\n## Decisions\n- Buy <b>\n- Sell & rest\nDone.") == (
        "<p>Two agreed.</p><h4>Decisions</h4>"
        "<ul><li>Buy &lt;b&gt;</li><li>Sell &amp; rest</li></ul><p>Done.</p>"
    )
    assert rich("") == ""
    for line in (SCRIPT, f"- {SCRIPT}", f"## {SCRIPT}"):
        assert "<script" not in rich(line)
