"""The names that a server answers to."""

import socket
from pathlib import Path

import pytest

from vivavoce.config import Settings
from vivavoce.server.browsers.hosts import Hosts, is_loopback, name_of
from vivavoce.server.transport.authority import authority


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:8000", "LocalHost.", "studio.localhost:8000"),
        *("127.0.0.1:8000", "192.168.1.5", "203.0.113.9:80", "[::1]:8000", "[2001:db8::1]"),
        *(socket.gethostname(), f"{socket.gethostname().partition('.')[0]}.local:8000"),
    ],
)
def test_this_machine_and_every_address(settings: Settings, host: str) -> None:
    assert Hosts.of(settings).know(host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "localhost.evil.example", "evillocalhost"),
        *("127.0.0.1.evil.example", "0x7f000001", "2130706433", "127.1"),
        *("a b", "localhost:port", "localhost@evil.example", "localhost/", "[::1", "", ":8000"),
        "localhost; script-src *",
    ],
)
def test_no_other(settings: Settings, host: str) -> None:
    assert not Hosts.of(settings).know(host)


def test_those_of_the_settings(settings: Settings) -> None:
    wished = {"host": "voice.lan", "trusted_hosts": ("Voice.Example.org", "*.example.net")}
    hosts = Hosts.of(settings.model_copy(update=wished))
    for host in ("voice.lan:8000", "voice.example.org", "a.example.net", "a.b.example.net:443"):
        assert hosts.know(host)
    for host in ("example.org", "example.net", "evilexample.net"):
        assert not hosts.know(host)
    assert Hosts(["*"]).know("evil.example")


def test_those_that_its_certificate_names(settings: Settings) -> None:
    authority(settings.data_dir / "tls", ["voice.example"])
    assert not Hosts.of(settings).know("voice.example"), "it shows no certificate"
    shown = settings.model_copy(update={"tls_port": 8443})
    assert Hosts.of(shown).know("voice.example:8443")
    assert not Hosts.of(shown).know("evil.example:8443")


def test_a_certificate_that_cannot_be_read_names_nobody(settings: Settings) -> None:
    broken = settings.data_dir / "broken.pem"
    broken.write_text("not a certificate")
    for path in (broken, settings.data_dir / "missing.pem"):
        changed = settings.model_copy(update={"tls_port": 8443, "tls_cert": path})
        assert Hosts.of(changed).know("localhost")


def test_what_a_header_names() -> None:
    assert name_of("[::1]:8000") == "::1"
    assert name_of("Voice.Example.:80") == "voice.example"
    assert name_of("a:b:c") is None
    assert is_loopback("127.8.8.8")
    assert is_loopback("a.localhost")
    assert is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("192.168.0.1")
