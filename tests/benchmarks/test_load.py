"""The benchmark of many connections, of figures made up here."""

import math
from pathlib import Path

import pytest

from benchmarks.load import page
from benchmarks.load.figures import Acks, Load, Look, acks, keep, kept, risen
from benchmarks.load.speaking import Spoke, block, note
from vivavoce.bench.generator import STEP

LOAD = Load(
    day="1 May 2026",
    version="1.0",
    machine="2 cores",
    command="python -m benchmarks.load",
    minutes=10,
    idle=500,
    served=500,
    speaking=2,
    ended=("finished", "finished"),
    ordered=True,
    acks=Acks(12000, 0, 0.06, 0.1, 0.2),
    interims=1.8,
    finals=30,
    lag=0.0,
    behind=0.004,
    course=tuple(Look(at, {"server": 100, "hosts": 200 + at}) for at in (0, 100, 200)),
    processes={"server": 0.3, "hosts": 1.0, "aligner": 0.2},
    looks={"audio/vad.py": 50, "asyncio": 60, "live/runner.py": 40},
    generator=0.1,
)


def test_what_is_said_begins_anew_when_it_is_over() -> None:
    pcm = bytes(n % 251 for n in range(2 * STEP + 10))
    frames = [block(pcm, number) for number in range(3)]
    assert all(len(frame) == STEP for frame in frames)
    assert b"".join(frames) == (pcm + pcm)[: 3 * STEP]


def test_messages_are_counted_and_their_order_is_seen() -> None:
    told = Spoke()
    final = {"type": "final", "text": "Hello."}
    note(told, {"type": "event", "n": 1, "event": {"type": "started"}})
    note(told, {"type": "interim"})
    note(told, {"type": "event", "n": 2, "event": final})
    note(told, {"type": "event", "n": 3, "event": {"type": "lagging", "behind": 32_000}})
    assert (told.ordered, told.events, told.interims, told.finals) == (True, 3, 1, 1)
    assert told.lag == 2.0
    note(told, {"type": "event", "n": 5, "event": final})
    assert not told.ordered
    note(told, {"type": "bye", "reason": "finished"})
    assert told.ended == "finished"


def test_a_frame_without_an_acknowledgement_is_missed() -> None:
    spoke = [Spoke(frames=3, delays=[0.1, 0.2]), Spoke(frames=2, delays=[0.3, 0.4])]
    assert acks(spoke) == Acks(5, 1, 0.2, 0.4, 0.4)
    assert math.isnan(acks([]).median)


def test_memory_that_grows_in_the_second_half_shows() -> None:
    flat = [Look(at, {"server": 900 if at < 40 else 1000}) for at in range(0, 100, 10)]
    assert risen(flat) == pytest.approx(0, abs=1e-9)
    grows = [Look(at, {"server": 1000, "hosts": at}) for at in range(0, 100, 10)]
    assert risen(grows) == pytest.approx(40 / 1070)
    assert risen(flat[:1]) == 0.0


def test_the_servers_own_work_is_all_but_the_vad() -> None:
    assert LOAD.detecting == pytest.approx(0.1)
    assert LOAD.own == pytest.approx(0.2 / 1.5)


def test_it_is_read_as_it_was_kept(tmp_path: Path) -> None:
    assert kept(tmp_path / "none.json") is None
    keep(LOAD, tmp_path / "load.json")
    assert kept(tmp_path / "load.json") == LOAD


def test_the_section_replaces_the_one_of_before_and_no_other() -> None:
    text = "# Benchmarks\n\n## A long session\n\nIt was.\n\n## Definitions\n\n- One.\n"
    once = page.renewed(text, LOAD)
    assert once.startswith("# Benchmarks\n\n## A long session\n\nIt was.\n\n## Many connections\n")
    assert once.endswith("\n\n## Definitions\n\n- One.\n")
    assert page.renewed(once, LOAD) == once


def test_the_section_says_what_was_missed() -> None:
    said = page.section(LOAD)
    assert "| of these not acknowledged | none | none |" in said
    assert "| the server's own work, of all processor time | 15% or less | 13.3% |" in said
    assert "| connections served to the end, events in order | all | all |" in said
    assert "1% or less | 22.2%, **missed** |" in said
