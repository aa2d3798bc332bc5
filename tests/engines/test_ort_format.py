"""Models read back from onnxruntime's own format compute what they did."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from vivavoce.core.errors import EngineError
from vivavoce.engines.moonshine import weights
from vivavoce.engines.ort_format import read_ort


@pytest.fixture(scope="module")
def folder() -> Path:
    found = weights()
    assert found is not None
    return found


def inputs(session: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Something of the right type and shape for every input; what is free is 8 long."""
    chance = np.random.default_rng(5)
    made: dict[str, np.ndarray[Any, Any]] = {}
    for given in session.get_inputs():
        shape = [size if isinstance(size, int) else 8 for size in given.shape]
        if given.name == "input_values":
            made[given.name] = chance.normal(0, 0.1, (1, 16_000)).astype(np.float32)
        elif given.name == "encoder_attention_mask":
            made[given.name] = np.ones((1, 384 * 8), np.int64)
        elif given.type == "tensor(bool)":
            made[given.name] = np.array([False])
        elif given.type == "tensor(int64)":
            made[given.name] = np.ones((1, *(16_000 if s == 8 else s for s in shape[1:])), np.int64)
        else:
            made[given.name] = chance.normal(0, 0.1, (1, *shape[1:])).astype(np.float32)
    return made


@pytest.mark.parametrize("name", ["encoder_model.ort", "decoder_model_merged.ort"])
def test_it_computes_the_same(folder: Path, name: str) -> None:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    stored = onnxruntime.InferenceSession(str(folder / name), options)
    read = onnxruntime.InferenceSession(read_ort(folder / name).SerializeToString(), options)

    assert [i.name for i in read.get_inputs()] == [i.name for i in stored.get_inputs()]
    assert [i.shape for i in read.get_inputs()] == [i.shape for i in stored.get_inputs()]
    feeds = inputs(stored)
    if "input_ids" in feeds:
        feeds["input_ids"] = np.array([[1, 5, 9]], np.int64)
    for ours, theirs in zip(read.run(None, feeds), stored.run(None, feeds), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0.02, atol=0.02)


@pytest.mark.parametrize("content", [b"", b"\0" * 4, b"RIFF" * 100])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.ort"
    path.write_bytes(content)
    with pytest.raises(EngineError, match=r"odd\.ort is not a model in onnxruntime's format"):
        read_ort(path)
