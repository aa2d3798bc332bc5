"""A language model behind any endpoint that has OpenAI's chat completions, by OpenAI's own
client: OpenAI, Azure OpenAI, Ollama, llama.cpp, vLLM and many more.

Only what all of them know is asked for: a model, messages, a stream. What they say of a
failure may hold a key or the prompt, so a status or the name of an error says what it was.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from vivavoce.config import Settings
from vivavoce.core.errors import NotInstalled
from vivavoce.insight.endpoint import Endpoint
from vivavoce.insight.model import ModelError, ModelRefused, Truncated, Unacceptable
from vivavoce.insight.prompts import Message
from vivavoce.insight.thoughts import Thoughts

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LOOK: Final = "see llm_base_url, and whether the service and the network are up"
NO_KEY: Final = "none"
"""What an endpoint without authentication is sent."""

AT_ONCE: Final = 4
"""Requests of this process; others wait for their turn."""

LONGEST: Final = 10
"""Times the limit for one piece, in which a whole answer has to be there."""

TRIES_AGAIN: Final = 2

BROKEN: Final = "broke off in mid-answer; try again."


def language_model(settings: Settings) -> "OpenAIModel | None":
    """The one that the settings name, or none."""
    endpoint = Endpoint.of(settings)
    return None if endpoint is None else OpenAIModel(endpoint)


class OpenAIModel:
    """Implements `LanguageModel`. The client's package is imported when it is first asked."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._client: AsyncOpenAI | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def name(self) -> str:
        return self._endpoint.model

    async def write(self, messages: Sequence[Message], most: int) -> AsyncIterator[str]:
        async with self._turns:
            chunks = self._chunks(messages)
            try:
                async with aclosing(chunks):
                    written = 0
                    async for piece in chunks:
                        yield piece[: most - written]
                        written += len(piece)
                        if written >= most:
                            raise Truncated
            except (Truncated, ModelError, NotInstalled):
                raise
            except Exception as error:
                raise self._failed(error) from None

    async def _chunks(self, messages: Sequence[Message]) -> AsyncGenerator[str]:
        """The answer as it comes, without what is thought aloud before it."""
        client = self._connected()
        thoughts = Thoughts()
        until = asyncio.get_running_loop().time() + LONGEST * self._endpoint.limit
        # Never around a `yield`: what it would cut short there is not ours.
        async with asyncio.timeout_at(until):
            stream: Any = await client.chat.completions.create(
                model=self._endpoint.model,
                messages=list(messages),  # type: ignore[arg-type]
                stream=True,
            )
        reason, came = None, False
        async with stream:
            chunks = aiter(stream)
            while True:
                try:
                    async with asyncio.timeout_at(until):
                        chunk = await anext(chunks, None)
                except Exception as error:
                    raise self._broken(error) if came else error from None
                if chunk is None:
                    break
                came = True
                text, reason = _piece(chunk, reason)
                if text := thoughts.without(text):
                    yield text
        self._ended(reason, came=came)

    def _ended(self, reason: str | None, *, came: bool) -> None:
        """Raises `Truncated`, `ModelError` where an answer does not end as it should."""
        who = f"The language model {self.name}"
        if not came:
            raise ModelError(f"{who} answered nothing that can be understood: {LOOK}.")
        if reason == "length":
            raise Truncated
        if reason is None:
            raise ModelError(f"{who} {BROKEN}")
        if reason == "content_filter":
            raise Unacceptable(f"{who} does not write of this: its content filter says so.")

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    def _connected(self) -> "AsyncOpenAI":
        """The client. Raises `NotInstalled`."""
        if self._client is None:
            try:
                import openai
            except ImportError:
                raise NotInstalled(
                    "A language model is asked by a package that is not here: "
                    "pip install 'vivavoce[openai]'."
                ) from None
            end = self._endpoint
            common: dict[str, Any] = {
                "api_key": end.key or NO_KEY,
                "timeout": end.limit,
                "max_retries": TRIES_AGAIN,
            }
            if end.api_version is not None and end.url is not None:
                self._client = openai.AsyncAzureOpenAI(
                    azure_endpoint=end.url, api_version=end.api_version, **common
                )
            else:
                # given, or the variables of the client's own would count
                url = end.base_url or "https://api.openai.com/v1"
                self._client = openai.AsyncOpenAI(base_url=url, **common)
        return self._client

    def _broken(self, error: Exception) -> ModelError:
        """What an exception means after the answer has begun."""
        import openai

        timed_out = isinstance(error, (openai.APITimeoutError, TimeoutError))
        if isinstance(error, (openai.APIConnectionError, OSError)) and not timed_out:
            return ModelError(f"The language model {self.name} {BROKEN}")
        return self._failed(error)

    def _failed(self, error: Exception) -> ModelError:
        import openai

        who = f"The language model {self.name}"
        match error:
            case openai.APIStatusError():
                return _status(who, error.status_code)
            case openai.APITimeoutError() | TimeoutError():
                return ModelError(f"{who} did not answer in time: {LOOK}, or raise llm_timeout_s.")
            case openai.APIConnectionError() | OSError():
                cause = type(error.__cause__ or error).__name__
                return ModelError(f"{who} cannot be reached ({cause}): {LOOK}.")
        kind = type(error).__name__
        return ModelError(f"{who} answered what cannot be understood ({kind}): {LOOK}.")


def _status(who: str, status: int) -> ModelError:
    match status:
        case 401 | 403:
            return ModelRefused(f"{who} does not take the key in llm_api_key (HTTP {status}).")
        case 404:
            return ModelRefused(
                f"{who} is not there (HTTP 404): see llm_base_url and llm_model, which for Azure "
                "is the deployment."
            )
        case 400 | 413 | 422:
            return Unacceptable(
                f"{who} does not take what it was sent (HTTP {status}): it may be more than it "
                "reads at once, see llm_part_chars, or its filter may object."
            )
        case 429:
            return ModelError(f"{who} has had too many requests (HTTP 429): wait a little.")
    return ModelError(f"{who} answered with HTTP {status}; it may be well again soon.")


def _piece(chunk: Any, reason: str | None) -> tuple[str, str | None]:
    """The text of a chunk, and why the answer ends, once that is said."""
    choices = chunk.choices
    if not choices:  # Azure's first and some servers' last have none
        return "", reason
    text = choices[0].delta.content if choices[0].delta is not None else None
    return text if isinstance(text, str) else "", choices[0].finish_reason or reason
