"""What the server says of itself: logs, one line an event, for people."""

import logging
import re
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

OURS = "vivavoce."

KEYS = re.compile(
    r"([?&](?:ocp-apim-subscription-key|authorization|api[-_]?key|key|jwt|token|access_token"
    r"|x-amz-(?:credential|signature|security-token))=)[^&\s]*",
    re.IGNORECASE,
)
"""Where clients that cannot set headers put their keys: in the address."""

LINKS = re.compile(r"(/(?:s|captions|api/v1/shared)/)[^/?\s]+")
"""Where the token of a shared link is: whoever knows it may read."""

WORDY = ("aiosqlite", "alembic", "httpcore2", "httpx2", "openai")
"""Packages that tell more than we may keep, or anybody reads: addresses with passwords in them,
and at level debug what was said, on its way to the library or a language model."""


def set_up_logs(level: str) -> None:
    """For a server: our lines, and uvicorn's and others', to stderr from `level` up."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(
        level=number, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
    logging.raiseExceptions = False
    for name in WORDY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    for name in ("uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).addFilter(_without_keys)
    if number > logging.DEBUG:
        logging.getLogger("uvicorn.error").addFilter(_one_sentence)
    set_up_own_logs(number)


def set_up_own_logs(number: int) -> None:
    """Our lines to stderr from a level's `number` up: stdout is for results."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(number),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("%H:%M:%S", utc=False),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Lines())),
        cache_logger_on_first_use=False,
    )


class Lines:
    """Stderr, where a full disk costs lines and nothing else: it may be a file on it."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def _without_keys(record: logging.LogRecord) -> bool:
    """Of an address that is logged, all but its keys."""
    if isinstance(record.args, tuple):
        record.args = tuple(_bare(part) if isinstance(part, str) else part for part in record.args)
    return True


def _bare(part: str) -> str:
    return LINKS.sub(r"\1...", KEYS.sub(r"\1...", part))


def _one_sentence(record: logging.LogRecord) -> bool:
    """Of a start that ends in an error of ours, only the sentence; another's is a bug's."""
    message = record.getMessage().rstrip()
    last = message.rsplit("\n", 1)[-1]
    if message.startswith("Traceback ") and last.startswith(OURS):
        record.msg, record.args = last.partition(": ")[2], ()
    return True
