"""What is told of a request, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.telemetry.names import ID, bare, request_id


@pytest.mark.parametrize("given", ["a", "8d0c3f1a52e94b7a", "req-1.2:3_4", "x" * 64])
def test_a_good_id_is_taken(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", 'a"b', "a\nb", "é", "-a", "<b>"])
def test_another_is_replaced(given: str | None) -> None:
    assert request_id(given) != given
    assert request_id(given) != request_id(given)


@given(st.text())
def test_every_id_is_bounded_and_clean(given: str) -> None:
    assert ID.fullmatch(request_id(given))


@pytest.mark.parametrize(
    "secret",
    [
        "GET /x?token=SECRET&a=1",
        "GET /x?a=1&Ocp-Apim-Subscription-Key=SECRET",
        "GET /x?api_key=SECRET HTTP/1.1",
        "GET /x?X-Amz-Signature=SECRET",
        "/s/SECRET",
        "/captions/SECRET?size=40",
        "/api/v1/shared/SECRET/events",
        "the key vv_abcdefghijkl_SECRET is not known",
        "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.SECRET.SECRET",
        "vivavoce_session=eyJhbGciOiJSECRET; theme=dark",
        "openai-insecure-api-key.ek_eyJhbGciOiJSECRET, realtime",
    ],
)
def test_keys_and_tokens_are_taken_out(secret: str) -> None:
    assert "SECRET" not in bare(secret)
    assert "..." in bare(secret)


def test_other_text_stays() -> None:
    said = "GET /api/v1/recordings?limit=50&q=keys+and+tokens HTTP/1.1"
    assert bare(said) == said
