"""The journal: everything acknowledged is there, nothing half-written stays."""

import asyncio
import hashlib
import subprocess
import sys
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio.source import CompleteFile, read_audio
from vivavoce.core.commands import Configure, Finish, Flush, Mark, Options
from vivavoce.core.errors import DiskError, FrameGap, Gone, Held, NotFound, TooLarge
from vivavoce.core.types import AudioFormat
from vivavoce.journal.commit import Committer
from vivavoce.journal.disk import Disk
from vivavoce.journal.frames import MAX_RECORDED, RECORD_SIZE
from vivavoce.journal.journal import Journal, SessionHeader, read_header
from vivavoce.testing.disks import FrailDisk

pytestmark = pytest.mark.anyio

HEADER = SessionHeader(
    session="s",
    owner="local",
    token_sha256=hashlib.sha256(b"token").hexdigest(),
    format=AudioFormat(rate=8000),
    options=Options(language="en", interims=False),
    created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    media="audio/webm",
)


def payload(frame: int, size: int = 10) -> bytes:
    return bytes((frame * 7 + i) % 256 for i in range(size))


def frail(tmp_path: Path) -> FrailDisk:
    return FrailDisk(tmp_path / "data", tmp_path / "shadow")


def audio_of(journal: Journal) -> bytes:
    return journal.audio_path.read_bytes()


async def test_a_session_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    committer = Committer(0)
    journal = await Journal.create(tmp_path / "live" / "s", HEADER, committer)
    assert [journal.append(n, payload(n)) for n in range(3)] == [True] * 3
    await journal.close()
    journal = await Journal.open(tmp_path / "live" / "s", committer)
    assert (journal.next_frame, journal.size, journal.acknowledged) == (3, 30, 2)
    assert journal.header == read_header(journal.folder) == HEADER
    assert journal.append(3, payload(3))
    await journal.close()
    assert audio_of(journal) == b"".join(payload(n) for n in range(4))
    await committer.close()


async def test_frames_held_missing_and_too_large(tmp_path: Path) -> None:
    committer = Committer(0)
    journal = await Journal.create(tmp_path / "s", HEADER, committer)
    assert journal.append(0, b"ab")
    assert not journal.append(0, b"other")
    with pytest.raises(FrameGap) as gap:
        journal.append(2, b"cd")
    assert gap.value.expected == 1
    with pytest.raises(TooLarge, match="262145 bytes"):
        journal.append(1, bytes(MAX_RECORDED + 1))
    assert journal.append(1, bytes(MAX_RECORDED))
    assert journal.append(2, b"")
    await journal.close()
    assert audio_of(journal) == b"ab" + bytes(MAX_RECORDED)
    assert journal.acknowledged == 2
    await committer.close()


async def test_commands_keep_their_place_in_the_audio(tmp_path: Path) -> None:
    committer = Committer(0)
    journal = await Journal.create(tmp_path / "s", HEADER, committer)
    reader = journal.controls()
    journal.control(Mark("first"))
    journal.append(0, b"abcd")
    journal.control(Flush())
    journal.control(Configure(language="de", endpoint_ms=300))
    assert [c.command for c in reader.until(3)] == [Mark("first")]
    assert list(reader.until(3)) == []
    journal.append(1, b"ef")
    assert journal.control(Finish())
    assert not journal.control(Finish())
    assert journal.complete
    expected = [(4, Flush()), (4, Configure(language="de", endpoint_ms=300)), (6, Finish())]
    assert [(c.at, c.command) for c in reader.until(6)] == expected
    with pytest.raises(Gone, match="The session s takes no more"):
        journal.append(2, b"g")
    with pytest.raises(Gone):
        journal.control(Flush())
    assert not journal.append(1, b"ef"), "a frame that is held is still acknowledged"
    await journal.close()
    journal = await Journal.open(tmp_path / "s", committer)
    assert journal.complete
    assert [(c.at, c.command) for c in journal.controls().until(9)][1:] == expected
    await journal.close()
    await committer.close()


async def test_a_command_that_is_too_long_is_refused(tmp_path: Path) -> None:
    committer = Committer(0)
    journal = await Journal.create(tmp_path / "s", HEADER, committer)
    with pytest.raises(TooLarge, match="1048576 is the most"):
        journal.control(Mark("x" * 1_048_576))
    await journal.remove()
    await committer.close()


