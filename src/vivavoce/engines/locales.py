"""Languages as the clouds name them: always with a region."""

REGIONS = {
    "ar": "EG",
    "cs": "CZ",
    "da": "DK",
    "el": "GR",
    "en": "US",
    "et": "EE",
    "fa": "IR",
    "he": "IL",
    "hi": "IN",
    "ja": "JP",
    "ko": "KR",
    "nb": "NO",
    "pt": "BR",
    "sl": "SI",
    "sv": "SE",
    "uk": "UA",
    "vi": "VN",
    "zh": "CN",
}
"""Of languages whose most used region does not have the language's own name."""


def locale(tag: str) -> str:
    """A BCP-47 tag with its region: `de` is `de-DE`, and what has one keeps it."""
    language, _, region = tag.partition("-")
    language = language.lower()
    return f"{language}-{region or REGIONS.get(language, language.upper())}"
