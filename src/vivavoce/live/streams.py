"""An engine stream for a session: what kind the engine is of is settled here, once."""

from collections.abc import Iterable

from vivavoce.audio.level import LevelVad
from vivavoce.audio.vad import Vad
from vivavoce.config import Settings
from vivavoce.core.commands import Configure, Endpointing, Options
from vivavoce.core.errors import BadMessage
from vivavoce.core.past import Earlier
from vivavoce.core.types import SAMPLE_RATE
from vivavoce.engines.aligning.aligned import AlignedStream, Aligning
from vivavoce.engines.base import Capabilities, EngineStream, StreamOptions
from vivavoce.engines.native import NativeEngineStream
from vivavoce.engines.service import ServiceStream
from vivavoce.engines.windowed import WindowedStream, rewound
from vivavoce.live.better import Finals
from vivavoce.live.hosts import Hosts
from vivavoce.live.metered import Count, MeteredDecoder, MeteredRemote, MeteredService, uncounted
from vivavoce.live.service_host import ServiceHost
from vivavoce.live.tally import Tally
from vivavoce.plugins import capabilities

PER_MS = SAMPLE_RATE // 1000  # samples

FILE_ENDPOINT = SAMPLE_RATE
"""Silence that ends an utterance of a file: nobody waits for it, and longer ones read better."""

ENDPOINTING: dict[Endpointing, int] = {
    "dictation": SAMPLE_RATE * 3 // 10,
    "conversation": SAMPLE_RATE * 9 // 10,
}
"""Silence that ends an utterance, in samples."""

Pool = Hosts | ServiceHost
"""The processes of one engine, of either sort."""


def make_pool(
    engine: str, count: int, finals: Finals, deadline: float, tally: Tally | None = None
) -> Pool:
    """Not started: `count` processes, or the one that a service needs. `deadline` is in seconds
    for one call. Raises `EngineError` (`plugins.create`)."""
    if capabilities(engine).kind == "service":
        return ServiceHost(engine, deadline, tally)
    return Hosts(engine, count, finals, deadline, tally)


VADS: dict[str, type[Vad] | type[LevelVad]] = {"silero": Vad, "level": LevelVad}


async def open_stream(
    hosts: Pool,
    options: StreamOptions,
    decided: int = 0,
    *,
    going_on: bool = False,
    earlier: Iterable[Earlier] = (),
    aligning: Aligning | None = None,
    count: Count = uncounted,
) -> tuple[EngineStream, int]:
    """A stream for a session decided up to a sample, and where to feed it from.

    `going_on`: the last final was cut from one who went on speaking; `earlier`: it and those
    shortly before. `aligning` finds the times of words when the engine does not say them.
    `count` is told of all that is sent to the engine.
    Raises `EngineError`.
    """
    stream, base = await _engine_stream(hosts, options, decided, earlier, count, going_on=going_on)
    if aligning is None or hosts.capabilities.word_times:
        return stream, base
    return AlignedStream(stream, aligning, options, base), base


async def _engine_stream(
    hosts: Pool,
    options: StreamOptions,
    decided: int,
    earlier: Iterable[Earlier],
    count: Count,
    *,
    going_on: bool,
) -> tuple[EngineStream, int]:
    capabilities = hosts.capabilities
    if isinstance(hosts, ServiceHost):
        speech = VADS[capabilities.vad]().open()
        service = MeteredService(hosts, count)
        deadline = hosts.deadline
        return ServiceStream(service, speech, capabilities, options, decided, deadline), decided
    if capabilities.kind == "native":
        remote = MeteredRemote(await hosts.open(options), capabilities.model, count)
        return NativeEngineStream(remote, capabilities, options, decided), decided
    vad, base = VADS[capabilities.vad]().open(), rewound(decided)
    decoder = MeteredDecoder(hosts, count)
    stream = WindowedStream(
        decoder, vad, capabilities, options, base, decided, going_on=going_on, earlier=earlier
    )
    return stream, base


def check_language(capabilities: Capabilities, language: str | None) -> None:
    """Raises `BadMessage` for a language the engine does not know."""
    if language is None or "*" in capabilities.languages:
        return
    primary = language.lower().split("-")[0]
    if primary not in (known.lower().split("-")[0] for known in capabilities.languages):
        raise BadMessage(
            f"{capabilities.model} understands {', '.join(capabilities.languages)}, not {language}."
        )


def check_translation(capabilities: Capabilities, languages: Iterable[str]) -> None:
    """Raises `BadMessage` for a language that the engine does not translate to."""
    known = {language.lower().split("-")[0] for language in capabilities.translations}
    for language in languages:
        if "*" not in known and language.lower().split("-")[0] not in known:
            able = ", ".join(capabilities.translations)
            raise BadMessage(
                f"{capabilities.model} translates to {able}, not to {language}."
                if able
                else f"{capabilities.model} does not translate, so there is no {language}."
            )


def default_options(settings: Settings) -> StreamOptions:
    """What a session is opened with where it chooses nothing."""
    return StreamOptions(
        language=settings.language,
        endpoint=settings.endpoint_ms * PER_MS,
        max_utterance=settings.max_utterance_ms * PER_MS,
        interim_every=settings.interim_ms * PER_MS,
    )


def stream_options(options: Options, defaults: StreamOptions) -> StreamOptions:
    """What a session chose, and the server's setting where it chose nothing."""
    endpoint = defaults.endpoint if options.interims else max(defaults.endpoint, FILE_ENDPOINT)
    if options.endpointing is not None:
        endpoint = ENDPOINTING[options.endpointing]
    return StreamOptions(
        language=options.language or defaults.language,
        interims=options.interims,
        endpoint=_samples(options.endpoint_ms, endpoint),
        max_utterance=_samples(options.max_utterance_ms, defaults.max_utterance),
        interim_every=defaults.interim_every,
        brief=options.brief,
    )


def configured(options: StreamOptions, change: Configure) -> StreamOptions:
    """The same with a `Configure` on top."""
    return StreamOptions(
        language=change.language or options.language,
        interims=options.interims,
        endpoint=_samples(change.endpoint_ms, options.endpoint),
        max_utterance=_samples(change.max_utterance_ms, options.max_utterance),
        interim_every=options.interim_every,
        brief=options.brief,
    )


def _samples(milliseconds: int | None, default: int) -> int:
    return default if milliseconds is None else milliseconds * PER_MS
