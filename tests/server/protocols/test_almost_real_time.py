"""The almost real-time app's routes, asked as its page asks them."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from fastapi import FastAPI

from tests.deliver.hosts import mail_host
from tests.server.conftest import Serving, wav
from vivavoce.engines.fake import say, silence
from vivavoce.server.bodies import page_forms
from vivavoce.server.protocols import almost_real_time
from vivavoce.server.services import Services
from vivavoce.testing.encode import Shape, encode
from vivavoce.testing.process import free_port

pytestmark = pytest.mark.anyio
SCRIPT = "<script>alert(1)</script>"
RECORDING = {"language_setting": "en-GB", "diarization": "false", "mode": "Recording"}
SPEECH = np.concatenate([say("alfa", "bravo"), silence(1.5), say("charlie")])


@pytest.fixture
async def site(app: FastAPI, parts: Services) -> AsyncIterator[httpx2.AsyncClient]:
    """As a page of this server asks."""
    async with asking(app) as client:
        yield client


def asking(app: FastAPI) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Origin": "http://test"}
    return httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers)


def multipart(fields: dict[str, str]) -> dict[str, Any]:
    """As a browser sends a form without a file."""
    return {"files": [(name, (None, value.encode())) for name, value in fields.items()]}


async def posted(site: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    return await site.post(path, **multipart(fields))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("recording.webm", Shape("webm", "libopus")),
        ("recording.webm", Shape("matroska", "libopus")),
        ("talk.mp3", Shape("mp3", "libmp3lame", 44_100)),
        ("talk.wav", Shape("wav", "pcm_s16le", 16_000)),
    ],
)
async def test_a_file_is_transcribed(site: httpx2.AsyncClient, name: str, shape: Shape) -> None:
    media = "audio/webm" if name.endswith("webm") else "application/octet-stream"
    file = {"audio": (name, encode(SPEECH, shape), media)}
    answer = await site.post("/transcribe", files=file, data=RECORDING)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"transcript": "alfa bravo charlie"}
    (kept,) = (await site.get("/api/v1/recordings")).json()["items"]
    assert (kept["state"], kept["language"]) == ("done", "en-GB")
    assert kept["title"].startswith("Recording ")


async def test_who_speaks_is_told(serving: Serving, tmp_path: Path) -> None:
    speech = np.concatenate(
        [say("tango"), silence(1.5), say("alfa", "bravo"), silence(1.5), say("victor")]
    )
    file = {"audio": ("recording.webm", encode(speech, Shape("webm", "libopus")), "audio/webm")}
    asked = RECORDING | {"diarization": "true"}
    for diarizer, text in (
        ("scripted", "Speaker-1: tango\nSpeaker-2: alfa bravo\nSpeaker-1: victor"),
        ("none", "tango alfa bravo victor"),
    ):
        folder = tmp_path / diarizer
        async with serving(folder, diarizer=diarizer) as app, asking(app) as site:
            answer = await site.post("/transcribe", files=file, data=asked)
            assert answer.json() == {"transcript": text}
            (kept,) = (await site.get("/api/v1/recordings")).json()["items"]
            assert kept["diarization"] is True


async def test_an_upload_keeps_its_name(site: httpx2.AsyncClient, talk: bytes) -> None:
    file = {"audio": (f"{SCRIPT}.wav", talk, "audio/wav")}
    await site.post("/transcribe", files=file, data=RECORDING | {"mode": "Upload"})
    (kept,) = (await site.get("/api/v1/recordings")).json()["items"]
    assert kept["title"] == "script>.wav"  # what comes after the last slash


async def test_other_programs_have_the_same_route(site: httpx2.AsyncClient, talk: bytes) -> None:
    answer = await site.post("/transcribe", files={"file": ("a.wav", talk)})
    text = "alfa bravo charlie"
    assert answer.json() == {"transcriptionText": text, "transcript": text}


@pytest.mark.parametrize(
    ("file", "fields", "error"),
    [
        (b"", {}, "The upload is empty; it has not one byte of audio."),
        (b"Dear diary, " * 99, {}, "."),
        (wav(silence(2)), {}, "Nothing was heard in the audio, so there is no text."),
        (wav(silence(2)), {"mode": "Sideways"}, "mode 'Sideways' not recognised."),
        (wav(silence(2)), {"language_setting": "not a language"}, "."),
    ],
)
async def test_a_file_that_is_none_is_refused_in_their_form(
    site: httpx2.AsyncClient, file: bytes, fields: dict[str, str], error: str
) -> None:
    answer = await site.post(
        "/transcribe", files={"audio": ("recording.webm", file)}, data=RECORDING | fields
    )
    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"].endswith(error)


async def test_a_form_without_a_file_is_refused(site: httpx2.AsyncClient) -> None:
    answer = await posted(site, "/transcribe", mode="Upload")
    assert (answer.status_code, answer.json()) == (400, {"error": "The form has no file."})


@pytest.mark.parametrize("encoded", ["multipart", "urlencoded"])
async def test_a_text_is_saved(site: httpx2.AsyncClient, encoded: str) -> None:
    text = f"Speaker-1: Good morning, {SCRIPT}\r\nSpeaker-2: Grüße & so on."
    fields = {"edited_transcript": text, "mode": "Upload", "language": "en-GB"}
    fields["diarization"] = "true"
    form = multipart(fields) if encoded == "multipart" else {"data": fields}
    answer = await site.post("/save-transcript", **form)
    assert (answer.status_code, answer.json()) == (200, {"msg": "Successful!"})
    (kept,) = (await site.get("/api/v1/recordings")).json()["items"]
    assert (kept["state"], kept["mode"], kept["language"]) == ("done", "upload", "en-GB")
    assert kept["title"].startswith("Saved transcript ")
    said = await site.get(f"/api/v1/recordings/{kept['id']}/transcript?format=txt")
    assert f"Good morning, {SCRIPT}" in said.text
    assert "Speaker-2: Grüße & so on.\n" in said.text
    table = (await site.get("/api/v1/transcripts.csv")).text
    (row,) = csv.DictReader(io.StringIO(table.removeprefix("\ufeff")))
    assert (row["id"], row["mode"], row["language"]) == (kept["id"], "upload", "en-GB")
    assert "Good morning" in row["text"]
    found = (await site.get("/api/v1/search", params={"q": "grusse"})).json()["items"]
    assert [hit["recording"]["id"] for hit in found] == [kept["id"]]


async def test_nothing_is_saved_of_an_empty_text(site: httpx2.AsyncClient) -> None:
    for text in ("", " \r\n "):
        answer = await posted(site, "/save-transcript", edited_transcript=text, mode="Upload")
        assert answer.status_code == 400
        assert answer.json() == {"error": "No text provided when trying to save."}
    assert (await site.get("/api/v1/recordings")).json()["items"] == []


async def test_a_text_is_summarised(site: httpx2.AsyncClient) -> None:
    text = (
        "The garden needs water every morning in June. We agreed that Ada waters the garden. "
        f"Bob said {SCRIPT} about the garden and the water. The meeting ended early."
    )
    answer = await posted(site, "/summarise", edited_transcript=text)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert set(made) == {"html_summary", "summary"}
    assert "garden" in made["summary"]
    assert "<script" not in made["html_summary"]
    assert made["html_summary"].startswith("<")
    empty = await posted(site, "/summarise", edited_transcript="")
    assert (empty.status_code, list(empty.json())) == (400, ["error"])


EMAIL = {
    "filename": "talk.wav",
    "mode": "Upload",
    "language": "en-GB",
    "diarization": "false",
    "transcript": f"Good morning.\r\n{SCRIPT}",
    "summary": "They met.\r\nBcc: eve@example.org",
    "user_email": "Ada@example.org",
}


async def test_a_text_is_sent(serving: Serving, tmp_path: Path) -> None:
    async with mail_host() as mailbox:
        line = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_security": "none"}
        async with (
            serving(tmp_path, **line, smtp_from="studio@example.org") as app,
            asking(app) as site,
        ):
            answer = await posted(site, "/send-email", **EMAIL)
            assert (answer.status_code, answer.json()) == (200, {"success": "Success!"})
            mailbox.replies = ["550 Nobody of that name lives here."]
            refused = await posted(site, "/send-email", **EMAIL)
            assert refused.status_code == 400
            assert refused.json()["error"].startswith("Couldn't send email: The mail server")
            mailbox.replies = ["451 Come back later."]
            later = await posted(site, "/send-email", **EMAIL)
            assert later.json()["success"].endswith("The e-mail is kept, and sent later.")
    letter = mailbox.letters[0]
    assert letter["Subject"].startswith("Transcription 20")
    assert (letter["To"], letter["Bcc"]) == ("Ada@example.org", None)
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert rich is not None
    for part in ("talk.wav", "en-GB", "Good morning.", "They met.", "Bcc: eve@example.org"):
        assert part in plain.get_content()
    assert "<script" not in rich.get_content()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"user_email": "ada"}, "ada is no e-mail address: "),
        ({"user_email": ""}, "nothing is no e-mail address: "),
        ({"transcript": " ", "summary": ""}, "so there is nothing to send."),
    ],
)
async def test_what_cannot_be_sent_is_refused_in_their_form(
    serving: Serving, tmp_path: Path, change: dict[str, str], error: str
) -> None:
    line = {"smtp_host": "127.0.0.1", "smtp_port": free_port(), "smtp_from": "a@example.org"}
    async with serving(tmp_path, **line) as app, asking(app) as site:
        answer = await posted(site, "/send-email", **EMAIL | change)
    assert answer.status_code == 400
    assert error in answer.json()["error"]


async def test_without_a_mail_server_none_is_sent(site: httpx2.AsyncClient) -> None:
    answer = await posted(site, "/send-email", **EMAIL)
    assert answer.status_code == 501
    assert answer.json()["error"].startswith("This server sends no e-mail")


async def test_recordings_are_listed_and_deleted(
    site: httpx2.AsyncClient, talk: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No audio saved." in (await site.get("/list-audio")).text
    params = {"wait": "true", "title": f"Talk {SCRIPT}"}
    kept = [(await site.post("/api/v1/recordings", params=params, content=talk)).json()["id"]]
    await posted(site, "/save-transcript", edited_transcript="It has no audio, so it is not here.")
    kept.append((await site.post("/api/v1/recordings?wait=true", content=talk)).json()["id"])
    page = await site.get("/list-audio")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert SCRIPT not in page.text
    assert page.text.count("<audio") == 2
    assert (await site.get(f"/api/v1/recordings/{kept[0]}/audio?download=true")).content == talk
    monkeypatch.setattr(almost_real_time, "LISTED", 1)
    first = (await site.get("/list-audio")).text
    assert (kept[1] in first, kept[0] in first) == (True, False)
    assert 'href="list-audio?cursor=' in first
    monkeypatch.undo()

    answer = await posted(site, "/delete-recording", filename=f"{kept[0]}.wav")
    assert (answer.status_code, answer.json()) == (200, {"success": "Success!"})
    assert (await site.get(f"/api/v1/recordings/{kept[0]}")).status_code == 404
    for name in (f"{kept[0]}.wav", "recording_1.wav", "../../etc/passwd", ""):
        answer = await posted(site, "/delete-recording", filename=name)
        assert (answer.status_code, list(answer.json())) == (400, ["error"])


@pytest.mark.parametrize("path", ["summarise", "save-transcript", "send-email", "delete-recording"])
@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://test.example"])
async def test_pages_of_others_may_not(site: httpx2.AsyncClient, path: str, origin: str) -> None:
    fields = {"edited_transcript": "x", "filename": "x", "transcript": "x", "user_email": "x"}
    answer = await site.post(f"/{path}", data=fields, headers={"Origin": origin})
    assert answer.status_code == 403
    assert f"Pages of {origin} may not do this" in answer.json()["error"]


async def test_pages_of_those_who_are_named_may(serving: Serving, tmp_path: Path) -> None:
    async with serving(tmp_path, origins=("https://ours.example",)) as app, asking(app) as site:
        headers = {"Origin": "https://ours.example"}
        answer = await site.post(
            "/save-transcript", data={"edited_transcript": "Hello."}, headers=headers
        )
        assert answer.json() == {"msg": "Successful!"}


async def test_forms_have_a_bound(
    site: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "word " * 100_000  # more than other forms may have
    assert (await posted(site, "/save-transcript", edited_transcript=text)).status_code == 200
    monkeypatch.setattr(page_forms, "TEXT", 1000)
    monkeypatch.setattr(page_forms, "FORM", 0)
    long = "x" * 2000
    for form in (multipart({"edited_transcript": long}), {"data": {"edited_transcript": long}}):
        answer = await site.post("/save-transcript", **form)
        assert (answer.status_code, list(answer.json())) == (400, ["error"])
    many = {f"f{n}": "x" for n in range(99)}
    assert (await site.post("/save-transcript", data=many)).status_code == 400


async def test_several_at_once(site: httpx2.AsyncClient, talk: bytes) -> None:
    answers = await asyncio.gather(
        *(
            site.post("/transcribe", files={"audio": ("a.wav", talk)}, data=RECORDING)
            for _ in range(4)
        )
    )
    assert {answer.json()["transcript"] for answer in answers} == {"alfa bravo charlie"}
