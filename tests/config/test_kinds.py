"""Addresses of services that engines speak to."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from vivavoce.config import Settings


@pytest.mark.parametrize(
    "name", ["openai_base_url", "aws_endpoint", "azure_endpoint", "llm_base_url"]
)
@pytest.mark.parametrize(
    "address",
    [
        "example.org",
        "file:///etc/passwd",
        "https://",
        "http://[::1",
        "http://example.org:port",
        "http://example.org/a b",
        "http://example.org/\nHost: other",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address(name: str, address: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="it is to begin with"):
        Settings(data_dir=tmp_path, **{name: address})


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("openai_base_url", "http://localhost:9000/v1"),
        ("aws_endpoint", "https://transcribestreaming.eu-west-1.amazonaws.com"),
        ("azure_endpoint", "wss://westeurope.stt.speech.microsoft.com/speech/universal/v2"),
        ("azure_endpoint", "https://mine.cognitiveservices.azure.com/"),
    ],
)
def test_what_is_one(name: str, address: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, **{name: address})
    assert getattr(settings, name) == address
