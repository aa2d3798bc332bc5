"""`vivavoce audit`: what live transcription lost and made up, by reading recordings once more."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from vivavoce.bench.compare import Counts, Match, counts, matches, told
from vivavoce.bench.replay import alike
from vivavoce.bench.whole import whole
from vivavoce.cli.console import complain, stderr, stdout
from vivavoce.cli.differences import clock, said, show_in_context
from vivavoce.cli.shelf import LOCAL, Owner, Shelf, shelf
from vivavoce.config import Settings, load_settings
from vivavoce.core.errors import BadMessage, EngineError, VivavoceError
from vivavoce.core.events import Edited
from vivavoce.core.transcript import fold
from vivavoce.library.recording import UNFINISHED
from vivavoce.live.hosts import Hosts
from vivavoce.live.recorded import Recorded

AROUND = 4
"""Words shown before and after a difference."""

CAVEAT = (
    "Two readings by the same model: where they differ either may be wrong, and what both "
    "missed or both made up does not show. For errors, compare with what was really said."
)


def audit(
    recordings: Annotated[
        list[str] | None, typer.Argument(metavar="RECORDING...", help="Ids of recordings.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every recording.")] = False,
    since: Annotated[
        datetime | None, typer.Option(help="With --all: those made since then.")
    ] = None,
    owner: Owner = LOCAL,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the recordings.")] = None,
) -> None:
    """Read recordings again as a whole: which words did live transcription lose or make up?"""
    if bool(recordings) == everything:
        raise BadMessage("Name recordings to audit, or say --all.")
    if since is not None and not everything:
        raise BadMessage("--since goes with --all.")
    settings = load_settings(data_dir=data_dir)
    if not asyncio.run(_audit(recordings, since and since.astimezone(), settings, owner)):
        raise typer.Exit(1)


async def _audit(
    ids: Sequence[str] | None, since: datetime | None, settings: Settings, owner: str
) -> bool:
    """Whether every one of them could be read."""
    done: list[Counts] = []
    well = True
    async with shelf(settings, owner) as library, _Pools() as pools:
        for id in ids or [id async for id in _ended(library, since)]:
            try:
                done.append(await _one(library, id, settings, pools))
            except VivavoceError as error:
                well = False
                complain(error.message if id in error.message else f"{id}: {error.message}")
    if len(done) > 1:
        total = f"{len(done)} recordings: {_share(sum(done, Counts()))}\n"
        stdout().print(total, soft_wrap=True)
    if done:
        stdout().print(CAVEAT, style="dim", soft_wrap=not stdout().is_terminal)
    elif well:
        stderr().print("There is no recording to audit.", style="dim")
    return well


async def _ended(library: Shelf, since: datetime | None) -> AsyncIterator[str]:
    async for row in library.recordings(since):
        if row.state not in UNFINISHED:
            yield row.id


async def _one(library: Shelf, id: str, settings: Settings, pools: "_Pools") -> Counts:
    async with library.recorded(id) as kept:
        if not kept.ended:
            raise BadMessage(f"The recording {id} is still live; audit it when it has ended.")
        hosts = await pools.get(alike(kept, settings))
        again = await whole(kept, hosts)
    machine = fold(event for event in kept.events if not isinstance(event, Edited))
    found = matches(told(again), told(machine))
    return _report(kept, again.utterances[0].model if again.utterances else "", found)


def _report(kept: Recorded, model: str, found: Sequence[Match]) -> Counts:
    console = stdout()
    by = kept.read_by[1] if kept.read_by else "nothing"
    console.print(f"{kept.title}  {clock(kept.duration)}  {kept.id}", style="bold", soft_wrap=True)
    console.print(f"  live by {by}, read again by {model or 'nothing'}", soft_wrap=True)
    show_in_context(console, found, AROUND)
    total = counts(found)
    console.print(f"  {_share(total)}\n", soft_wrap=True)
    return total


def _share(total: Counts) -> str:
    """The counts, and what they are of the words of the reading as a whole."""
    shares = [f"{part / max(1, total.first):.1%}" for part in (total.lost, total.invented)]
    return f"{said(total)} ({' lost, '.join(shares)} invented of {total.first} words)"


class _Pools:
    """One host process for each engine and model that is needed."""

    def __init__(self) -> None:
        self._pools: dict[tuple[str, str], Hosts] = {}

    async def get(self, settings: Settings) -> Hosts:
        """Raises `EngineError` if it cannot be loaded, or does not decode windows."""
        key = settings.engine, settings.finals
        if key not in self._pools:
            hosts = Hosts(settings.engine, 1, settings.finals)
            if hosts.capabilities.kind != "windowed":
                raise EngineError(
                    f"{settings.engine} cuts for itself, so nothing can be read by it as a whole."
                )
            await hosts.start()
            self._pools[key] = hosts
        return self._pools[key]

    async def __aenter__(self) -> "_Pools":
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(hosts.stop() for hosts in self._pools.values()))
