"""`vivavoce bench`, as people run it: a real server and the bundled clip."""

from typing import Any


def test_a_machine_is_measured(run: Any) -> None:
    done = run("bench", "--streams", "1", "--seconds", "8")
    assert done.returncode == 0, done.stderr
    rows = dict(line.split("\t") for line in done.stdout.splitlines())
    assert rows["Word shown after its end, median / 95 %"].endswith(" s")
    assert float(rows["Processor seconds for a second of audio"]) > 0
    assert rows["Holds 1 live streams"] in ("yes", "no")  # other tests run beside this one
    assert "1 stream:" in done.stderr


def test_an_engine_that_cannot_be_measured_is_named(run: Any) -> None:
    done = run("bench", "--streams", "1", VIVAVOCE_ENGINE="none")
    assert done.returncode == 1
    assert done.stderr.startswith("vivavoce: ")
    assert "none" in done.stderr
