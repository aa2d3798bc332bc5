"""Uploads, to the real hub and through it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from vivavoce.audio.wav import wav_header
from vivavoce.core.types import AudioFormat
from vivavoce.journal.frames import MAX_RECORDED
from vivavoce.live.session import LiveSession
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio
WAIT = {"wait": "true"}


async def text(http: httpx2.AsyncClient, recording: dict[str, Any]) -> str:
    answer = await http.get(f"/recordings/{recording['id']}/transcript", params={"format": "txt"})
    return answer.text


def message(answer: httpx2.Response) -> str:
    said: str = answer.json()["error"]["message"]
    return said


async def nothing_is_left(http: httpx2.AsyncClient, parts: Services) -> bool:
    """No row, no journal, no blob."""
    listed = (await http.get("/recordings")).json()["items"]
    return not listed and not await asyncio.to_thread(files, parts.settings.data_dir)


def files(data_dir: Path) -> list[Path]:
    """Everything that is kept of sessions, live or sealed."""
    folders = (data_dir / "live", data_dir / "blobs")
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


async def test_a_form_is_transcribed(http: httpx2.AsyncClient, talk: bytes) -> None:
    answer = await http.post(
        "/recordings", params=WAIT, files={"file": ("../a b.wav", talk, "audio/wav")}
    )
    recording = answer.json()
    assert answer.status_code == 200, answer.text
    assert (recording["state"], recording["reason"]) == ("done", "finished")
    assert (recording["title"], recording["media_type"]) == ("a b.wav", "audio/wav")
    assert recording["bytes"] == len(talk)
    assert recording["preview"] == "alfa bravo charlie"
    assert await text(http, recording) == "alfa bravo\ncharlie\n"


async def test_a_bare_body_is_the_same(http: httpx2.AsyncClient, talk: bytes) -> None:
    form = await http.post("/recordings", params=WAIT, files={"file": ("x", talk)})
    bare = await http.post("/recordings", params=WAIT | {"title": "A talk"}, content=talk)
    assert bare.json()["title"] == "A talk"
    assert await text(http, bare.json()) == await text(http, form.json())


async def test_the_answer_comes_when_the_audio_is_safe(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    answer = await http.post("/recordings", content=talk, params={"language": "en"})
    recording = answer.json()
    assert (answer.status_code, recording["state"]) == (202, "transcribing")
    assert recording["language"] == "en"
    events = await http.get(f"/recordings/{recording['id']}/events")
    assert '"reason":"finished"' in events.text.splitlines()[-2]


async def test_fields_of_the_form_are_obeyed(http: httpx2.AsyncClient, talk: bytes) -> None:
    answer = await http.post(
        "/recordings",
        params=WAIT,
        data={"title": " Mine ", "language": "de", "engine": "scripted", "unknown": "x"},
        files={"file": ("a.wav", talk)},
    )
    recording = answer.json()
    assert (recording["title"], recording["language"]) == ("Mine", "de")


def form(*parts: tuple[str, bytes]) -> dict[str, Any]:
    """A form with its parts in this order; the one called `file` is one."""
    body = b""
    for name, value in parts:
        filename = '; filename="a.wav"' if name == "file" else ""
        head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
        body += head.encode() + value + b"\r\n"
    content_type = "multipart/form-data; boundary=edge"
    return {"content": body + b"--edge--\r\n", "headers": {"Content-Type": content_type}}


async def test_a_title_may_follow_the_file(http: httpx2.AsyncClient, talk: bytes) -> None:
    answer = await http.post("/recordings", **form(("file", talk), ("title", b"Late")))
    assert answer.json()["title"] == "Late"


@pytest.mark.parametrize(
    ("fields", "status", "complaint"),
    [
        ([("file", b"x"), ("language", b"en")], 400, "The field language must come before"),
        ([("file", b"x"), ("file", b"x")], 400, "Send one file at a time."),
        ([("title", b"x")], 422, "The upload is empty"),
        ([("file", b"")], 422, "The upload is empty"),
        ([("engine", b"nobody"), ("file", b"x")], 400, "There is no engine 'nobody'"),
    ],
)
async def test_a_form_that_cannot_be_leaves_nothing(
    http: httpx2.AsyncClient,
    parts: Services,
    fields: list[tuple[str, bytes]],
    status: int,
    complaint: str,
) -> None:
    answer = await http.post("/recordings", **form(*fields))
    assert (answer.status_code, complaint in message(answer)) == (status, True), answer.text
    assert await nothing_is_left(http, parts)


async def test_a_form_cut_short_leaves_nothing(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    request = form(("file", talk))
    request["content"] = request["content"][:-9]
    answer = await http.post("/recordings", **request)
    assert (answer.status_code, message(answer)) == (400, "The form ends before its last boundary.")
    assert await nothing_is_left(http, parts)


async def test_an_empty_body_is_refused(http: httpx2.AsyncClient, parts: Services) -> None:
    answer = await http.post("/recordings")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_audio")
    assert await nothing_is_left(http, parts)


async def test_a_text_file_fails_in_words_and_others_go_on(
    http: httpx2.AsyncClient, talk: bytes
) -> None:
    bad = await http.post(
        "/recordings", params=WAIT, files={"file": ("a.wav", b"Dear diary, " * 99)}
    )
    assert (bad.json()["state"], bad.json()["reason"]) == ("failed", "bad_audio")
    good = await http.post("/recordings", params=WAIT, content=talk)
    assert good.json()["state"] == "done"


async def test_an_upload_that_cannot_become_audio_is_refused_on_the_way(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    async def diary() -> AsyncIterator[bytes]:
        yield b"Dear diary, " * 30_000
        await until(
            lambda: (
                any(session.bye is not None for session in sessions(parts)) or (not sessions(parts))
            )
        )
        yield b"Dear diary, " * 30_000

    answer = await http.post("/recordings", content=diary(), params={"title": "diary.wav"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_audio")
    assert "diary.wav" in message(answer)
    assert await nothing_is_left(http, parts)


async def test_who_deletes_an_upload_on_the_way_ends_it(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield bytes(MAX_RECORDED)
        (listed,) = (await http.get("/recordings")).json()["items"]
        assert (await http.delete(f"/recordings/{listed['id']}")).status_code == 204
        yield bytes(MAX_RECORDED)

    answer = await http.post("/recordings", content=body())
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")
    assert await nothing_is_left(http, parts)


class TestLimit:
    @pytest.fixture
    async def app(self, serving: Any, tmp_path: Path) -> AsyncIterator[FastAPI]:
        async with serving(tmp_path, max_upload_mb=1) as app:
            yield app

    async def test_too_much_is_refused_whether_or_not_its_length_is_known(
        self, http: httpx2.AsyncClient, parts: Services
    ) -> None:
        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield bytes(65_536)

        for content in (bytes(2_200_000), bytes(1_100_000), endless()):
            answer = await http.post("/recordings", content=content)
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
            assert message(answer) == "The upload is larger than 1 MiB."
            assert await nothing_is_left(http, parts)


def sessions(parts: Services) -> list[LiveSession]:
    return list(parts.hub._sessions.values())


async def until(condition: Callable[[], bool]) -> None:
    """For what only a test wants to know, so that nobody rings for it."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


