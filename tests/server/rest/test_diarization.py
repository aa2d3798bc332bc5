"""Who speaks in a recording, over REST, by a diarizer that takes each third of the alphabet for a
voice: alfa to india, juliett to romeo, and the rest."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from tests.server.conftest import Serving, wav
from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.errors import DiskError
from vivavoce.core.types import AudioFormat, Brief
from vivavoce.engines.fake import say, silence
from vivavoce.library.diarizations import Diarization, Step
from vivavoce.library.recording import folder
from vivavoce.live import diarization
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio
ODD = Path(__file__).parents[2] / "live" / "odd_engines"
BOTH = wav(say("alfa", "bravo", "november"), silence(1.5), say("charlie"))


@pytest.fixture(scope="module")
async def app(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    async with serving(tmp_path_factory.mktemp("data"), diarizer="scripted") as app:
        yield app


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Makes the odd diarizers known; where they take notes."""
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setenv("ODD_ENGINES", str(notes))
    monkeypatch.setenv("PYTHONPATH", str(ODD))
    monkeypatch.setattr(sys, "path", [*sys.path, str(ODD)])
    return notes


def client(app: FastAPI) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test/api/v1")


async def upload(http: httpx2.AsyncClient, sound: bytes = BOTH, **wishes: Any) -> str:
    answer = await http.post("/recordings", params={"wait": "true", **wishes}, content=sound)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def who(http: httpx2.AsyncClient, recording: str) -> list[str]:
    """Each word with its speaker."""
    answer = await http.get(f"/recordings/{recording}/transcript")
    return [
        f"{word.get('speaker') or utterance.get('speaker')}: {word['text']}"
        for utterance in answer.json()["utterances"]
        for word in utterance["words"]
    ]


async def ask(http: httpx2.AsyncClient, parts: Services, recording: str, **wish: Any) -> Any:
    answer = await http.post(f"/recordings/{recording}/diarization", json=wish)
    assert answer.status_code == 202, answer.text
    await parts.diarizing.settled("local", recording)
    return (await http.get(f"/recordings/{recording}/diarization")).json()


async def there(note: Path) -> None:
    while True:
        if await asyncio.to_thread(note.exists):
            return
        await asyncio.sleep(0.01)


async def test_an_upload_that_asks_for_it_is_told_apart(http: httpx2.AsyncClient) -> None:
    recording = await upload(http, diarization="true")
    assert await who(http, recording) == ["S1: alfa", "S1: bravo", "S2: november", "S1: charlie"]
    state = (await http.get(f"/recordings/{recording}/diarization")).json()
    assert (state["state"], state["progress"]) == ("done", 1)


async def test_an_upload_that_does_not_is_not(http: httpx2.AsyncClient) -> None:
    recording = await upload(http)
    assert {each.partition(":")[0] for each in await who(http, recording)} == {"None"}
    state = (await http.get(f"/recordings/{recording}/diarization")).json()
    assert state == {
        "state": "none",
        "progress": 0,
        "speakers": None,
        "seconds_left": None,
        "message": None,
    }


async def test_the_fields_of_a_form_ask_for_it_too(http: httpx2.AsyncClient) -> None:
    form = {"speakers": "1"}
    files = {"file": ("a.wav", BOTH, "audio/wav")}
    answer = await http.post("/recordings", params={"wait": "true"}, data=form, files=files)
    assert {each[:3] for each in await who(http, answer.json()["id"])} == {"S1:"}


@pytest.mark.parametrize("field", [{"speakers": "0"}, {"speakers": "21"}, {"diarization": "ja"}])
async def test_what_cannot_be_is_refused(http: httpx2.AsyncClient, field: dict[str, str]) -> None:
    files = {"file": ("a.wav", BOTH, "audio/wav")}
    by_form = await http.post("/recordings", data=field, files=files)
    by_query = await http.post("/recordings", params=field, content=BOTH)
    assert by_form.status_code in (400, 422)
    assert by_query.status_code == 422
    (name,) = field
    assert name in by_form.json()["error"]["message"]
    assert name in by_query.json()["error"]["message"]


