"""What is logged of a server that could not start."""

import logging
from typing import Any

OURS = "vivavoce."


class OneSentence(logging.Filter):
    """Of a traceback that ends in an error of ours, only the sentence; another is a bug's."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage().rstrip()
        last = message.rsplit("\n", 1)[-1]
        if message.startswith("Traceback ") and last.startswith(OURS):
            record.msg, record.args = last.partition(": ")[2], ()
        return True


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"one sentence": {"()": OneSentence}},
    "loggers": {"uvicorn.error": {"filters": ["one sentence"]}},
}
"""For `uvicorn.run`, which carries it into each worker; the rest is set up by the app."""
