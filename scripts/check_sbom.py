"""Is a list of what an install holds (CycloneDX) what the lock file says, with a licence for each?
What its maker could not know is put in: our version, and licences of packages that say theirs in
words of their own.

usage: python scripts/check_sbom.py SBOM LOCK VERSION

Exit status 1: it is not, in a sentence for each difference.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LICENCES = {"protobuf": "BSD-3-Clause"}
"""Of packages whose metadata the maker of the list does not understand."""


def completed(listed: dict[str, Any], version: str) -> None:
    """Put in what is known here."""
    listed["metadata"]["component"]["version"] = version
    for component in listed["components"]:
        if not component.get("licenses") and component["name"] in LICENCES:
            component["licenses"] = [{"license": {"id": LICENCES[component["name"]]}}]


def locked(text: str) -> dict[str, str]:
    """Names and versions of a lock file's packages that are for this machine."""
    found: dict[str, str] = {}
    for line in re.findall(r"^\S.*==[^\\\n]+", text, flags=re.MULTILINE):
        wanted = Requirement(line.strip())
        if wanted.marker is None or wanted.marker.evaluate():
            found[canonicalize_name(wanted.name)] = next(iter(wanted.specifier)).version
    return found


def differences(listed: dict[str, Any], lock: dict[str, str]) -> Iterator[str]:
    """Sentences about what is in one of them and not in the other, or has no licence."""
    components: dict[str, Any] = {
        canonicalize_name(each["name"]): each for each in listed["components"]
    }
    for name in sorted(lock.keys() | components.keys() - {"vivavoce"}):
        if name not in components:
            yield f"{name} is locked and not listed."
        elif name not in lock:
            yield f"{name} is listed and not locked."
        elif (version := components[name]["version"]) != lock[name]:
            yield f"{name} is listed as {version} and locked as {lock[name]}."
        elif not components[name].get("licenses"):
            yield f"{name} is listed without a licence."


def main(sbom: str, lock: str, version: str) -> int:
    listed = json.loads(Path(sbom).read_text())
    completed(listed, version)
    Path(sbom).write_text(json.dumps(listed, indent=2) + "\n")
    found = list(differences(listed, locked(Path(lock).read_text())))
    for sentence in found:
        print(sentence)
    print(f"{sbom}: {len(listed['components'])} components.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
