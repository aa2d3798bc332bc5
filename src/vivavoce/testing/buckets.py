"""An S3 server for tests: moto's, a process of its own."""

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from xml.etree import ElementTree

from vivavoce.testing.process import own_port

BUCKET: Final = "talks"
LIMIT: Final = 120.0  # seconds; only for what hangs
SIGNED: Final = (
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261120/eu-central-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
"""What a request says that is let in; nobody computes whether it is."""

KEY: Final = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


class S3Server:
    """It takes any key until `lock` is called. It has one bucket, and forgets all when it ends."""

    def __init__(self, folder: Path) -> None:
        self.port = own_port(self)
        self._log = folder / "s3.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, port: int | None = None) -> dict[str, str]:
        """The variables that lead to it. `port`: of what stands before it."""
        return {
            **KEY,
            "AWS_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}",
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", f"-p{self.port}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + LIMIT
        while True:
            with contextlib.suppress(OSError):
                self.ask("GET", "/moto-api/")
                break
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)
        self.make()

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(LIMIT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        self.stop()

    def make(self, bucket: str = BUCKET) -> None:
        where = "<LocationConstraint>eu-central-1</LocationConstraint>"
        body = f"<CreateBucketConfiguration>{where}</CreateBucketConfiguration>"
        self.ask("PUT", f"/{bucket}", body.encode())

    def objects(self, bucket: str = BUCKET) -> list[str]:
        """What lies in a bucket."""
        found = ElementTree.fromstring(self.ask("GET", f"/{bucket}?list-type=2"))
        return sorted(node.text or "" for node in found.iter() if node.tag.endswith("}Key"))

    def read(self, key: str, bucket: str = BUCKET) -> bytes:
        return self.ask("GET", f"/{bucket}/{key}")

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "text/plain", "Authorization": SIGNED}
        request = urllib.request.Request(f"{self.url}{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            found: bytes = answer.read()
        return found

    def lock(self) -> None:
        """Take no key any more that this server did not give out, and it gave none."""
        self.ask("POST", "/moto-api/reset-auth", b"0")
