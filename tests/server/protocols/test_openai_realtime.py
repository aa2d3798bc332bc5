"""The keys of OpenAI's Realtime interface, over HTTP; its WebSocket is in tests/vendors."""

import time
from typing import Any

import httpx2
import pytest

from vivavoce.dialects.openai_realtime_messages import MAX_CONTROL
from vivavoce.dialects.openai_realtime_session import SERVER_VAD

pytestmark = pytest.mark.anyio

GA = "http://test/v1/realtime/client_secrets"
BETA = "http://test/v1/realtime/transcription_sessions"


async def test_a_key_is_made_for_a_session(http: httpx2.AsyncClient) -> None:
    heard = {"format": {"type": "audio/pcma"}, "transcription": {"model": "whisper-1"}}
    asked = {
        "expires_after": {"anchor": "created_at", "seconds": 30},
        "session": {"type": "transcription", "audio": {"input": heard}},
    }
    answer = await http.post(GA, json=asked)
    assert answer.status_code == 200
    said = answer.json()
    assert said["value"].startswith("ek_")
    assert 0 < said["expires_at"] - time.time() <= 30
    assert said["session"].pop("id").startswith("sess_")
    assert said["session"] == {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "audio": {"input": heard | {"noise_reduction": None, "turn_detection": SERVER_VAD}},
        "include": None,
        "expires_at": said["expires_at"],
    }


@pytest.mark.parametrize("path", [BETA, "http://test/v1/realtime/sessions"])
async def test_the_beta_has_it_flat(http: httpx2.AsyncClient, path: str) -> None:
    asked = {"input_audio_format": "g711_alaw", "modalities": ["text"], "model": "whisper-1"}
    said = (await http.post(path, json=asked)).json()
    assert said.pop("id").startswith("sess_")
    key = said.pop("client_secret")
    assert key["value"].startswith("ek_")
    assert 500 < key["expires_at"] - time.time() <= 600
    assert said == {
        "object": "realtime.transcription_session",
        "input_audio_format": "g711_alaw",
        "input_audio_transcription": {"model": "whisper-1"},
        "input_audio_noise_reduction": None,
        "turn_detection": SERVER_VAD,
        "include": None,
    }


@pytest.mark.parametrize("path", [GA, BETA])
async def test_nothing_need_be_asked_for(http: httpx2.AsyncClient, path: str) -> None:
    assert (await http.post(path)).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        (GA, {"session": {"type": "realtime", "model": "gpt-realtime"}}, "session.type"),
        (GA, {"expires_after": {"seconds": 9}}, "expires_after.seconds"),
        (GA, {"expires_after": {"seconds": 7201}}, "expires_after.seconds"),
        (GA, {"session": {"audio": {"input": {"format": "mp3"}}}}, "session.audio.input.format"),
        (BETA, {"input_audio_format": "opus"}, "input_audio_format"),
        (BETA, "[", None),
    ],
)
async def test_what_cannot_be_is_refused(
    http: httpx2.AsyncClient, path: str, body: Any, param: str | None
) -> None:
    content = {"content": body} if isinstance(body, str) else {"json": body}
    answer = await http.post(path, **content)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert error["message"].endswith(".")


async def test_a_body_has_a_bound(http: httpx2.AsyncClient) -> None:
    answer = await http.post(GA, content=b" " * (MAX_CONTROL + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"
