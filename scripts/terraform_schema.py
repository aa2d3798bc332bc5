"""Is every argument in deploy/terraform one that its provider knows, and is none missing?

Terraform itself cannot be had from a package index. What can is CDK for Terraform's bindings, which
were made from the providers' own schemas: they are fetched by npm, by their hashes, and read.

usage: python scripts/terraform_schema.py       (part of `make audit`)
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".fetched" / "terraform"
META = {"count", "for_each", "depends_on", "lifecycle", "dynamic"}
"""What Terraform itself understands, in any resource."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`package` is npm's name of the bindings; `sha256` is that of what lies in it."""

    name: str
    package: str
    sha256: str


PROVIDERS = {
    "aws": Provider(
        "aws",
        "@cdktf/provider-aws@21.22.1",
        "3b8119442f90157dea1f408a4dafe8b308e17cca94d9fa5a51176b9e3636aaca",
    ),
    "azure": Provider(
        "azurerm",
        "@cdktf/provider-azurerm@14.23.1",
        "21584037d64d296cecda35f4ec350e4d997dbbfa381ae963745e9f433d44fe62",
    ),
}


def fetched(provider: Provider) -> Path:
    """Its schema as a file. Raises `CalledProcessError`, `ValueError`."""
    path = KEPT / f"{provider.sha256}.json"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as work:
            command = ["npm", "pack", "--silent", "--ignore-scripts", provider.package]
            subprocess.run(command, cwd=work, check=True, stdout=subprocess.DEVNULL)
            (packed,) = Path(work).glob("*.tgz")
            with tarfile.open(packed) as tar:
                member = tar.extractfile("package/.jsii")
                assert member is not None
                text = member.read()
        if hashlib.sha256(text).hexdigest() != provider.sha256:
            raise ValueError(f"{provider.package} is not what it was.")
        path.write_bytes(text)
    return path


class Schema:
    """What the arguments of each kind of resource are."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types
        self._named: dict[str, Any] = {}
        for found in types.values():
            self._named.setdefault(found["name"].lower(), found)

    def resource(self, kind: str, name: str, provider: str) -> Any | None:
        """The arguments of `resource "aws_lb"`; None: there is no such thing."""
        short = name.removeprefix(f"{provider}_")
        own = (f"data_{provider}_{short}" if kind == "data" else short).replace("_", "")
        # A name that another binding has already got an A.
        return self._named.get(f"{own}config") or self._named.get(f"{own}aconfig")

    def arguments(self, of: Any) -> dict[str, Any]:
        """By their names in small letters, without anything between words."""
        found = {each["name"].lower(): each for each in of.get("properties", ())}
        for base in of.get("interfaces", ()):
            if base in self._types:
                found |= self.arguments(self._types[base])
        return found

    def block(self, argument: Any) -> Any | None:
        """What stands inside of it, if it is a block."""
        for name in _names(argument["type"]):
            if (found := self._types.get(name)) and found["kind"] == "interface":
                return found
        return None

    def faults(self, where: str, body: Mapping[str, Any], of: Any) -> Iterator[str]:
        """Sentences about a block and those in it."""
        known = self.arguments(of)
        given = {_plain(name): value for name, value in body.items() if not name.startswith("__")}
        for each in given.get("dynamic", ()):
            given |= {_plain(name): made["content"] for name, made in each.items()}
        for name, value in given.items():
            argument = known.get(name.replace("_", "").lower())
            if name in META:
                continue
            if argument is None:
                yield f"{where} has no argument {name}."
                continue
            inside = self.block(argument)
            for part in value if isinstance(value, list) else [value]:
                if inside is not None and isinstance(part, dict) and "__is_block__" in part:
                    yield from self.faults(f"{where}.{name}", part, inside)
        there = {name.replace("_", "").lower() for name in given}
        for name, argument in known.items():
            if not argument.get("optional") and name not in there:
                yield f"{where} lacks {argument['name']}."


def _names(kind: Any) -> Iterator[str]:
    """Of all types in a type."""
    if isinstance(kind, dict):
        if "fqn" in kind:
            yield kind["fqn"]
        for value in kind.values():
            yield from _names(value)
    elif isinstance(kind, list):
        for value in kind:
            yield from _names(value)


def _plain(name: str) -> str:
    return name.strip('"')


def faults(text: str, schema: Schema, provider: str) -> Iterator[str]:
    """Sentences about a file's resources and data of this provider."""
    file = hcl2.loads(text)
    for kind in ("resource", "data"):
        for block in file.get(kind, ()):
            for quoted, named in block.items():
                name = _plain(quoted)
                if not name.startswith(f"{provider}_"):
                    continue
                of = schema.resource(kind, name, provider)
                for own, body in named.items():
                    where = f"{name}.{_plain(own)}"
                    if of is None:
                        yield f"{where}: there is no such {kind}."
                    else:
                        yield from schema.faults(where, body, of)


def main() -> int:
    wrong = 0
    for folder, provider in PROVIDERS.items():
        schema = Schema(json.loads(fetched(provider).read_text())["types"])
        for path in sorted((ROOT / "deploy" / "terraform" / folder).glob("*.tf")):
            for fault in faults(path.read_text(), schema, provider.name):
                print(f"{path.relative_to(ROOT)}: {fault}")
                wrong += 1
    print(f"terraform's arguments: {'found faults' if wrong else 'found nothing'}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
