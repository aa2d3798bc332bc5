"""The tables of docs/coming-from, held against the code: what is there is, what is not is not."""

import importlib.util
import json
import re
import tomllib
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from starlette.routing import Match
from typer.main import get_command

from vivavoce.cli.main import app as commands
from vivavoce.config import ALIASES, PREFIX, Settings
from vivavoce.core import events
from vivavoce.dialects.aws_poc import AwsPocDialect
from vivavoce.dialects.azure_app import AzureAppDialect
from vivavoce.dialects.base import Dialect, Request, Say, Wire
from vivavoce.dialects.live_server import LiveServerDialect
from vivavoce.dialects.native_messages import ClientMessage, ServerMessage, StartOptions
from vivavoce.dialects.openai_realtime import OpenAIRealtimeDialect
from vivavoce.dialects.wyoming import WyomingDialect
from vivavoce.server.app import create_app
from vivavoce.testing.dialects import ANSWERS, FAILURES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(page.stem for page in (DOCS / "coming-from").glob("*.md") if page.stem != "index")
ANCESTORS: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text()
)
"""What the ancestors' own descriptions name, page by page."""

WORDS = ("yes", "otherwise", "not yet", "no")
ROUTE = re.compile(r"(WS|GET|POST|PATCH|DELETE) (/\S*)")
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*_?[A-Z0-9_]+")
NAME = re.compile(r"[A-Za-z][a-z_]+")
SECTIONS = {"routes": "Routes", "variables": "Variables", "ports": "Ports"}
FOLDERS = ("examples/", "deploy/")
FROM_CLIENT, FROM_SERVER = "What a client sends", "What the server sends"


@dataclass(frozen=True)
class Row:
    page: str
    section: str
    theirs: str
    word: str
    here: str

    @property
    def names(self) -> list[str]:
        """Theirs."""
        return spans(self.theirs)

    @property
    def promised(self) -> list[str]:
        """Of ours, what is to come."""
        return spans(self._halves()[0])

    @property
    def present(self) -> list[str]:
        """Of ours, what is said to be there."""
        return spans(self._halves()[1])

    def _halves(self) -> tuple[str, str]:
        if self.word != "not yet":
            return "", self.here
        first, _, second = self.here.partition("ntil then")
        return first, second


def spans(text: str) -> list[str]:
    """What is written as code."""
    return re.findall(r"`([^`]+)`", text)


def table(page: str) -> Iterator[Row]:
    section = ""
    for line in (DOCS / "coming-from" / f"{page}.md").read_text().splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("|") and not line.startswith(("| theirs | here | |", "|---")):
            theirs, word, here = (cell.strip() for cell in line.strip("|").split("|"))
            yield Row(page, section, theirs, word, here)


ROWS = [row for page in PAGES for row in table(page)]


def of(page: str, section: str, *words: str) -> list[str]:
    """The names that a page's section gives one of these words."""
    rows = [row for row in ROWS if (row.page, row.section) == (page, section)]
    return [name for row in rows if row.word in (words or WORDS) for name in row.names]


def test_every_row_says_one_of_the_four_words() -> None:
    assert len(ROWS) > 100
    assert [row for row in ROWS if row.word not in WORDS] == []
    assert [row for row in ROWS if row.word in ("otherwise", "no") and not row.here] == []


# --- routes


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("data")))


def served(app: FastAPI, name: str) -> bool:
    """Whether somebody answers at `GET /health`, say."""
    found = ROUTE.fullmatch(name)
    assert found
    method, path = found.groups()
    scope: dict[str, Any] = {
        "type": "websocket" if method == "WS" else "http",
        "method": method,
        "path": path,
        "root_path": "",
        "headers": [],
        "query_string": b"",
        "path_params": {},
    }
    return any(route.matches(scope)[0] is Match.FULL for route in app.routes)


def routes(names: Sequence[str]) -> list[str]:
    return [name for name in names if ROUTE.fullmatch(name)]


def test_routes_that_are_here_are_served(app: FastAPI) -> None:
    theirs = [route for row in ROWS if row.word == "yes" for route in routes(row.names)]
    ours = [route for row in ROWS for route in routes(row.present)]
    assert "WS /v1/realtime" in theirs
    assert "GET /api/v1/recordings/{id}/audio" in ours
    assert [route for route in {*theirs, *ours} if not served(app, route)] == []


def test_routes_that_are_told_of_beside_the_tables_are_served(app: FastAPI) -> None:
    pages = [(DOCS / "coming-from" / f"{page}.md").read_text() for page in ("index", *PAGES)]
    prose = [line for page in pages for line in page.splitlines() if not line.startswith("|")]
    told = routes(spans("\n".join(prose)))
    assert "GET /connect" in told
    assert [route for route in told if not served(app, route)] == []


