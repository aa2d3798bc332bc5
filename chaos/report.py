"""What a run says: a line for each scene, the machine, and the five counts."""

import os
import platform
from collections.abc import Iterable, Sequence

from chaos.check import Violations, total
from chaos.scene import Result

COUNTS = {
    "unjournalled": "samples acknowledged and not in the journal",
    "undecoded": "samples in the journal not covered by a decoding",
    "contradicted": "event numbers delivered with two contents",
    "open": "sessions left open",
    "different": "finals that differ from the undisturbed run's",
}


def line(result: Result) -> str:
    """One scene: what was done, and what was found."""
    done = ", ".join(f"{count} x {what}" for what, count in sorted(result.done.items()))
    found = result.violations.total
    parts = [
        f"{result.name:<40} {result.seconds:5.0f} s",
        f"{result.sessions:3} sessions, {result.samples / 16000:5.0f} s of audio, "
        f"{result.events:5} events",
        f"{found} violations" if found else "nothing lost",
    ]
    moved = result.compared.moved
    rows = ["  ".join(parts)]
    if done:
        rows.append(f"    {done}")
    if moved:
        rows.append(
            f"    {moved} finals with a moved cut or another engine: "
            f"{result.compared.wrong} of {result.compared.words} words differ"
        )
    return "\n".join([*rows, *(f"    ! {note}" for note in result.notes)])


def summary(results: Sequence[Result], seed: int, seconds: float, command: str) -> str:
    """The counts of all scenes together, and what is needed to do it again."""
    rows = [
        f"{name:<52} {sum(getattr(result.violations, field) for result in results):>6}"
        for field, name in COUNTS.items()
    ]
    compared = total(result.compared for result in results)
    return "\n".join(
        [
            "",
            *rows,
            "",
            f"{compared.equal} finals as in the undisturbed run, to the byte.",
            f"Seed {seed}, {seconds:.0f} s, {machine()}.",
            f"The same again: {command}",
        ]
    )


def machine() -> str:
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}"


def clean(results: Iterable[Result]) -> bool:
    """Whether nothing at all was lost, and nothing happened that was not foreseen."""
    return all(result.violations == Violations() and not result.notes for result in results)
