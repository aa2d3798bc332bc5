"""CSV that a spreadsheet shows and does not compute."""

import csv
import io
from collections.abc import Iterable
from typing import Final

# What formulas begin with; some spreadsheets take the wide forms too.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def row(cells: Iterable[str]) -> str:
    """A line of CSV. What would begin a formula has an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out).writerow([_cell(text) for text in cells])
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
