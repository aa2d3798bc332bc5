"""The port to a language model, and what is said when it does not answer."""

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Protocol

from vivavoce.core.errors import OurError
from vivavoce.insight.prompts import Message


class LanguageModel(Protocol):
    """Somebody who continues a conversation."""

    @property
    def name(self) -> str:
        """As people know it; no address and no key."""
        ...

    def write(self, messages: Sequence[Message], most: int) -> AsyncIterator[str]:
        """What it says to these, in pieces, at most `most` characters of it.

        Raises `ModelError`, also in mid-answer, and `Truncated` where it has more to say.
        Closing it hangs up.
        """
        ...

    async def close(self) -> None: ...


class ModelError(OurError):
    """The language model gave no answer, or not a whole one."""

    code, status, retryable = "language_model", 502, True


class ModelRefused(ModelError):
    """It does not let us in, or not do what we ask: trying again at once is no use."""

    code = "language_model_refused"
    retryable: ClassVar[bool] = False


class Unacceptable(ModelRefused):
    """It does not take this text, but may take another: too long, or its filter objects."""


class Truncated(Exception):
    """The answer is as long as one may be: what came so far is all there is."""


async def whole(model: LanguageModel, messages: Sequence[Message], most: int) -> str:
    """All that it says. Raises `ModelError`; what is too long ends in the middle."""
    pieces: list[str] = []
    try:
        async for piece in model.write(messages, most):
            pieces += [piece]
    except Truncated:
        pass
    return "".join(pieces)
