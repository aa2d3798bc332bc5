"""Every place where clients of some protocol put a key."""

from collections.abc import Sequence

import pytest

from vivavoce.server.auth.credentials import Credential, find, of_message, scrubbed

KEY = "vv_abcdefgh1234_" + "s" * 40
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.MwN0"
SIGV4 = (
    f"AWS4-HMAC-SHA256 Credential={KEY}/20261120/eu-west-1/transcribe/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0123"
)


def header(name: str, value: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"here"), (name.encode(), value.encode())]


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("authorization", f"Bearer {KEY}", KEY),
        ("Authorization", f"bearer  {KEY} ", KEY),
        ("authorization", f"Token {KEY}", KEY),
        ("authorization", KEY, KEY),
        ("authorization", SIGV4, KEY),
        ("authorization", f"Bearer {TOKEN}", TOKEN),
        ("authorization", "Bearer sk-of-another-service", "sk-of-another-service"),
        ("api-key", KEY, KEY),
        ("X-Api-Key", f" {KEY} ", KEY),
        ("Ocp-Apim-Subscription-Key", KEY, KEY),
    ],
)
def test_in_headers(name: str, value: str, found: str) -> None:
    assert find(header(name, value)) == Credential(found, "header")


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Basic dXNlcjpwYXNz", "AWS4-HMAC-SHA256 Signature=1", "Bearer " + "x" * 5000],
)
def test_what_is_no_credential_of_ours(value: str) -> None:
    found = find(header("authorization", value))
    assert found is None or not found.ours


@pytest.mark.parametrize(
    ("offered", "found"),
    [
        (["realtime", f"openai-insecure-api-key.{KEY}"], KEY),
        (["vivavoce.v1", f"vivavoce.token.{TOKEN}"], TOKEN),
    ],
)
def test_in_subprotocols(offered: Sequence[str], found: str) -> None:
    assert find([], b"", offered) == Credential(found, "subprotocol")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"language=en&token={TOKEN}", Credential(TOKEN, "address")),
        (f"token={KEY}", Credential(KEY, "address")),
        (f"Ocp-Apim-Subscription-Key={KEY}&language=en", Credential(KEY, "vendor")),
        (
            f"X-Amz-Credential={KEY}%2F20261120%2Feu-west-1%2Ftranscribe%2Faws4_request",
            Credential(KEY, "vendor"),
        ),
    ],
)
def test_in_queries(query: str, found: Credential) -> None:
    assert find([], query.encode()) == found


def test_in_cookies() -> None:
    found = find(header("cookie", f"theme=dark; vivavoce_session={TOKEN}"))
    assert found == Credential(TOKEN, "cookie")
    assert find(header("cookie", "theme=dark; broken")) is None


@pytest.mark.parametrize("name", ["token", "key", "apiKey"])
def test_in_messages(name: str) -> None:
    assert of_message({name: KEY, "other": 1}) == Credential(KEY, "message")


@pytest.mark.parametrize("message", [None, "", KEY, 7, [], {}, {"token": 7}, {"token": ""}])
def test_messages_without_any(message: object) -> None:
    assert of_message(message) is None


def test_what_looks_like_ours_comes_before_what_does_not() -> None:
    """Over HTTP `Authorization` has the session's own token."""
    headers = [*header("authorization", "Bearer session-token"), *header("x-api-key", KEY)]
    assert find(headers) == Credential(KEY, "header")
    both = [
        *header("authorization", f"Bearer {KEY}"),
        *header("cookie", f"vivavoce_session={TOKEN}"),
    ]
    assert find(both) == Credential(KEY, "header")


def test_nothing_is_found_where_there_is_nothing() -> None:
    assert find([(b"accept", b"*/*")], b"language=en", ["realtime"]) is None


def test_what_openai_calls_ephemeral_is_a_token() -> None:
    assert Credential(f"ek_{TOKEN}", "header").is_token
    assert not Credential("ek_0123456789abcdef", "header").is_token
    assert not Credential(KEY, "header").is_token


@pytest.mark.parametrize(
    ("query", "left"),
    [
        (b"", b""),
        (b"language=en&flag&x=1", b"language=en&flag&x=1"),
        (b"a=1&token=secret&b=2", b"a=1&token=-&b=2"),
        (b"TOKEN=secret&to%6ben=secret", b"TOKEN=-&to%6ben=-"),
        (b"token=one=two&token=", b"token=-&token=-"),
        (b"Ocp-Apim-Subscription-Key=secret", b"Ocp-Apim-Subscription-Key=-"),
        (
            b"X-Amz-Credential=a%2Fb&X-Amz-Security-Token=c",
            b"X-Amz-Credential=-&X-Amz-Security-Token=-",
        ),
    ],
)
def test_a_query_is_without_what_is_secret(query: bytes, left: bytes) -> None:
    assert scrubbed(query) == left
