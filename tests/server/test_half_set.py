"""Settings of which half is missing: the log says so when the server starts."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Serving
from vivavoce.config import Settings
from vivavoce.server.half_set import half_set

KEY = "not to be seen"
LLM: dict[str, Any] = {"llm_base_url": "http://localhost/v1", "llm_model": "m"}
MAIL: dict[str, Any] = {"smtp_host": "localhost", "smtp_from": "us@example.org"}


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"llm_base_url": "http://localhost/v1"}, "but not llm_model."),
        ({"llm_api_version": "2024-10-21"}, "but not llm_base_url."),
        ({"llm_api_version": "2024-10-21", "llm_api_key": KEY, "llm_model": "m"}, "llm_base_url."),
        ({"smtp_host": "localhost"}, "but not smtp_from, and smtp_user is no address."),
        ({**MAIL, "smtp_user": "us"}, "but not smtp_password."),
        ({**MAIL, "smtp_password": KEY}, "but not smtp_user."),
    ],
)
def test_what_is_missing_is_named(settings: dict[str, Any], missing: str) -> None:
    (sentence,) = half_set(Settings(**settings))
    assert sentence.endswith(missing)
    assert KEY not in sentence


@pytest.mark.parametrize(
    "settings",
    [
        {},
        LLM,
        {**LLM, "llm_api_version": "2024-10-21"},
        MAIL,
        {"smtp_host": "localhost", "smtp_user": "us@example.org", "smtp_password": KEY},
        {"smtp_user": "us@example.org", "smtp_password": KEY},  # variables of another program
    ],
)
def test_of_what_is_whole_nothing_is_said(settings: dict[str, Any]) -> None:
    assert list(half_set(Settings(**settings))) == []


@pytest.mark.anyio
async def test_the_log_says_it_at_the_start(
    serving: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(tmp_path, smtp_host="localhost"):
        pass
    assert "No e-mail is sent: smtp_host is set, but not smtp_from" in capsys.readouterr().err
