"""deploy/nginx.conf in front of a server: `nginx -t`, and a session through it."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from vivavoce.engines.fake import say
from vivavoce.testing.process import STOP_LIMIT, ServerProcess, free_port
from vivavoce.testing.redis_server import RedisServer
from vivavoce.testing.wire import open_wire

Launch = Callable[..., ServerProcess]

UNPACKED = Path(__file__).parents[2] / ".fetched" / "nginx" / "usr" / "sbin" / "nginx"

AROUND = """\
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log {folder}/access;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/vivavoce.conf;
}}
"""
"""What a system's own configuration has around ours."""


@pytest.fixture(scope="module")
def nginx() -> str:
    found = shutil.which("nginx") or (str(UNPACKED) if UNPACKED.exists() else None)
    if found is None:
        pytest.skip("nginx is not here: run scripts/install-deploy-tools")
    return found


def configured(
    deploy: Path, folder: Path, port: int, server: int, second: int | None = None
) -> list[str]:
    """The arguments that nginx is run with; ours, but for the ports."""
    ours = (deploy / "nginx.conf").read_text()
    assert (ours.count("listen 80;"), ours.count("127.0.0.1:8000;")) == (1, 1)
    ours = ours.replace("listen 80;", f"listen 127.0.0.1:{port};")
    ours = ours.replace("127.0.0.1:8000;", f"127.0.0.1:{server};")
    if second is not None:
        assert "#server 192.0.2.12:8000;" in ours
        ours = ours.replace("#server 192.0.2.12:8000;", f"server 127.0.0.1:{second};")
    folder.mkdir()
    (folder / "vivavoce.conf").write_text(ours)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    return ["-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]


@contextmanager
def proxy(nginx: str, arguments: list[str], port: int) -> Iterator[str]:
    with subprocess.Popen([nginx, *arguments]) as process:
        try:
            while not _answers(port):
                assert process.poll() is None
                time.sleep(0.05)
            yield f"http://localhost:{port}/"
        finally:
            process.terminate()
            process.wait(STOP_LIMIT)


def _answers(port: int) -> bool:
    try:
        httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=5)
    except httpx2.TransportError:
        return False
    return True


def test_nginx_understands_it(nginx: str, deploy: Path, tmp_path: Path) -> None:
    arguments = configured(deploy, tmp_path / "nginx", free_port(), free_port())
    ended = subprocess.run([nginx, "-t", *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "warn" not in ended.stderr


@pytest.mark.anyio
async def test_a_session_through_it(
    nginx: str, deploy: Path, tmp_path: Path, launch: Launch
) -> None:
    server = launch(trusted_hosts="talk.example.org", trusted_proxies="127.0.0.1")
    port = free_port()
    arguments = configured(deploy, tmp_path / "nginx", port, server.port)
    with proxy(nginx, arguments, port) as url:
        async with open_wire(url) as wire:
            ready = await wire.start()
            await wire.frame(0, say("alfa", "bravo").tobytes())
            await wire.until("ack", frame=0)
            await wire.say(type="finish")
            assert await wire.closed() == 1000
        assert wire.finals == ["alfa bravo"]

        named = {"Host": "talk.example.org"}
        async with httpx2.AsyncClient(base_url=url, headers=named) as http:
            # The events come one by one, not when the answer is full.
            events = f"/api/v1/recordings/{ready['session']}/events"
            async with asyncio.timeout(60), http.stream("GET", events) as answer:
                assert answer.status_code == 200
                assert await anext(answer.aiter_bytes())
            assert (await http.get("/metrics")).status_code == 404
            assert (await http.get("/", headers={"Host": "evil.example.org"})).status_code >= 400


@pytest.mark.anyio
async def test_a_session_goes_on_at_the_second_server(
    nginx: str, deploy: Path, tmp_path: Path, redis: RedisServer, launch: Launch
) -> None:
    """On one volume and one library: those of a server that is killed."""
    first, second = [launch(redis_url=redis.url, trusted_proxies="127.0.0.1") for _ in range(2)]
    port = free_port()
    arguments = configured(deploy, tmp_path / "nginx", port, first.port, second.port)
    with proxy(nginx, arguments, port) as url:
        async with open_wire(first.url) as wire:
            ready = await wire.start()
            await wire.frame(0, say("alfa").tobytes())
            await wire.until("ack", frame=0)
            await asyncio.to_thread(first.kill)
            await wire.closed()
        for _ in range(4):  # however often the turn is the first one's
            async with open_wire(url) as again:
                resumed = await again.resume(ready)
                ready |= {"epoch": resumed["epoch"], "token": resumed["token"]}
        async with open_wire(url) as last:
            await last.resume(ready)
            await last.frame(1, say("bravo").tobytes())
            await last.say(type="finish")
            assert await last.closed() == 1000
    await asyncio.to_thread(first.start)
    assert " ".join(last.finals) == "alfa bravo"
