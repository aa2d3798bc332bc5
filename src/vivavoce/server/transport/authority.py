"""A certificate authority of this machine's own, so that clients which insist on TLS have it.

It is made where there is none, in `<data_dir>/tls`: `authority.pem` is what a client trusts,
`authority.key` never leaves the machine, and `server.pem` is what the server shows, with its
key, made anew when it nears its end or the machine's names have changed. The authority can
vouch for this machine's names and for addresses and for no other domain, which its certificate
says: who trusts it lets nobody pretend to be their bank. It does not say which addresses: the
TLS of AWS's SDKs believes no certificate with an address under an authority that says so.
"""

import os
import socket
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from vivavoce.core.errors import SettingError
from vivavoce.server.transport.certificates import new_authority, new_leaf

RENEWED: Final = timedelta(days=30)  # before its end

PRIVATE: Final = tuple(
    ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("100.64.0.0/10", "::1/128", "fc00::/7"),
    )
)
LOCAL: Final = "local"
"""The domain of names that machines announce by themselves."""


def authority(folder: Path, names: Sequence[str] = ()) -> Path:
    """The certificate that clients are to trust; made where there is none, also for `names`.

    Raises `SettingError`: the folder cannot be used, the authority that is there was not made
    for one of the names, or this is no name.
    """
    wanted = [_name(name) for name in names]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "authority.key").exists():
            _write(folder / "authority.key", _new(wanted), again=False)
        certificate, _ = _own(folder)
        public, pem = folder / "authority.pem", certificate.public_bytes(Encoding.PEM)
        if not public.exists() or public.read_bytes() != pem:
            _write(public, pem, mode=0o644)
    except OSError as error:
        raise _unusable(folder, error) from None
    vouched_for = _names(certificate)
    for name in wanted:
        if name not in vouched_for:
            raise SettingError(
                f"The authority in {folder} was not made for {name.value}. Delete that folder, and "
                "a new one is made; whoever trusts this one has to trust that instead."
            )
    return public


def server_certificate(folder: Path) -> Path:
    """What the server shows of itself, with its key, good for a month at least.

    Raises `SettingError`.
    """
    authority(folder)
    path = folder / "server.pem"
    try:
        certificate, key = _own(folder)
        names = _names(certificate)
        if not _good(path, certificate, names):
            _write(path, new_leaf(certificate, key, names))
    except OSError as error:
        raise _unusable(folder, error) from None
    return path


def _good(path: Path, authority: x509.Certificate, names: Iterable[x509.GeneralName]) -> bool:
    with suppress(Exception):  # whatever is wrong with it, a new one is right
        leaf, _ = _read(path)
        leaf.verify_directly_issued_by(authority)
        shown = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        late = leaf.not_valid_after_utc - datetime.now(UTC) < RENEWED
        return not late and set(shown) == set(names)
    return False


def _names(authority: x509.Certificate) -> list[x509.GeneralName]:
    """What the authority was made for, and the machine's addresses of today."""
    host = socket.gethostname().lower()
    found: dict[x509.GeneralName, None] = dict.fromkeys(_made_for(authority))
    if "." not in host and host.isascii():
        found[x509.DNSName(f"{host}.{LOCAL}")] = None
    for address in ("127.0.0.1", "::1", *sorted(_addresses(host))):
        ip = ip_address(address)
        if _private(ip):
            found[x509.IPAddress(ip)] = None
    return list(found)


def _private(ip: IPv4Address | IPv6Address) -> bool:
    return any(ip in network for network in PRIVATE)


def _addresses(host: str) -> set[str]:
    """This machine's, as far as it is told them. Nothing is sent to find them."""
    found: set[str] = set()
    with suppress(OSError, UnicodeError):
        found |= {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, None)}
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            found.add(probe.getsockname()[0].partition("%")[0])
    return found


def _new(names: Iterable[x509.GeneralName]) -> bytes:
    host = socket.gethostname().lower()
    own = [x509.DNSName("localhost"), *([x509.DNSName(host)] if host.isascii() else [])]
    here = [ip_address(address) for address in sorted(_addresses(host))]
    # Some networks have public addresses within. Those of IPv6 change every day.
    public = [x509.IPAddress(ip) for ip in here if ip.version == 4 and not _private(ip)]
    made_for = list(dict.fromkeys((*own, *names, *public)))
    domains = [name for name in made_for if isinstance(name, x509.DNSName)]
    return new_authority(f"Vivavoce authority of {host}", made_for, [*domains, x509.DNSName(LOCAL)])


def _made_for(authority: x509.Certificate) -> list[x509.GeneralName]:
    """What it lists one by one; other addresses of the machine are found later."""
    return list(authority.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)


def _name(text: str) -> x509.DNSName | x509.IPAddress:
    with suppress(ValueError):
        return x509.IPAddress(ip_address(text))
    labels = text.lower().split(".")
    if not all(part.isascii() and part.replace("-", "").isalnum() for part in labels):
        raise SettingError(f"{text!r} is not a machine's name or address.")
    return x509.DNSName(text.lower())


def _own(folder: Path) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    """The authority that was made here. Raises `SettingError`, `OSError`."""
    path = folder / "authority.key"
    certificate, key = _read(path)
    with suppress(Exception):  # another's says less, or nothing that can be read
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        if basic.ca and _made_for(certificate):
            return certificate, key
    raise _foreign(path)


def _read(path: Path) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    """A certificate and its key, which lie in one file so that nobody finds half of them.

    Raises `SettingError`, `OSError`.
    """
    pem = path.read_bytes()
    with suppress(ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it has a password
        key = load_pem_private_key(pem, None)
        certificate = x509.load_pem_x509_certificate(pem)
        if (
            isinstance(key, EllipticCurvePrivateKey)
            and certificate.public_key() == key.public_key()
        ):
            return certificate, key
    raise _foreign(path)


def _foreign(path: Path) -> SettingError:
    return SettingError(f"{path} is not what was written there; delete it, and it is made anew.")


def _write(path: Path, pem: bytes, *, mode: int = 0o600, again: bool = True) -> None:
    """All of it or nothing, and not `again` where another process was first."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        new.chmod(mode)
        if again or not _linked(new, path):
            new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _linked(new: Path, path: Path) -> bool:
    """Whether there is something at the path now, this or what was there; False where the file
    system has no links."""
    try:
        path.hardlink_to(new)
    except FileExistsError:
        return True
    except OSError:
        return False
    return True


def _unusable(folder: Path, error: OSError) -> SettingError:
    return SettingError(f"The certificates in {folder} cannot be used ({error.strerror}).")
