"""Writes what each address asks for into docs/security.md, from the table that the gate reads.

usage: python scripts/scopes_table.py [--check]       --check: only say whether it is up to date
"""

import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "security.md"
START, END = "<!-- made by scripts/scopes_table.py -->\n", "<!-- until here -->\n"

MEANINGS = {
    "public": "no key",
    "known": "any key",
    "inside": "a key with `transcribe`, which may come in Socket.IO's `auth`",
    "transcribe": "a key with `transcribe`",
    "read": "a key with `read`",
    "manage": "a key with `manage`",
}


def table() -> str:
    from vivavoce.server.auth.scopes import ANY, TABLE

    lines = ["| it takes | for |", "|---|---|"]
    for need, meaning in MEANINGS.items():
        addresses: dict[str, list[str]] = {}
        for method, path, own in TABLE:
            if own == need:
                addresses.setdefault(path, []).append("any" if method == ANY else method)
        named = [f"{'/'.join(methods)} `{path}`" for path, methods in addresses.items()]
        lines.append(f"| {meaning} | {', '.join(named)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    before, start, rest = PAGE.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    assert start
    assert end
    page = before + START + "\n" + table() + "\n" + END + after
    if "--check" not in sys.argv:
        PAGE.write_text(page, encoding="utf-8")
    elif page != PAGE.read_text(encoding="utf-8"):
        sys.exit("The table in docs/security.md is stale: python scripts/scopes_table.py")


if __name__ == "__main__":
    main()
