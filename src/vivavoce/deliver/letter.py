"""An e-mail as it is to be read: as text, the same as HTML, and what is attached."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Final

import msgspec

LONGEST: Final = 200
"""Characters of a subject."""

POLICY: Final = SMTP.clone(cte_type="7bit")
"""Any mail server takes it, whatever it says that it can do."""

SUMMARY: Final = "Summary"
CLOSING: Final = "Sent by Vivavoce."

_STYLE: Final = "font-family: sans-serif; max-width: 40em; line-height: 1.5"
_CELL: Final = "padding: 0 1em 0 0; vertical-align: top; text-align: left"


class Attachment(msgspec.Struct, frozen=True):
    """A file of text; `media` is its media type."""

    name: str
    media: str
    text: str


class Letter(msgspec.Struct, frozen=True):
    """What somebody is to read. All of it is plain text, whoever it is from."""

    title: str
    settings: tuple[tuple[str, str], ...] = ()  # names and values
    summary: str = ""
    transcript: str = ""  # one utterance a line
    attachments: tuple[Attachment, ...] = ()


def compose(letter: Letter, sender: Address, to: str, id: str, at: datetime) -> EmailMessage:
    """The message. `id` is the same at each attempt, so that a reader's program that got two
    can show one; `to` must have been checked."""
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = one_line(letter.title) or "Transcript"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # nobody's holiday is to answer
    message.set_content(text(letter))
    message.add_alternative(html(letter), subtype="html")
    for file in letter.attachments:
        main, _, sub = file.media.partition(";")[0].partition("/")
        message.add_attachment(
            file.text.encode(),
            maintype=main,
            subtype=sub,
            filename=one_line(file.name),
            params={"charset": "utf-8"} if main == "text" else {},
        )
    return message


def one_line(text: str) -> str:
    """Without what would end a header's line, and bounded."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:LONGEST].strip()


def text(letter: Letter) -> str:
    """The letter for who reads text."""
    settings = "\n".join(f"{name}: {value}" for name, value in letter.settings)
    parts = [letter.title, settings]
    parts += [f"{heading}\n\n{content}" for heading, content in _sections(letter)]
    return "\n\n".join([*filter(None, parts), CLOSING]) + "\n"


def html(letter: Letter) -> str:
    """The letter for who reads HTML."""
    rows = "".join(
        f'<tr><th style="{_CELL}">{escape(name)}</th><td style="{_CELL}">{escape(value)}</td></tr>'
        for name, value in letter.settings
    )
    sections = "".join(
        f"<h2>{heading}</h2>{rich(content) if heading == SUMMARY else _paragraphs(content)}"
        for heading, content in _sections(letter)
    )
    return (
        f'<!doctype html><html><head><meta charset="utf-8"></head><body style="{_STYLE}">'
        f"<h1>{escape(letter.title)}</h1><table>{rows}</table>{sections}"
        f"<p>{CLOSING}</p></body></html>"
    )


def rich(summary: str) -> str:
    """A summary with its headings (`## `) and items (`- `) as HTML; what it says is escaped."""
    parts: list[str] = []
    items: list[str] = []
    for line in [*map(str.strip, summary.splitlines()), ""]:
        if line.startswith("- "):
            items.append(f"<li>{escape(line[2:])}</li>")
            continue
        if items:
            parts.append(f"<ul>{''.join(items)}</ul>")
            items.clear()
        if line.startswith("#"):
            parts.append(f"<h4>{escape(line.lstrip('#').strip())}</h4>")
        elif line:
            parts.append(f"<p>{escape(line)}</p>")
    return "".join(parts)


def _sections(letter: Letter) -> list[tuple[str, str]]:
    sections = (SUMMARY, letter.summary.strip()), ("Transcript", letter.transcript.strip())
    return [(heading, content) for heading, content in sections if content]


def _paragraphs(content: str) -> str:
    lines = filter(None, map(str.strip, content.splitlines()))
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
