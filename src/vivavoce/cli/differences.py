"""Two readings of the same audio, shown on a terminal: what differs, and when it was said."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from vivavoce.bench.compare import Counts, Match, by_utterance
from vivavoce.core.types import SAMPLE_RATE

LOST, INVENTED = "red strike", "green"
INDENT = 9  # columns for the time


def clock(samples: int) -> str:
    """A position as people read it: 0:07.3, 1:02:07.3."""
    tenths = samples * 10 // SAMPLE_RATE
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    rest = f"{tenths // 10:02}.{tenths % 10}"
    return f"{hours}:{minutes:02}:{rest}" if hours else f"{minutes}:{rest}"


def show_differences(console: Console, found: Sequence[Match]) -> None:
    """The utterances that differ, whole, and how many are the same between them."""
    same = 0
    for group in by_utterance(found):
        if all(match.kind == "same" for match in group):
            same += 1
            continue
        _skipped(console, same)
        same = 0
        _line(console, group, group)
    _skipped(console, same)


def show_in_context(console: Console, found: Sequence[Match], around: int) -> None:
    """Each stretch that differs, with so many of the same words before and after it."""
    last = -1
    for i, match in enumerate(found):
        if match.kind == "same" or i < last:
            continue
        last = i + 1
        while last < len(found) and any(m.kind != "same" for m in found[last : last + around]):
            last += 1
        shown = found[max(0, i - around) : last + around]
        _line(console, found[i:last], shown)


def _line(console: Console, differing: Sequence[Match], shown: Iterable[Match]) -> None:
    bare = console.no_color or not console.is_terminal
    at = min(word.at for m in differing if (word := m.first or m.second))
    line = Text(clock(at).rjust(INDENT - 2), style="dim").append("  ")
    console.print(line.append_text(marked(shown, bare=bare)), soft_wrap=True)


def marked(shown: Iterable[Match], *, bare: bool) -> Text:
    """The words of both, what differs in a row together. `bare`: marked without colours, as
    `git diff --word-diff` does."""
    text = Text()
    for same, run in groupby(shown, key=lambda match: match.kind == "same"):
        found = list(run)
        lost = " ".join(match.first.text for match in found if match.first)
        new = " ".join(match.second.text for match in found if match.second)
        if lost and not same:
            text.append(f"[-{lost}-]" if bare else lost, None if bare else LOST).append(" ")
        if new:
            added = not same and not bare
            text.append(f"{{+{new}+}}" if bare and not same else new, INVENTED if added else None)
            text.append(" ")
    text.rstrip()
    return text


def _skipped(console: Console, same: int) -> None:
    if same:
        what = "utterance" if same == 1 else "utterances"
        console.print(f"{'':{INDENT}}({same} {what} the same)", style="dim")


def said(counts: Counts) -> str:
    """The counts in words: the same, changed, lost, invented."""
    parts = [f"{counts.same} the same", f"{counts.changed} changed"]
    return ", ".join([*parts, f"{counts.lost} lost", f"{counts.invented} invented"])
