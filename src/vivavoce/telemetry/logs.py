"""Logs: one line an event, for people on a terminal, and as JSON for programs that gather them.

Whatever is bound by `bound` is on every line that is written in that task, and in those that
it starts: the request by a middleware, the session by the session's own task.
"""

import json
import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal, TextIO, cast

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, Processor

from vivavoce.telemetry.names import bare

Format = Literal["auto", "human", "json"]

OURS: Final = "vivavoce."

WORDY: Final = ("aiosqlite", "alembic", "httpcore2", "httpx2", "openai", "websockets")
"""Packages that tell more than we may keep, or anybody reads: addresses with passwords in them,
and at level debug what was said, on its way to the library or a language model."""

SERVERS: Final = ("uvicorn", "uvicorn.error", "uvicorn.asgi", "gunicorn.error")
"""Loggers of the servers that run us, which have handlers of their own."""

REQUESTS: Final = ("uvicorn.access", "gunicorn.access")
"""Their lines for each request, for which we have our own (`server/telemetry/access.py`)."""

FIRST: Final = ("time", "level", "event")
"""The fields with which a line of JSON begins."""


def set_up_logs(level: str, format: Format = "auto") -> None:
    """For a server: our lines, and uvicorn's and others', to stderr from `level` up.

    `auto`: for people where stderr is a terminal, else JSON. Where somebody who has us in an
    application of their own has set up logging, their handlers get the others' lines.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    human = sys.stderr.isatty() if format == "auto" else format == "human"
    set_up_own_logs(number, human=human)
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Others)]:
        root.removeHandler(handler)
    if not root.handlers:
        root.addHandler(_Others(human=human))
        root.setLevel(number)
    logging.raiseExceptions = False
    for name in WORDY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    for name in SERVERS:
        server = logging.getLogger(name)
        server.handlers = []  # gunicorn's list may be another logger's too
        server.propagate = True
        server.addFilter(_without_keys)
    for name in REQUESTS:
        logging.getLogger(name).disabled = True
    if number > logging.DEBUG:
        logging.getLogger("uvicorn.error").addFilter(_one_sentence)


def set_up_own_logs(number: int, *, human: bool = True) -> None:
    """Our lines to stderr from a level's `number` up: stdout is for results."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(number),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *_shared(human=human),
            _renderer(human=human),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Lines())),
        cache_logger_on_first_use=False,
    )


@contextmanager
def bound(**names: str) -> Iterator[None]:
    """Inside, each line has these too."""
    with structlog.contextvars.bound_contextvars(**names):
        yield


class Lines:
    """Stderr, where a full disk costs lines and nothing else: it may be a file on it."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


class _Others(logging.StreamHandler[TextIO]):
    """Writes other packages' lines as ours."""

    def __init__(self, *, human: bool) -> None:
        super().__init__(cast(TextIO, Lines()))
        self.setFormatter(
            ProcessorFormatter(
                foreign_pre_chain=[
                    structlog.contextvars.merge_contextvars,
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                ],
                processors=[
                    ProcessorFormatter.remove_processors_meta,
                    *_shared(human=human),
                    _renderer(human=human),
                ],
            )
        )


def _shared(*, human: bool) -> list[Processor]:
    if human:
        stamp = structlog.processors.TimeStamper("%H:%M:%S", utc=False)
    else:
        stamp = structlog.processors.TimeStamper("iso", utc=True, key="time")
    return [stamp, structlog.processors.format_exc_info, _bare]


def _renderer(*, human: bool) -> Processor:
    if not human:
        return _json
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _bare(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """No line has a key in it, whoever wrote it."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = bare(value)
    return event


def _json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    ordered = {name: event.pop(name) for name in FIRST if name in event}
    return json.dumps({**ordered, **event}, ensure_ascii=False, default=str)


def _without_keys(record: logging.LogRecord) -> bool:
    """Of an address that is logged, all but its keys; and not what goes over a WebSocket, headers
    and messages, which its package logs in uvicorn's name at level debug."""
    if record.levelno == logging.DEBUG and "websockets" in Path(record.pathname).parts:
        return False
    if isinstance(record.args, tuple):
        record.args = tuple(bare(part) if isinstance(part, str) else part for part in record.args)
    return True


def _one_sentence(record: logging.LogRecord) -> bool:
    """Of a start that ends in an error of ours, only the sentence; another's is a bug's."""
    message = record.getMessage().rstrip()
    last = message.rsplit("\n", 1)[-1]
    if message.startswith("Traceback ") and last.startswith(OURS):
        record.msg, record.args = last.partition(": ")[2], ()
    return True
