"""Tokens as text, and decoders that repeat themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.engines.moonshine.engine import weights
from vivavoce.engines.tokens import SPACE, Tokenizer, loop_start


def packed(*pieces: bytes) -> bytes:
    raw = b""
    for piece in pieces:
        size = len(piece)
        head = bytes([size]) if size < 128 else bytes([size % 128 + 128, size // 128])
        raw += head + piece
    return raw


def text(tokenizer: Tokenizer, tokens: list[int]) -> str:
    return " ".join(word for word, _ in tokenizer.words(tokens, [0.5] * len(tokens)))


def test_pieces_are_read_by_their_length() -> None:
    long = b"x" * 300
    tokenizer = Tokenizer(packed(b"<unk>", b"<s>", b"</s>", SPACE + b"he", b"llo", long))
    assert len(tokenizer) == 6
    assert text(tokenizer, [1, 3, 4, 2]) == "hello"
    assert text(tokenizer, [5]) == "x" * 300


def test_text_has_single_spaces_between_words() -> None:
    tokenizer = Tokenizer(packed(b"<unk>", b"<s>", b"</s>", SPACE, SPACE + b"a"))
    assert text(tokenizer, [3, 4, 3, 3, 4, 3]) == "a a"
    assert text(tokenizer, []) == ""


def test_a_word_is_as_sure_as_its_least_sure_letters() -> None:
    tokenizer = Tokenizer(packed(b"<unk>", b"<s>", b"</s>", SPACE + b"he", b"llo", b",", SPACE))
    assert tokenizer.words([3, 4, 5, 6, 3], [0.9, 0.8, 0.1, 0.2, 0.7]) == [
        ("hello,", 0.8),
        ("he", 0.7),
    ]


def test_a_character_may_be_spread_over_tokens() -> None:
    tokenizer = Tokenizer(packed(b"<unk>", b"<s>", b"</s>", b"\xc3", b"\xa9"))
    assert text(tokenizer, [3, 4]) == "é"
    assert text(tokenizer, [3]) == "\ufffd"


def test_a_text_is_spelled_with_the_longest_pieces() -> None:
    tokenizer = Tokenizer(
        packed(b"<unk>", b"<s>", b"</s>", SPACE, SPACE + b"he", b"h", b"e", b"llo", b"l")
    )
    assert tokenizer.tokens("he hello  hx") == [4, 4, 7, 3, 5]
    assert tokenizer.tokens("") == []
    assert Tokenizer(b"").tokens("he") == []


def test_the_vendors_own_file_is_read_to_its_end() -> None:
    folder = weights()
    if folder is None:
        pytest.skip("moonshine-voice is not installed")
    tokenizer = Tokenizer((folder / "tokenizer.bin").read_bytes())
    assert len(tokenizer) == 32768
    assert text(tokenizer, [512, 1641]) == "In being"
    said = "In being comparatively modern, it isn't \u00e9t\u00e9 1455."
    assert text(tokenizer, tokenizer.tokens(said)) == said


@pytest.mark.parametrize(
    ("tokens", "start"),
    [
        ([], None),
        ([5] * 7, None),
        ([9, *[5] * 8], 2),
        ([1, 2] * 3, None),
        ([9, *[1, 2] * 4], 3),
        ([*[1, 2] * 4, 9], None),
        ([*range(9)] * 4, None),
        ([*range(8)] * 4, 8),
    ],
)
def test_a_loop_is_found_where_it_begins_again(tokens: list[int], start: int | None) -> None:
    assert loop_start(tokens) == start


@given(st.lists(st.integers(0, 3), max_size=60))
def test_a_loop_is_always_at_the_end_and_said_before(tokens: list[int]) -> None:
    start = loop_start(tokens)
    if start is not None:
        assert 0 < start < len(tokens)
        repeated = tokens[start:]
        assert tokens[start - 1] == tokens[-1]
        assert len(repeated) >= 6
