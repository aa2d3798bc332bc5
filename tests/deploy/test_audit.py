"""What `make audit` makes of what others report, and `make sbom` of what it wrote. Neither's own
programs are asked here: they need a package index."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scripts import audit, check_sbom, terraform_schema

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 20)

ONE = """
[[exception]]
id = "PYSEC-2026-1"
package = "example"
reason = "It reads no such files."
until = 2026-12-01
"""


def report(*vulns: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": [{"name": "example", "version": "1.0", "vulns": list(vulns)}]}


FOUND = {"id": "GHSA-1", "aliases": ["PYSEC-2026-1"], "fix_versions": ["1.1"]}


def test_a_vulnerability_is_named_with_what_mends_it() -> None:
    assert list(audit.faults(report(FOUND), [], TODAY)) == ["example 1.0: GHSA-1, mended by 1.1."]


def test_one_that_is_explained_passes_until_its_day() -> None:
    known = audit.exceptions(ONE)
    assert list(audit.faults(report(FOUND), known, TODAY)) == []
    assert len(list(audit.faults(report(FOUND), known, date(2026, 12, 1)))) == 1


def test_an_exception_is_for_its_package_alone() -> None:
    known = audit.exceptions(ONE.replace('"example"', '"other"'))
    assert len(list(audit.faults(report(FOUND), known, TODAY))) == 1


@pytest.mark.parametrize("name", ["id", "package", "reason", "until"])
def test_an_exception_without_its_reason_or_its_day_is_none(name: str) -> None:
    lines = [line for line in ONE.splitlines() if not line.startswith(f"{name} =")]
    with pytest.raises(ValueError, match=f"has no {name}"):
        audit.exceptions("\n".join(lines))


def test_those_of_the_project_are_explained() -> None:
    audit.exceptions((ROOT / "requirements" / "exceptions.toml").read_text())


def test_a_package_that_nobody_could_be_asked_about_is_a_fault() -> None:
    unasked = {"dependencies": [{"name": "example", "skip_reason": "not found"}] * 2}
    assert list(audit.faults(unasked, [], TODAY)) == [
        "2 packages could not be asked about: example (not found), and so on."
    ]


LOCK = """\
one==1.0 \\
    --hash=sha256:00
two==2.0 ; sys_platform == 'nowhere' \\
    --hash=sha256:00
three[extra]==3.0 ; python_version >= '3.0' \\
    --hash=sha256:00
"""


def listed(**versions: str) -> dict[str, Any]:
    licences = [{"license": {"id": "MIT"}}]
    return {
        "components": [
            {"name": name, "version": version, "licenses": licences}
            for name, version in versions.items()
        ]
    }


def test_a_lock_file_says_what_is_for_this_machine() -> None:
    assert check_sbom.locked(LOCK) == {"one": "1.0", "three": "3.0"}


def test_a_list_that_is_the_lock_differs_in_nothing() -> None:
    lock = check_sbom.locked(LOCK)
    assert list(check_sbom.differences(listed(one="1.0", three="3.0"), lock)) == []


def test_every_difference_is_said() -> None:
    found = listed(one="1.1", four="4.0")
    found["components"][0]["licenses"] = []
    assert list(check_sbom.differences(found, check_sbom.locked(LOCK))) == [
        "four is listed and not locked.",
        "one is listed as 1.1 and locked as 1.0.",
        "three is locked and not listed.",
    ]
    found = listed(one="1.0", three="3.0")
    found["components"][0]["licenses"] = []
    assert list(check_sbom.differences(found, check_sbom.locked(LOCK))) == [
        "one is listed without a licence."
    ]


def test_what_is_not_in_the_metadata_is_put_in() -> None:
    found = {"metadata": {"component": {"name": "vivavoce"}}, **listed(protobuf="1", one="1.0")}
    for component in found["components"]:
        component["licenses"] = []
    check_sbom.completed(found, "1.2.3")
    assert found["metadata"]["component"]["version"] == "1.2.3"
    assert [bool(component["licenses"]) for component in found["components"]] == [True, False]


def test_what_is_audited_is_what_is_locked() -> None:
    locks = {path.stem for path in (ROOT / "requirements").glob("*.txt")}
    # These are never installed: clients and weights of others, for tests.
    assert set(audit.LOCKS) == locks - {"weights", "old-clients", "transformers", "checkov"}


def of(name: str, /, **arguments: dict[str, Any]) -> dict[str, Any]:
    """A type, as the bindings of a provider describe it."""
    properties = [{"name": each, "type": {}, **more} for each, more in arguments.items()]
    return {"name": name, "kind": "interface", "properties": properties}


TYPES = {
    "base": of("TerraformMetaArguments", count={"optional": True}),
    "lb": {
        **of("LbConfig", name={}, healthCheck={"type": {"fqn": "check"}}),
        "interfaces": ["base"],
    },
    "check": of("LbHealthCheck", path={}, port={"optional": True}),
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "x"\nhealth_check {\npath = "/"\n}', []),
        ('name = "x"\ncount = 1\nhealth_check {\npath = "/"\nport = 1\n}', []),
        (
            'name = "x"\ndynamic "health_check" {\nfor_each = [1]\ncontent {\nport = 1\n}\n}',
            ["aws_lb.main.health_check lacks path."],
        ),
        ('nam = "x"\nhealth_check {\npath = "/"\n}', ["aws_lb.main has no argument nam."]),
        ('name = "x"', ["aws_lb.main lacks healthCheck."]),
        (
            'name = "x"\nhealth_check {\npaht = "/"\npath = "/"\n}',
            ["aws_lb.main.health_check has no argument paht."],
        ),
    ],
)
def test_arguments_are_held_against_the_providers(text: str, said: list[str]) -> None:
    schema = terraform_schema.Schema(TYPES)
    found = list(
        terraform_schema.faults(f'resource "aws_lb" "main" {{\n{text}\n}}\n', schema, "aws")
    )
    assert found[: len(said) or None] == said


def test_a_resource_that_there_is_not_is_said() -> None:
    schema = terraform_schema.Schema(TYPES)
    found = list(terraform_schema.faults('resource "aws_bl" "main" {\n}\n', schema, "aws"))
    assert found == ["aws_bl.main: there is no such resource."]
