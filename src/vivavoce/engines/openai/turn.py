"""Connections of OpenAI's Realtime transcription, by OpenAI's own client, which the engine
`openai` imports when it is loaded and not before.

Utterances are cut by our own VAD and committed, not found by the service's: so the finals do
not depend on how fast audio comes, and silence is not sent. Of words it says no times, and it
only appends to a hypothesis, where its model makes one before the commit.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import openai
import soxr
from websockets.exceptions import ConnectionClosed

from vivavoce.audio.pcm import pcm16
from vivavoce.audio.vad import Vad
from vivavoce.core.errors import EngineError, EngineExpired, EngineRefused
from vivavoce.core.results import Decided, Heard, Result
from vivavoce.core.segmenter import Limits
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.base import Pcm, StreamOptions
from vivavoce.engines.cutting import Again, Begin, Commit, Cutter, Sound, Step
from vivavoce.engines.openai.client import LOOK, NO_KEY, Account, hints, language_code, mean_chance

RATE = 24_000
"""Samples per second that the service takes, and no others."""

LEAST = SAMPLE_RATE // 10  # samples that can be committed
TRANSCRIPTION = "conversation.item.input_audio_transcription"

EXPIRED = ("session_expired",)
REFUSED = ("invalid_api_key", "insufficient_quota", "rate_limit_exceeded", "model_not_found")


async def connect(account: Account, model: str, options: StreamOptions) -> "RealtimeTurn":
    """Raises `EngineError`."""
    client = openai.AsyncOpenAI(api_key=account.key or NO_KEY, base_url=account.url, max_retries=0)
    try:
        manager = client.realtime.connect(extra_query={"intent": "transcription"})
        connection = await manager.enter()
        turn = RealtimeTurn(client, connection, account, model)
        await turn.begin(options)
    except Exception as error:
        with suppress(Exception):
            await client.close()
        raise account.failed(error) from None
    return turn


@dataclass(slots=True)
class _Utterance:
    """One that is not transcribed yet. Positions are in samples."""

    start: int
    end: int | None = None  # None: it is open
    item: str | None = None  # the service's name for it
    text: str = ""


class RealtimeTurn:
    """A `Turn`: one connection."""

    def __init__(
        self, client: openai.AsyncOpenAI, connection: Any, account: Account, model: str
    ) -> None:
        self._client = client
        self._connection = connection
        self._account = account
        self._model = model
        self._sent = 0  # samples of ours
        self._utterances: list[_Utterance] = []  # in order
        self._void: set[str] = set()  # items of what was sent again
        self._finished = False
        self._done = asyncio.Event()

    async def begin(self, options: StreamOptions) -> None:
        self._cutter = Cutter(Vad().open(), Limits(options.endpoint, options.max_utterance))
        transcription: dict[str, Any] = {"model": self._model}
        if (language := language_code(options.language)) is not None:
            transcription["language"] = language
        if prompt := hints(options.brief.prompt, options.brief.hot_words):
            transcription["prompt"] = prompt
        given = {
            "format": {"type": "audio/pcm", "rate": RATE},
            "transcription": transcription,
            "turn_detection": None,
        }
        session: Any = {
            "type": "transcription",
            "audio": {"input": given},
            "include": ["item.input_audio_transcription.logprobs"],
        }
        await self._connection.session.update(session=session)

    async def feed(self, pcm: Pcm) -> None:
        self._sent += len(pcm)
        for step in self._cutter.feed(pcm):
            await self._carry_out(step)

    async def finish(self) -> None:
        for step in self._cutter.flush():
            await self._carry_out(step)
        self._finished = True
        self._check_done()

    async def results(self) -> AsyncIterator[Result]:
        """Until all that was committed is transcribed."""
        done = asyncio.create_task(self._done.wait())
        try:
            while (event := await self._next(done)) is not None:
                for result in self._heard(event):
                    yield result
                self._check_done()
        finally:
            done.cancel()

    async def close(self) -> None:
        with suppress(Exception):
            await self._connection.close()
        with suppress(Exception):
            await self._client.close()

    async def _carry_out(self, step: Step) -> None:
        buffer = self._connection.input_audio_buffer
        match step:
            case Begin():
                self._utterances.append(_Utterance(step.start))
                self._resampler = soxr.ResampleStream(SAMPLE_RATE, RATE, 1, dtype="float32")
            case Sound():
                await self._send(self._resampler.resample_chunk(step.pcm))
            case Again():
                await self._sending(buffer.clear())
                self._resampler = soxr.ResampleStream(SAMPLE_RATE, RATE, 1, dtype="float32")
                void = self._utterances[-1]
                if void.item is not None:
                    self._void.add(void.item)
                void.item, void.text = None, ""
            case Commit():
                self._utterances[-1].end = step.end
                padding = np.zeros(max(0, LEAST - (step.end - step.start)), np.float32)
                await self._send(self._resampler.resample_chunk(padding, last=True))
                await self._sending(buffer.commit())

    async def _next(self, done: asyncio.Task[Any]) -> Any:
        """The next event; None: there is nothing left to wait for."""
        receiving = asyncio.ensure_future(self._connection.recv())
        try:
            await asyncio.wait((receiving, done), return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() and not done.done() else None
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd is not None else "no close"
            raise EngineError(
                f"{self._account.place} hung up in the middle ({code}): {LOOK}."
            ) from None
        except Exception as error:
            raise self._account.failed(error) from None
        finally:
            receiving.cancel()

    async def _send(self, samples: Pcm) -> None:
        if len(samples):
            audio = base64.b64encode(pcm16(samples)).decode()
            await self._sending(self._connection.input_audio_buffer.append(audio=audio))

    async def _sending(self, call: Any) -> None:
        try:
            await call
        except ConnectionClosed:
            pass  # `results` says what of it
        except Exception as error:
            raise self._account.failed(error) from None

    def _heard(self, event: Any) -> list[Result]:
        match event.type:
            case "input_audio_buffer.committed":
                self._utterance(event.item_id)
            case type if type == f"{TRANSCRIPTION}.delta":
                return self._delta(event)
            case type if type == f"{TRANSCRIPTION}.completed":
                return self._completed(event)
            case type if type == f"{TRANSCRIPTION}.failed":
                raise EngineError(f"{self._account.place} could not transcribe an utterance.")
            case "error":
                self._refused(event.error)
        return []

    def _utterance(self, item: str) -> _Utterance | None:
        """Items appear in the order of the utterances, whatever is said of them first."""
        for utterance in self._utterances:
            if item not in self._void and utterance.item in (None, item):
                utterance.item = item
                return utterance
        return None

    def _delta(self, event: Any) -> list[Result]:
        utterance = self._utterance(event.item_id)
        if utterance is None:
            return []
        utterance.text += event.delta or ""
        end = utterance.end or self._sent
        return [Heard(start=utterance.start, end=end, stable="", tail=utterance.text.strip())]

    def _completed(self, event: Any) -> list[Result]:
        utterance = self._utterance(event.item_id)
        if utterance is None:
            return []
        self._utterances.remove(utterance)
        languages = getattr(event, "languages", None) or []
        decided = Decided(
            start=utterance.start,
            end=utterance.end or self._sent,
            text=" ".join(event.transcript.split()),
            model=self._model,
            language=getattr(languages[0], "code", None) if languages else None,
            confidence=mean_chance(getattr(event, "logprobs", None)),
        )
        return [decided]

    def _refused(self, error: Any) -> None:
        code = str(error.code or error.type)
        if code in EXPIRED:
            raise EngineExpired(f"{self._account.place} ended the session at its limit.")
        if code in REFUSED:
            raise EngineRefused(f"{self._account.place} refuses this: {code}.")
        raise EngineError(f"{self._account.place} answered with the error {code}.")

    def _check_done(self) -> None:
        if self._finished and not self._utterances:
            self._done.set()
