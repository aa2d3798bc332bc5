"""A copy of a running session can be taken up like one that a crash left."""

from pathlib import Path

import pytest

from vivavoce.journal.copying import ORDER, contents, kept_sessions, there

pytestmark = pytest.mark.anyio


async def test_a_file_is_read_as_far_as_it_had_grown(tmp_path: Path) -> None:
    path = tmp_path / "audio"
    path.write_bytes(b"a" * (1 << 20) + b"b")
    read = b""
    async for chunk in contents(path):
        with path.open("ab") as file:
            file.write(b"more")
        read += chunk
    assert read == b"a" * (1 << 20) + b"b"


def test_audio_is_read_last() -> None:
    assert ORDER.index("events") < ORDER.index("controls") < ORDER.index("frames")
    assert ORDER[-1] == "audio"


def test_what_never_began_is_passed_over(tmp_path: Path) -> None:
    assert list(kept_sessions(tmp_path / "none")) == []
    (tmp_path / "half").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "session.json").write_text("{")
    assert list(kept_sessions(tmp_path)) == []
    assert there(tmp_path / "broken")
    assert not there(tmp_path / "half")
