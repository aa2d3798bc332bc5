"""What tests of the panels need: a server that has a language model and a mail server, a talk, and
the way to a panel of it."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.editing_steps import said, written
from tests.deliver.hosts import Mailbox, mail_host
from vivavoce.core.events import AnyEvent, Speaker
from vivavoce.testing.language_model import LanguageModelServer
from vivavoce.testing.process import UVICORN, ServerProcess

MARKUP = "<img src=x onerror=alert(1)>"
SAID = (
    "Good morning and welcome to the budget meeting of the harbour board.",
    "We agreed last week that the new crane is paid from the reserve.",
    f"Mister {MARKUP} will call the insurance company by Friday.",
    "Anna has to send the figures of the night shift to everyone.",
)


@dataclass(frozen=True)
class Studio:
    """A server, and the two that it asks."""

    server: ServerProcess
    model: LanguageModelServer
    mailbox: Mailbox


@contextmanager
def studio(folder: Path) -> Iterator[Studio]:
    with LanguageModelServer() as model, mail_thread() as mailbox:
        server = ServerProcess(
            folder,
            (*UVICORN, "--http", "vivavoce.server.transport.protocol:Protocol"),
            finals="tiny",
            llm_base_url=model.url,
            llm_model="tale",
            llm_api_key="any",
            smtp_host="127.0.0.1",
            smtp_port=mailbox.port,
            smtp_security="none",
            smtp_from="Studio <studio@example.org>",
        )
        server.start()
        try:
            yield Studio(server, model, mailbox)
        finally:
            server.stop()


@contextmanager
def mail_thread() -> Iterator[Mailbox]:
    """A mail server in a thread of its own: the tests' own is Playwright's."""
    ready, over, found = threading.Event(), asyncio.Event(), list[Mailbox]()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with mail_host() as mailbox:
            found.append(mailbox)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    yield found[0]
    loop.call_soon_threadsafe(over.set)
    thread.join()
    loop.close()


def talk(server: ServerProcess, texts: Sequence[str] = SAID, speakers: int = 0) -> str:
    """A recording of these sentences, said by so many in turn; its id."""
    events: list[AnyEvent] = []
    for number, text in enumerate(texts):
        events.append(said(number, text))
        if speakers:
            events.append(Speaker(id=f"u{number}", speaker=f"S{number % speakers + 1}"))
    return written(server, *events)


def opened(page: Page, server: ServerProcess, id: str, tab: str = "Summary") -> Locator:
    """The panel of a recording, at one of its parts."""
    page.goto(f"{server.url}#/r/{id}")
    expect(page.locator("#panel-openers")).to_be_visible()
    page.locator("#panel-openers button:visible").first.click()
    return turned(page, tab)


def turned(page: Page, tab: str) -> Locator:
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    return page.locator("#panel-body > div").filter(visible=True)
