"""Ask what is wrong with what we stand on, and with what we deploy by.

usage: python scripts/audit.py       (`make audit` sets up what it asks with)

Exit status 1: something is wrong, or could not be asked.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / ".fetched" / "audit" / "bin"
CHECKOV = ROOT / ".fetched" / "checkov" / "bin" / "checkov"
LOCKS = ("runtime", "container", "cuda", "dev", "build", "audit")
"""The lock files whose packages are asked about."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A vulnerability that is let pass until a day."""

    id: str
    package: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Check:
    """A program that finds faults by itself, and what it is run with."""

    name: str
    command: Sequence[str | Path]


def exceptions(text: str) -> list[Passed]:
    """Those of a file. Raises `ValueError` for one that lacks its reason or its day."""
    found = []
    for entry in tomllib.loads(text).get("exception", []):
        missing = [name for name in ("id", "package", "reason", "until") if not entry.get(name)]
        if missing:
            raise ValueError(f"The exception {entry.get('id')} has no {' and no '.join(missing)}.")
        found.append(Passed(**entry))
    return found


def faults(report: Mapping[str, Any], known: Iterable[Passed], today: date) -> Iterator[str]:
    """Sentences about what pip-audit reported, less what is let pass today.

    A package that no service could be asked about is a fault: pip-audit itself passes over it,
    and says that it found nothing.
    """
    passed = {(each.package, each.id) for each in known if today < each.until}
    unasked = []
    for package in report["dependencies"]:
        name = package["name"]
        if "skip_reason" in package:
            unasked.append(f"{name} ({package['skip_reason']})")
        for found in package.get("vulns", []):
            if not {(name, id) for id in (found["id"], *found["aliases"])} & passed:
                mended = ", ".join(found["fix_versions"]) or "no version"
                yield f"{name} {package['version']}: {found['id']}, mended by {mended}."
    if unasked:
        first = unasked[0]
        yield f"{len(unasked)} packages could not be asked about: {first}, and so on."


def vulnerabilities(lock: Path, known: Iterable[Passed]) -> list[str]:
    """What the vulnerability service says of a lock file's packages."""
    ended = subprocess.run(
        [
            *(TOOLS / "pip-audit", "--requirement", lock, "--disable-pip", "--require-hashes"),
            *("--format", "json", "--progress-spinner", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(ended.stdout)
    except ValueError:
        last = (ended.stderr.strip() or "it said nothing").splitlines()[-1]
        return [f"pip-audit could ask nobody: {last}"]
    return list(faults(report, known, date.today()))


def checks() -> list[Check]:
    deploy, workflows = ROOT / "deploy", sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    schema = TOOLS / "check-jsonschema"
    scripts = [
        path
        for folder in ("scripts", "deploy", ".ci")
        for path in sorted((ROOT / folder).iterdir())
        if path.is_file() and path.read_bytes().startswith((b"#!/bin/sh", b"#!/usr/bin/env bash"))
    ]
    return [
        Check("hadolint", [TOOLS / "hadolint", deploy / "Dockerfile"]),
        Check("shellcheck", [TOOLS / "shellcheck", "--severity", "warning", *scripts]),
        Check(
            "compose", [schema, "--builtin-schema", "vendor.compose-spec", deploy / "compose.yaml"]
        ),
        Check("workflows", [schema, "--builtin-schema", "vendor.github-workflows", *workflows]),
        Check(
            "zizmor",
            [TOOLS / "zizmor", "--offline", "--quiet", "--min-severity", "medium", *workflows],
        ),
        Check(
            "checkov",
            [
                *(CHECKOV, "--quiet", "--compact", "--skip-download", "--directory", deploy),
                *("--framework", "terraform", "dockerfile", "secrets"),
            ],
        ),
    ]


def main() -> int:
    wrong = 0
    known = exceptions((ROOT / "requirements" / "exceptions.toml").read_text())
    for lock in LOCKS:
        for sentence in vulnerabilities(ROOT / "requirements" / f"{lock}.txt", known):
            print(f"requirements/{lock}.txt: {sentence}")
            wrong += 1
    for check in checks():
        ended = subprocess.run(check.command, cwd=ROOT, check=False)
        print(f"{check.name}: {'found faults' if ended.returncode else 'found nothing'}")
        wrong += bool(ended.returncode)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