def test_routes_that_are_not_here_are_not_served(app: FastAPI) -> None:
    theirs = [r for row in ROWS if row.word in ("not yet", "no") for r in routes(row.names)]
    promised = [route for row in ROWS for route in routes(row.promised)]
    assert "WS /v1/listen" in theirs
    assert [route for route in {*theirs, *promised} if served(app, route)] == []


# --- messages


@dataclass(frozen=True)
class Spoken:
    """A dialect, what a client of it says by the names of its messages, and any other message."""

    dialect: Callable[[], Dialect]
    conversation: Sequence[tuple[str, Wire]]
    other: Callable[[str], Wire]

    def requests(self, without: str = "") -> list[Request]:
        dialect = self.dialect()
        said = [wire for name, wire in self.conversation if name != without]
        return [request for wire in said for request in dialect.receive(wire)]

    def taken(self) -> set[str]:
        """The names of messages without which the conversation is another."""
        whole = self.requests()
        assert not any(is_error(request) for request in whole)
        return {name for name, _ in self.conversation if self.requests(name) != whole}

    def sent(self) -> set[str]:
        """The names of all that the server can say, wherever the client is."""
        found: set[str] = set()
        for heard in range(len(self.conversation) + 1):
            for answers in (ANSWERS, FAILURES):
                dialect = self.dialect()
                said = [*dialect.greet()]
                for _, wire in self.conversation[:heard]:
                    requests = dialect.receive(wire)
                    said += [r.message for r in requests if isinstance(r, Say)]
                for answer in answers:
                    said += dialect.send(answer)
                found |= {name_of(wire) for wire in said}
        return found


def name_of(wire: Wire) -> str:
    said = json.loads(wire.splitlines()[0] if isinstance(wire, bytes) else wire)
    return str(said[0] if isinstance(said, list) else said["type"])


def is_error(request: Request) -> bool:
    return isinstance(request, Say) and name_of(request.message) == "error"


def text(type: str, **more: Any) -> tuple[str, Wire]:
    return type, json.dumps({"type": type, **more})


def event(name: str, *data: Any) -> tuple[str, Wire]:
    return name, json.dumps([name, *data])


def frame(type: str, payload: bytes = b"", **data: Any) -> tuple[str, Wire]:
    head = json.dumps({"type": type, "data": data, "payload_length": len(payload)})
    return type, head.encode() + b"\n" + payload


SOUND = bytes(16_000)
BASE64 = b64encode(SOUND).decode()
FORMAT: dict[str, Any] = {"rate": 16_000, "width": 2, "channels": 1}
APPEND = text("input_audio_buffer.append", audio=BASE64)
OPENAI = Spoken(
    lambda: OpenAIRealtimeDialect("seed"),
    [
        text("session.update", session={"type": "transcription"}),
        text("transcription.update", audio={"input": {}}),
        APPEND,
        text("input_audio_buffer.commit"),
        APPEND,
        text("input_audio_buffer.clear"),
        text("transcription_session.update", session={"turn_detection": {}}),
        APPEND,
        text("input_audio_buffer.commit"),
    ],
    lambda name: text(name)[1],
)
SPOKEN = {
    "azure-web-app": Spoken(
        AzureAppDialect,
        [
            event("start_transcription"),
            event("audio_data", {"audio": BASE64}),
            event("stop_transcription"),
        ],
        lambda name: event(name)[1],
    ),
    "aws-poc": Spoken(
        AwsPocDialect,
        [text("audio", payload=BASE64), text("control", action="stop")],
        lambda name: text(name)[1],
    ),
    "live-transcription-server": Spoken(
        lambda: LiveServerDialect("session", lambda: 0.0),
        [("audio", (ROOT / "tests/data/ljspeech_short.wav").read_bytes())],
        lambda name: text(name)[1],
    ),
    "openai": OPENAI,
    "home-assistant": Spoken(
        lambda: WyomingDialect((), "1.0"),
        [
            frame("describe"),
            frame("ping"),
            frame("transcribe", language="en"),
            frame("audio-start", **FORMAT),
            frame("transcribe", language="de"),  # of the next utterance, if this has begun
            frame("audio-chunk", SOUND, **FORMAT),
            frame("audio-stop"),
        ],
        lambda name: frame(name)[1],
    ),
}


@pytest.mark.parametrize("page", SPOKEN)
def test_the_messages_of_a_dialect_are_on_its_page(page: str) -> None:
    spoken = SPOKEN[page]
    assert set(of(page, FROM_CLIENT, "yes")) == spoken.taken()
    assert set(of(page, FROM_SERVER, "yes")) == spoken.sent()


@pytest.mark.parametrize("page", SPOKEN)
def test_messages_that_are_not_here_are_not_understood(page: str) -> None:
    spoken = SPOKEN[page]
    assert not {*of(page, FROM_CLIENT, "not yet", "no")} & spoken.taken()
    for name in of(page, FROM_CLIENT, "not yet", "no"):
        assert all(map(is_error, spoken.dialect().receive(spoken.other(name))))
    assert not {*of(page, FROM_SERVER, "not yet", "no")} & spoken.sent()


