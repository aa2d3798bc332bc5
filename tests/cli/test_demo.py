"""`vivavoce demo`: the whole path, with a real server and the embedded engine."""

import re
from pathlib import Path
from typing import Any

from vivavoce.live.capacity import CLIP


def test_the_clip_is_read_and_the_delays_are_told(run: Any) -> None:
    done = run("demo", VIVAVOCE_PORT="1", VIVAVOCE_ENGINE="none")  # they are not for the demo
    assert done.returncode == 0
    words, _, delays, *_ = done.stdout.splitlines()
    assert words.startswith("The invention of movable metal letters in the middle of the")
    assert re.fullmatch(
        r"First words [\d.]+ s after they began; final [\d.]+ s after the end\.", delays
    )


def test_nothing_is_lost_when_the_server_is_killed_in_mid_word(run: Any, home: Path) -> None:
    done = run("demo", "--chaos", VIVAVOCE_PORT="1", VIVAVOCE_ENGINE="none")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The line is cut in the middle of" in done.stderr
    assert re.search(r"kill -9 \d+, in the middle of", done.stderr)
    first, second, *figures = done.stdout.splitlines()
    assert first == second, "the clip is read twice"
    spoken, acknowledged, kept, undisturbed, read, lost, _, verdict = figures
    assert len({line.split()[-2] for line in (spoken, acknowledged, kept)}) == 1
    assert undisturbed.split()[-2:] == ["50", "words"]
    assert read.endswith(" 50 words, finals the same to the byte")
    assert lost.endswith(" 0, 0, 0 words")
    assert verdict == "Nothing was lost."
    assert [path.name for path in home.rglob("*") if "vivavoce" in path.name] == []


def test_the_clip_is_small() -> None:
    assert CLIP.stat().st_size < 200_000
