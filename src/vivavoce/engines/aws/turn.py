"""Streams of Amazon Transcribe, by AWS's own client, which the engine `aws` imports when it is
loaded and not before."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import awscrt.io
from amazon_transcribe import exceptions
from amazon_transcribe.auth import AwsCrtCredentialResolver
from amazon_transcribe.client import TranscribeStreamingClient
from amazon_transcribe.endpoints import StaticEndpointResolver
from awscrt.exceptions import AwsCrtError

from vivavoce.audio.pcm import pcm16
from vivavoce.core.errors import EngineError, EngineExpired, EngineRefused
from vivavoce.core.results import Decided, Heard, Result
from vivavoce.core.types import SAMPLE_RATE, Word, samples
from vivavoce.engines.aws.engine import MODEL
from vivavoce.engines.base import Pcm, StreamOptions
from vivavoce.engines.locales import locale

MOST = 32_000
"""Bytes of one audio event at most: a second."""

AHEAD = 10.0
"""Seconds of audio that may be sent at once: then at `PACE` times its speed. The service takes
live audio, and its client keeps without bound what is not sent yet."""

PACE = 2.0
DEFAULT = "en-US"
LOOKUP = 10.0  # seconds that the chain of credentials may take
TLS = 12.0  # seconds: longer than its handshake may take
LOOK = "see AWS_REGION, and whether the service and the network are up"


def check_credentials() -> None:
    """Raises `EngineRefused` where nothing of the chain has any."""
    group = awscrt.io.EventLoopGroup(1)
    bootstrap = awscrt.io.ClientBootstrap(group, awscrt.io.DefaultHostResolver(group))
    resolver = AwsCrtCredentialResolver(bootstrap)  # type: ignore[no-untyped-call]
    try:
        asyncio.run(asyncio.wait_for(resolver.get_credentials(), LOOKUP))
    except (AwsCrtError, TimeoutError):
        raise EngineRefused(
            "There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or give this machine a role."
        ) from None


class Transcribe:
    """The service in one region. `endpoint` is its address, if not AWS's own there."""

    def __init__(self, region: str, endpoint: str | None, vocabulary: str | None) -> None:
        self._region = region
        self._endpoint = endpoint
        self._vocabulary = vocabulary
        self._leaving: set[asyncio.Task[None]] = set()

    async def open(self, options: StreamOptions) -> "AwsTurn":
        endpoint = None
        if self._endpoint:
            endpoint = StaticEndpointResolver(self._endpoint)  # type: ignore[no-untyped-call]
        client = TranscribeStreamingClient(region=self._region, endpoint_resolver=endpoint)
        starting = asyncio.create_task(client.start_stream_transcription(**self._asked(options)))
        try:
            stream = await asyncio.shield(starting)
        except asyncio.CancelledError:
            giving_up = asyncio.create_task(_give_up(client, starting))
            self._leaving.add(giving_up)
            giving_up.add_done_callback(self._leaving.discard)
            raise
        except Exception as error:
            _hang_up(client)
            raise _failed(error, began=False) from None
        return AwsTurn(client, stream)

    def _asked(self, options: StreamOptions) -> dict[str, Any]:
        brief = options.brief
        asked: dict[str, Any] = {
            "media_sample_rate_hz": SAMPLE_RATE,
            "media_encoding": "pcm",
            "vocabulary_name": self._vocabulary,
            "enable_partial_results_stabilization": True,
            "partial_results_stability": "high",
            "show_speaker_label": brief.diarization or None,
            "language_code": None,
        }
        if options.language is None and len(brief.languages) > 1:
            asked["identify_multiple_languages"] = True
            asked["language_options"] = [locale(language) for language in brief.languages]
        else:
            language = options.language or next(iter(brief.languages), DEFAULT)
            asked["language_code"] = locale(language)
        return asked


