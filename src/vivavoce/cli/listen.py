"""`vivavoce listen`: a microphone in, live words out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Annotated, Any, Literal

import httpx2
import typer
from rich.prompt import IntPrompt

from vivavoce.api import Transcriber
from vivavoce.cli.console import show_table, stderr, stopped_by_interrupt
from vivavoce.cli.microphone import Microphone, MicrophoneError, microphones, playing, recording
from vivavoce.cli.sending import sending
from vivavoce.cli.service import Key, OpenAI, Service, Vivavoce
from vivavoce.cli.words import Words
from vivavoce.client import Unreachable
from vivavoce.client.conversation import Conversation
from vivavoce.client.openai_session import MODEL
from vivavoce.config import Settings, load_settings
from vivavoce.core.errors import BadCredentials
from vivavoce.core.types import AudioFormat

FILE = "file:"

PATIENCE = httpx2.Timeout(20.0, connect=1.0)
"""Where somebody listens it may be busy, or have to look first which engines it has."""
Capture = AbstractAsyncContextManager[tuple[AudioFormat, AsyncIterator[bytes]]]


def listen(
    device: Annotated[
        str | None,
        typer.Option(help="Number or part of its name; file:PATH is a file at speaking pace."),
    ] = None,
    duration: Annotated[
        float | None, typer.Option(min=0.0, help="Seconds to listen for; else until Ctrl-C.")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Without it: the one on this machine, if it runs."),
    ] = None,
    protocol: Annotated[
        Literal["vivavoce", "openai"],
        typer.Option(help="openai: any server with OpenAI's Realtime transcription."),
    ] = "vivavoce",
    model: Annotated[str, typer.Option(help="What to ask for with --protocol openai.")] = MODEL,
    key: Key = None,
    key_env: Annotated[
        str,
        typer.Option(metavar="NAME", help="Variable with the key, with --protocol openai."),
    ] = "OPENAI_API_KEY",
    language: Annotated[str | None, typer.Option(help="BCP-47, e.g. en.")] = None,
    engine: Annotated[str | None, typer.Option(help="See `vivavoce models`.")] = None,
    voice_commands: Annotated[
        bool,
        typer.Option("--voice-commands", help='Obey "new paragraph" and the like; on a server.'),
    ] = False,
    devices: Annotated[
        bool, typer.Option("--devices", help="Only show which devices there are.")
    ] = False,
) -> None:
    """Show what is said into a microphone, as it is said."""
    if devices:
        show_table(("Number", "Device", "Hz"), [_row(found) for found in microphones()])
        return
    settings = load_settings(engine=engine, language=language, key=key)
    capture = _capture(device)
    url = server or local_server(settings)
    if voice_commands and protocol == "openai":
        raise typer.BadParameter("OpenAI's protocol has no spoken commands.")
    if voice_commands and not url:
        raise Unreachable("Spoken commands are obeyed by a server, and none runs here; start one.")
    own = settings.key.get_secret_value() if settings.key else None
    service: Service | None = Vivavoce(url, settings.language, voice_commands, own) if url else None
    if protocol == "openai":
        if not url:
            raise Unreachable("No server runs on this machine; name one with --server URL.")
        service = OpenAI(url, settings.language, model, key_env, key)
    asyncio.run(_listen(capture, settings, service, duration))


async def _listen(
    capture: Capture, settings: Settings, service: Service | None, duration: float | None
) -> None:
    async with stopped_by_interrupt() as stop:
        if service:
            try:
                await _on_server(capture, service, stop, duration)
            except BadCredentials as error:
                raise service.explained(error) from error
        else:
            await _here(capture, settings, stop, duration)


async def _here(
    capture: Capture, settings: Settings, stop: asyncio.Event, duration: float | None
) -> None:
    async with Transcriber(settings) as transcriber, capture as (format, blocks):
        _say("Listening in this process; Ctrl-C ends it.")
        source = _until(stop, _bytes(format, duration), blocks)
        events = transcriber.transcribe(
            source, format=format, language=settings.language, interims=True
        )
        async with aclosing(events):
            with Words() as words:
                async for event in events:
                    words.show(event)


async def _on_server(
    capture: Capture, service: Service, stop: asyncio.Event, duration: float | None
) -> None:
    async with capture as (format, blocks):
        opening, source = service.take(format, _until(stop, _bytes(format, duration), blocks))
        async with opening as session:
            _say(f"Listening through {service.described}; Ctrl-C ends it.")
            commands = isinstance(service, Vivavoce) and service.voice_commands
            async with sending(session, _while_open(session, source)):
                with Words(commands=commands) as words:
                    async for event in session:
                        words.show(event)
                stop.set()  # somebody may have said so


async def _while_open(
    session: Conversation[Any], blocks: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """The blocks, as long as they are wanted: somebody may end the session by saying so."""
    async for block in blocks:
        if session.over:
            return
        yield block


def _bytes(format: AudioFormat, duration: float | None) -> int | None:
    """How much audio so many seconds are. By a clock, a slow machine would hear less of them."""
    return None if duration is None else round(duration * format.rate) * format.frame_bytes


async def _until(
    stop: asyncio.Event, most: int | None, blocks: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """The blocks, until somebody has had enough, or there were so many bytes."""
    stopping = asyncio.create_task(stop.wait())
    try:
        while most is None or most > 0:
            block = asyncio.ensure_future(anext(blocks, b""))
            await asyncio.wait((block, stopping), return_when="FIRST_COMPLETED")
            if not block.done():
                block.cancel()
                await asyncio.gather(block, return_exceptions=True)
                return
            if not (audio := block.result()):
                return
            yield audio if most is None else audio[:most]
            most = None if most is None else most - len(audio)
    finally:
        stopping.cancel()


def _capture(device: str | None) -> Capture:
    if device and device.startswith(FILE):
        return playing(device.removeprefix(FILE))
    return recording(_chosen(microphones(), device))


def _chosen(found: list[Microphone], device: str | None) -> Microphone:
    """The device that is meant, by asking where that is open. Raises `MicrophoneError`."""
    if not found:
        raise MicrophoneError("There is no microphone; plug one in, or say --device file:PATH.")
    if device is None:
        return found[0] if len(found) == 1 else _asked(found)
    for one in found:
        if device == str(one.index):
            return one
    named = [one for one in found if device.lower() in one.name.lower()]
    if len(named) != 1:
        names = ", ".join(f"{one.index} {one.name}" for one in named or found)
        fits = "Several devices are" if named else "No device is"
        raise MicrophoneError(f"{fits} called {device!r}; choose one of: {names}.")
    return named[0]


def _asked(found: list[Microphone]) -> Microphone:
    default = next((one for one in found if one.default), found[0])
    console = stderr()
    if not console.is_terminal:
        return default
    for one in found:
        console.print(f"{one.index:4} {one.name}")
    choices = [str(one.index) for one in found]
    number = IntPrompt.ask(
        "Which one", console=console, choices=choices, show_choices=False, default=default.index
    )
    return next(one for one in found if one.index == number)


def local_server(settings: Settings) -> str | None:
    """The Vivavoce that runs on this machine's configured port, if one does."""
    url = f"http://localhost:{settings.port}"
    try:
        info = httpx2.get(f"{url}/api/v1/info", timeout=PATIENCE, trust_env=False)
        return url if _is_ours(info.json()) else None
    except (httpx2.HTTPError, ValueError):
        return None


def _is_ours(said: Any) -> bool:
    """Whether a Vivavoce said this of itself; also one that tells it to nobody without a key."""
    match said:
        case {"engine": _} | {"error": {"code": BadCredentials.code}}:
            return True
    return False


def _row(found: Microphone) -> tuple[str, str, str]:
    return (str(found.index), found.name + (" (default)" if found.default else ""), str(found.rate))


def _say(sentence: str) -> None:
    stderr().print(sentence, style="dim", soft_wrap=True)
