"""What people are told of a text that has not the form it is to have."""

import httpx2
import pytest
from pydantic import TypeAdapter

from tests.insight.talks import recorded
from vivavoce.server.rest.insight_models import Language
from vivavoce.server.rest.models import Tag
from vivavoce.server.services import Services

pytestmark = pytest.mark.anyio

ONE_LINE = "it is to be one line that can be read."
LANGUAGE = "it is to be a tag of a language, as de or pt-BR."
NAME = "it is to be 1 to 40 small letters, digits and hyphens, at the ends no hyphen."


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("PATCH", "", {"tags": ["a\nb"]}, f"tags.0 cannot be taken: {ONE_LINE}"),
        ("PATCH", "", {"tags": ["a", " "]}, f"tags.1 cannot be taken: {ONE_LINE}"),
        ("POST", "/translations", {"language": "Deutsch"}, f"language cannot be taken: {LANGUAGE}"),
        ("POST", "/summaries", {"language": "d"}, f"language cannot be taken: {LANGUAGE}"),
        ("POST", "/summaries", {"template": "Short"}, f"template cannot be taken: {NAME}"),
    ],
)
async def test_it_is_said_in_words(
    http: httpx2.AsyncClient,
    parts: Services,
    method: str,
    path: str,
    body: object,
    message: str,
) -> None:
    id = await recorded(parts.repository)
    answer = await http.request(method, f"/recordings/{id}{path}", json=body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, message)


async def test_other_complaints_are_what_they_were(
    http: httpx2.AsyncClient, parts: Services
) -> None:
    id = await recorded(parts.repository)
    answer = await http.patch(f"/recordings/{id}", json={"tags": ["x" * 41]})
    assert "at most 40 characters" in answer.json()["error"]["message"]


def test_programs_are_told_the_pattern() -> None:
    for kind in (Tag, Language):
        assert TypeAdapter(kind).json_schema()["pattern"].startswith("^[")
