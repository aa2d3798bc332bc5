"""Whatever is in the fields: it is understood, or refused by name."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from vivavoce.core.errors import PeerError
from vivavoce.core.types import Brief
from vivavoce.server.bodies.forms import Form
from vivavoce.server.protocols.openai_request import FORMATS, GRANULARITIES, read

NAMES = ("model", "language", "response_format", "stream", "temperature", "prompt")
VALUES = st.one_of(
    st.text(max_size=20),
    st.sampled_from((*FORMATS, *GRANULARITIES, "true", "1", "0.5", "nan", "1e999", "whisper-1")),
)


@given(
    st.dictionaries(
        st.sampled_from((*NAMES, "timestamp_granularities[]")),
        st.lists(VALUES, min_size=1, max_size=3),
    )
)
def test_any_fields(fields: dict[str, list[str]]) -> None:
    refused: PeerError | None = None
    try:
        asked = read(Form(fields), ["moonshine"])
    except PeerError as error:
        refused = error
    if refused is not None:
        assert getattr(refused, "param", None) in fields
        assert refused.message.endswith(".")
    else:
        assert asked.format in FORMATS
        assert asked.options.engine in (None, "moonshine")


def test_hints_reach_the_engine_and_a_translation_is_to_english() -> None:
    form = Form({"prompt": ["About Ada."], "keywords[]": ["Ada", " ", "Lovelace "]})
    brief = Brief(hot_words=("Ada", "Lovelace"), prompt="About Ada.")
    assert read(form, []).options.brief == brief
    assert read(form, [], "translate").options.brief == replace(brief, translate_to=("en",))


def test_the_page_says_what_is_understood() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "openai-rest.md").read_text()
    names = (*FORMATS, *GRANULARITIES, *NAMES, "timestamp_granularities[]", "diarized_json")
    assert [name for name in names if f"`{name}`" not in page] == []
