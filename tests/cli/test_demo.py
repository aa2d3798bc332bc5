"""`vivavoce demo`: the whole path, with a real server and the embedded engine."""

import re
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


def test_the_clip_is_small() -> None:
    assert CLIP.stat().st_size < 200_000