async def test_several_readers_follow_it_as_it_grows(tmp_path: Path) -> None:
    committer = Committer(0)
    journal = await Journal.create(tmp_path / "s", HEADER, committer)

    async def read() -> np.ndarray:
        async with aclosing(read_audio(journal.audio_path, HEADER.format, journal)) as blocks:
            return np.concatenate([block async for block in blocks])

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for frame in range(40):
        journal.append(frame, payload(frame, 801))
        await asyncio.sleep(0)
    journal.control(Finish())
    heard = [await reader for reader in readers]
    whole = CompleteFile(journal.audio_path)
    blocks = [b async for b in read_audio(journal.audio_path, HEADER.format, whole)]
    for each in heard:
        np.testing.assert_array_equal(each, np.concatenate(blocks))
    assert len(heard[0]) == 40 * 801
    await journal.close()
    await committer.close()


async def test_acks_follow_the_disk_and_end_with_the_session(tmp_path: Path) -> None:
    committer = Committer(0)
    journal = await Journal.create(tmp_path / "s", HEADER, committer)
    seen: list[int] = []

    async def watch() -> None:
        seen.extend([ack async for ack in journal.acks()])

    watching = asyncio.create_task(watch())
    for frame in range(5):
        journal.append(frame, payload(frame))
        await journal.durable(frame)
    await journal.close()
    await watching
    assert seen == sorted(set(seen))
    assert seen[-1] == 4
    await committer.close()


async def test_two_cannot_hold_one_session(tmp_path: Path) -> None:
    committer = Committer(0)
    journal = await Journal.create(tmp_path / "s", HEADER, committer)
    with pytest.raises(Held):
        await Journal.open(tmp_path / "s", committer)
    await journal.close()
    await (await Journal.open(tmp_path / "s", committer)).close()
    await committer.close()


