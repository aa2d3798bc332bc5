"""Terraform's files. Neither Terraform nor a cloud is where tests run: they are parsed, and their
names are held against each other."""

import re
from pathlib import Path

import hcl2
import pytest

FOLDERS = ["aws", "azure"]


def text(deploy: Path, cloud: str) -> str:
    files = sorted((deploy / "terraform" / cloud).glob("*.tf"))
    return "\n".join(re.sub(r"(?m)(^|\s)#.*$", "", path.read_text()) for path in files)


def declared(source: str, kind: str) -> set[str]:
    """Names of variables and outputs; kinds and names of resources and data."""
    one = re.findall(rf'^{kind} "([\w-]+)" {{', source, re.MULTILINE)
    two = re.findall(rf'^{kind} "(\w+)" "([\w-]+)" {{', source, re.MULTILINE)
    return {*one, *(".".join(pair) for pair in two)}


@pytest.mark.parametrize("cloud", FOLDERS)
def test_every_file_is_hcl(deploy: Path, cloud: str) -> None:
    files = list((deploy / "terraform" / cloud).glob("*.tf*"))
    assert len(files) > 5
    for path in files:
        assert hcl2.loads(path.read_text()), path.name


@pytest.mark.parametrize("cloud", FOLDERS)
def test_variables_are_declared_described_and_used(deploy: Path, cloud: str) -> None:
    source = text(deploy, cloud)
    names = declared(source, "variable")
    assert set(re.findall(r"\bvar\.(\w+)", source)) == names
    blocks = re.findall(r'^variable "\w+" \{\n(.*?)^\}', source, re.MULTILINE | re.DOTALL)
    assert [block for block in blocks if "description" not in block or "type" not in block] == []
    outputs = re.findall(r'^output "\w+" \{\n(.*?)^\}', source, re.MULTILINE | re.DOTALL)
    assert [block for block in outputs if "description" not in block] == []


@pytest.mark.parametrize("cloud", FOLDERS)
def test_what_is_referred_to_is_there(deploy: Path, cloud: str) -> None:
    source = text(deploy, cloud)
    resources, data = declared(source, "resource"), declared(source, "data")
    bare = re.sub(r'"(?:resource|data)" .*', "", source)
    used_data = set(re.findall(r"\bdata\.([a-z]\w+\.\w+)", bare))
    used = set(re.findall(r"(?<![\w.\"])((?:aws|azurerm|random)_\w+\.\w+)", bare))
    assert used_data == data
    assert used - resources == set()
    blocks = re.findall(r"^locals \{\n(.*?)^\}", source, re.MULTILINE | re.DOTALL)
    locals_ = {n for block in blocks for n in re.findall(r"^  (\w+) +=", block, re.MULTILINE)}
    assert set(re.findall(r"\blocal\.(\w+)", source)) == locals_


@pytest.mark.parametrize("cloud", FOLDERS)
def test_the_example_sets_what_there_is(deploy: Path, cloud: str) -> None:
    example = (deploy / "terraform" / cloud / "terraform.tfvars.example").read_text()
    named = set(re.findall(r"^(?:# )?(\w+) += ", example, re.MULTILINE))
    assert named - declared(text(deploy, cloud), "variable") == set()


def test_what_the_ancestor_had_is_there(deploy: Path) -> None:
    source = text(deploy, "aws")
    assert declared(source, "variable") >= {
        *("aws_region", "bucket_prefix", "iam_user_prefix", "environment"),
    }
    assert declared(source, "output") >= {
        *("s3_bucket_name", "aws_access_key_id", "aws_secret_access_key"),
    }
    for name, default in (
        ("aws_region", "us-east-1"),
        ("bucket_prefix", "speech-transcription"),
        ("iam_user_prefix", "transcription-service"),
        ("environment", "dev"),
    ):
        assert re.search(rf'variable "{name}" \{{[^}}]*default     = "{default}"', source)


def test_nothing_allows_everything(deploy: Path) -> None:
    """Where an action or a resource is *, it is the key's own policy, or has no narrower name."""
    source = text(deploy, "aws")
    documents = re.findall(
        r'^data "aws_iam_policy_document" "(\w+)" \{\n(.*?)^\}', source, re.MULTILINE | re.DOTALL
    )
    wide = {name for name, block in documents if re.search(r'resources\s*= \["\*"\]', block)}
    assert wide == {"key", "service"}
    service = dict(documents)["service"]
    assert service.count('["*"]') == 1
    assert re.search(r'"transcribe:[^\]]*\]\s*resources = \["\*"\]', service)


def test_the_secrets_that_come_out_are_marked(deploy: Path) -> None:
    source = text(deploy, "aws")
    (block,) = re.findall(
        r'^output "aws_secret_access_key" \{\n(.*?)^\}', source, re.MULTILINE | re.DOTALL
    )
    assert "sensitive   = true" in block
