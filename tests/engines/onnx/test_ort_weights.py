"""What the vendor's files hold is read out of them."""

from pathlib import Path

import numpy as np
import pytest

from vivavoce.core.errors import EngineError
from vivavoce.engines.moonshine.engine import weights
from vivavoce.engines.onnx.ort_weights import Stored


@pytest.fixture(scope="module")
def decoder() -> Stored:
    folder = weights()
    assert folder is not None
    return Stored(folder / "decoder_model_merged.ort")


def test_weights_are_read(decoder: Stored) -> None:
    table = decoder.tensors["model.decoder.embed_tokens.weight_merged_0_quantized"]
    assert (table.shape, table.dtype) == ((32768, 288), np.uint8)
    scale = decoder.tensors["model.decoder.embed_tokens.weight_merged_0_scale"]
    assert scale.size == 1
    assert 0 < scale < 1


def test_the_nodes_of_branches_are_read_too(decoder: Stored) -> None:
    taken = decoder.inputs["/model/decoder/layers.5/mlp/fc2/Add_output_0"]
    assert any(name in decoder.tensors for name in taken)


@pytest.mark.parametrize("content", [b"", b"\0" * 4, b"RIFF" * 100])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.ort"
    path.write_bytes(content)
    with pytest.raises(EngineError, match=r"odd\.ort is not a model in onnxruntime's format"):
        Stored(path)
