"""Writes what each engine can do into docs/engines.md, as the engines' own code says it.

usage: python scripts/engine_table.py [--check]       --check: only say whether it is up to date

It reads no settings and no models of this machine, so that it says the same everywhere.
"""

import os
import sys
import tempfile
from importlib.metadata import entry_points
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "engines.md"
START, END = "<!-- made by scripts/engine_table.py -->\n", "<!-- until here -->\n"
NO = "no"
HEAD = (
    *("engine", "install", "interims", "word times", "probabilities"),
    *("speakers", "translates to", "hot words", "prompt", "languages"),
)


def table() -> str:
    from vivavoce.config import Settings
    from vivavoce.plugins import ENGINES, availability, names

    assert not Settings().model_fields_set
    extras = {entry.name: entry.extras for entry in entry_points(group=ENGINES)}
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for name in names():
        can = availability(name).capabilities
        if can is None:
            sys.exit(f"{name} cannot be imported here: install everything first (make install).")
        cells = (
            f"[`{name}`](#{name})",
            "".join(f"`[{extra}]`" for extra in extras[name]) or "inside",
            *map(_yes, (can.interims, can.word_times, can.confidence, can.diarization)),
            _languages(can.translations) if can.translations else NO,
            *map(_yes, (can.hot_words, can.prompt)),
            _languages(can.languages),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _yes(able: bool) -> str:
    return "yes" if able else NO


def _languages(tags: tuple[str, ...]) -> str:
    return "many" if "*" in tags else ", ".join(f"`{tag}`" for tag in tags)


def main() -> None:
    with tempfile.TemporaryDirectory() as nowhere:
        os.environ.clear()
        os.environ |= {"HOME": nowhere, "HF_HOME": nowhere}
        os.chdir(nowhere)
        made = table()
        os.chdir("/")
    before, start, rest = PAGE.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    assert start
    assert end
    page = before + START + "\n" + made + "\n" + END + after
    if "--check" not in sys.argv:
        PAGE.write_text(page, encoding="utf-8")
    elif page != PAGE.read_text(encoding="utf-8"):
        sys.exit("The table in docs/engines.md is stale: python scripts/engine_table.py")


if __name__ == "__main__":
    main()
