"""Film `vivavoce demo --chaos` in a terminal: docs/images/chaos.webp, for the README.

It is one real run: what the command writes to its terminal is noted with its times, and drawn as
it was. Chromium draws. But for the wait before the first word, while the server starts, nothing
is left out or sped up.
usage: .venv/bin/python scripts/terminal_film.py
"""

import codecs
import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

from film import SIZE, write
from playwright.sync_api import sync_playwright
from screenshots import CHROMIUM, IMAGES

COLUMNS, ROWS = 92, 25
FRAME = 0.1  # seconds: what changed within is one picture
READY = "A clip is read"
LAST = 8.0  # seconds that the last picture stays
CODE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|\r\n|[\r\n]|[^\x1b\r\n]+")
COLOURS = {"31": "#f7768e", "32": "#9ece6a", "33": "#e0af68"}
PAGE = """<style>
body {{ margin: 0; background: #1a1b26; }}
pre {{ margin: 22px 26px; color: #d5d9ec; font: 16px/22px "DejaVu Sans Mono", monospace; }}
</style><pre>{}</pre>"""


@dataclass
class Screen:
    """As much of a terminal as the command uses."""

    lines: list[list[tuple[str, str]]] = field(default_factory=lambda: [[]])  # (letter, style)
    row: int = 0
    column: int = 0
    style: frozenset[str] = frozenset()

    def write(self, text: str) -> None:
        for match in CODE.finditer(text):
            if match[2]:
                self._code(match[1], match[2])
            elif match[0] in ("\r\n", "\n"):
                self._down()
            elif match[0] == "\r":
                self.column = 0
            else:
                for letter in match[0]:
                    self._put(letter)

    def html(self) -> str:
        return "\n".join(map(self._line, self.lines[-ROWS:]))

    def _code(self, arguments: str, letter: str) -> None:
        if letter == "m":
            for part in arguments.split(";"):
                self.style = frozenset() if part in ("", "0") else self.style | {part}
        elif letter == "A":
            self.row -= int(arguments or 1)
        elif letter == "K":
            assert arguments == "2"
            self.lines[self.row] = []
        else:
            assert letter in "hl", f"the film does not know ESC[{arguments}{letter}"

    def _down(self) -> None:
        self.row, self.column = self.row + 1, 0
        if self.row == len(self.lines):
            self.lines.append([])

    def _put(self, letter: str) -> None:
        if self.column == COLUMNS:
            self._down()
        line = self.lines[self.row]
        line[len(line) :] = [(" ", "")] * (self.column - len(line))
        line[self.column : self.column + 1] = [(letter, self._css())]
        self.column += 1

    def _css(self) -> str:
        colours = [f"color: {COLOURS[part]}" for part in self.style & set(COLOURS)]
        bold = ["font-weight: bold"] if "1" in self.style else []
        dim = ["color: #7a80a3"] if "2" in self.style else []
        return "; ".join([*colours, *bold, *dim])

    def _line(self, line: list[tuple[str, str]]) -> str:
        return "".join(f'<span style="{css}">{html.escape(letter)}</span>' for letter, css in line)


def record(command: list[str]) -> list[tuple[float, str]]:
    """Run it in a terminal of its own; what it wrote, and when, in seconds."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": ""}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(command, stdin=far, stdout=far, stderr=far, env=environment)
    os.close(far)
    written, began = [], time.monotonic()
    decoder = codecs.getincrementaldecoder("utf-8")()
    while data := _read(near):
        written.append((time.monotonic() - began, decoder.decode(data)))
    os.close(near)
    if process.wait() != 0:
        sys.exit("The demo failed, so there is no film.")
    return written


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody writes any more
        return b""


def draw(written: list[tuple[float, str]], prompt: str) -> list[tuple[float, bytes]]:
    """The pictures, as PNG, and when each is first seen."""
    screen = Screen()
    screen.write(prompt)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM if CHROMIUM.exists() else None, args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        pictures: list[tuple[float, bytes]] = []
        shown = ""
        written = [(0.0, ""), *written]
        for i, (at, text) in enumerate(written):
            screen.write(text)
            due = i + 1 == len(written) or written[i + 1][0] // FRAME > at // FRAME
            if due and screen.html() != shown:
                shown = screen.html()
                page.set_content(PAGE.format(shown))
                pictures.append((at, page.screenshot()))
        browser.close()
    return [*pictures, (written[-1][0] + LAST, pictures[-1][1])]


def main() -> None:
    command = Path(sys.executable).with_name("vivavoce")
    written = record([str(command), "demo", "--chaos"])
    begin = next(at for at, text in written if READY in text) - 1.0
    written = [(max(0.0, at - begin), text) for at, text in written]
    pictures = draw(written, "\x1b[32m$\x1b[0m vivavoce demo --chaos\r\n")
    write(pictures, IMAGES / "chaos.webp", exact=True)


if __name__ == "__main__":
    main()
