"""What is not to be read is nowhere: on no line, in no file, in no log."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.server.conftest import wav
from vivavoce.engines.fake import say, silence
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import open_wire

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]

HIDDEN = "bravo charlie"
TALK = wav(say("alfa", "bravo", "charlie", "delta"), silence(1.5), say("echo"))
WANTED = "alfa [name] delta"


def leaks(folder: Path) -> list[str]:
    """Files in which a hidden word stands, as it is or as it is compared."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in files if b"bravo" in path.read_bytes().lower()]


async def test_it_is_on_no_line_and_in_no_file(launch: Launch, tmp_path: Path) -> None:
    server = launch(
        engine="scripted", hosts=1, redact="numbers,emails", redact_names=HIDDEN, log_level="debug"
    )
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        parts = [say(word) for word in ("alfa", "bravo", "charlie", "delta")]
        for n, part in enumerate([*parts, silence(1), say("echo"), silence(1)]):
            await wire.frame(n, part.tobytes())
        while wire.finals != [WANTED]:
            await wire.hear()
        assert leaks(server.data_dir) == []  # not in the journal either
        await wire.say(type="finish")
        assert await wire.closed() == 1000
        assert wire.finals == [WANTED, "echo"]
        assert "bravo" not in str(wire.heard)
        final = next(m["event"] for m in wire.heard if m.get("event", {}).get("type") == "final")
        assert [word["text"] for word in final["words"]] == ["alfa", "[name]", "delta"]
        assert final["words"][0]["end"] < final["words"][1]["start"] < final["words"][2]["start"]
    async with httpx2.AsyncClient(base_url=server.url, timeout=240, trust_env=False) as http:
        path = f"api/v1/recordings/{ready['session']}"
        answers = [
            await http.get(f"{path}/transcript", params={"format": format})
            for format in ("txt", "srt", "vtt", "json", "csv", "md", "jsonl")
        ]
        answers.append(await http.get(f"{path}/events"))
        answers.append(await http.get("api/v1/transcripts.csv"))
        answers.append(await http.post(f"{path}/summaries", json={}))
        for fields in ({"response_format": "verbose_json"}, {"stream": "true"}):
            form = {"model": "whisper-1", **fields}
            file = {"file": ("talk.wav", TALK)}
            answers.append(await http.post("v1/audio/transcriptions", data=form, files=file))
        for answer in answers:
            assert answer.status_code == 200, answer.text
            assert "bravo" not in answer.text.lower()
            assert "[name]" in answer.text or "\\[name\\]" in answer.text
        edit = {
            "edits": [{"utterance": "u1", "text": "Alfa and Bravo Charlie.", "base_revision": 0}]
        }
        edited = await http.post(f"{path}/edits", json=edit)
        assert edited.json()["events"][0]["event"]["text"] == "Alfa and [name]."
        assert (await http.get("api/v1/search", params={"q": "bravo"})).json()["items"] == []
        assert (await http.get("api/v1/search", params={"q": "alfa"})).json()["items"] != []
    assert leaks(tmp_path) == []


async def test_a_session_that_is_taken_up_goes_on_hiding(launch: Launch, tmp_path: Path) -> None:
    settings = {"engine": "scripted", "hosts": 1, "redact_names": HIDDEN}
    server = launch(**settings)
    async with open_wire(server.url) as wire:
        ready = await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes())
        await wire.until("ack", frame=0)
        server.kill()
    server.start()
    async with open_wire(server.url) as wire:
        await wire.resume(ready)
        await wire.frame(1, say("charlie", "delta").tobytes())
        await wire.say(type="finish")
        assert await wire.closed() == 1000
        assert wire.finals == [WANTED]
    assert leaks(tmp_path) == []