class AwsTurn:
    """A `Turn`: one stream."""

    def __init__(self, client: TranscribeStreamingClient, stream: Any) -> None:
        self._client = client
        self._stream = stream
        self._said: asyncio.Queue[Result | EngineError | None] = asyncio.Queue()
        self._listening = asyncio.create_task(self._listen())
        self._sent = 0.0  # seconds
        self._began = asyncio.get_running_loop().time()
        self._finished = False

    async def feed(self, pcm: Pcm) -> None:
        data = pcm16(pcm)
        for at in range(0, len(data), MOST):
            await self._pace()
            await self._stream.input_stream.send_audio_event(audio_chunk=data[at : at + MOST])
            self._sent += len(data[at : at + MOST]) / 2 / SAMPLE_RATE

    async def finish(self) -> None:
        if not self._finished:
            self._finished = True
            await self._stream.input_stream.end_stream()

    async def results(self) -> AsyncIterator[Result]:
        while (said := await self._said.get()) is not None:
            if isinstance(said, EngineError):
                raise said
            yield said

    async def close(self) -> None:
        """The connection is the turn's own; ended, it ends `_listen` too."""
        _hang_up(self._client)
        await asyncio.wait([self._listening])

    async def _listen(self) -> None:
        """Never cancelled: the client's own threads would stumble over that."""
        output = self._stream.output_stream
        try:
            async for event in output:
                for result in event.transcript.results:
                    for each in _heard(result):
                        self._said.put_nowait(each)
            # A connection that was lost ends as one does that is over, but for this.
            await output._raw_stream.done
        except Exception as error:
            self._said.put_nowait(_failed(error, began=True))
        else:
            hung_up = EngineError(f"Amazon Transcribe hung up in the middle: {LOOK}.")
            self._said.put_nowait(None if self._finished else hung_up)

    async def _pace(self) -> None:
        elapsed = asyncio.get_running_loop().time() - self._began
        ahead = self._sent - AHEAD - elapsed * PACE
        if ahead > 0:
            await asyncio.sleep(ahead / PACE)


def _hang_up(client: Any) -> None:
    """The client keeps connections, and a stream keeps its own, for as long as they live."""
    for connection in client._session_manager._connections.values():
        connection.close()


async def _give_up(client: Any, starting: "asyncio.Task[Any]") -> None:
    """Cancelled at once, it would leave futures that the client's own threads still mean to set,
    and complain. TLS gives up after ten seconds by itself; who waits for an answer waits on."""
    await asyncio.wait([starting], timeout=TLS)
    _hang_up(client)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)


def _failed(error: Exception, *, began: bool) -> EngineError:
    """The texts of the service are not passed on: they may name who asked."""
    name = type(error).__name__
    match error:
        case EngineError():
            return error
        case exceptions.LimitExceededException() if began:
            return EngineExpired("Amazon Transcribe ended the stream at its limit.")
        case exceptions.LimitExceededException():
            return EngineRefused(
                "Amazon Transcribe has as many streams as it takes: wait, or have its quota raised."
            )
        case exceptions.BadRequestException() | exceptions.CredentialsException():
            hint = "see AWS_REGION and the AWS credentials"
            return EngineRefused(f"Amazon Transcribe refuses this ({name}): {hint}.")
        case exceptions.UnknownServiceException():
            return _unknown(error)
        case AwsCrtError():
            return EngineError(f"Amazon Transcribe cannot be reached ({error.name}): {LOOK}.")
        case exceptions.ServiceException() | exceptions.SDKError():
            return EngineError(f"Amazon Transcribe failed ({name}); it may be well again soon.")
    return EngineError(f"Amazon Transcribe answered what cannot be understood ({name}): {LOOK}.")


def _unknown(error: Any) -> EngineError:
    """What the client has no name for, as a refusal of the signature: HTTP 403."""
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        return EngineRefused(
            f"Amazon Transcribe does not take these credentials (HTTP {status}): "
            "see AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do."
        )
    if status == 429:
        return EngineRefused(
            "Amazon Transcribe has had too many requests (HTTP 429): "
            "wait, or have its quota raised."
        )
    return EngineError(f"Amazon Transcribe answered with HTTP {status}; it may be well again soon.")


def _heard(result: Any) -> Iterator[Result]:
    if not result.alternatives:
        return
    best = result.alternatives[0]
    text = " ".join((best.transcript or "").split())
    start, end = samples(result.start_time or 0), samples(result.end_time or 0)
    if result.is_partial:
        yield Heard(start=start, end=end, stable="", tail=text)
        return
    words = tuple(_words(best.items))
    speakers = {word.speaker for word in words}
    yield Decided(
        start=start,
        end=end,
        text=text,
        model=MODEL,
        language=result.language_code,
        words=words,
        confidence=_mean([word.confidence for word in words]),
        speaker=speakers.pop() if len(speakers) == 1 else None,
    )


def _words(items: Any) -> Iterator[Word]:
    """As they are written: punctuation belongs to the word before it."""
    word: Word | None = None
    for item in items or ():
        if item.item_type == "punctuation":
            if word is not None:
                text = word.text + item.content
                word = Word(text, word.start, word.end, word.confidence, word.speaker)
            continue
        if word is not None:
            yield word
        times = samples(item.start_time), samples(item.end_time)
        speaker = None if item.speaker is None else f"Speaker {item.speaker}"
        word = Word(item.content, *times, item.confidence, speaker)
    if word is not None:
        yield word


def _mean(chances: list[float | None]) -> float | None:
    known = [chance for chance in chances if chance is not None]
    return sum(known) / len(known) if known else None
