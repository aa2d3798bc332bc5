"""What is on this machine, and what is elsewhere."""

import pytest

from vivavoce.server.auth.here import is_here, only_here


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_here(host: str) -> None:
    assert is_here((host, 1))
    assert only_here(host)


@pytest.mark.parametrize(
    "host", ["192.168.1.7", "203.0.113.9", "::ffff:203.0.113.9", "fe80::1%eth0", "somewhere", ""]
)
def test_elsewhere(host: str) -> None:
    assert not is_here((host, 1))
    assert not only_here(host)


def test_nobody_knows_who_comes_by_a_socket_file() -> None:
    assert not is_here(None)


def test_localhost_is_here_and_any_address_is_not() -> None:
    assert only_here("localhost")
    assert not only_here("0.0.0.0")
    assert not only_here("::")
