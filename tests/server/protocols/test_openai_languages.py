"""Languages by their English names."""

from vivavoce.server.protocols.openai_languages import NAMES, name_of, tag_of


def test_tags_have_names_and_names_have_tags() -> None:
    assert name_of("en") == name_of("EN-gb") == "english"
    assert tag_of("English") == "en"
    assert tag_of("Haitian Creole") == "ht"


def test_what_is_not_in_the_table_stays_as_it_is() -> None:
    assert name_of("tlh") == tag_of("tlh") == "tlh"


def test_the_table_is_whole() -> None:
    assert len(NAMES) == 100
    assert all(len(tag) in (2, 3) and tag.islower() for tag in NAMES)
    assert len(set(NAMES.values())) == len(NAMES)
