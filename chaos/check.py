"""The five counts of violations: pure functions over what was sent, acknowledged, kept, said.

Every count is zero, or something was lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from chaos.record import Audit, Record
from chaos.sound import WIDTH, Speech
from vivavoce.core.events import Ended, Final, Numbered
from vivavoce.testing.words import normal, word_errors

TOLERATED = 0.01
"""Wrong words per word where a cut moved, in all such sessions of a scene together."""


@dataclass(frozen=True)
class Violations:
    """Of one scene."""

    unjournalled: int = 0  # samples acknowledged and not in the journal
    undecoded: int = 0  # samples in the journal not covered by exactly one decoding
    contradicted: int = 0  # event numbers delivered with two contents
    open: int = 0  # sessions
    different: int = 0  # finals, or words where a cut moved

    @property
    def total(self) -> int:
        return self.unjournalled + self.undecoded + self.contradicted + self.open + self.different


@dataclass(frozen=True)
class Compared:
    """A session's finals beside those of the undisturbed run."""

    equal: int = 0  # finals with the same cuts, engine and bytes
    different: int = 0  # the same cuts and engine, other bytes
    moved: int = 0  # finals whose cuts, or engine, are not the undisturbed run's
    wrong: int = 0  # words of those
    words: int = 0  # of sessions in which one moved


def check(
    records: Sequence[Record], undisturbed: Sequence[Sequence[Numbered]], *, forgets: bool = False
) -> tuple[Violations, Compared]:
    """`undisturbed`: the log of each record's speech when nothing was broken.

    `forgets`: the disk lost what was not fsynced, so an event may come again in another
    reading, in a higher epoch. Nothing else allows that.
    """
    compared = total(compare(record, log) for record, log in zip(records, undisturbed, strict=True))
    violations = Violations(
        unjournalled=sum(unjournalled(record) for record in records),
        undecoded=sum(undecoded(record) for record in records),
        contradicted=sum(contradicted(record, forgets=forgets) for record in records),
        open=sum(still_open(record) for record in records),
        different=compared.different + excess(compared),
    )
    return violations, compared


def unjournalled(record: Record) -> int:
    """Samples acknowledged and not in the journal, at any look into it, as they were sent."""
    return record.refused + max((missing(record.speech, a) for a in record.audits), default=0)


def missing(speech: Speech, audit: Audit) -> int:
    acknowledged = speech.pcm[: audit.acknowledged * WIDTH]
    held = audit.journal[: min(len(acknowledged), len(audit.journal) // WIDTH * WIDTH)]
    same = np.frombuffer(acknowledged[: len(held)], "<i2") == np.frombuffer(held, "<i2")
    return len(acknowledged) // WIDTH - int(np.count_nonzero(same))


def undecoded(record: Record) -> int:
    """Samples of the journal that were never read, and samples of words in it that are in no
    final, or in two."""
    if not record.audits:
        return 0
    kept = len(record.audits[-1].journal) // WIDTH
    ended = [n.event for n in record.log if isinstance(n.event, Ended)]
    read = ended[-1].duration if ended else 0
    times = np.zeros(max(kept, read), np.int64)
    for final in finals(record.log):
        times[final.start : final.end] += 1
    spoken = record.speech.spoken[:kept]
    return abs(kept - read) + int(np.count_nonzero(times[: len(spoken)][spoken] != 1))


def contradicted(record: Record, *, forgets: bool = False) -> int:
    """Event numbers that the client had with two contents, against the rule; numbers whose
    last content is not what the library kept; and numbers that one of the two lacks. The same
    of who watched, which always is to the end."""
    told = 0
    if record.watched is not None:
        watching = replace(record, delivered=record.watched, complete=True, watched=None)
        told = contradicted(watching, forgets=forgets)
    found = {n for n, contents in _contents(record).items() if not _allowed(contents, forgets)}
    if record.complete:
        last = {numbered.n: numbered.event for numbered in record.delivered}
        kept = {numbered.n: numbered.event for numbered in record.log}
        found |= {n for n in last.keys() | kept.keys() if last.get(n) != kept.get(n)}
    return len(found) + told


def _contents(record: Record) -> dict[int, list[Numbered]]:
    contents: dict[int, list[Numbered]] = {}
    for numbered in record.delivered:
        contents.setdefault(numbered.n, []).append(numbered)
    return contents


def _allowed(contents: list[Numbered], forgets: bool) -> bool:
    for before, after in pairwise(contents):
        if before.event != after.event and not (forgets and after.epoch > before.epoch):
            return False
    return True


def still_open(record: Record) -> bool:
    """Whether the session is open, or ended in another way than it should have."""
    return not record.closed or bool(record.trouble)


def compare(record: Record, undisturbed: Sequence[Numbered]) -> Compared:
    """Of a session that its client did not finish, only the finals with the same cuts."""
    before = {_place(final): final for final in finals(undisturbed)}
    after = {_place(final): final for final in finals(record.log)}
    both = before.keys() & after.keys()
    different = sum(_bare(before[place]) != _bare(after[place]) for place in both)
    equal = len(both) - different
    if not record.complete or before.keys() == after.keys():
        return Compared(equal, different)
    old = [final for place, final in before.items() if place not in both]
    new = [final for place, final in after.items() if place not in both]
    wrong = word_errors(_text(old), _text(new)) if normal(_text(old)) else len(_text(new).split())
    words = sum(len(normal(final.text).split()) for final in before.values())
    return Compared(equal, different, len(new), wrong, words)


def excess(compared: Compared) -> int:
    """The wrong words, if they are more than may be."""
    return compared.wrong if compared.wrong > TOLERATED * compared.words else 0


def total(each: Iterable[Compared]) -> Compared:
    found = list(each)
    return Compared(
        sum(one.equal for one in found),
        sum(one.different for one in found),
        sum(one.moved for one in found),
        sum(one.wrong for one in found),
        sum(one.words for one in found),
    )


def finals(log: Iterable[Numbered]) -> list[Final]:
    return [numbered.event for numbered in log if isinstance(numbered.event, Final)]


def _place(final: Final) -> tuple[int, int, str]:
    return final.start, final.end, final.engine


def _bare(final: Final) -> tuple[object, ...]:
    """All but the id, which counts the utterances before it."""
    return final.text, final.model, final.language, final.words, final.track


def _text(several: Iterable[Final]) -> str:
    return " ".join(final.text for final in several if final.text)
