"""Lines for people and for programs, ours and other packages'."""

import json
import subprocess
import sys
from typing import Any

import pytest

PROGRAM = """
import logging, sys
import structlog
from vivavoce.telemetry.logs import bound, set_up_logs

uvicorn = logging.getLogger("uvicorn.error")
uvicorn.addHandler(logging.StreamHandler(sys.stdout))  # as uvicorn itself does
uvicorn.propagate = False
logging.getLogger("uvicorn.access").addHandler(logging.StreamHandler(sys.stdout))
set_up_logs({level!r}, {format!r})
set_up_logs({level!r}, {format!r})  # another application in the same process
log = structlog.get_logger()
with bound(request="r1"):
    with bound(session="s1"):
        log.info("said", words=3, when="ünï")
        logging.getLogger("some.library").warning("it takes %d s", 5)
    log.debug("quiet")
uvicorn.info('%s - "WebSocket %s" [accepted]', "127.0.0.1:1", "/x?token=SECRET")
logging.getLogger("uvicorn.access").info("GET /x?token=SECRET")
logging.getLogger("httpx2").info("POST http://ada:SECRET@there")
log.warning("a key in a value", reason="it was vv_abcdefghijkl_SECRET")
try:
    raise ValueError("told: ?api_key=SECRET")
except ValueError:
    log.exception("failed")
    logging.getLogger("some.library").exception("failed too")
"""


def said(level: str = "info", format: str = "json") -> str:
    program = PROGRAM.format(level=level, format=format)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done
    assert "SECRET" not in done.stderr
    return done.stderr


def lines(level: str = "info") -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(level).splitlines()]


def test_as_json_each_line_is_an_object_that_names_request_and_session() -> None:
    first, other, *_ = lines()
    assert list(first)[:3] == ["time", "level", "event"]
    assert first["time"].endswith("Z")
    assert {"event": "said", "level": "info", "words": 3, "when": "ünï"}.items() <= first.items()
    assert (first["request"], first["session"]) == ("r1", "s1")
    assert (other["event"], other["logger"]) == ("it takes 5 s", "some.library")
    assert (other["request"], other["session"]) == ("r1", "s1")


def test_each_is_written_once_and_requests_by_us_alone() -> None:
    events = [line["event"] for line in lines()]
    assert len(events) == len(set(events)) == 6
    assert events[2] == '127.0.0.1:1 - "WebSocket /x?token=..." [accepted]'


def test_an_error_has_its_traceback_in_its_line() -> None:
    *_, ours, theirs = lines()
    for line in (ours, theirs):
        assert line["exception"].startswith("Traceback (most recent call last):")
        assert line["exception"].endswith("ValueError: told: ?api_key=...")
        assert line["level"] == "error"


def test_below_the_level_nothing_is_said() -> None:
    assert [line["event"] for line in lines("error")] == ["failed", "failed too"]
    assert "quiet" in [line["event"] for line in lines("debug")]


@pytest.mark.parametrize("format", ["human", "auto"])
def test_for_people(format: str) -> None:
    text = said(format=format)
    human = format == "human"  # it is no terminal
    assert ("request=r1" in text, text.startswith("{")) == (human, not human)
    assert text.count("Traceback (most recent call last):") == 2


def test_who_has_us_inside_keeps_their_handlers() -> None:
    program = """
import logging
from vivavoce.telemetry.logs import set_up_logs
logging.basicConfig(format="mine: %(message)s")
set_up_logs("info", "json")
logging.getLogger("x").warning("hello")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "mine: hello\n"
