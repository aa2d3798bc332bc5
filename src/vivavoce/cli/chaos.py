"""`vivavoce demo --chaos`: the demo cuts its own line and kills its own server, in mid-word.

Somebody reads the bundled clip twice, at the pace of speech, in one session, and does not stop
for anything. What was acknowledged, what is kept and what was read is then counted, and held
against a reading of the same samples in peace. Finals are canonical, so they are to be the same
to the byte.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import numpy as np
from rich.text import Text

from vivavoce.audio.wav import wav_header
from vivavoce.bench.clip import DATA, clip
from vivavoce.bench.measures import errors
from vivavoce.bench.words import bare
from vivavoce.cli.console import stderr, stdout
from vivavoce.cli.own_server import OwnServer
from vivavoce.cli.sending import sending
from vivavoce.cli.words import Words
from vivavoce.client import Session, connect
from vivavoce.core.events import AnyEvent, Final
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.journal.reading import left
from vivavoce.testing.relay import Relay

FORMAT = AudioFormat()
FRAME = FORMAT.frame_bytes
STEP = SAMPLE_RATE // 10  # samples sent at a time
PAUSE = 1.0  # seconds between the readings
CUT, DOWN = ("letters", 0), 1.5
"""In which word of which reading the line is cut, and for how many seconds."""
KILL = ("century", 1)

Reading = tuple[tuple[int, int, str], ...]
"""Start, end and text of each final."""


@dataclass
class Outcome:
    """Lengths in samples."""

    spoken: int = 0
    acknowledged: int = 0
    safe: int = 0  # acknowledged when the server was killed
    on_disk: int = 0  # whole in its journal then
    kept: bytes = b""  # the recording's
    finals: dict[str, Final] = field(default_factory=dict)
    undisturbed: Reading = ()

    @property
    def reading(self) -> Reading:
        return tuple((f.start, f.end, f.text) for f in self.finals.values())


async def show() -> bool:
    """The whole demo. Returns whether nothing was lost. Raises `OurError`."""
    _say("Starting a server with an empty library of its own ...")
    pcm = await _script()
    with TemporaryDirectory(prefix="vivavoce-demo-") as folder:
        # One model, however busy the machine is: its finals are compared to the byte.
        server = OwnServer(Path(folder), finals="tiny")
        try:
            await server.start()
            with Relay(server.port) as line:
                _say(f"A clip is read to it twice (pid {server.pid}, {server.url}).\n")
                outcome = await _Show(server, line, pcm).run()
            _say("\nThe same samples once more, undisturbed ...\n")
            outcome.undisturbed = await _in_peace(server.url, pcm)
        finally:
            await server.stop()
    return _tell(outcome, losses(outcome, pcm))


def losses(outcome: Outcome, pcm: bytes) -> list[str]:
    """What was lost, each in a sentence."""
    found = []
    if outcome.acknowledged < outcome.spoken:
        found.append(f"{outcome.spoken - outcome.acknowledged} samples were never acknowledged.")
    if outcome.on_disk < outcome.safe:
        gone = outcome.safe - outcome.on_disk
        found.append(f"{gone} samples were acknowledged and not on the disk after the kill.")
    if outcome.kept != pcm:
        found.append("The samples that were kept are not those that were spoken.")
    if outcome.reading != outcome.undisturbed:
        found.append("The finals are not those of the undisturbed reading.")
    return found


class _Show:
    """What happens to one session."""

    def __init__(self, server: OwnServer, line: Relay, pcm: bytes) -> None:
        self._server = server
        self._line = line
        self._pcm = pcm
        self._words = Words()
        self._outcome = Outcome()
        self._begun = asyncio.Event()
        self._turn = len(pcm) / FRAME / SAMPLE_RATE / 2  # seconds that a reading takes
        self._zero = 0.0  # when the first sample was spoken, in the loop's time

    async def run(self) -> Outcome:
        async with connect(self._line.url, FORMAT) as session, sending(session, self._speak()):
            with self._words:
                hearing = asyncio.create_task(self._hear(session))
                directing = asyncio.create_task(self._direct(session))
                try:
                    await asyncio.gather(hearing, directing)
                finally:
                    hearing.cancel()
                    directing.cancel()
                    await asyncio.gather(hearing, directing, return_exceptions=True)
        self._outcome.acknowledged = self._acknowledged(session)
        self._outcome.kept = await _kept(self._server.url, session.id)
        return self._outcome

    async def _speak(self) -> AsyncIterator[bytes]:
        """At the pace of speech, whatever becomes of those who listen."""
        self._zero = asyncio.get_running_loop().time()
        self._begun.set()
        for at in range(0, len(self._pcm), STEP * FRAME):
            block = self._pcm[at : at + STEP * FRAME]
            self._outcome.spoken += len(block) // FRAME
            await self._at(self._outcome.spoken / SAMPLE_RATE)
            yield block

    async def _hear(self, session: Session) -> None:
        async for event in session:
            self._words.show(event)
            if isinstance(event, Final):
                self._outcome.finals[event.id] = event

    async def _direct(self, session: Session) -> None:
        await self._begun.wait()
        await self._cut(session)
        await self._kill(session)

    async def _cut(self, session: Session) -> None:
        moment = _middle(*CUT, self._turn)
        await self._at(moment)
        self._line.cut()
        self._note("yellow", f"The line is cut in the middle of “{CUT[0]}”. The reader goes on.")
        await session.until_lost()
        await self._at(moment + DOWN)
        self._line.mend()
        await self._back(session, "The line is back")

    async def _kill(self, session: Session) -> None:
        await self._at(_middle(*KILL, self._turn))
        pid = self._server.pid
        await self._server.kill()
        self._note("bold red", f"kill -9 {pid}, in the middle of “{KILL[0]}”. The reader goes on.")
        await session.until_lost()
        self._outcome.safe = self._acknowledged(session)
        with left(self._server.data_dir / "live" / session.id) as journal:
            self._outcome.on_disk = journal.size // FRAME
        disk, safe = self._outcome.on_disk, self._outcome.safe
        self._note("dim", f"On its disk are {disk:,} samples; acknowledged were {safe:,}.")
        await self._server.start()
        await self._back(session, f"A new server (pid {self._server.pid}) has taken it up")

    async def _back(self, session: Session, what: str) -> None:
        await session.until_connected()
        waited = session.unacknowledged / FRAME / SAMPLE_RATE
        self._note("green", f"{what}; {waited:.1f} s of speech had waited and follow.")

    def _acknowledged(self, session: Session) -> int:
        return min(session.acknowledged * STEP, self._outcome.spoken)

    async def _at(self, moment: float) -> None:
        """Wait until so many seconds have been spoken."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, self._zero + moment - now))

    def _note(self, style: str, sentence: str) -> None:
        spoken = asyncio.get_running_loop().time() - self._zero
        self._words.aside(Text.assemble((f"{spoken:5.1f} s  ", "dim"), (sentence, style)))


