"""deploy/haproxy.cfg: the balancer of compose.yaml, with a name server of the test's own in the
place of Docker's, and servers that say who they are."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from tests.deploy.haproxy import CONFIG, balancing, program, published
from vivavoce.testing.process import START_LIMIT, free_port

ADDRESSES = ("127.0.0.2", "127.0.0.3")


@pytest.fixture(scope="module")
def haproxy() -> Sequence[str]:
    found = program()
    if found is None:
        pytest.skip("HAProxy is not here: run scripts/install-deploy-tools")
    return found


class Names:
    """Answers every question for a name's addresses (RFC 1035) with these."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses = list(addresses)
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def close(self) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _answer(self) -> None:
        while True:
            asked, who = self._socket.recvfrom(2048)
            if not asked:
                return
            end = asked.index(b"\0", 12) + 5
            is_a = asked[end - 4 : end - 2] == b"\0\1"
            found = self.addresses if is_a else []
            head = asked[:2] + b"\x81\x80\0\1" + len(found).to_bytes(2) + b"\0\0\0\0"
            rows = [b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton(one) for one in found]
            self._socket.sendto(head + asked[12:end] + b"".join(rows), who)


class Server:
    """Says its address, and whether it is ready."""

    def __init__(self, address: str, port: int) -> None:
        self.ready = True
        self.visitors: list[str | None] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805
                if handler.path == "/ready":
                    handler.send_response(200 if self.ready else 503)
                else:
                    self.visitors.append(handler.headers["X-Forwarded-For"])
                    handler.send_response(200)
                handler.send_header("Content-Length", str(len(address)))
                handler.end_headers()
                handler.wfile.write(address.encode())

            def log_message(handler, format: str, *args: object) -> None:  # noqa: N805
                pass

        self._http = ThreadingHTTPServer((address, port), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@contextmanager
def several(haproxy: Sequence[str], folder: Path) -> Iterator[tuple[httpx2.Client, list[Server]]]:
    """Behind the balancer as it is but for ports, which are free ones."""
    port, behind = free_port(), free_port()
    with ExitStack() as stack:
        names = Names(ADDRESSES)
        stack.callback(names.close)
        servers = [Server(address, behind) for address in ADDRESSES]
        for server in servers:
            stack.callback(server.close)
        text = CONFIG.read_text().replace("127.0.0.11:53", f"127.0.0.1:{names.port}")
        text = text.replace("vivavoce:8000", f"vivavoce:{behind}")
        text = text.replace("check port 8000", f"check port {behind}")
        ours = published(text, port, free_port())
        stack.enter_context(balancing(haproxy, folder, ours, port))
        http = stack.enter_context(httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60))
        until(http, set(ADDRESSES))
        yield http, servers


def until(http: httpx2.Client, wanted: set[str]) -> None:
    """These servers answer, and no others."""
    deadline = time.monotonic() + START_LIMIT
    while heard(http) != wanted:
        assert time.monotonic() < deadline


def heard(http: httpx2.Client, path: str = "/", **headers: str) -> set[str]:
    try:
        answers = [http.get(path, headers=headers) for _ in range(8)]
    except httpx2.TransportError:
        return set()
    return {answer.text for answer in answers if answer.status_code == 200}


def test_haproxy_understands_it(haproxy: Sequence[str]) -> None:
    command = [*haproxy, "-c", "-f", str(CONFIG)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "WARNING" not in ended.stderr


def test_who_comes_goes_to_any_server_that_is_ready(haproxy: Sequence[str], tmp_path: Path) -> None:
    with several(haproxy, tmp_path / "haproxy") as (http, servers):
        assert http.get("/metrics").status_code == 404
        assert servers[0].visitors[-1] == "127.0.0.1"
        servers[0].ready = False
        until(http, {ADDRESSES[1]})
        servers[0].ready = True
        until(http, set(ADDRESSES))


def test_who_polls_socket_io_meets_one_server(haproxy: Sequence[str], tmp_path: Path) -> None:
    with several(haproxy, tmp_path / "haproxy") as (http, _):
        visitors = [f"198.51.100.{n}" for n in range(1, 30)]
        met = [heard(http, "/socket.io/", **{"X-Forwarded-For": who}) for who in visitors]
        assert {len(found) for found in met} == {1}
        assert set().union(*met) == set(ADDRESSES)
