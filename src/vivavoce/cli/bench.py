"""`vivavoce bench`: how fast words come on this machine, and how many people it can listen to.

The comparison with other programs is `make bench` in the repository; see docs/benchmarks.md.
"""

import asyncio
from typing import Annotated

import typer

from vivavoce import plugins
from vivavoce.bench.clip import Speakers, clip, speakers
from vivavoce.bench.held import Bar, bar, most, verdict
from vivavoce.bench.measures import percentile
from vivavoce.bench.system import System, vivavoce
from vivavoce.bench.trial import Trial
from vivavoce.cli.console import show_table, stderr
from vivavoce.config import load_settings

GUESS = 8  # streams that are tried first
LIMIT = 256  # streams, the most that are tried


def bench(
    seconds: Annotated[
        float, typer.Option(min=8, help="How long each stream speaks in a trial.")
    ] = 25.0,
    streams: Annotated[
        int | None, typer.Option(min=1, help="Try this many, and no others.")
    ] = None,
) -> None:
    """Measure delays, and how many live streams this machine holds."""
    settings = load_settings()
    plugins.capabilities(settings.engine)  # a wrong name is told before a server is started
    with (
        speakers(asyncio.run(clip()), seconds) as readers,
        vivavoce(engine=settings.engine, finals=settings.finals) as system,
    ):
        alone = _trial(system, readers, 1)
        kept = bar(alone)
        if streams is None:
            count = most(lambda n: _holds(system, readers, n, kept), GUESS, LIMIT)
            held = ("Live streams that this machine holds", str(count))
        else:
            tried = alone if streams == 1 else _trial(system, readers, streams)
            held = (
                f"Holds {streams} live streams",
                "yes" if verdict(tried, kept).holds else "no",
            )
    show_table(("Measure", "Result"), [*_rows(alone), held])


def _holds(system: System, readers: Speakers, count: int, kept: Bar) -> bool:
    return verdict(_trial(system, readers, count), kept).holds


def _trial(system: System, readers: Speakers, count: int) -> Trial:
    """Play the clip to so many streams, and say on stderr how it went."""
    trial = system.trial(readers.parts(count))
    delays, final = trial.delays, percentile(trial.delays.final, 0.95)
    late = f"{delays.late:.1%} of the words late, 95 % of the finals in {final:.2f} s"
    what = "stream: " if count == 1 else "streams:"
    stderr().print(f"{count:4} {what} {trial.refused or late}", style="dim")
    return trial


def _rows(trial: Trial) -> list[tuple[str, str]]:
    delays, flicker = trial.delays, trial.flicker
    return [
        ("Word shown after its end, median / 95 %", _both(delays.interim)),
        ("Word stable after its end, median / 95 %", _both(delays.stable)),
        ("Final after the last word's end, median / 95 %", _both(delays.final)),
        ("Words changed after they were shown", f"{flicker.changed / max(1, flicker.shown):.0%}"),
        ("Processor seconds for a second of audio", f"{trial.cost:.3f}"),
    ]


def _both(delays: list[float]) -> str:
    return f"{percentile(delays, 0.5):.2f} / {percentile(delays, 0.95):.2f} s"
