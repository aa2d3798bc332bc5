"""What the studio says of recordings that lose their audio or their text."""

import asyncio
import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from playwright.sync_api import Page, expect

from tests.browser.test_library import upload
from vivavoce.library.retention import Retention, Rules
from vivavoce.library.sql import SqlRepository
from vivavoce.testing.process import ServerProcess


def change(server: ServerProcess, id: str, **wanted: object) -> None:
    headers = {"Content-Type": "application/json"}
    address = f"{server.url}api/v1/recordings/{id}"
    request = urllib.request.Request(address, json.dumps(wanted).encode(), headers, method="PATCH")
    urllib.request.urlopen(request, timeout=60).close()


def lose(server: ServerProcess, id: str, what: str) -> None:
    """As the rules do."""

    async def work() -> None:
        library = await SqlRepository.open(server.data_dir)
        retention = Retention(library.tables, Rules())
        await getattr(retention, f"lose_{what}")(id, datetime.now(UTC))
        await library.close()

    thread = Thread(target=lambda: asyncio.run(work()))
    thread.start()
    thread.join()


def test_it_is_said_when_it_goes(page: Page, server: ServerProcess, clip: Path) -> None:
    id = upload(server, clip, "Going")
    change(server, id, audio_days=3, text_days=400)
    page.goto(f"{server.url}#/r/{id}")
    meta = page.locator("#sheet-meta")
    expect(meta).to_contain_text("Audio goes on")
    expect(meta).to_contain_text(f"{(datetime.now(UTC).year + 1)}")  # the text's
    change(server, id, keep=True)
    page.reload()
    expect(meta).not_to_be_empty()
    expect(meta).not_to_contain_text("goes on")


def test_audio_that_is_gone_is_not_offered(page: Page, server: ServerProcess, clip: Path) -> None:
    id = upload(server, clip, "Silent")
    lose(server, id, "audio")
    page.goto(f"{server.url}#/r/{id}")
    expect(page.locator("#sheet-meta")).to_contain_text("Audio deleted")
    expect(page.locator(".utterance").first).to_contain_text("book")
    expect(page.locator("#player")).to_be_hidden()
    row = page.locator(f"#recordings li[data-id='{id}']")
    expect(row).to_contain_text("Audio deleted")
    expect(row.get_by_role("button", name="Play Silent")).to_be_disabled()


def test_text_that_is_gone_is_not_waited_for(
    hardy_page: Page, server: ServerProcess, clip: Path
) -> None:
    page = hardy_page  # Chromium tells of the 410
    id = upload(server, clip, "Wordless")
    lose(server, id, "text")
    page.goto(f"{server.url}#/r/{id}")
    expect(page.locator("#hint")).to_contain_text("Its text was deleted")
    expect(page.locator("#sheet-title")).to_have_text("Wordless")
    expect(page.locator("#player")).to_be_visible()
