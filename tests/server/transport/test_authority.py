import datetime
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from vivavoce.core.errors import SettingError
from vivavoce.server.transport import authority as module
from vivavoce.server.transport import certificates
from vivavoce.server.transport.authority import authority, server_certificate

END = b"-----END PRIVATE KEY-----\n"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine called Study, with these addresses."""
    addresses = ["192.168.7.5", "203.0.113.7", "2001:db8::5", "fd00::5"]
    monkeypatch.setattr(socket, "gethostname", lambda: "Study")
    monkeypatch.setattr(module, "_addresses", lambda _host: set(addresses))
    return addresses


def names(path: Path) -> set[str]:
    leaf = x509.load_pem_x509_certificate(path.read_bytes())
    shown = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in shown}


def accepted(trusted: Path, shown: Path, name: str) -> bool:
    """Whether who trusts the one believes the other of a server of this name."""
    leaf = x509.load_pem_x509_certificate(shown.read_bytes())
    store = Store([x509.load_pem_x509_certificate(trusted.read_bytes())])
    try:
        subject: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    assert isinstance(subject, x509.DNSName | x509.IPAddress)
    try:
        PolicyBuilder().store(store).build_server_verifier(subject).verify(leaf, [])
    except VerificationError:
        return False
    return True


def test_a_server_is_believed_under_each_of_its_names(tmp_path: Path) -> None:
    trusted, shown = authority(tmp_path / "tls"), server_certificate(tmp_path / "tls")
    own = {"localhost", "study", "study.local", "127.0.0.1", "::1", "192.168.7.5", "fd00::5"}
    own |= {"203.0.113.7"}
    assert names(shown) == own  # a public address of IPv6 is another one tomorrow
    assert {
        name for name in (*own, "example.com", "192.168.7.6") if accepted(trusted, shown, name)
    } == own


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    trusted, shown = authority(tmp_path), server_certificate(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"authority.key": 0o600, "server.pem": 0o600, "authority.pem": 0o644}
    assert b"PRIVATE" not in trusted.read_bytes()
    assert trusted.parent == shown.parent


def test_both_stay_as_they_are(tmp_path: Path) -> None:
    before = authority(tmp_path).read_bytes(), server_certificate(tmp_path).read_bytes()
    assert (authority(tmp_path).read_bytes(), server_certificate(tmp_path).read_bytes()) == before


def test_another_address_makes_another_certificate_of_the_same_authority(
    tmp_path: Path, machine: list[str]
) -> None:
    trusted = authority(tmp_path).read_bytes()
    server_certificate(tmp_path)
    machine[:2] = "10.0.0.9", "203.0.113.8"
    shown = server_certificate(tmp_path)
    assert "10.0.0.9" in names(shown)
    assert "192.168.7.5" not in names(shown)
    assert "203.0.113.8" not in names(shown)  # for which it was not made
    assert authority(tmp_path).read_bytes() == trusted
    assert accepted(tmp_path / "authority.pem", shown, "10.0.0.9")


def test_a_certificate_near_its_end_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "LEAF", module.RENEWED - datetime.timedelta(hours=1))
        old = server_certificate(tmp_path).read_bytes()
    new = server_certificate(tmp_path).read_bytes()
    assert new != old
    assert server_certificate(tmp_path).read_bytes() == new


@pytest.mark.parametrize("name", ["speech.example.org", "203.0.113.99", "::1", "study"])
def test_other_names_are_given_when_it_is_made(tmp_path: Path, name: str) -> None:
    trusted = authority(tmp_path, [name])
    assert accepted(trusted, server_certificate(tmp_path), name)
    assert authority(tmp_path, [name]) == trusted


def test_a_name_that_it_was_not_made_for(tmp_path: Path) -> None:
    authority(tmp_path)
    with pytest.raises(SettingError) as refused:
        authority(tmp_path, ["speech.example.org"])
    assert refused.value.message == (
        f"The authority in {tmp_path} was not made for speech.example.org. Delete that folder, and "
        "a new one is made; whoever trusts this one has to trust that instead."
    )


@pytest.mark.parametrize("name", ["", "a b", "https://localhost", "naïve.example", "*.example.org"])
def test_what_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingError, match="is not a machine's name or address"):
        authority(tmp_path, [name])
    assert not list(tmp_path.iterdir())


def test_it_cannot_vouch_for_others(tmp_path: Path) -> None:
    """Not even whoever stole its key."""
    trusted = authority(tmp_path)
    pem = (tmp_path / "authority.key").read_bytes()
    own, key = x509.load_pem_x509_certificate(pem), load_pem_private_key(pem, None)
    for name, believed in (("study", True), ("example.com", False)):
        leaf = certificates.new_leaf(own, key, [x509.DNSName(name)])  # type: ignore[arg-type]
        (tmp_path / "leaf.pem").write_bytes(leaf)
        assert accepted(trusted, tmp_path / "leaf.pem", name) is believed
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(trusted, tmp_path / "leaf.pem", "example.com")


def test_it_says_nothing_of_addresses(tmp_path: Path) -> None:
    """The TLS of AWS's SDKs would believe no certificate with an address then."""
    own = x509.load_pem_x509_certificate(authority(tmp_path, ["203.0.113.99"]).read_bytes())
    limits = own.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = limits.permitted_subtrees or ()
    assert {name.value for name in permitted} == {"localhost", "study", "local"}


