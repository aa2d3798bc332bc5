"""The internet as a company's proxy shows it: every host by name, under the proxy's own
certificate authority, and of the hosts only those that a test put there."""

import hashlib
import json
import socketserver
import ssl
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from vivavoce.server.transport.certificates import new_authority, new_leaf

HUB = "huggingface.co"
VOSK = "alphacephei.com"
HOSTS = [x509.DNSName(HUB), x509.DNSName(VOSK)]
COMMIT = "c0ffee" + "0" * 34


class Internet:
    """Within the `with` block. `env` is what a program is told to get out."""

    def __init__(self, folder: Path) -> None:
        pem = new_authority("A company's proxy", HOSTS, HOSTS)
        key = load_pem_private_key(pem, None)
        assert isinstance(key, EllipticCurvePrivateKey)
        certificate = x509.load_pem_x509_certificate(pem)
        self.authority = folder / "company.pem"
        self.authority.write_bytes(certificate.public_bytes(Encoding.PEM))
        leaf = folder / "proxy.pem"
        leaf.write_bytes(new_leaf(certificate, key, HOSTS))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(leaf)
        self.files: dict[str, bytes] = {}  # by "host/path"
        self.headers: dict[str, dict[str, str]] = {}
        self.cut: dict[str, int] = {}  # the line breaks after so many bytes of it, once
        self.ranges: list[str] = []  # that were asked for
        self.refuses = False
        self._server = _Proxy(("127.0.0.1", 0), _Line)
        self._server.internet = self

    @property
    def env(self) -> dict[str, str]:
        port = self._server.server_address[1]
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{port}",
            "SSL_CERT_FILE": str(self.authority),
            "NO_PROXY": "",
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put_on_hub(self, repository: str, files: Mapping[str, bytes], large: str = "") -> None:
        """As the hub shows a model; `large` is the one that it keeps with Git LFS."""
        siblings: list[dict[str, Any]] = []
        for name, body in files.items():
            said: dict[str, Any] = {"rfilename": name, "size": len(body)}
            etag = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
            said["blobId"] = etag
            if name == large:
                etag = hashlib.sha256(body).hexdigest()
                said["lfs"] = {"size": len(body), "sha256": etag, "pointerSize": 130}
            place = f"{HUB}/{repository}/resolve/{COMMIT}/{name}"
            self.files[place] = body
            self.headers[place] = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}
            siblings.append(said)
        model = {"id": repository, "sha": COMMIT, "siblings": siblings}
        self.files[f"{HUB}/api/models/{repository}"] = json.dumps(model).encode()

    def put_on_vosk(self, archives: Mapping[str, bytes]) -> None:
        """As the vendor of Vosk shows its models, by their names."""
        for name, body in archives.items():
            self.files[f"{VOSK}/vosk/models/{name}.zip"] = body
        listed = [
            {"name": name, "size": len(body), "md5": hashlib.md5(body).hexdigest()}
            for name, body in archives.items()
        ]
        self.files[f"{VOSK}/vosk/models/model-list.json"] = json.dumps(listed).encode()


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    internet: Internet

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up in the middle."""


class _Line(BaseHTTPRequestHandler):
    """First the proxy's own words, then those of the host behind it."""

    protocol_version = "HTTP/1.1"
    server: _Proxy
    host = ""

    def do_CONNECT(self) -> None:
        if self.server.internet.refuses:
            self.send_error(403, "Not from here")
            return
        self.host = self.path.partition(":")[0]
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.internet.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = _Writer(self.connection)  # type: ignore[assignment]
        self.close_connection = False

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        internet, place = self.server.internet, self.host + urlsplit(self.path).path
        found = internet.files.get(place)
        if found is None:
            self.send_response(404)
            if "/api/models/" in place:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        first = 0
        if asked := self.headers.get("Range"):
            internet.ranges.append(asked)
            first = int(asked.removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{len(found) - 1}/{len(found)}")
        for name, value in internet.headers.get(place, {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found) - first))
        self.end_headers()
        if not body:
            return
        last = internet.cut.pop(place, len(found))
        self.wfile.write(found[first:last])
        if last < len(found):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""


class _Writer:
    """What a handler writes to, of a socket."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        self._connection = connection
        self.closed = False

    def write(self, data: bytes) -> int:
        self._connection.sendall(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        self.closed = True
        self._connection.close()
