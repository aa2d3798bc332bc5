"""`vivavoce models`."""

from pathlib import Path
from typing import Any

import pytest

from tests.engines.internet import Internet
from vivavoce import plugins
from vivavoce.cli.models import COLUMNS


def test_every_engine_is_in_the_table(run: Any) -> None:
    done = run("models")
    head, *rows = (line.split("\t") for line in done.stdout.splitlines())
    assert tuple(head) == COLUMNS
    own = [row for row in rows if row[4] != "better finals"]
    assert [row[0] for row in own] == plugins.names()
    (moonshine,) = [row for row in own if row[0] == "moonshine"]
    assert moonshine[1] == "moonshine-tiny-en"
    assert moonshine[3] == "en"
    assert moonshine[-2:] == ["ready", ""]


@pytest.mark.usefixtures("base_en")
def test_the_model_of_better_finals_is_shown(run: Any) -> None:
    (row,) = [line for line in run("models").stdout.splitlines() if "moonshine-base-en" in line]
    assert "\tready\t" in row


def test_what_is_missing_is_said(run: Any) -> None:
    rows = {row.split("\t")[0]: row.split("\t") for row in run("models").stdout.splitlines()}
    assert rows["azure"][-2] == "to set up"
    assert "AZURE_SERVICE_REGION" in rows["azure"][-1]
    assert rows["whisper"][-1].endswith("`vivavoce models pull whisper:small` gets it.")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("small", "'small' is not ENGINE:MODEL, such as whisper:small."),
        ("nobody:x", "There is no engine 'nobody'; there are aws, "),
        ("azure:x", "The engine azure has no models to download."),
    ],
)
def test_what_cannot_be_pulled(run: Any, name: str, complaint: str) -> None:
    done = run("models", "pull", name)
    assert done.returncode == 1
    assert done.stderr.startswith(f"vivavoce: {complaint}")


def test_what_is_pulled_is_found_by_its_name(run: Any, home: Path, tmp_path: Path) -> None:
    files = {"model.bin": b"weights", "config.json": b"{}", "tokenizer.json": b"{}"}
    with Internet(tmp_path) as internet:
        internet.put_on_hub("Systran/faster-whisper-base.en", files, "model.bin")
        done = run("models", "pull", "whisper:base.en", **internet.env)
    assert (done.returncode, done.stderr) == (0, "")
    folder = Path(done.stdout.strip())
    assert folder.is_relative_to(home)
    assert (folder / "model.bin").read_bytes() == b"weights"
    shown = run("models", VIVAVOCE_WHISPER_MODEL="base.en").stdout
    (whisper,) = [row.split("\t") for row in shown.splitlines() if row.startswith("whisper\t")]
    assert (whisper[1], whisper[3], whisper[-2]) == ("whisper-base.en", "en", "ready")


def test_a_machine_with_no_way_out_says_so(run: Any) -> None:
    done = run("models", "pull", "whisper:base.en", HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("vivavoce: huggingface.co cannot be reached from here (")
    assert done.stderr.count("\n") == 1
