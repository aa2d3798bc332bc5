"""Writes the tables of docs that code knows better: settings, and metrics.

usage: python scripts/reference_tables.py [--check]    --check: only say whether they are up to date

A setting's row is its description in `config/`, with the limits of its values; or, where there is
more to be said than a line, its entry in scripts/settings.toml: `text`, in Markdown, and `default`,
where the default is not a value. A metric's row is its help in `telemetry/metrics.py`.
"""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TEXTS = ROOT / "scripts" / "settings.toml"
START, END = "<!-- made by scripts/reference_tables.py -->\n", "<!-- until here -->\n"

LIMITS = {"gt": "more than {}", "ge": "{} or more", "lt": "less than {}", "le": "at most {}"}


def settings() -> Iterator[str]:
    """A table for each group."""
    from vivavoce.config import PREFIX, Settings

    with TEXTS.open("rb") as file:
        texts: dict[str, dict[str, str]] = tomllib.load(file)
    if unknown := texts.keys() - Settings.model_fields.keys():
        sys.exit(f"{TEXTS} has entries of no setting: {', '.join(sorted(unknown))}.")
    for group in reversed(Settings.__bases__):
        module = sys.modules[group.__module__]
        yield f"## {(module.__doc__ or '').strip().splitlines()[0].rstrip('.')}\n"
        yield "| setting | variable | default | |\n|---|---|---|---|"
        for name in group.__annotations__:
            field, own = Settings.model_fields[name], texts.get(name, {})
            default = own.get("default") or _default(field)
            text = own.get("text") or f"{field.description}{_limits(field)}"
            yield f"| `{name}` | `{PREFIX}{name.upper()}` | {default} | {text} |"
        yield ""


def metrics() -> Iterator[str]:
    from vivavoce.telemetry.metrics import METRICS

    yield "| metric | kind | labels | |\n|---|---|---|---|"
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"| `{metric.full}` | {metric.kind} | {labels} | {metric.help} |"


PAGES = {"docs/reference/settings.md": settings, "docs/observe.md": metrics}


def _default(field: Any) -> str:
    value = field.default
    if value is None:
        return "none"
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"


def _limits(field: Any) -> str:
    """`, 1 ... 64`."""
    found = {
        kind: getattr(limit, kind)
        for limit in field.metadata
        for kind in LIMITS
        if getattr(limit, kind, None) is not None
    }
    if found.keys() == {"ge", "le"}:
        return f", {found['ge']:,} ... {found['le']:,}"
    return "".join(f", {LIMITS[kind].format(f'{limit:,}')}" for kind, limit in found.items())


def main() -> None:
    stale = []
    for name, table in PAGES.items():
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        before, start, rest = text.partition(START)
        _, end, after = rest.partition(END)
        assert start, name
        assert end, name
        made = before + START + "\n" + "\n".join(table()).rstrip() + "\n\n" + END + after
        if made != text:
            stale.append(name)
            if "--check" not in sys.argv:
                page.write_text(made, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"Stale: {', '.join(stale)}. Run python scripts/reference_tables.py")


if __name__ == "__main__":
    main()