async def _in_peace(url: str, pcm: bytes) -> Reading:
    finals: list[AnyEvent] = []
    async with connect(url, FORMAT) as session:
        for at in range(0, len(pcm), STEP * FRAME):
            await session.send(pcm[at : at + STEP * FRAME])
        await session.finish()
        finals += [event async for event in session]
    return tuple((f.start, f.end, f.text) for f in finals if isinstance(f, Final))


async def _kept(url: str, recording: str) -> bytes:
    """The recording's samples."""
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        answer = await http.get(f"/api/v1/recordings/{recording}/audio")
    return answer.raise_for_status().content[len(wav_header(FORMAT, 0)) :]


async def _script() -> bytes:
    """What is spoken."""
    turn = np.concatenate([await clip(), np.zeros(round(PAUSE * SAMPLE_RATE), np.float32)])
    return np.tile(np.clip(turn * 32767, -32768, 32767).astype("<i2"), 2).tobytes()


def _middle(word: str, reading: int, turn: float) -> float:
    """When half of a word has been spoken. Times in seconds; a reading takes a `turn`."""
    words = json.loads((DATA / "demo.words.json").read_text())
    start, end = next((start, end) for text, start, end in words if text == word)
    return float((start + end) / 2 + reading * turn)


def _tell(outcome: Outcome, lost: list[str]) -> bool:
    """Print the figures, then what was lost."""
    peace, heard = (" ".join(t for *_, t in r) for r in (outcome.undisturbed, outcome.reading))
    found = errors(peace, heard)
    exact = (
        "finals the same to the byte"
        if outcome.reading == outcome.undisturbed
        else "not the same finals"
    )
    rows = [
        ("Spoken", f"{outcome.spoken:,}", "samples"),
        ("Acknowledged", f"{outcome.acknowledged:,}", "samples"),
        ("Kept", f"{len(outcome.kept) // FRAME:,}", "samples"),
        ("Read undisturbed", f"{found.words}", "words"),
        ("Read in spite of it all", f"{len(bare(heard))}", f"words, {exact}"),
        ("Lost, invented, changed", f"{found.lost}, {found.invented}, {found.wrong}", "words"),
    ]
    console = stdout()
    for what, number, unit in rows:
        console.print(f"{what:<24}{number:>9} {unit}", soft_wrap=True)
    for sentence in lost:
        console.print(sentence, style="bold red", soft_wrap=True)
    if not lost:
        console.print("\nNothing was lost.", style="bold green")
    return not lost


def _say(sentence: str) -> None:
    stderr().print(sentence, style="dim", soft_wrap=True)