def test_the_course_week_speaks_as_openai() -> None:
    page = "websockets-webrtc-wyoming"
    assert set(of(page, FROM_CLIENT)) <= OPENAI.taken()
    assert set(of(page, FROM_SERVER)) <= OPENAI.sent()


# --- settings


def test_variables_that_are_honoured_are_aliases() -> None:
    honoured = [row for row in ROWS if row.section == "Variables" and row.word == "yes"]
    said = {name: row.present[0] for row in honoured for name in row.names}
    assert said == ALIASES


def test_other_variables_are_not() -> None:
    others = {
        name
        for row in ROWS
        if row.section == "Variables" and row.word != "yes"
        for name in row.names
        if VARIABLE.fullmatch(name)
    }
    assert "AWS_ACCESS_KEY_ID" in others
    assert {name for name in others if name in ALIASES or name.startswith(PREFIX)} == set()


def test_ports_that_are_the_same_are_ours() -> None:
    ports = [row for row in ROWS if row.section == "Ports"]
    assert {row.theirs.split()[0] for row in ports if row.word == "yes"} == {
        str(Settings.model_fields["port"].default)
    }
    assert Settings.model_fields["wyoming_port"].default is None  # "off until ..."


# --- commands, files, and every other name of ours


def exists(command: str) -> bool:
    """Whether `vivavoce listen --device`, say, is one, with all of its options."""
    _, name, *options = command.split()
    known = get_command(commands).commands  # type: ignore[attr-defined]
    return name in known and {*options} <= {o for p in known[name].params for o in p.opts}


def ours(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith("vivavoce ")]


def test_commands_are_there_or_not() -> None:
    present = [command for row in ROWS for command in ours(row.present)]
    promised = [command for row in ROWS for command in ours(row.promised)]
    assert "vivavoce listen --duration" in present
    assert [command for command in present if not exists(command)] == []
    assert [command for command in promised if exists(command)] == []


def test_targets_of_make_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {s.split()[1] for row in ROWS for s in row.present if s.startswith("make ")}
    assert targets == {target for target in targets if f"\n{target}:" in makefile} != set()


def test_files_are_there_or_not() -> None:
    promised = [s for row in ROWS for s in row.promised if s.startswith(FOLDERS)]
    present = [s for row in ROWS for s in row.present if s.startswith(FOLDERS)]
    assert [path for path in promised if (ROOT / path).exists()] == []
    assert [path for path in present if not (ROOT / path).exists()] == []


def test_the_application_is_where_servers_are_told() -> None:
    named = {m for row in ROWS for s in row.present for m in re.findall(r"(vivavoce\.\w+):", s)}
    assert named == {"vivavoce.asgi"}
    assert importlib.util.find_spec("vivavoce.asgi")


def known() -> set[str]:
    """Settings, messages of our protocol, events, and the fields of these."""
    structs: list[type[msgspec.Struct]] = [
        *ClientMessage.__subclasses__(),
        *ServerMessage.__subclasses__(),
        *events.Event.__subclasses__(),
        StartOptions,
    ]
    names = {*Settings.model_fields}
    for struct in structs:
        names |= {struct.__name__, *struct.__struct_fields__}
        names |= {str(struct.__struct_config__.tag)}
    return names


def test_every_other_name_of_ours_is_one() -> None:
    said = {(row.page, s) for row in ROWS for s in row.present if NAME.fullmatch(s)}
    assert ("deepgram", "flush") in said
    theirs = {(page, name) for page, s in SPOKEN.items() for name in s.taken() | s.sent()}
    assert {(page, s) for page, s in said - theirs if s not in known()} == set()


# --- completeness


@pytest.mark.parametrize("page", ANCESTORS)
def test_everything_that_an_ancestor_names_is_on_its_page(page: str) -> None:
    for kind, names in ANCESTORS[page].items():
        section = SECTIONS.get(kind)
        cells = [row.theirs for row in table(page) if section in (None, row.section)]
        whole = [re.compile(rf"(?<![\w$]){re.escape(name)}(?!\w)") for name in names]
        assert [name.pattern for name in whole if not any(map(name.search, cells))] == []


def test_every_page_is_linked() -> None:
    index = (DOCS / "coming-from/index.md").read_text()
    navigation = (ROOT / "zensical.toml").read_text()
    assert [page for page in PAGES if f"]({page}.md)" not in index] == []
    assert [p for p in ("index", *PAGES) if f'"coming-from/{p}.md"' not in navigation] == []
    assert "](coming-from/index.md)" in (DOCS / "index.md").read_text()


@pytest.mark.parametrize("page", ["index", *PAGES])
def test_every_link_leads_somewhere(page: str) -> None:
    path = DOCS / "coming-from" / f"{page}.md"
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).read_text()
        headings = re.findall(r"^#+ (.+)$", linked, re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
        assert not anchor or anchor in slugs, target