async def test_there_is_no_session_without_a_header(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no session nobody"):
        await Journal.open(tmp_path / "nobody", Committer())
    (tmp_path / "session.json").write_text("{")
    with pytest.raises(DiskError, match=r"session\.json is damaged"):
        read_header(tmp_path)


async def test_removing_leaves_nothing_even_when_nothing_can_be_committed(tmp_path: Path) -> None:
    disk = frail(tmp_path)
    committer = Committer(0, disk)
    journal = await Journal.create(disk.root / "s", HEADER, committer)
    disk.failing_syncs = 9
    journal.append(0, b"secret")
    await journal.remove()
    assert list(disk.root.iterdir()) == []
    await committer.close()


async def test_a_session_begins_whole_or_not_at_all(tmp_path: Path) -> None:
    disk = frail(tmp_path)
    committer = Committer(0, disk)
    for room in range(0, 2000, 7):
        disk.room = room
        try:
            journal = await Journal.create(disk.root / "live" / "s", HEADER, committer)
        except DiskError:
            assert not (disk.root / "live" / "s").exists()
        else:
            break
    assert room > 100
    assert journal.header == read_header(journal.folder)
    await journal.remove()
    await committer.close()


async def test_a_disk_that_fills_in_mid_frame_keeps_nothing_of_it(tmp_path: Path) -> None:
    size = 10
    disk = frail(tmp_path)
    committer = Committer(0, disk)
    journal = await Journal.create(disk.root / "s", HEADER, committer)
    journal.append(0, payload(0, size))
    for room in range(size + RECORD_SIZE):
        disk.room = room
        with pytest.raises(DiskError, match="No space left"):
            journal.append(1, payload(1, size))
        assert (journal.size, journal.next_frame) == (size, 1)
        assert audio_of(journal) == payload(0, size)
        assert (journal.folder / "frames").stat().st_size == RECORD_SIZE
    disk.room = size + RECORD_SIZE
    assert journal.append(1, payload(1, size))
    await journal.durable(1)
    disk.power_cut(0)
    journal = await Journal.open(disk.root / "s", committer)
    assert audio_of(journal) == payload(0, size) + payload(1, size)
    await journal.close()
    await committer.close()


async def test_after_a_failed_fsync_nothing_counts_until_it_is_written_anew(
    tmp_path: Path,
) -> None:
    disk = frail(tmp_path)
    committer = Committer(0, disk)
    journal = await Journal.create(disk.root / "s", HEADER, committer)
    journal.append(0, payload(0))
    await journal.durable(0)
    disk.failing_syncs = 1
    journal.append(1, payload(1))
    with pytest.raises(DiskError, match="Input/output error"):
        await journal.durable(1)
    with pytest.raises(DiskError):
        await anext(journal.acks(0))
    assert journal.acknowledged == 0
    assert not journal.append(1, payload(1)), "sent again, as the client does"
    assert journal.append(2, payload(2))
    await journal.durable(2)
    assert disk.shadow_of(journal.audio_path).read_bytes() == audio_of(journal)
    for seed in range(5):
        disk.power_cut(seed)
        journal = await Journal.open(disk.root / "s", committer)
        assert journal.next_frame == 3
        assert audio_of(journal) == b"".join(payload(n) for n in range(3))
    await journal.close()
    await committer.close()


async def test_bytes_lost_by_a_failed_fsync_are_never_acknowledged(tmp_path: Path) -> None:
    disk = frail(tmp_path)
    committer = Committer(0, disk)
    journal = await Journal.create(disk.root / "s", HEADER, committer)
    journal.append(0, payload(0))
    await journal.durable(0)
    disk.failing_syncs = 1
    journal.append(1, payload(1))
    with pytest.raises(DiskError):
        await journal.durable(1)
    journal.audio_path.write_bytes(payload(0) + bytes(10))  # the page was read from disk again
    for _ in range(2):
        with pytest.raises(DiskError, match="could not be read back"):
            journal.append(1, payload(1))
    with pytest.raises(DiskError):
        await journal.close()
    journal = await Journal.open(disk.root / "s", committer)
    assert journal.next_frame == 1
    await journal.close()
    await committer.close()


async def session_of_five(disk: Disk, folder: Path) -> None:
    """Three frames known to be durable when the two others were written."""
    committer = Committer(0, disk)
    journal = await Journal.create(folder, HEADER, committer)
    for frame in range(5):
        if frame == 3:
            await journal.durable(2)
        journal.append(frame, payload(frame))
    await journal.close()
    await committer.close()


async def reopened(disk: Disk, folder: Path) -> int:
    """The frames kept, and a check that they are whole and that the session goes on."""
    committer = Committer(0, disk)
    journal = await Journal.open(folder, committer)
    kept = journal.next_frame
    assert audio_of(journal) == b"".join(payload(n) for n in range(kept))
    assert (folder / "frames").stat().st_size == kept * RECORD_SIZE
    for frame in range(kept, 5):
        journal.append(frame, payload(frame))
    await journal.close()
    await committer.close()
    return kept


async def test_a_record_torn_at_any_byte_is_cut(tmp_path: Path) -> None:
    disk = frail(tmp_path)
    folder = disk.root / "s"
    await session_of_five(disk, folder)
    frames = (folder / "frames").read_bytes()
    for size in range(3 * RECORD_SIZE, 5 * RECORD_SIZE):
        (folder / "frames").write_bytes(frames[:size])
        assert await reopened(disk, folder) == size // RECORD_SIZE


async def test_a_record_damaged_at_any_byte_is_cut(tmp_path: Path) -> None:
    disk = frail(tmp_path)
    folder = disk.root / "s"
    await session_of_five(disk, folder)
    frames = (folder / "frames").read_bytes()
    for at in range(3 * RECORD_SIZE, 5 * RECORD_SIZE):
        damaged = bytearray(frames)
        damaged[at] ^= 0x55
        (folder / "frames").write_bytes(damaged)
        assert await reopened(disk, folder) == at // RECORD_SIZE


async def test_a_payload_torn_or_damaged_at_any_byte_is_cut(tmp_path: Path) -> None:
    disk = frail(tmp_path)
    folder = disk.root / "s"
    await session_of_five(disk, folder)
    frames, audio = (folder / "frames").read_bytes(), (folder / "audio").read_bytes()
    for at in range(30, 50):
        (folder / "frames").write_bytes(frames)
        (folder / "audio").write_bytes(audio[:at])
        assert await reopened(disk, folder) == at // 10
        (folder / "frames").write_bytes(frames)
        (folder / "audio").write_bytes(audio[:at] + b"\xff" + audio[at + 1 :])
        assert await reopened(disk, folder) == at // 10


@pytest.mark.parametrize("name", ["audio", "frames"])
async def test_what_was_fsynced_is_never_cut(tmp_path: Path, name: str) -> None:
    disk = frail(tmp_path)
    folder = disk.root / "s"
    await session_of_five(disk, folder)
    before = (folder / "audio").read_bytes()
    if name == "audio":
        (folder / "audio").write_bytes(before[:29])
    else:
        frames = bytearray((folder / "frames").read_bytes())
        frames[2 * RECORD_SIZE] ^= 1
        (folder / "frames").write_bytes(frames)
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    with pytest.raises(DiskError, match="is damaged: of the 3 frames"):
        await Journal.open(folder, Committer(0, disk))
    assert sizes == {path.name: path.stat().st_size for path in folder.iterdir()}


class Client:
    """Sends frames, and holds the journal to what it acknowledged."""

    def __init__(self, disk: FrailDisk) -> None:
        self.disk = disk
        self.folder = disk.root / "live" / "s"
        self.acknowledged = -1
        self.sizes: list[int] = []  # of the frames ever made

    async def begin(self) -> None:
        self.committer = Committer(0, self.disk)
        self.journal = await Journal.create(self.folder, HEADER, self.committer)

    def send(self, size: int) -> None:
        frame = self.journal.next_frame
        if frame == len(self.sizes):
            self.sizes.append(size)
        with suppress(DiskError):
            self.journal.append(frame, payload(frame, self.sizes[frame]))

    async def wait(self) -> None:
        if not self.journal.next_frame:
            return
        with suppress(DiskError):
            self.journal.append(0, b"")  # held: it only has what failed written again
            await self.journal.durable(self.journal.next_frame - 1)
        self.acknowledged = max(self.acknowledged, self.journal.acknowledged)

    async def lose_power(self, seed: int | None) -> None:
        """None: only the process dies."""
        self.acknowledged = max(self.acknowledged, self.journal.acknowledged)
        self.disk.kill() if seed is None else self.disk.power_cut(seed)
        await self.committer.close()
        self.disk.failing_syncs, self.disk.room = 0, None
        self.committer = Committer(0, self.disk)
        self.journal = await Journal.open(self.folder, self.committer)
        assert self.journal.next_frame > self.acknowledged
        kept = self.sizes[: self.journal.next_frame]
        assert audio_of(self.journal) == b"".join(payload(n, s) for n, s in enumerate(kept))

    async def end(self) -> None:
        await self.lose_power(0)
        await self.journal.close()
        await self.committer.close()


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 1500)),
        st.tuples(st.just("wait"), st.just(0)),
        st.tuples(st.just("turn"), st.integers(1, 4)),
        st.tuples(st.just("power"), st.integers(0, 2**16)),
        st.tuples(st.just("kill"), st.just(0)),
        st.tuples(st.just("fail"), st.integers(1, 3)),
        st.tuples(st.just("room"), st.integers(0, 2000)),
    ),
    max_size=30,
)