async def journalled(parts: Services, size: int) -> None:
    """Return when a live session's journal holds this many bytes."""
    await until(lambda: any(session.journal.size >= size for session in sessions(parts)))


async def test_bytes_are_in_the_journal_while_others_are_still_to_come(
    remote: httpx2.AsyncClient, parts: Services
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield bytes(MAX_RECORDED)
        yield b"x"
        # Nothing more is sent before the server has written this much of it.
        await journalled(parts, MAX_RECORDED)
        yield b"y"

    async with asyncio.timeout(120):
        answer = await remote.post("/recordings", content=body())
    assert answer.status_code == 202


async def test_a_client_that_vanishes_leaves_nothing_and_others_go_on(
    address: tuple[str, int],
    remote: httpx2.AsyncClient,
    parts: Services,
    talk: bytes,
) -> None:
    _, writer = await asyncio.open_connection(*address)
    writer.write(
        b"POST /api/v1/recordings HTTP/1.1\r\nHost: test\r\nContent-Length: 9999999\r\n\r\n"
        + bytes(2 * MAX_RECORDED)
    )
    async with asyncio.timeout(120):
        await journalled(parts, MAX_RECORDED)
        writer.transport.abort()
        good = await remote.post("/recordings", params=WAIT, content=talk)
        while len((await remote.get("/recordings")).json()["items"]) > 1:
            pass
    assert good.json()["state"] == "done"
    await remote.delete(f"/recordings/{good.json()['id']}")
    assert await nothing_is_left(remote, parts)


class TestDisk:
    @pytest.fixture
    async def app(self, serving: Any, tmp_path: Path) -> AsyncIterator[FastAPI]:
        async with serving(tmp_path) as app:
            yield app

    async def test_a_folder_that_takes_nothing_is_named_and_the_server_goes_on(
        self, http: httpx2.AsyncClient, parts: Services, talk: bytes
    ) -> None:
        live = parts.settings.data_dir / "live"
        await asyncio.to_thread(replace_by_a_file, live)
        answer = await http.post("/recordings", content=talk)
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk")
        assert str(live) in message(answer)
        assert answer.json()["error"]["retryable"] is True
        await asyncio.to_thread(live.unlink)
        again = await http.post("/recordings", params=WAIT, content=talk)
        assert again.json()["state"] == "done"
        assert len((await http.get("/recordings")).json()["items"]) == 1


def replace_by_a_file(folder: Path) -> None:
    folder.rmdir()
    folder.touch()


class TestStopping:
    @pytest.fixture
    async def app(self, serving: Any, tmp_path: Path) -> AsyncIterator[FastAPI]:
        async with serving(tmp_path) as app:
            yield app

    async def test_a_stopping_server_takes_no_uploads(
        self, http: httpx2.AsyncClient, parts: Services, talk: bytes
    ) -> None:
        await parts.hub.drain(0)
        answer = await http.post("/recordings", content=talk)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "draining")
        assert answer.headers["Retry-After"]

    async def test_who_waits_when_the_server_stops_is_told_and_nothing_is_lost(
        self, http: httpx2.AsyncClient, parts: Services
    ) -> None:
        long = asyncio.create_task(http.post("/recordings", params=WAIT, content=wav_of(600)))
        async with asyncio.timeout(120):
            await until(lambda: any(s.journal.complete for s in sessions(parts)))
        await parts.hub.drain(0)
        answer = await long
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "draining")
        assert len((await http.get("/recordings")).json()["items"]) == 1


def wav_of(seconds: int) -> bytes:
    return wav_header(AudioFormat(), seconds * 32_000) + bytes(seconds * 32_000)
