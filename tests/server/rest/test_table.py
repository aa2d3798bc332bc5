"""All transcripts in one table."""

import csv
import io

import httpx2
import pytest

from vivavoce.core.commands import Options, Start
from vivavoce.core.types import AudioFormat
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio


async def table(http: httpx2.AsyncClient) -> list[list[str]]:
    answer = await http.get("/transcripts.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="transcripts.csv"' in answer.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answer.text, newline="")))


async def test_every_transcript_is_a_line(
    http: httpx2.AsyncClient, parts: Services, talk: bytes
) -> None:
    params = {"wait": "true"}
    made = [(await http.post("/recordings", params=params, content=talk)).json() for _ in range(3)]
    first, second, binned = made
    await http.post(f"/recordings/{binned['id']}/bin")
    await parts.hub.start(Start(AudioFormat(), Options(title="Now")))  # it has no transcript yet
    path = f"/recordings/{second['id']}"
    said = (await http.get(f"{path}/transcript")).json()["utterances"]
    names = {
        "assign": [{"utterance": said[0]["id"], "speaker": "S1"}],
        "names": [{"speaker": "S1", "name": '=HYPERLINK("x")'}],
    }
    assert (await http.post(f"{path}/speakers", json=names)).status_code == 200
    at = [row["created_at"].partition(".")[0].rstrip("Z") + "Z" for row in (second, first)]
    assert await table(http) == [
        ["id", "timestamp", "mode", "language", "diarization", "text"],
        [second["id"], at[0], "upload", second["language"] or "", "true",
         "'=HYPERLINK(\"x\"): alfa bravo\ncharlie"],
        [first["id"], at[1], "upload", first["language"] or "", "false", "alfa bravo\ncharlie"],
    ]  # fmt: skip


async def test_an_empty_library_is_a_table_too(http: httpx2.AsyncClient) -> None:
    assert await table(http) == [["id", "timestamp", "mode", "language", "diarization", "text"]]
