"""Addresses as people have them."""

import pytest

from vivavoce.client.address import realtime_url
from vivavoce.core.errors import BadMessage

ASKED = "intent=transcription"


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://localhost:8000", f"ws://localhost:8000/v1/realtime?{ASKED}"),
        ("localhost:8000/", f"ws://localhost:8000/v1/realtime?{ASKED}"),
        ("https://api.openai.com/v1", f"wss://api.openai.com/v1/realtime?{ASKED}"),
        ("http://host/speech", f"ws://host/speech/v1/realtime?{ASKED}"),
        (
            "ws://localhost:8000/v1/realtime?intent=transcription&model=whisper-1",
            "ws://localhost:8000/v1/realtime?intent=transcription&model=whisper-1",
        ),
        (
            "wss://name.openai.azure.com/openai/v1/realtime?api-version=1",
            f"wss://name.openai.azure.com/openai/v1/realtime?api-version=1&{ASKED}",
        ),
        ("http://host/v1?model=m", "ws://host/v1/realtime?model=m"),
    ],
)
def test_the_websocket_for_openais_protocol(url: str, line: str) -> None:
    assert realtime_url(url) == line


def test_what_is_no_address() -> None:
    with pytest.raises(BadMessage, match="'ftp://host' is not a server's address"):
        realtime_url("ftp://host")
