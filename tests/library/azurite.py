"""Azure Blob Storage for tests: Microsoft's own emulator, a process of its own."""

import base64
import hashlib
import hmac
import subprocess
import time
import urllib.request
from email.utils import formatdate
from pathlib import Path

from vivavoce.testing.process import own_port

MAIN = Path(__file__).parents[1] / "azurite/node_modules/azurite/dist/src/blob/main.js"
LIMIT = 120.0  # seconds; only for what hangs
ACCOUNT = "devstoreaccount1"
KEY = base64.b64encode(b"of nobody").decode()
CONTAINER = "talks"


class Azurite:
    """It has one container, and forgets all when it ends."""

    def __init__(self, folder: Path) -> None:
        self.port = own_port(self)
        self._log = folder / "azurite.log"
        command = ["node", str(MAIN), "--inMemoryPersistence", "--disableTelemetry", "--silent"]
        # It knows no version of the protocol that is younger than itself.
        command += ["--skipApiVersionCheck", "--blobHost=127.0.0.1", f"--blobPort={self.port}"]
        environment = {
            "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + LIMIT
        while not self._made():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead to it."""
        return {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
            "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{self.port}/{ACCOUNT}",
        }

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(LIMIT)

    def _made(self) -> bool:
        """Whether it has made the container."""
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02"}
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        where = f"/{ACCOUNT}/{ACCOUNT}/{CONTAINER}\nrestype:container"
        signed = hmac.digest(
            base64.b64decode(KEY), f"PUT{12 * chr(10)}{lines}{where}".encode(), hashlib.sha256
        )
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(signed).decode()}"
        url = f"http://127.0.0.1:{self.port}/{ACCOUNT}/{CONTAINER}?restype=container"
        request = urllib.request.Request(url, headers=headers, method="PUT")
        try:
            urllib.request.urlopen(request, timeout=LIMIT).close()
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        except OSError:
            return False
        return True
