"""Sums over what was sent to engines."""

from collections import Counter
from collections.abc import Iterable

from vivavoce.core.types import Use


def by_model(uses: Iterable[Use]) -> list[Use]:
    """One for each engine and model, in this order."""
    samples: Counter[tuple[str, str]] = Counter()
    for use in uses:
        samples[use.engine, use.model] += use.samples
    return [Use(*key, total) for key, total in sorted(samples.items())]
