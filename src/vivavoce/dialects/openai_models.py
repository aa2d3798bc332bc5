"""Which engine a program means that was written for OpenAI's models."""

import re
from typing import Final

_THEIRS: Final = re.compile(
    r"(openai/)?(whisper-[\w.-]+|gpt-[\w.-]*(transcribe|realtime|whisper)[\w.-]*)", re.ASCII
)


def is_theirs(model: str) -> bool:
    """Whether this is a name of OpenAI's, say `whisper-1`: it runs the server's own engine."""
    return _THEIRS.fullmatch(model) is not None


def engine(model: str | None) -> str | None:
    """The engine to ask for; None for the server's own."""
    return None if model is None or is_theirs(model) else model
