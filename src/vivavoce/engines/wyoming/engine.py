"""A service that speaks Wyoming, as Home Assistant's faster-whisper on port 10300.

An engine of windows: each is one request on a connection of its own, as the service's other
clients make them. What it can do is asked first (`describe`). What speaks to the service is in
`client.py`, because its library takes long to import.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from vivavoce.config import load_settings
from vivavoce.core.errors import EngineError
from vivavoce.core.results import Reading
from vivavoce.engines.base import Capabilities, Window

OWN = 0.75
"""Of the deadline: an answer that is missed here costs no process, which would be asked again."""

LOOK = "see VIVAVOCE_WYOMING_SERVICE, and whether the service is up"

Answer = TypeVar("Answer")


class Wyoming:
    """The engine `wyoming`."""

    def __init__(self) -> None:
        settings = load_settings()
        self._uri = settings.wyoming_service
        self._deadline = OWN * settings.engine_deadline_s
        self._thread = ThreadPoolExecutor(1)  # whoever calls may have a loop of its own
        self._languages: frozenset[str] | None = None  # that it named; None: not asked yet
        self.capabilities = Capabilities(
            name="wyoming",
            kind="windowed",
            model=self._uri,
            languages=("*",),
            hot_words=True,
            licence="a service",
        )

    def load(self) -> None:
        """Ask who is there."""
        from vivavoce.engines.wyoming.client import Client

        self._client = Client(self._uri)
        self._languages = self._within(self._client.languages())

    def decode(self, window: Window) -> Reading:
        if not np.any(window.pcm):
            return Reading(text="")
        language = self._language(window.language)
        asked = self._client.transcript(window.pcm, language, window.brief.hot_words)
        text, said = self._within(asked)
        return Reading(text=" ".join(text.split()), language=said or window.language)

    def _within(self, answer: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer, in time. Raises `EngineError`."""
        try:
            return self._thread.submit(asyncio.run, self._limited(answer)).result()
        except EngineError:
            raise
        except TimeoutError:
            raise EngineError(
                f"The Wyoming service {self._uri} did not answer within {self._deadline:g} s: "
                f"{LOOK}."
            ) from None
        except OSError as error:
            reason = type(error).__name__
            raise EngineError(
                f"The Wyoming service {self._uri} cannot be reached ({reason}): {LOOK}."
            ) from None
        except Exception as error:  # what its library raises of bytes that are not the protocol
            raise EngineError(
                f"The Wyoming service {self._uri} answered what cannot be understood "
                f"({type(error).__name__}): {LOOK}."
            ) from None

    async def _limited(self, answer: Coroutine[Any, Any, Answer]) -> Answer:
        async with asyncio.timeout(self._deadline):
            return await answer

    def _language(self, tag: str | None) -> str | None:
        """As the service names it: with the region or without."""
        if tag is None:
            return None
        known = self._languages or frozenset()
        return tag if tag in known else tag.split("-")[0].lower()
