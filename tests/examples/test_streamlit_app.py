"""What of the Streamlit page needs no Streamlit: frames in, a history out."""

from datetime import datetime
from pathlib import Path

import av

from examples.streamlit_app import Shown, Transcriber, lines
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.words import word_errors

SAID = "Produced the block books, which were the immediate predecessors of the true printed book."


def test_frames_become_a_history(server: ServerProcess, clip: Path) -> None:
    transcriber = Transcriber(server.url)
    with av.open(str(clip)) as file:
        for frame in file.decode(audio=0):
            transcriber.feed(frame)
    transcriber.stop()
    shown = transcriber.shown
    assert shown.status == "Done."
    assert word_errors(SAID, " ".join(text for _, text in shown.history)) <= 1
    assert shown.interim == ""


def test_no_server_is_a_status() -> None:
    transcriber = Transcriber("http://127.0.0.1:1")
    transcriber.stop()
    assert transcriber.shown.status.startswith("No server can be reached at ws://127.0.0.1:1")


def test_the_newest_line_is_on_top() -> None:
    shown = Shown(
        history=[(datetime(2026, 1, 2, 3, 4, 5), "One."), (datetime(2026, 1, 2, 3, 4, 6), "Two.")]
    )
    assert lines(shown) == "`03:04:06` Two.\n\n`03:04:05` One."
