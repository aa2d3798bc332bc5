"""E-mails over REST, to a real mail server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.deliver.hosts import mail_host
from tests.server.conftest import Serving, wav
from vivavoce.deliver import deliveries
from vivavoce.engines.fake import silence
from vivavoce.testing.process import ServerProcess, free_port, running

pytestmark = pytest.mark.anyio
FROM = "Studio <studio@example.org>"
ADA = "ada@example.org"


def settings(port: int) -> dict[str, Any]:
    line = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
    return {**line, "smtp_from": FROM}


@asynccontextmanager
async def office(serving: Serving, folder: Path, port: int) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application that sends e-mail by the server at this port."""
    async with serving(folder, **settings(port)) as app:
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test/api/v1") as http:
            yield http


async def recorded(http: httpx2.AsyncClient, talk: bytes, title: str = "A talk") -> str:
    params = {"wait": "true", "title": title, "language": "en"}
    answer = await http.post("/recordings", params=params, content=talk)
    id: str = answer.json()["id"]
    return id


async def tried(http: httpx2.AsyncClient, id: str, state: str) -> dict[str, Any]:
    """The only e-mail of a recording, when something has come of it."""
    while True:
        (found,) = (await http.get(f"/recordings/{id}/emails")).json()["items"]
        if found["state"] == state and (state != "waiting" or found["message"]):
            email: dict[str, Any] = found
            return email
        await asyncio.sleep(0.02)


def text(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())


async def test_a_recording_is_sent(serving: Serving, tmp_path: Path, talk: bytes) -> None:
    async with mail_host() as mailbox, office(serving, tmp_path, mailbox.port) as http:
        title = "<i>Minutes</i>\r\nBcc: eve@example.org"
        id = await recorded(http, talk, title)
        made = await http.post(f"/recordings/{id}/summaries?stream=false", json={})
        assert made.status_code == 200, made.text
        asked = {"to": f" {ADA} ", "summary": made.json()["id"], "attach": ["srt", "json", "srt"]}
        answer = await http.post(f"/recordings/{id}/emails", json=asked)
        assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
        sent = await tried(http, id, "sent")
        assert sent["id"] == answer.json()["id"]
        assert (sent["to"], sent["attempts"], sent["message"]) == (ADA, 1, None)
    (letter,) = mailbox.letters
    assert mailbox.readers == [ADA]
    assert (letter["From"], letter["To"], letter["Bcc"]) == (FROM, ADA, None)
    assert letter["Subject"] == "<i>Minutes</i> Bcc: eve@example.org"
    assert [f.get_content_type() for f in letter.iter_attachments()] == [
        "application/x-subrip",
        "application/json",
    ]
    for kind in ("plain", "html"):
        body = text(letter, kind)
        for part in ("alfa bravo", "charlie", "Language", "Engine", "scripted", "Length"):
            assert part in body
        assert made.json()["text"].splitlines()[0].removeprefix("- ") in body
    assert "<i>" not in text(letter, "html")


async def test_only_what_was_asked_for_is_sent(
    serving: Serving, tmp_path: Path, talk: bytes
) -> None:
    async with mail_host() as mailbox, office(serving, tmp_path, mailbox.port) as http:
        id = await recorded(http, talk)
        asked = {"to": ADA, "transcript": False, "attach": ["txt"]}
        await http.post(f"/recordings/{id}/emails", json=asked)
        await tried(http, id, "sent")
    (letter,) = mailbox.letters
    assert "alfa" not in text(letter, "plain")
    (file,) = letter.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("A talk.txt", "alfa bravo\ncharlie\n")


async def test_a_refusal_is_told(serving: Serving, tmp_path: Path, talk: bytes) -> None:
    async with mail_host() as mailbox, office(serving, tmp_path, mailbox.port) as http:
        mailbox.replies = ["550 Nobody of that name lives here."]
        id = await recorded(http, talk)
        await http.post(f"/recordings/{id}/emails", json={"to": ADA})
        failed = await tried(http, id, "failed")
    assert failed["message"].endswith("said 550: Nobody of that name lives here.")
    assert (failed["attempts"], failed["next_at"], mailbox.letters) == (1, None, [])


