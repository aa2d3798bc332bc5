"""Languages as the clouds name them."""

import pytest

from vivavoce.engines.locales import locale


@pytest.mark.parametrize(
    ("tag", "named"),
    [("en", "en-US"), ("de", "de-DE"), ("EN-gb", "en-gb"), ("ja", "ja-JP"), ("es-MX", "es-MX")],
)
def test_a_language_gets_its_region(tag: str, named: str) -> None:
    assert locale(tag) == named