async def test_it_can_be_asked_for_later_and_again(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    recording = await upload(http)
    assert (await ask(http, parts, recording))["state"] == "done"
    assert (await who(http, recording))[2] == "S2: november"
    again = await ask(http, parts, recording, speakers=1)
    assert (again["state"], again["speakers"]) == ("done", 1)
    assert {each[:3] for each in await who(http, recording)} == {"S1:"}
    events = (await http.get(f"/recordings/{recording}/events")).text
    assert events.count('"type":"speaker"') == 3  # and nothing was said twice


async def test_what_a_person_said_stands(http: httpx2.AsyncClient, parts: Services) -> None:
    recording = await upload(http)
    said = {"assign": [{"utterance": "u1", "speaker": "Anna"}]}
    assert (await http.post(f"/recordings/{recording}/speakers", json=said)).status_code == 200
    await ask(http, parts, recording)
    found = await who(http, recording)
    assert found == ["Anna: alfa", "Anna: bravo", "Anna: november", "Anna: charlie"]


async def test_where_nobody_speaks_there_is_nothing_to_do(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    recording = await upload(http, wav(silence(1)))
    assert (await ask(http, parts, recording))["state"] == "done"


async def test_a_recording_without_audio_says_so(http: httpx2.AsyncClient, parts: Services) -> None:
    recording = await upload(http)
    await parts.blobs.delete(folder(recording))
    state = await ask(http, parts, recording)
    assert (state["state"], state["message"]) == ("failed", "The recording has no audio.")


async def test_bad_requests(http: httpx2.AsyncClient) -> None:
    recording = await upload(http)
    path = f"/recordings/{recording}/diarization"
    for wish in ({"speakers": 0}, {"speakers": 21}, {"speakers": "two"}, {"voices": 2}):
        assert (await http.post(path, json=wish)).status_code == 422
    for method in ("POST", "GET", "DELETE"):
        answer = await http.request(method, f"/recordings/{'a' * 26}/diarization")
        assert answer.status_code == 404
    assert (await http.delete(path)).json()["state"] == "none"


async def test_a_live_session_that_asked_is_told_apart_when_it_is_over(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    options = Options(brief=Brief(diarization=True))
    seat = await parts.hub.start(Start(AudioFormat("container"), options))
    recording = seat.ready.session
    assert (await http.get(f"/recordings/{recording}/diarization")).json()["state"] == "waiting"
    await seat.send(Audio(0, BOTH))
    await seat.send(Finish())
    await parts.hub.sealed(recording)
    entry = await parts.diarizing.settled("local", recording)
    assert entry is not None
    assert entry.state == "done"
    assert (await who(http, recording))[2] == "S2: november"


async def test_what_is_live_is_revised_as_more_is_heard(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    """Long enough to be told of before its end."""
    words = ["alfa", "november", "charlie"] * 30
    sound = np_pcm(say(*words), silence(1), say(*words))
    options = Options(brief=Brief(diarization=True))
    seat = await parts.hub.start(Start(AudioFormat(), options))
    recording = seat.ready.session
    for number, at in enumerate(range(0, len(sound), 32_000)):
        await seat.send(Audio(number, sound[at : at + 32_000]))
    async with asyncio.timeout(120):
        async for answer in seat.answers():
            if type(getattr(answer, "event", None)).__name__ == "Speaker":
                break
    await seat.send(Finish())
    await parts.hub.sealed(recording)
    await parts.diarizing.settled("local", recording)
    assert await who(http, recording) == [
        f"{'S2' if word == 'november' else 'S1'}: {word}" for word in words * 2
    ]


async def test_it_can_be_called_off_while_it_runs(
    serving: Serving, notes: Path, tmp_path: Path
) -> None:
    async with serving(tmp_path, diarizer="odd_diarizers:Stuck") as app, client(app) as http:
        recording = await upload(http)
        path = f"/recordings/{recording}/diarization"
        await http.post(path)
        await there(notes / "stuck")
        assert (await http.get(path)).json()["state"] == "running"
        assert (await http.delete(path)).json()["state"] == "cancelled"
        assert {each[:4] for each in await who(http, recording)} == {"None"}
        (notes / "go").touch()
        state = await ask(http, app.state.services, recording)
        assert state["state"] == "done"


async def test_deleting_a_recording_ends_it(serving: Serving, notes: Path, tmp_path: Path) -> None:
    async with serving(tmp_path, diarizer="odd_diarizers:Stuck") as app, client(app) as http:
        gone, other = await upload(http), await upload(http)
        await http.post(f"/recordings/{gone}/diarization")
        await there(notes / "stuck")
        await app.state.services.forget("local", gone)
        assert (await http.get(f"/recordings/{gone}/diarization")).status_code == 404
        (notes / "go").touch()
        assert (await ask(http, app.state.services, other))["state"] == "done"
        left = await asyncio.to_thread(list, (tmp_path / "speakers").iterdir())
        assert [path.name for path in left] == ["lock"]


async def test_who_waits_for_it_does_not_keep_a_server_from_stopping(
    serving: Serving, notes: Path, tmp_path: Path
) -> None:
    async with serving(tmp_path, diarizer="odd_diarizers:Stuck") as app, client(app) as http:
        wish = {"wait": "true", "diarization": "true"}
        waiting = asyncio.create_task(http.post("/recordings", params=wish, content=BOTH))
        await there(notes / "stuck")
        app.state.services.diarizing.drain()  # told to stop
        answer = await waiting
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "draining"


async def test_what_a_stopped_server_left_is_taken_up(
    serving: Serving, notes: Path, tmp_path: Path
) -> None:
    async with serving(tmp_path, diarizer="odd_diarizers:Stuck") as app, client(app) as http:
        recording = await upload(http)
        await http.post(f"/recordings/{recording}/diarization")
        await there(notes / "stuck")
    (notes / "go").touch()
    async with serving(tmp_path, diarizer="odd_diarizers:Stuck") as app, client(app) as http:
        entry = await app.state.services.diarizing.settled("local", recording)
        assert (entry.state, entry.attempts) == ("done", 2)
        assert (await who(http, recording))[2] == "S2: november"


@pytest.mark.parametrize(("deaths", "state"), [(1, "done"), (9, "failed")])
async def test_a_host_that_dies_is_replaced_but_not_for_ever(
    serving: Serving, notes: Path, tmp_path: Path, deaths: int, state: str
) -> None:
    (notes / "deaths").write_text(str(deaths))
    async with serving(tmp_path, diarizer="odd_diarizers:Mortal") as app, client(app) as http:
        recording = await upload(http)
        assert (await ask(http, app.state.services, recording))["state"] == state


async def test_a_diarizer_that_cannot_be_loaded_says_why(
    serving: Serving, notes: Path, tmp_path: Path
) -> None:
    async with serving(tmp_path, diarizer="odd_diarizers:Unloadable") as app, client(app) as http:
        state = await ask(http, app.state.services, await upload(http))
        assert state["state"] == "failed"
        assert "its models are gone" in state["message"]


async def test_without_a_diarizer_nobody_is_told_apart(serving: Serving, tmp_path: Path) -> None:
    async with serving(tmp_path, diarizer="none") as app, client(app) as http:
        recording = await upload(http, diarization="true")
        answer = await http.post(f"/recordings/{recording}/diarization")
        assert answer.status_code == 501
        assert answer.json()["error"]["code"] == "no_diarizer"


def np_pcm(*parts: Any) -> bytes:
    return wav(*parts)[44:]


async def test_a_library_that_is_busy_costs_nobody_their_speakers(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diarization, "LOOK_EVERY", 0.01)
    async with serving(tmp_path, diarizer="scripted") as app, client(app) as http:
        queue = app.state.services.diarizing.queue
        again, step, refused = queue.again, queue.step, list[str]()

        async def begins(most: int) -> Any:
            if "again" not in refused:
                refused.append("again")
                raise DiskError("The library is busy.")
            return await again(most)

        async def notes(entry: Diarization, what: Step) -> bool:
            if what.state == "done" and "done" not in refused:
                refused.append("done")
                raise DiskError("The library is busy.")
            return bool(await step(entry, what))

        monkeypatch.setattr(queue, "again", begins)
        monkeypatch.setattr(queue, "step", notes)
        recording = await upload(http, diarization="true")
        state = (await http.get(f"/recordings/{recording}/diarization")).json()
    assert refused == ["again", "done"]
    assert state["state"] == "done"