async def test_one_that_is_put_off_is_sent_later(
    serving: Serving, tmp_path: Path, talk: bytes
) -> None:
    async with mail_host() as mailbox, office(serving, tmp_path, mailbox.port) as http:
        mailbox.replies = ["451 Greylisted, come back later."]
        id = await recorded(http, talk)
        await http.post(f"/recordings/{id}/emails", json={"to": ADA})
        waiting = await tried(http, id, "waiting")
        assert waiting["message"].endswith("said 451: Greylisted, come back later.")
        assert waiting["next_at"] > waiting["created_at"]
        sent = await tried(http, id, "sent")
    assert (sent["attempts"], sent["message"], len(mailbox.letters)) == (2, None, 1)


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"to": "ada"}, 422, "ada is no e-mail address: "),
        ({"to": f"{ADA}\nBcc: eve@example.org"}, 422, " is no e-mail address: "),
        ({"transcript": False}, 422, "There is nothing to send: ask for "),
        ({"summary": "none"}, 404, "There is no summary none of this recording."),
        ({"attach": ["exe"]}, 422, "attach names 'exe'; the formats are txt, "),
        ({"attach": ["txt"] * 11}, 422, "attach cannot be taken"),
        ({"cc": ADA}, 422, "cc cannot be taken"),
    ],
)
async def test_what_cannot_be_sent_is_refused(
    mailing: httpx2.AsyncClient, talk: bytes, change: dict[str, Any], status: int, sentence: str
) -> None:
    id = await recorded(mailing, talk)
    answer = await mailing.post(f"/recordings/{id}/emails", json={"to": ADA} | change)
    assert answer.status_code == status, answer.text
    assert sentence in answer.json()["error"]["message"]
    assert (await mailing.get(f"/recordings/{id}/emails")).json() == {"items": []}


async def test_a_recording_without_a_word_is_not_sent(
    mailing: httpx2.AsyncClient, quiet: bytes
) -> None:
    id = await recorded(mailing, quiet)
    answer = await mailing.post(f"/recordings/{id}/emails", json={"to": ADA})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_to_send")


async def test_no_more_than_so_many_an_hour(
    mailing: httpx2.AsyncClient, talk: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "HOURLY", 2)
    id = await recorded(mailing, talk)
    codes = [
        (await mailing.post(f"/recordings/{id}/emails", json={"to": ADA})).status_code
        for _ in range(3)
    ]
    assert codes == [202, 202, 429]


async def test_without_a_mail_server_none_is_sent(http: httpx2.AsyncClient, talk: bytes) -> None:
    id = await recorded(http, talk)
    answer = await http.post(f"/recordings/{id}/emails", json={"to": ADA})
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "no_mail_server")
    assert (await http.post("/recordings/none/emails", json={"to": ADA})).status_code == 404


@pytest.fixture(scope="module")
def quiet() -> bytes:
    return wav(silence(2))


@pytest.fixture
async def mailing(serving: Serving, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application whose mail server is not there."""
    async with office(serving, tmp_path, free_port()) as http:
        yield http


async def test_a_killed_server_forgets_no_letter(tmp_path: Path, talk: bytes) -> None:
    port = free_port()
    server = ServerProcess(tmp_path, engines="scripted", hosts=1, **settings(port))
    with running(server):
        async with httpx2.AsyncClient(base_url=f"{server.url}api/v1", trust_env=False) as http:
            id = await recorded(http, talk)
            await http.post(f"/recordings/{id}/emails", json={"to": ADA})
            await tried(http, id, "waiting")
            await asyncio.to_thread(server.kill)
            async with mail_host(port) as mailbox:
                await asyncio.to_thread(server.start)
                assert (await tried(http, id, "sent"))["attempts"] >= 2
    assert [letter["Subject"] for letter in mailbox.letters] == ["A talk"]
