"""What ended sessions leave behind."""

import io
import wave
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vivavoce.core.commands import Flush, Options
from vivavoce.core.errors import DiskError, NotFound
from vivavoce.core.events import AnyEvent, Ended, Final, Numbered
from vivavoce.core.types import AudioFormat, Encoding
from vivavoce.journal.commit import Committer
from vivavoce.journal.journal import Journal, SessionHeader
from vivavoce.library.blobs import ObjectBlobs
from vivavoce.library.recording import Recording, new_id
from vivavoce.library.sql import SqlRepository
from vivavoce.live.seal import Sealer

pytestmark = pytest.mark.anyio

ID = new_id()
KEY = f"recordings/{ID}/audio"
SAID: list[AnyEvent] = [
    Final(id="u1", start=0, end=9, text="alfa", engine="e", model="m", language="en"),
    Ended(reason="finished", duration=16_000),
]
EVENTS = [Numbered(n, 1, event) for n, event in enumerate(SAID, 1)]


class Library:
    def __init__(self, folder: Path, repository: SqlRepository, committer: Committer) -> None:
        self.folder = folder
        self.repository = repository
        self.committer = committer
        self.blobs = ObjectBlobs.local(folder / "blobs")
        self.sealer = Sealer(repository, self.blobs)
        self.journals: list[Journal] = []

    async def journal(
        self,
        payload: bytes,
        encoding: Encoding = "pcm_s16le",
        *,
        kept: bool = True,
        known: bool = True,
    ) -> Journal:
        now = datetime.now(UTC)
        if known:
            await self.repository.create(
                Recording(id=ID, owner="local", title="t", created_at=now, state="live")
            )
        header = SessionHeader(
            session=ID,
            owner="local",
            token_sha256="",
            format=AudioFormat(encoding),
            options=Options(),
            created_at=now,
            media="audio/x-odd",
            kept=kept,
        )
        journal = await Journal.create(self.folder / "live" / ID, header, self.committer)
        journal.append(0, payload)
        self.journals.append(journal)
        return journal

    async def audio(self) -> bytes:
        size = await self.blobs.size(KEY)
        return b"".join([part async for part in self.blobs.stream(KEY, 0, size)])


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    repository = await SqlRepository.open(tmp_path)
    committer = Committer(0)
    library = Library(tmp_path, repository, committer)
    yield library
    for journal in library.journals:
        await journal.close()
    await committer.close()
    await repository.close()


async def test_raw_samples_can_be_played(library: Library) -> None:
    journal = await library.journal(bytes(range(200)) + b"\1")
    await library.sealer.seal(journal, EVENTS)
    with wave.open(io.BytesIO(await library.audio())) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.readframes(1000) == bytes(range(200)), "half a sample is no sample"
    kept = await library.repository.get("local", ID)
    assert (kept.state, kept.reason, kept.bytes) == ("done", "finished", 244)
    assert (kept.engine, kept.model, kept.language) == ("e", "m", "en")
    assert kept.preview == "alfa"


async def test_what_the_client_asked_for_is_kept_beside_it(library: Library) -> None:
    journal = await library.journal(bytes(10))
    journal.control(Flush())
    await library.sealer.seal(journal, EVENTS)
    for name in ("session.json", "controls"):
        kept = library.folder / "blobs" / "recordings" / ID / name
        assert kept.read_bytes() == (journal.folder / name).read_bytes() != b""


async def test_a_container_is_kept_to_the_byte(library: Library, data: Path) -> None:
    sent = (data / "reference.flac").read_bytes()
    await library.sealer.seal(await library.journal(sent, "container"), EVENTS)
    assert await library.audio() == sent
    assert (await library.repository.get("local", ID)).media_type == "audio/flac"


async def test_of_bytes_that_nobody_knows_the_client_is_believed(library: Library) -> None:
    await library.sealer.seal(await library.journal(b"????", "container"), EVENTS)
    assert (await library.repository.get("local", ID)).media_type == "audio/x-odd"


async def test_what_failed_is_said_so(library: Library) -> None:
    failed = [Numbered(1, 1, Ended(reason="bad_audio", duration=0))]
    await library.sealer.seal(await library.journal(b""), failed)
    kept = await library.repository.get("local", ID)
    assert (kept.state, kept.reason) == ("failed", "bad_audio")


async def test_a_recording_deleted_meanwhile_stays_deleted(library: Library) -> None:
    journal = await library.journal(bytes(10), known=False)
    await library.sealer.seal(journal, EVENTS)
    with pytest.raises(NotFound):
        await library.blobs.size(KEY)


async def test_what_is_not_to_be_kept_is_forgotten(library: Library) -> None:
    journal = await library.journal(bytes(10), kept=False, known=False)
    await library.sealer.seal(journal, EVENTS)
    with pytest.raises(NotFound):
        await library.blobs.size(KEY)
    assert [each async for each in library.sealer.events(journal.header, 0)] == []


async def test_what_could_not_be_sealed_is_sealed_later(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await library.journal(bytes(10))
    with monkeypatch.context() as patch:

        async def full(*_: object) -> None:
            raise DiskError("No space left.")

        patch.setattr(library.blobs, "put_file", full)
        with pytest.raises(DiskError):
            await library.sealer.seal(journal, EVENTS)
    assert journal.audio_path.exists()
    assert not journal.audio_path.with_name("audio.wav").exists(), "twice on a full disk"
    assert (await library.repository.get("local", ID)).state == "live"
    await library.sealer.seal(journal, EVENTS)
    assert (await library.repository.get("local", ID)).state == "done"
    assert [each async for each in library.sealer.events(journal.header, 1)] == EVENTS[1:]