@given(steps)
@settings(max_examples=75)
def test_whatever_happens_everything_acknowledged_is_there(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    async def play() -> None:
        client = Client(frail(tmp_path_factory.mktemp("frail")))
        await client.begin()
        for step, number in steps:
            match step:
                case "send":
                    client.send(number)
                case "wait":
                    await client.wait()
                case "turn":  # let a commit begin, but perhaps not end
                    for _ in range(number):
                        await asyncio.sleep(0)
                case "power" | "kill":
                    await client.lose_power(number if step == "power" else None)
                case "fail":
                    client.disk.failing_syncs = number
                case "room":
                    client.disk.room = number
        await client.end()

    asyncio.run(play())


CHILD = """
import asyncio, sys
from pathlib import Path
from vivavoce.journal.commit import Committer
from vivavoce.journal.journal import Journal

async def main():
    journal = await Journal.open(Path(sys.argv[1]), Committer(1))
    for frame in range(journal.next_frame, 10**6):
        journal.append(frame, bytes([frame % 256]) * 100)
        if frame % 50 == 0:
            await journal.durable(frame)
            print(frame, flush=True)

asyncio.run(main())
"""


async def test_a_killed_server_loses_nothing_acknowledged(tmp_path: Path) -> None:
    committer = Committer(0)
    await (await Journal.create(tmp_path / "s", HEADER, committer)).close()
    with subprocess.Popen(  # noqa: ASYNC220 - there is nothing else to run meanwhile
        [sys.executable, "-c", CHILD, str(tmp_path / "s")], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline()) for _ in range(3)][-1]
        with pytest.raises(Held):
            await Journal.open(tmp_path / "s", committer)
        child.kill()
    journal = await Journal.open(tmp_path / "s", committer)
    assert journal.next_frame > acknowledged
    expected = b"".join(bytes([n % 256]) * 100 for n in range(journal.next_frame))
    assert audio_of(journal) == expected
    await journal.close()
    await committer.close()
