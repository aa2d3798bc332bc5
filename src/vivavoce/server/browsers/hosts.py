"""By which names this server may be asked for.

A page of another site can make its own name point to this server's address (DNS rebinding), and
is then, for the browser, a page of this server. What gives it away is the name that the browser
asks for. An address cannot be made to point elsewhere, so every address is a good name.
"""

import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509

from vivavoce.config import Settings
from vivavoce.server.auth.here import only_here
from vivavoce.server.transport import tls

ANY: Final = "*"

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?", re.IGNORECASE)


class Hosts:
    """`names`: `voice.example.org`, `*.example.org` for all beneath it, or `*` for any."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        lower = {name.lower().rstrip(".") for name in (*names, *_here())}
        self._any = ANY in lower
        self._beneath = tuple(name[1:] for name in lower if name.startswith("*."))
        self._names = frozenset(lower)

    @classmethod
    def of(cls, settings: Settings) -> "Hosts":
        """Those of the settings, with what the server is certainly called."""
        return cls((settings.host, *_vouched_for(settings), *(settings.trusted_hosts or ())))

    def know(self, header: str) -> bool:
        """Whether this `Host` header names this server."""
        name = name_of(header)
        if name is None:
            return False
        return self._any or name in self._names or _is_address(name) or self._has_beneath(name)

    def _has_beneath(self, name: str) -> bool:
        return name.endswith((".localhost", *self._beneath))


def name_of(header: str) -> str | None:
    """The name or address in a `Host` header, in small letters; None: this is no host."""
    found = _HOST.fullmatch(header)
    return found[1].lower().strip("[]").rstrip(".") if found else None


def is_loopback(name: str) -> bool:
    """Whether browsers take it for the machine that they run on."""
    return only_here(name) or name.endswith(".localhost")


def _is_address(name: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(name))
    return False


def _here() -> Iterable[str]:
    """What this machine is called, as far as it knows without asking anybody."""
    own = socket.gethostname()
    label = own.partition(".")[0]
    return "localhost", own, label, f"{label}.local"


def _vouched_for(settings: Settings) -> Iterable[str]:
    """The names in the certificate that the server shows. One that cannot be read says nothing
    here: the start of TLS says what is wrong with it."""
    if settings.tls_port is None:
        return ()
    path = settings.tls_cert or tls.folder(settings) / "authority.pem"
    with suppress(OSError, ValueError, x509.ExtensionNotFound):
        return _names_in(path)
    return ()


def _names_in(path: Path) -> list[str]:
    certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return found.value.get_values_for_type(x509.DNSName)
