"""No bytes of a stranger raise anything but what a stranger is told. `make fuzz` looks longer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.targets import SEEDS, TARGETS, tried


@pytest.mark.parametrize("name", TARGETS)
def test_a_decoder_refuses_in_words(name: str) -> None:
    target = TARGETS[name]
    seeds = SEEDS.get(name, (b"",))
    for seed in seeds:
        tried(target, seed)

    @given(st.binary(max_size=600) | altered(seeds))
    @settings(max_examples=300)
    def try_it(data: bytes) -> None:
        tried(target, data)

    try_it()


@st.composite
def altered(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """What means something, with something else in a few places."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=8))
    return bytes(data)
