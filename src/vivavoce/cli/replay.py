"""`vivavoce replay`: a recording through the live path again, and what comes out otherwise."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from vivavoce.bench.compare import counts, matches, moved, told
from vivavoce.bench.replay import alike, play
from vivavoce.cli.console import stderr, stdout
from vivavoce.cli.differences import clock, said, show_differences
from vivavoce.cli.progress import FileProgress
from vivavoce.cli.shelf import LOCAL, Owner, shelf
from vivavoce.config import Settings, load_settings
from vivavoce.core.events import AnyEvent, Edited, Ended, Final, Warning
from vivavoce.core.transcript import fold
from vivavoce.journal.folder import HEADER
from vivavoce.live.recorded import Recorded, journalled

Finals = Sequence[Final]


def replay(
    recording: Annotated[
        str, typer.Argument(help="A recording's id, or the folder of a live session's journal.")
    ],
    engine: Annotated[
        str | None, typer.Option(help="See `vivavoce models`; without it, the recording's own.")
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(min=0.01, help="1: as it was spoken; without it, as fast as it can."),
    ] = None,
    owner: Owner = LOCAL,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the recordings.")] = None,
) -> None:
    """Play a recording through the live path again, and show what comes out otherwise."""
    settings = load_settings(engine=engine, data_dir=data_dir)
    asyncio.run(_replay(_opened(recording, settings, owner), settings, engine, speed))


async def _replay(
    opening: AbstractAsyncContextManager[Recorded],
    settings: Settings,
    engine: str | None,
    speed: float | None,
) -> None:
    async with opening as kept:
        before = _finals(kept.events)
        _announce(kept)
        with FileProgress(kept.title, lambda: kept.duration or None) as progress:
            events = await play(kept, alike(kept, settings, engine), speed, progress.show)
    _complain(events)
    decided = max((final.end for final in before), default=0)
    _report(kept, events, math.inf if kept.ended else decided)


@asynccontextmanager
async def _opened(recording: str, settings: Settings, owner: str) -> AsyncIterator[Recorded]:
    folder = Path(recording)
    if (folder / HEADER).is_file():
        async with journalled(folder) as kept:
            yield kept
    else:
        async with shelf(settings, owner) as library, library.recorded(recording) as kept:
            yield kept


def _announce(kept: Recorded) -> None:
    """What should be known before the result is believed."""
    if not kept.ended:
        _note("It is live, or a crash left it: played as far as its journal is whole.")
    if not kept.asked:
        _note("An earlier version kept it without its session's options and commands.")


def _complain(events: Sequence[AnyEvent]) -> None:
    ended = next((event for event in events if isinstance(event, Ended)), None)
    if ended is not None and ended.reason != "finished":
        why = [event.message for event in events if isinstance(event, Warning)]
        _note(f"The replay ended early ({ended.reason}). {' '.join(why)}")


def _report(kept: Recorded, events: Sequence[AnyEvent], until: float) -> None:
    """`until`: the sample up to which the session had decided."""
    console = stdout()
    console.print(f"{kept.title}  {clock(kept.duration)}  {kept.id}", style="bold", soft_wrap=True)
    before, now = _finals(kept.events), _finals(events)
    console.print(f"  kept    {_makers(before)}", soft_wrap=True)
    console.print(f"  replay  {_makers(now)}\n", soft_wrap=True)
    beyond = [final for final in now if final.start >= until]
    now = now[: len(now) - len(beyond)]  # finals are in order
    found = matches(told(fold(_machine(kept.events))), told(fold(_until(events, until))))
    show_differences(console, found)
    console.print(f"\nWords   {said(counts(found))}")
    console.print(f"Cuts    {_cuts(before, now)}", soft_wrap=True)
    console.print(f"Finals  {_bytes(before, now)}", soft_wrap=True)
    if beyond:
        words = sum(len(final.text.split()) for final in beyond)
        console.print(f"Beyond  {words} words in what the session had not decided yet")


def _until(events: Sequence[AnyEvent], end: float) -> list[AnyEvent]:
    """The events without the finals from there on; later readings of those say nothing."""
    return [event for event in events if not (isinstance(event, Final) and event.start >= end)]


def _finals(events: Sequence[AnyEvent]) -> list[Final]:
    return [event for event in events if isinstance(event, Final)]


def _machine(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """What engines said: a person's reading is not to be held against one."""
    return [event for event in events if not isinstance(event, Edited)]


def _makers(finals: Finals) -> str:
    """The engines and models that read them."""
    return ", ".join(dict.fromkeys(f"{f.engine} ({f.model})" for f in finals)) or "nothing"


def _cuts(before: Finals, now: Finals) -> str:
    stayed, gone = moved(((f.start, f.end) for f in before), ((f.start, f.end) for f in now))
    where = ", ".join(f"{clock(start)} to {clock(end)}" for start, end in gone)
    return f"{stayed} of {len(before)} where they were" + (f"; moved: {where}" if gone else "")


def _bytes(before: Finals, now: Finals) -> str:
    """Of one cut and one model there is but one reading."""
    again = {(f.start, f.end, f.model): f.text for f in now}
    pairs = [(f, again[f.start, f.end, f.model]) for f in before if _key(f) in again]
    if not pairs:
        return "none has the same cut and model, so none can be compared to the byte"
    same = sum(final.text == text for final, text in pairs)
    return f"{same} of {len(pairs)} with the same cut and model are the same to the byte"


def _key(final: Final) -> tuple[int, int, str]:
    return final.start, final.end, final.model


def _note(sentence: str) -> None:
    stderr().print(sentence, style="dim", soft_wrap=True)
