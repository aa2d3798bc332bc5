"""Speakers, a stage and blows together, and what came of it."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.blows import Blows
from chaos.check import Compared, Violations, check, missing
from chaos.plan import ScenePlan
from chaos.progress import Progress
from chaos.record import Audit, Record
from chaos.sound import FRAME, Speech
from chaos.speaker import Speaker, events
from chaos.stage import Stage
from chaos.viewer import Viewer
from vivavoce.core.events import EngineSwitched, Numbered
from vivavoce.testing.full_disk import FullDisk

STALL = 180.0
"""Seconds in which nothing is sent and nothing heard, after which what is not over counts as
left open: longer than any start of a server takes."""

Log = tuple[Numbered, ...]


@dataclass(frozen=True)
class Result:
    """What a scene did and found."""

    name: str
    violations: Violations
    compared: Compared = field(default_factory=Compared)
    seconds: float = 0.0
    sessions: int = 0
    samples: int = 0  # acknowledged
    events: int = 0  # delivered, repetitions not counted
    done: Counter[str] = field(default_factory=Counter)
    notes: tuple[str, ...] = ()  # about whatever was not as it should be


class Scene:
    """One, to be played once."""

    def __init__(
        self,
        plan: ScenePlan,
        stage: Stage,
        speeches: Sequence[Speech],
        *,
        disk: FullDisk | None = None,
        faults: Path | None = None,
    ) -> None:
        self.plan = plan
        self._stage = stage
        self._progress = Progress()
        self._speakers = [
            Speaker(one, speeches[one.speech], stage.url, stage.socket, self._progress)
            for one in plan.speakers
        ]
        watched = self._speakers if plan.watched else []
        self._viewers = {each: Viewer(each.tape, stage.url, self._progress) for each in watched}
        self._worst: dict[Speaker, Audit] = {}
        self._blows = Blows(stage, self._progress, self._audit, disk=disk, faults=faults)

    async def play(
        self, undisturbed: Sequence[Log] | None = None, *, forgets: bool = False
    ) -> tuple[Result, list[Log]]:
        """`undisturbed`: the log of each speech, None while that is being found out. The logs
        of this scene come back as well."""
        began = time.monotonic()
        notes = await self._perform()
        records = await asyncio.gather(*(self._record(each) for each in self._speakers))
        logs = [record.log for record in records]
        expected = [undisturbed[s.plan.speech] for s in self._speakers] if undisturbed else logs
        violations, compared = check(records, expected, forgets=forgets)
        if not undisturbed:  # it was compared with itself
            compared = Compared()
        notes += [
            f"{r.reason or 'open'}: {r.trouble or 'not as it should have ended'}"
            for r in records
            if r.trouble or not r.closed
        ]
        return self._result(began, records, violations, compared, notes), logs

    async def _perform(self) -> list[str]:
        speaking = [asyncio.create_task(each.speak()) for each in self._speakers]
        speaking += [asyncio.create_task(each.watch()) for each in self._viewers.values()]
        falling = asyncio.create_task(self._blows.fall(self.plan.blows))
        late, moves = set(speaking), -1
        while late and moves != self._progress.moves:
            moves = self._progress.moves
            _, late = await asyncio.wait(late, timeout=STALL)
        for task in late:
            task.cancel()
        self._progress.end()
        outcomes = await asyncio.gather(falling, *speaking, return_exceptions=True)
        return [repr(outcome) for outcome in outcomes if outcome] + self._blows.trouble

    async def _audit(self) -> None:
        """The server is dead: is everything there that it ever acknowledged?"""
        for each in self._speakers:
            if (audit := await self._stage.audit(each.tape)) is not None:
                worst = self._worst.get(each)
                if worst is None or missing(each.speech, audit) >= missing(each.speech, worst):
                    self._worst[each] = audit

    async def _record(self, speaker: Speaker) -> Record:
        tape, audits, log = speaker.tape, [], []
        state = reason = ""
        if speaker in self._worst:
            audits.append(self._worst[speaker])
        if tape.session:
            state, reason, kept = await self._stage.kept(tape.session)
            audits.append(Audit(tape.acknowledged * FRAME, kept))
            log = [numbered async for numbered in events(self._stage.url, tape.session)]
        viewer = self._viewers.get(speaker)
        expected = "finished" if speaker.plan.leaves is None else "abandoned"
        return Record(
            speech=speaker.speech,
            audits=tuple(audits),
            refused=0 if self._stage.asks_again else tape.refused * FRAME,
            delivered=tuple(tape.delivered),
            log=tuple(log),
            complete=tape.complete,
            closed=(state, reason) == ("done", expected)
            and tape.complete == (expected == "finished"),
            reason=reason,
            trouble=tape.trouble,
            watched=tuple(viewer.delivered) if viewer else None,
        )

    def _result(
        self,
        began: float,
        records: Sequence[Record],
        violations: Violations,
        compared: Compared,
        notes: list[str],
    ) -> Result:
        lost = sum(each.tape.lost for each in self._speakers)
        tampered = Counter(how for each in self.plan.speakers for _, how in each.tampered)
        said = [numbered.event for record in records for numbered in record.log]
        switches = sum(isinstance(event, EngineSwitched) for event in said)
        done = self._blows.done + Counter(tampered)
        done += Counter({"lost line": lost, "engine switch": switches})
        return Result(
            name=self.plan.name,
            seconds=time.monotonic() - began,
            sessions=len(records),
            samples=sum(each.tape.acknowledged for each in self._speakers) * FRAME,
            events=sum(len({(n.n, n.epoch) for n in record.delivered}) for record in records),
            done=done,
            violations=violations,
            compared=compared,
            notes=tuple(notes),
        )
