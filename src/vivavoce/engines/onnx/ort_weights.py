"""What a model in onnxruntime's own format (`.ort`) holds: its weights, and who takes them.

The format is a flatbuffer. Its readers come with onnxruntime, so nothing else is needed, and
the file is mapped, so what is not asked for is not read.
"""

import importlib
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vivavoce.core.errors import EngineError
from vivavoce.engines.onnx.graph import TYPES, Array

DTYPES = {number: np.dtype(name) for name, number in TYPES.items()}


class Stored:
    """A file's `tensors` by their names, read-only, and the `inputs` of each value's node."""

    def __init__(self, path: Path) -> None:
        """Raises `EngineError` for what is no such file, `OSError` for what cannot be read."""
        with path.open("rb") as file:
            if len(file.read(8)) < 8:
                raise EngineError(f"{path} is not a model in onnxruntime's format.")
            raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # This puts the readers where they can be imported, by the name that they call themselves.
        importlib.import_module("onnxruntime.tools.ort_format_model")
        session = importlib.import_module(
            "ort_flatbuffers_py.fbs"
        ).InferenceSession.InferenceSession
        if not session.InferenceSessionBufferHasIdentifier(raw, 0):
            raise EngineError(f"{path} is not a model in onnxruntime's format.")
        graph = session.GetRootAsInferenceSession(raw, 0).Model().Graph()
        tensors = map(graph.Initializers, range(graph.InitializersLength()))
        self.tensors = {tensor.Name().decode(): _array(tensor) for tensor in tensors}
        self.inputs = {
            node.Outputs(i).decode(): [node.Inputs(j).decode() for j in range(node.InputsLength())]
            for node in _nodes(graph)
            for i in range(node.OutputsLength())
        }


def _array(tensor: Any) -> Array:
    shape = [tensor.Dims(i) for i in range(tensor.DimsLength())]
    data: Array = tensor.RawDataAsNumpy().view(DTYPES[tensor.DataType()])
    return data.reshape(shape)


def _nodes(graph: Any) -> Iterator[Any]:
    """Its nodes, those of its nodes' branches too."""
    for node in map(graph.Nodes, range(graph.NodesLength())):
        yield node
        for attribute in map(node.Attributes, range(node.AttributesLength())):
            if branch := attribute.G():
                yield from _nodes(branch)
