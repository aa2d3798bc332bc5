"""OpenAI's own client as both engines use it, and its errors in our words.

What the service says of a wrong key has part of that key in it, so its own texts are not
passed on: a status, or the name of an error, says what there is to do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import InvalidStatus

from vivavoce.config import Settings
from vivavoce.core.errors import EngineError, EngineRefused

LOOK = "see OPENAI_BASE_URL, and whether the service and the network are up"
NO_KEY = "none"
"""What a compatible server without authentication is sent."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the service is and what opens it."""

    key: str | None
    url: str | None  # None: OpenAI's own

    @classmethod
    def of(cls, settings: Settings) -> "Account":
        key = settings.openai_api_key
        return cls(key.get_secret_value() if key is not None else None, settings.openai_base_url)

    @property
    def place(self) -> str:
        return self.url or "OpenAI"

    def missing(self) -> str:
        """What to set before the service can be asked; empty: nothing."""
        if self.key is None and self.url is None:
            return "OpenAI wants a key: set OPENAI_API_KEY, or OPENAI_BASE_URL."
        return ""

    def check(self) -> None:
        """Raises `EngineRefused` where the key is missing that OpenAI wants."""
        if missing := self.missing():
            raise EngineRefused(missing)

    def failed(self, error: Exception) -> EngineError:
        """What an exception of a client of this account means."""
        import openai  # by whoever has a client, long ago

        match error:
            case openai.APIStatusError():
                return self._status(error.status_code)
            case InvalidStatus():
                return self._status(error.response.status_code)
            case openai.APITimeoutError() | TimeoutError():
                return EngineError(f"{self.place} did not answer in time: {LOOK}.")
            case openai.APIConnectionError() | OSError():
                cause = type(error.__cause__ or error).__name__
                return EngineError(f"{self.place} cannot be reached ({cause}): {LOOK}.")
        kind = type(error).__name__
        return EngineError(f"{self.place} answered what cannot be understood ({kind}): {LOOK}.")

    def _status(self, status: int) -> EngineError:
        match status:
            case 401 | 403:
                key = "the key in OPENAI_API_KEY" if self.key else "a request without a key"
                return EngineRefused(f"{self.place} does not take {key} (HTTP {status}).")
            case 429:
                return EngineRefused(
                    f"{self.place} has had too many requests (HTTP 429): wait, or see its limits."
                )
        return EngineError(f"{self.place} answered with HTTP {status}; it may be well again soon.")


def hints(prompt: str, hot_words: tuple[str, ...]) -> str:
    """One prompt of both: these services know no other way to be told likely words."""
    words = f"Words that are likely: {', '.join(hot_words)}." if hot_words else ""
    return " ".join(filter(None, (words, prompt)))


def language_code(tag: str | None) -> str | None:
    """ISO 639-1 of a BCP-47 tag."""
    return tag.split("-")[0].lower() if tag else None


def mean_chance(tokens: Sequence[Any] | None) -> float | None:
    """Of tokens with their `logprob`: 0 ... 1; None where the service tells none."""
    chances = [math.exp(min(0.0, t.logprob)) for t in tokens or () if t.logprob is not None]
    return sum(chances) / len(chances) if chances else None
