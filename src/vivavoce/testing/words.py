"""How far what was heard is from what was said. Needs jiwer, which only tests do."""

import re

import jiwer

SAME = {"mister": "mr", "missus": "mrs"}


def normal(text: str) -> str:
    """The bare words: lower case, no punctuation, hyphens as spaces, one spelling of titles."""
    text = re.sub(r"[-\u2010-\u2015]", " ", text.lower().replace("\u2019", "'"))
    words = re.sub(r"[^\w\s']", "", text).replace("'", "").split()
    return " ".join(SAME.get(word, word) for word in words)


def word_errors(said: str, heard: str) -> int:
    """Words that are wrong, missing or too many."""
    found = jiwer.process_words(normal(said), normal(heard))
    return int(found.substitutions + found.deletions + found.insertions)


def word_error_rate(said: list[str], heard: list[str]) -> float:
    """Errors per word said, over all texts together."""
    errors = sum(word_errors(s, h) for s, h in zip(said, heard, strict=True))
    return errors / sum(len(normal(s).split()) for s in said)
