"""Which machines a webhook may make this one speak to."""

from ipaddress import ip_address

import pytest
from httpx2 import URL

from vivavoce.deliver.postman import NotNow, Refused
from vivavoce.deliver.targets import BadTarget, Guard, parsed


@pytest.mark.parametrize("ip", ["93.184.215.14", "1.1.1.1", "2606:4700::1111"])
def test_public_addresses_are_told(ip: str) -> None:
    assert Guard().allows(ip_address(ip))


@pytest.mark.parametrize(
    "ip",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1"),
        *("fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:192.168.1.1", "64:ff9b::7f00:1"),
        *("64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:c0a8:101::1"),
    ],
)
def test_others_are_not_but_for_those_that_are_named(ip: str) -> None:
    assert not Guard().allows(ip_address(ip))
    assert not Guard(("192.168.77.0/24",)).allows(ip_address(ip))
    assert Guard(("0.0.0.0/0", "::/0")).allows(ip_address(ip))


def test_a_network_is_named_and_no_other() -> None:
    guard = Guard(("192.168.1.0/24", "127.0.0.1"))
    named = ("192.168.1.9", "127.0.0.1", "::ffff:127.0.0.1")
    assert all(guard.allows(ip_address(ip)) for ip in named)
    assert not any(guard.allows(ip_address(ip)) for ip in ("192.168.2.9", "127.0.0.2", "::1"))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url", ["http://localhost/", "http://127.0.0.1:9/", "http://[::1]/", "http://0x7f000001/"]
)
async def test_a_name_is_what_it_stands_for(url: str) -> None:
    with pytest.raises(Refused, match=r"which is not a public address; .* webhook_networks"):
        await Guard().addresses(URL(url))


@pytest.mark.anyio
async def test_what_is_allowed_is_what_is_connected_to() -> None:
    assert await Guard(("127.0.0.1",)).addresses(URL("http://127.0.0.1:9/a")) == ["127.0.0.1"]
    assert "127.0.0.1" in await Guard(("127.0.0.1",)).addresses(URL("http://localhost:9/a"))


@pytest.mark.anyio
async def test_a_name_without_an_address() -> None:
    with pytest.raises(NotNow, match=r"There is no address to the name nobody\.invalid\."):
        await Guard().addresses(URL("https://nobody.invalid/"))


@pytest.mark.parametrize("url", ["https://example.org/a?b=c", "http://[2606:4700::1]:8080/"])
def test_what_can_be_called(url: str) -> None:
    assert str(parsed(f" {url}#part")) == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "/a", "ftp://example.org", "file:///etc/passwd", "javascript:1"),
        *("https://", "http://ada:secret@example.org", "http://[1", "http://a:99999"),
        *("gopher://example.org", "https://example.org/" + "x" * 2000),
    ],
)
def test_what_cannot(url: str) -> None:
    with pytest.raises(BadTarget, match=r"^The webhook's url .*\.$"):
        parsed(url)
