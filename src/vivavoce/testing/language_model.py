"""A language model for tests: a real HTTP server with OpenAI's chat completions.

It understands the prompts of `vivavoce.insight` as far as to answer them in form: it repeats
lines of the transcript and cites them. It can fail in the ways in which real ones do.
"""

import json
import re
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

Mood = Literal["well", "slow", "silent", "nonsense", "html", "cut", "error", "long"] | int
"""well       it answers
slow       the first piece comes, and the others when `gate` is opened
silent     nothing comes until `gate` is opened
nonsense   what comes is no JSON
html       what comes is a page
cut        the line ends in mid-answer
error      an error comes in mid-answer, in the stream
long       it has more to say than it may
a number   this HTTP status
"""

Says = Callable[[list[dict[str, str]]], str]

PIECE = 7  # characters: citations and line ends are torn apart
TALE = "It went on and on and said the same again. "

_FENCED = re.compile(r"^(TRANSCRIPT-[0-9a-f]{16})\n(.*)\n\1$", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
_NOTE = re.compile(r"^- (.*) \[(\d+)\]$", re.MULTILINE)
_LANGUAGE = re.compile(r"language with the BCP-47 tag ([\w-]+)")


class LanguageModelServer:
    """Use it as a context. `asked` has the body of every request, `heard` its path and headers."""

    def __init__(self) -> None:
        self.mood: Mood = "well"
        self.moods: list[Mood] = []  # of the next requests, one each
        self.says: Says = said
        self.refuses = ""  # who is sent this gets HTTP 400, as from a filter
        self.asked: list[dict[str, Any]] = []
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.gate = threading.Event()
        self.hung_up = threading.Event()  # a client that left in mid-answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Where OpenAI's clients find it."""
        return f"{self.root}/v1"

    @property
    def prompts(self) -> list[str]:
        """Each request's messages as one text."""
        return ["\n".join(m["content"] for m in body["messages"]) for body in self.asked]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @contextmanager
    def being(self, mood: Mood) -> Iterator[None]:
        """In this mood for as long."""
        before, self.mood = self.mood, mood
        try:
            yield
        finally:
            self.mood = before


def said(messages: list[dict[str, str]]) -> str:
    """What it says by itself: a translation that names its language, or sentences that cite."""
    everything = "\n".join(message["content"] for message in messages)
    lines = lines_of(messages)
    if "You translate speech" in everything:
        language = _LANGUAGE.findall(everything)[0]
        return "\n".join(f"[{number}] {text} ({language})" for number, text in lines)
    if "Write notes" in everything or "shorter notes" in everything:
        return "\n".join(f"- {text} [{number}]" for number, text in lines[:2])
    chosen = [lines[0], lines[-1]] if len(lines) > 1 else lines
    return " ".join(f"Somebody said: {text.rstrip('.')}. [{number}]" for number, text in chosen)


def lines_of(messages: list[dict[str, str]]) -> list[tuple[int, str]]:
    """The numbered lines between the fences; of notes, the numbers that they cite."""
    (fenced,) = [m for message in messages for m in _FENCED.finditer(message["content"])]
    lines = [(int(number), text) for number, text in _LINE.findall(fenced[2])]
    return lines or [(int(number), text) for text, number in _NOTE.findall(fenced[2])]


def _handler(model: LanguageModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model.heard.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            model.asked.append(body)
            mood = model.moods.pop(0) if model.moods else model.mood
            with suppress(OSError):
                if model.refuses and model.refuses in json.dumps(body):
                    mood = 400
                if isinstance(mood, int):
                    self._plain(mood, "application/json", '{"error": {"message": "sesame"}}')
                elif mood == "html":
                    self._plain(200, "text/html", "<html><body>Welcome!</body></html>")
                elif mood != "silent" or self._waited():
                    self._answer(mood, body["messages"])

        def _plain(self, status: int, kind: str, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(text.encode())

        def _answer(self, mood: str, messages: list[dict[str, str]]) -> None:
            text = TALE * 2000 if mood == "long" else model.says(messages)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if mood == "nonsense":
                self._chunk("data: {what is this\n\n")
                self._chunk("")
                return
            self._chunk('data: {"choices": []}\n\n')
            for at in range(0, len(text), PIECE):
                if at and mood in ("cut", "error"):
                    break
                if at and mood == "slow" and not self._waited():
                    return
                self._say({"delta": {"content": text[at : at + PIECE]}, "finish_reason": None})
            if mood == "cut":
                self.connection.shutdown(socket.SHUT_RDWR)
            elif mood == "error":
                self._chunk('data: {"error": {"message": "sesame", "code": 500}}\n\n')
            else:
                self._say({"delta": {}, "finish_reason": "stop"})
                self._chunk("data: [DONE]\n\n")
            self._chunk("")

        def _say(self, choice: dict[str, Any]) -> None:
            chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "tale"}
            self._chunk(f"data: {json.dumps({**chunk, 'choices': [{'index': 0, **choice}]})}\n\n")

        def _chunk(self, text: str) -> None:
            data = text.encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

        def _waited(self) -> bool:
            """Until the gate is open; False: the client left."""
            while not model.gate.wait(0.02):
                readable, _, _ = select.select([self.connection], [], [], 0)
                if readable and not self.connection.recv(1, socket.MSG_PEEK):
                    model.hung_up.set()
                    return False
            return True

    return Handler