def shake_hands(trusted: Path, shown: Path, name: str) -> None:
    """The same, asked of OpenSSL."""
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(shown)
    context = ssl.create_default_context(cafile=trusted)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ours.wrap_bio(to_server, to_client, server_side=True)
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    for _ in range(3):
        for side in (client, server):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()


def test_openssl_believes_it_too(tmp_path: Path) -> None:
    shake_hands(authority(tmp_path), server_certificate(tmp_path), "study.local")


def test_who_start_at_once_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = threads.map(lambda _: server_certificate(tmp_path).read_bytes(), range(8))
    own = x509.load_pem_x509_certificate((tmp_path / "authority.pem").read_bytes())
    for pem in made:
        x509.load_pem_x509_certificate(pem).verify_directly_issued_by(own)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "authority.key",
        "authority.pem",
        "server.pem",
    ]


@pytest.mark.parametrize("rubbish", [b"", b"-----BEGIN CERTIFICATE-----\nx\n", bytes(100)])
def test_files_that_are_something_else(tmp_path: Path, rubbish: bytes) -> None:
    server_certificate(tmp_path)
    (tmp_path / "server.pem").write_bytes(rubbish)
    assert names(server_certificate(tmp_path))  # which can be made anew
    (tmp_path / "authority.key").write_bytes(rubbish)
    with pytest.raises(SettingError) as refused:
        server_certificate(tmp_path)
    assert refused.value.message == (
        f"{tmp_path / 'authority.key'} is not what was written there; delete it, and it is made "
        "anew."
    )


@pytest.mark.parametrize("foreign", ["a server's", "another's key", "with a password"])
def test_an_authority_that_was_not_made_here(tmp_path: Path, foreign: str) -> None:
    shown = server_certificate(tmp_path)
    own = tmp_path / "authority.key"
    other = authority(tmp_path / "other").with_name("authority.key").read_bytes()
    key, certificate = own.read_bytes(), shown.read_bytes()
    match foreign:
        case "a server's":
            own.write_bytes(certificate)
        case "another's key":
            own.write_bytes(other[: other.index(END) + len(END)] + key[key.index(END) + len(END) :])
        case "with a password":
            locked = load_pem_private_key(key, None).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            )
            own.write_bytes(locked + certificate)
    for use in (authority, server_certificate):
        with pytest.raises(SettingError, match=r"authority\.key is not what was written there"):
            use(tmp_path)


def test_an_older_authority_that_does_not_say_what_it_was_made_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        add = x509.CertificateBuilder.add_extension

        def less(
            self: x509.CertificateBuilder, value: x509.ExtensionType, critical: bool
        ) -> x509.CertificateBuilder:
            named = isinstance(value, x509.SubjectAlternativeName)
            return self if named else add(self, value, critical)

        patch.setattr(x509.CertificateBuilder, "add_extension", less)
        old = certificates.new_authority("Old", [], [x509.DNSName("local")])
    (tmp_path / "authority.key").write_bytes(old)
    with pytest.raises(SettingError, match=r"authority\.key is not what was written there"):
        authority(tmp_path)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="cannot be used"):
        authority(tmp_path / "file" / "tls")
