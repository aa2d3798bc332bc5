"""Do what deploy/Dockerfile does, without Docker: its build stage in a folder that goes, from the
lock, and then its server there as the user that it has in the container.

What this cannot show: the base image (this machine's Python and libraries are used), the stage
for CUDA, and Docker itself. Needs a package index. Only root can become the container's user, and
only where that user can reach this machine's Python.

usage: python scripts/try_image.py       (part of `make audit`)
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vivavoce.testing.process import STOPPED, free_port

ROOT = Path(__file__).parents[1]
USER = 10001
PATIENCE = 300.0  # seconds that a start may take


def instructions(text: str, stage: str) -> Iterator[tuple[str, str]]:
    """Those of a stage, without the backslashes: RUN and its command, say."""
    whole = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    (body,) = re.findall(
        rf"^FROM \S+ AS {stage}\n(.*?)(?=^FROM |\Z)", whole, re.MULTILINE | re.DOTALL
    )
    for line in body.splitlines():
        word, _, rest = line.partition(" ")
        if word:
            yield word, rest.strip()


def variables(rest: str) -> dict[str, str]:
    """What ENV sets."""
    return dict(pair.split("=", 1) for pair in rest.split())


def copy(rest: str, build: Path) -> None:
    """What COPY brings into the builder's folder."""
    *sources, to = rest.split()
    for source in sources:
        here = ROOT / source
        there = build / to / here.name if to.endswith("/") else build / to
        if here.is_dir():
            shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(here, there)


def reachable(work: Path) -> Path:
    """A folder with a `python` that other users can run too, where the system has one like ours."""
    folder = work / "python"
    folder.mkdir()
    systems = Path(f"/usr/bin/python3.{sys.version_info.minor}")
    if systems.exists():
        (folder / "python").symlink_to(systems)
    return folder


def build(work: Path) -> None:
    """The build stage, with /opt and /build in `work`."""
    folder = work / "build"
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", work / "base"], check=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("VIVAVOCE_", "PYTHON"))}
    environment["PATH"] = f"{reachable(work)}:{work}/base/bin:{os.environ['PATH']}"
    environment["PIP_QUIET"] = "1"
    for word, rest in instructions((ROOT / "deploy" / "Dockerfile").read_text(), "build"):
        if word == "ENV":
            environment |= variables(rest)
        elif word == "COPY":
            copy(rest, folder)
        elif word == "RUN":
            print(f"  {rest}", flush=True)
            command = rest.replace("/opt/vivavoce", f"{work}/opt/vivavoce")
            subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, check=True)


def container(work: Path, port: int) -> dict[str, str]:
    """The variables of the image, for a server in `work`."""
    found = {"HOME": f"{work}/data", "VIVAVOCE_PORT": str(port), "VIVAVOCE_DRAIN_S": "1"}
    for word, rest in instructions((ROOT / "deploy" / "Dockerfile").read_text(), "base"):
        if word == "ENV":
            found |= variables(rest)
    found["PATH"] = (
        found["PATH"].replace("/opt", f"{work}/opt").replace("$PATH", os.environ["PATH"])
    )
    found["VIVAVOCE_DATA_DIR"] = f"{work}/data"
    return found


def run(work: Path, environment: Mapping[str, str], port: int) -> None:
    """The server, its question about its health, a key, and its end."""
    python = (work / "opt" / "vivavoce" / "bin" / "python").resolve()
    reached = all(folder.stat().st_mode & stat.S_IXOTH for folder in python.parents)
    user = USER if os.geteuid() == 0 and reached else None
    print(f"  as user {user or os.geteuid()}", flush=True)
    data = work / "data"
    data.mkdir(mode=0o700)
    if user is not None:
        os.chown(data, user, user)
    entry = [str(ROOT / "deploy" / "entry.sh")]
    asked: Any = {"user": user, "group": user, "env": dict(environment), "cwd": data}
    with subprocess.Popen([*entry, "vivavoce", "serve"], **asked) as server:
        try:
            health = [str(python), "-I", str(ROOT / "deploy" / "health.py")]
            deadline = time.monotonic() + PATIENCE
            while subprocess.run(health, check=False, capture_output=True, **asked).returncode:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("The server did not become ready.")
                time.sleep(0.5)
            create = [*entry, "vivavoce", "keys", "create", "ada"]
            made = subprocess.run(create, check=True, capture_output=True, text=True, **asked)
            key = made.stdout.strip()
            answers = (
                status(port, None),
                status(port, "Bearer wrong"),
                status(port, f"Bearer {key}"),
            )
            if answers != (401, 401, 200):
                raise SystemExit(f"Without a key, with a wrong one, with one: {answers}.")
        finally:
            server.terminate()
            ended = server.wait(60)
    if ended not in STOPPED:
        raise SystemExit(f"The server ended with {ended}.")


def status(port: int, authorization: str | None) -> int:
    """What asking what the server can do is answered."""
    headers = {"Authorization": authorization} if authorization else {}
    url = f"http://127.0.0.1:{port}/api/v1/info"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        work.chmod(0o755)
        print("The build stage of deploy/Dockerfile, without Docker:")
        build(work)
        size = sum(p.lstat().st_size for p in (work / "opt").rglob("*")) // 1_000_000
        licences = (work / "opt" / "vivavoce" / "LICENCES.txt").read_text()
        if "libx264: GPL" not in licences or "unknown" in licences:
            raise SystemExit("The list of licences is not whole.")
        print(f"/opt/vivavoce is {size} MB. Its server:", flush=True)
        port = free_port()
        run(work, container(work, port), port)
        print("It became ready, asked for a key, took one, and stopped when it was told to.")


if __name__ == "__main__":
    main()
