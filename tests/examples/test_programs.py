"""Programs for a terminal and for a window."""

import json
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest
import soxr

from examples.caption_window import PAPER, SIZE, Captions
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.words import word_errors

SAID = "Produced the block books, which were the immediate predecessors of the true printed book."


def test_raw_websocket(run: Any, server: ServerProcess, clip: Path) -> None:
    said = run("raw_websocket.py", str(clip), server.url.replace("http:", "ws:"))
    assert word_errors(SAID, said) <= 1


def test_caption_window(run: Any, server: ServerProcess, clip: Path) -> None:
    headless = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
    said = run("caption_window.py", "--server", server.url, str(clip), **headless)
    assert word_errors(SAID, said.splitlines()[-1]) <= 1


def test_captions_are_drawn() -> None:
    captions, screen = Captions(), pygame.Surface(SIZE)
    pygame.font.init()
    font = pygame.font.Font(None, 40)
    captions.draw(screen, font)
    empty = pygame.image.tobytes(screen, "RGB")
    captions.decided.append("So it goes.")
    captions.draw(screen, font)
    decided = pygame.image.tobytes(screen, "RGB")
    captions.tail = "And so"
    captions.draw(screen, font)
    assert set(empty) == set(PAPER)
    assert len({empty, decided, pygame.image.tobytes(screen, "RGB")}) == 3


class Model(BaseHTTPRequestHandler):
    """A language model that says what it was asked, in two pieces."""

    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({"path": self.path, **body})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in ("You said: ", body["messages"][-1]["content"]):
            choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
            chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
            self.wfile.write(f"data: {json.dumps({**chunk, 'choices': [choice]})}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Not on the tests' own output."""


@pytest.fixture
def model() -> Iterator[ThreadingHTTPServer]:
    Model.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def raw(clip: Path) -> bytes:
    """The clip as `arecord` would give it: 16 kHz, mono, 16 bits, without a header."""
    with wave.open(str(clip)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return bytes(soxr.resample(samples, file.getframerate(), 16_000).tobytes())


def test_chatbot(run: Any, server: ServerProcess, clip: Path, model: ThreadingHTTPServer) -> None:
    llm = f"http://localhost:{model.server_port}/v1"
    said = run(
        *("chatbot.py", "--server", server.url, "--llm", llm, "--model", "m"),
        stdin=raw(clip),
    )
    question, answer = said.splitlines()
    assert word_errors(SAID, question.removeprefix("> ")) <= 1
    assert answer == f"You said: {question.removeprefix('> ')}"
    (asked,) = Model.asked
    assert (asked["path"], asked["model"]) == ("/v1/chat/completions", "m")
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
