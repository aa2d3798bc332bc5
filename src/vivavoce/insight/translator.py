"""Translations of utterances by a language model: of what is said now, and of what was said.

Both follow a recording's events from the first on. What has no translation yet, or reads
otherwise since it had one, goes to the model in batches; what comes back is said as
`Translated`, by way of the annotations, so no word of a session ever waits for it. Who is slow
takes larger batches, and reads on in the log when there is room: nothing is left out and
nothing piles up.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from typing import Final

import structlog

from vivavoce.core.errors import Full, NotFound, VivavoceError
from vivavoce.core.events import AnyEvent, Translated, Warning
from vivavoce.core.transcript import Transcript
from vivavoce.insight import prompts
from vivavoce.insight.job import LINES, Job, longest, translations
from vivavoce.insight.model import LanguageModel, ModelError, ModelRefused, Unacceptable, whole
from vivavoce.insight.passages import Passage
from vivavoce.insight.reading import Reader
from vivavoce.journal.bell import Bell
from vivavoce.live.annotations import Annotations
from vivavoce.live.session import LiveSession

log = structlog.get_logger()

WAITING: Final = 4 * LINES
"""Utterances that wait, before the log is read on."""
TRIES: Final = 3
"""Of a line that the model leaves out, and of batches in a row that come to nothing."""
FIRST, LONGEST = 1.0, 30.0
"""Seconds before a batch is tried again: each time twice as long."""
RUNNING: Final = 64
"""Translations at a time, those of live sessions included, at which no others are begun."""
REMEMBERED: Final = 256
"""Translations that are over and can be asked about, and warnings that are not said again."""


class Translator:
    """`close` ends all that runs; what is missing then is done when it is asked for again."""

    def __init__(self, model: LanguageModel, reader: Reader, annotations: Annotations) -> None:
        self._model = model
        self._reader = reader
        self._annotations = annotations
        self._jobs: dict[tuple[str, str], Job] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._warned: dict[tuple[str, str, str], None] = {}  # (recording, language, code)

    def ask(self, owner: str, recording: str, language: str) -> Job:
        """As `begin`, for who can ask again later. Raises `Full`."""
        if len(self._tasks) >= RUNNING and (recording, language) not in self._tasks:
            raise Full(f"As many translations as may are being made here ({RUNNING}); try later.")
        return self.begin(owner, recording, language)

    def begin(self, owner: str, recording: str, language: str) -> Job:
        """Translate what has no translation, and of a live session what is still to come. The
        job is the one that runs already where there is one."""
        key = recording, language
        if key in self._tasks:
            return self._jobs[key]
        self._jobs.pop(key, None)
        over = [other for other in self._jobs if other not in self._tasks]
        for other in over[: max(0, len(over) - REMEMBERED + 1)]:
            del self._jobs[other]
        job = self._jobs[key] = Job(owner, recording, language)
        task = self._tasks[key] = asyncio.create_task(self._run(job))
        task.add_done_callback(lambda _: self._tasks.pop(key, None))
        return job

    def began(self, session: LiveSession) -> None:
        """A session has begun, or was taken up: translate what it asks for."""
        for language in session.translations:
            self.begin(session.header.owner, session.id, language)

    def of(self, owner: str, recording: str) -> list[Job]:
        """What this process does or did for a recording."""
        return [j for j in self._jobs.values() if (j.owner, j.recording) == (owner, recording)]

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._model.close()

    async def _run(self, job: Job) -> None:
        changed = Bell()
        reading = asyncio.create_task(self._read(job, changed))
        try:
            await self._work(job, changed, reading)
            await reading
            job.state = "done"
        except NotFound:
            job.state = "failed"  # deleted, or a session of which nothing is kept
        except VivavoceError as error:
            await self._warn(job, error)
            job.state, job.message = "failed", error.message
        except Exception:
            job.state, job.message = "failed", "Something went wrong; the server's log says what."
            log.exception("translation failed", session=job.recording)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            job.end()

    async def _read(self, job: Job, changed: Bell) -> None:
        """Follow the events, as far as there is room for what waits."""
        try:
            events = self._reader.events(job.owner, job.recording)
            async with aclosing(events):
                async for numbered in events:
                    job.note(numbered.event)
                    changed.ring()
                    while len(job.waiting) >= WAITING:
                        await changed.next().wait()
        finally:
            changed.ring()

    async def _work(self, job: Job, changed: Bell, reading: "asyncio.Task[None]") -> None:
        """Until all is read and translated. Raises what keeps it from going on."""
        failures = 0
        while True:
            bell = changed.next()
            batch = job.batch()
            if not batch:
                if reading.done():
                    return
                await bell.wait()
                continue
            try:
                await self._translate(job, batch)
                failures, job.lines = 0, min(2 * job.lines, LINES)
            except Unacceptable as error:
                await self._warn(job, error)
                if len(batch) == 1:  # it is this one
                    job.waiting.pop(batch[0].utterance, None)
                job.lines = 1
            except ModelRefused:
                raise
            except ModelError as error:
                failures += 1
                if failures >= TRIES and reading.done():
                    raise
                await self._warn(job, error)
                await asyncio.sleep(min(FIRST * 2 ** (failures - 1), LONGEST))
            changed.ring()

    async def _translate(self, job: Job, batch: Sequence[Passage]) -> None:
        asked = {passage.utterance: passage.text for passage in batch}
        messages = prompts.translation(batch, job.language)
        written = await whole(self._model, messages, longest(batch))
        found = translations(written, batch)

        def make(transcript: Transcript) -> list[AnyEvent]:
            """Of what still reads as it did when it was sent."""
            reads = {u.id: " ".join(u.text.split()) for u in transcript.utterances}
            return [
                Translated(id=id, language=job.language, text=text)
                for id, text in found.items()
                if reads.get(id) == asked[id]
            ]

        if found:
            await self._annotations.add(job.owner, job.recording, make)
        for id, text in asked.items():
            if job.waiting.get(id) != text:
                continue  # it was edited meanwhile, and is asked for again
            job.tries[id] = job.tries.get(id, 0) + 1
            if id in found or job.tries[id] >= TRIES:
                del job.waiting[id]
            if id in found:
                job.done += 1
            elif id not in job.waiting:
                job.message = "Some utterances came back without a translation."
        if not found and any(id in job.waiting for id in asked):
            name = self._model.name
            raise ModelError(f"The language model {name} did not translate line by line.")

    async def _warn(self, job: Job, error: VivavoceError) -> None:
        """Once of each reason, however often it fails and is asked for again."""
        job.message = error.message
        reason = job.recording, job.language, error.code
        if reason in self._warned:
            return
        self._warned[reason] = None
        if len(self._warned) > REMEMBERED:
            del self._warned[next(iter(self._warned))]  # the oldest
        log.warning("cannot translate", session=job.recording, reason=error.message)
        sentence = f"Translation into {job.language} waits or is missing: {error.message}"
        warning = Warning(code=error.code, message=sentence)
        with suppress(VivavoceError):
            await self._annotations.add(job.owner, job.recording, lambda _: [warning])
