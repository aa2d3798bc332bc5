"""`vivavoce transcribe`: files or a pipe in, text out as it is found."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from vivavoce.api import Transcriber
from vivavoce.cli.console import complain
from vivavoce.cli.piped import standard_input
from vivavoce.cli.progress import FileProgress, file_length
from vivavoce.cli.service import Key, explained
from vivavoce.cli.writers import Write, Writer
from vivavoce.client import Recordings
from vivavoce.config import load_settings
from vivavoce.core.errors import BadCredentials, BadMessage, DiskError, EngineError, VivavoceError

PIPE = "-"


class Format(StrEnum):
    txt = "txt"
    srt = "srt"
    vtt = "vtt"
    json = "json"
    csv = "csv"
    md = "md"
    jsonl = "jsonl"


JOINABLE = (Format.txt, Format.jsonl)
"""Formats of which several may follow one another in one stream."""

Work = Callable[[str, Write], Awaitable[None]]
"""Transcribes a file and writes its text."""


def transcribe(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE... | -", help="Audio or video files, or a pipe.")
    ],
    format: Annotated[
        Format | None, typer.Option(help="Without it: as --output ends, or txt.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, or a folder for several.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="BCP-47, e.g. en.")] = None,
    engine: Annotated[str | None, typer.Option(help="See `vivavoce models`.")] = None,
    speakers: Annotated[bool, typer.Option("--speakers", help="Say who speaks.")] = False,
    server: Annotated[
        str | None, typer.Option(metavar="URL", help="Let this server do it, and keep it.")
    ] = None,
    key: Key = None,
) -> None:
    """Transcribe audio or video files; the text streams out as it is found."""
    chosen = format or _format_of(output)
    jobs = list(zip(files, _targets(files, chosen, output), strict=True))
    failed = asyncio.run(
        _here(jobs, chosen, language, engine, speakers)
        if server is None
        else _there(server, key, jobs, chosen, language, engine, speakers)
    )
    if failed:
        raise typer.Exit(1)


async def _here(
    jobs: Sequence[tuple[str, Path | None]],
    format: Format,
    language: str | None,
    engine: str | None,
    speakers: bool,
) -> bool:
    """In this process. Returns whether a file failed."""
    settings = load_settings(engine=engine, language=language)
    async with Transcriber(settings) as transcriber:

        async def work(file: str, write: Write) -> None:
            writer = Writer(format, write, later=speakers)
            source = standard_input() if file == PIPE else file
            events = transcriber.transcribe(
                source, language=language, name=_name(file), speakers=speakers
            )
            with FileProgress(_name(file), partial(file_length, file)) as progress:
                async with aclosing(events):
                    async for event in events:
                        progress.show(event)
                        writer.take(event)
            writer.end()

        return await _each(jobs, work)


async def _there(
    server: str,
    key: str | None,
    jobs: Sequence[tuple[str, Path | None]],
    format: Format,
    language: str | None,
    engine: str | None,
    speakers: bool,
) -> bool:
    """On a server; as `_here`."""
    secret = load_settings(key=key).key
    own = secret.get_secret_value() if secret else None
    async with Recordings(server, key=own) as recordings:

        async def work(file: str, write: Write) -> None:
            source = standard_input() if file == PIPE else Path(file)
            try:
                done = await recordings.upload(
                    source,
                    title=_name(file),
                    language=language,
                    engine=engine,
                    diarization=speakers,
                    wait=True,
                )
            except BadCredentials as error:
                raise explained(error, own) from error
            if done.state == "failed":
                raise EngineError(f"The server could not transcribe it ({done.reason}).")
            write(await recordings.transcript(done.id, format))

        return await _each(jobs, work)


async def _each(jobs: Sequence[tuple[str, Path | None]], work: Work) -> bool:
    """Every file, whatever becomes of the others."""
    failed = False
    for file, target in jobs:
        try:
            with _opened(target) as write:
                await work(file, write)
        except VivavoceError as error:
            failed = True
            named = _name(file) in error.message
            complain(error.message if named else f"{_name(file)}: {error.message}")
    return failed


@contextmanager
def _opened(target: Path | None) -> Iterator[Write]:
    """Where text goes: stdout, or a file that is there only when it is whole."""
    if target is None:
        yield _say
        return
    part = target.with_name(target.name + ".part")
    with _writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = part.open("w", encoding="utf-8", newline="", buffering=1)

    def write(text: str) -> None:
        with _writing(target):
            file.write(text)

    try:
        yield write
        with _writing(target):
            file.close()
            part.replace(target)
    finally:
        with suppress(OSError):
            file.close()
        part.unlink(missing_ok=True)


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DiskError(f"{target} cannot be written: {error.strerror}.") from error


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _targets(files: Sequence[str], format: Format, output: Path | None) -> list[Path | None]:
    """Where each file's text goes; None: stdout."""
    if output is None:
        if len(files) > 1 and format not in JOINABLE:
            raise BadMessage(f"Several files as {format} need --output and a folder.")
        return [None] * len(files)
    if len(files) == 1 and not output.is_dir():
        return [output]
    if output.exists() and not output.is_dir():
        raise BadMessage(f"--output {output} is a file, but several files need a folder.")
    stems = [Path(_name(file)).stem for file in files]
    return [
        output / f"{stem if stems.count(stem) == 1 else _name(file)}.{format}"
        for file, stem in zip(files, stems, strict=True)
    ]


def _format_of(output: Path | None) -> Format:
    ending = output.suffix.removeprefix(".").lower() if output else ""
    return Format(ending) if ending in Format.__members__ else Format.txt


def _name(file: str) -> str:
    return "stdin" if file == PIPE else Path(file).name
