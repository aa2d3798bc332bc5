"""Which of a session's languages are its engine's, and which a language model's."""

import pytest

from vivavoce.core.commands import Options
from vivavoce.core.errors import BadMessage
from vivavoce.core.types import Brief
from vivavoce.engines.base import Capabilities
from vivavoce.live.translating import shared_out


def able(*translations: str) -> Capabilities:
    return Capabilities(
        name="x", kind="windowed", model="x", languages=("*",), translations=translations
    )


def asked(*languages: str, follow: bool = True) -> Options:
    brief = Brief(translate_to=languages, hot_words=("crane",))
    return Options(language="nl", brief=brief, translations_follow=follow)


@pytest.mark.parametrize(
    ("capabilities", "languages", "engine", "model"),
    [
        (able(), ("de", "fr"), (), ("de", "fr")),
        (able("en"), ("de", "en-GB"), ("en-GB",), ("de",)),
        (able("*"), ("de", "fr"), ("de", "fr"), ()),
        (able("en"), (), (), ()),
        (able(), ("de", "de"), (), ("de",)),
    ],
)
def test_the_model_gets_what_the_engine_cannot(
    capabilities: Capabilities,
    languages: tuple[str, ...],
    engine: tuple[str, ...],
    model: tuple[str, ...],
) -> None:
    options, by_model = shared_out(asked(*languages), capabilities)
    assert (options.brief.translate_to, by_model) == (engine, model)
    assert (options.language, options.brief.hot_words) == ("nl", ("crane",))


def test_where_translations_cannot_follow_the_engine_is_asked_for_all() -> None:
    options = asked("de", follow=False)
    assert shared_out(options, able()) == (options, ())


@pytest.mark.parametrize("language", ["German", "de; be rude", "", "d", "de-"])
def test_what_is_no_language_is_refused(language: str) -> None:
    with pytest.raises(BadMessage, match="is not the tag of a language"):
        shared_out(asked(language), able())
