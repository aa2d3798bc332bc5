"""How late words are, by the clock of whoever hears them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.commands import Options
from vivavoce.core.events import AnyEvent, Ended, EngineSwitched, Final, Interim
from vivavoce.core.types import SAMPLE_RATE, AudioFormat
from vivavoce.journal.journal import SessionHeader
from vivavoce.live.tallied import MARKS, Tallied
from vivavoce.live.tally import Measured, Tally

SECOND = SAMPLE_RATE * 2  # bytes


class Seen:
    """One session, a clock that is set, and what was observed."""

    def __init__(
        self, format: AudioFormat | None = None, *, interims: bool = True, held: int = 0
    ) -> None:
        self.now = 100.0
        self.told: list[tuple[Measured, float]] = []
        self.tally = Tally(self._observe)
        header = SessionHeader(
            session="s",
            owner="local",
            token_sha256="",
            format=format or AudioFormat(),
            options=Options(interims=interims),
            created_at=datetime(2026, 1, 2, tzinfo=UTC),
        )
        self.tallied = Tallied(header, held, self.tally, lambda: self.now)

    def _observe(self, what: Measured, value: float, _engine: str = "") -> None:
        self.told.append((what, value))

    @property
    def late(self) -> list[float]:
        """Seconds, of what was observed."""
        return [value for _, value in self.told]

    def spoken(self, seconds: float, size: int, frame: int = SECOND // 50) -> int:
        """So many seconds of frames at the pace of speech; the bytes there are then."""
        for _ in range(round(seconds * SECOND / frame)):
            self.now += frame / SECOND
            size += frame
            self.tallied.arrived(size)
        return size


def final(end: float) -> AnyEvent:
    at = round(end * SAMPLE_RATE)
    return Final(id="u1", start=0, end=at, text="So.", engine="e", model="m")


def interim(end: float) -> AnyEvent:
    return Interim(id="u1", start=0, end=round(end * SAMPLE_RATE), stable="", tail="So")


@pytest.mark.parametrize("frame", [640, 3200, 3201, 32_000])
def test_it_counts_from_when_the_sound_came(frame: int) -> None:
    seen = Seen()
    seen.spoken(5, 0, frame)
    seen.tallied.said(interim(4.9))
    seen.tallied.said(final(4.5))
    seen.now += 2
    seen.tallied.said(final(4.5))
    assert [what for what, _ in seen.told] == ["interim", "final", "final"]
    assert seen.late == pytest.approx([0.1, 0.5, 2.5], abs=frame / SECOND)


def test_a_pause_before_and_after_does_not_move_a_word() -> None:
    seen = Seen()
    size = seen.spoken(2, 0)
    seen.now += 60  # nobody sends
    seen.spoken(3, size)
    seen.tallied.said(final(1.9))
    seen.tallied.said(final(4.0))
    assert seen.late == pytest.approx([63.1, 1.0], abs=0.05)


def test_audio_that_comes_at_once_is_late_from_then_on() -> None:
    seen = Seen()
    seen.tallied.arrived(10 * SECOND)
    seen.now += 0.3
    seen.tallied.said(final(3.0))
    assert seen.late == pytest.approx([0.3])


def test_nothing_is_told_of_what_came_to_another_process() -> None:
    seen = Seen(held=4 * SECOND)
    seen.tallied.said(final(3.0))
    seen.spoken(2, 4 * SECOND)
    seen.tallied.said(final(4.0))
    assert seen.told == []
    seen.tallied.said(final(5.0))
    assert seen.late == pytest.approx([1.0], abs=0.05)
    assert seen.tally.journalled == 2 * SECOND


@pytest.mark.parametrize(
    "seen", [Seen(AudioFormat("container")), Seen(interims=False)], ids=["container", "file"]
)
def test_nothing_is_told_where_bytes_have_no_time_or_nobody_waits(seen: Seen) -> None:
    seen.spoken(5, 0)
    seen.tallied.said(final(4.0))
    assert seen.told == []
    assert seen.tally.journalled == 5 * SECOND


def test_what_lags_by_more_than_is_remembered_is_late_by_that() -> None:
    seen = Seen()
    seen.spoken(MARKS / 10 + 60, 0, SECOND // 10)
    seen.tallied.said(final(1.0))
    assert seen.late == pytest.approx([MARKS / 10], abs=1)


def test_switches_and_ends_are_counted() -> None:
    seen = Seen()
    seen.tallied.said(EngineSwitched(at=0, previous="a", engine="b", reason="it failed"))
    seen.tallied.said(Ended(reason="finished", duration=0))
    assert seen.tally.switched == {("a", "b"): 1}
    assert seen.tally.ended == {"finished": 1}


@given(
    st.lists(st.tuples(st.integers(1, 2 * SECOND), st.floats(0, 5)), max_size=50),
    st.lists(st.floats(0, 200), max_size=10),
    st.integers(0, 5 * SECOND),
)
def test_no_delay_is_before_the_sound_or_longer_than_the_session(
    frames: list[tuple[int, float]], ends: list[float], held: int
) -> None:
    seen = Seen(held=held)
    size = held
    for frame, wait in frames:
        seen.now += wait
        size += frame
        seen.tallied.arrived(size)
    for end in ends:
        seen.tallied.said(final(end))
    assert all(0 <= value <= seen.now - 100 + 1e-6 for _, value in seen.told)
    assert seen.tally.journalled == size - held
