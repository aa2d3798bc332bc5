"""Read a model in onnxruntime's own format (`.ort`) back into ONNX, which tools can change.

The flatbuffer's readers come with onnxruntime; `onnx` and `flatbuffers` are imported only
when a model is read. What the format keeps for onnxruntime alone (kernels, edges between
nodes) is left out: whoever loads the ONNX model finds it anew.
"""

import importlib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from vivavoce.core.errors import EngineError

Proto = Any
"""A message of `onnx`."""


def read_ort(path: Path) -> Proto:
    """The `onnx.ModelProto` of an `.ort` file, its weights inside.

    Raises `EngineError` for what is no such file, or has parts that are not known here.
    """
    fbs, onnx = _modules()
    raw = bytearray(path.read_bytes())
    session = fbs.InferenceSession.InferenceSession
    if len(raw) < 8 or not session.InferenceSessionBufferHasIdentifier(raw, 0):
        raise EngineError(f"{path} is not a model in onnxruntime's format.")
    model = session.GetRootAsInferenceSession(raw, 0).Model()
    imports = (model.OpsetImport(i) for i in range(model.OpsetImportLength()))
    used = {_text(each.Domain()): each.Version() for each in imports}
    return onnx.helper.make_model(
        _Reader(fbs, onnx).graph(model.Graph(), "main"),
        ir_version=model.IrVersion(),
        opset_imports=[onnx.helper.make_opsetid("", used[""])],
    )


def _modules() -> tuple[Any, Any]:
    """The readers and `onnx`. Raises `ImportError` where they are not installed."""
    # This puts the readers where they can be imported, by the name that they call themselves.
    importlib.import_module("onnxruntime.tools.ort_format_model")
    return importlib.import_module("ort_flatbuffers_py.fbs"), importlib.import_module("onnx")


def _text(raw: bytes | None) -> str:
    return raw.decode() if raw else ""


def _in_order(graph: Any) -> list[Any]:
    """Its nodes, each after those whose outputs it uses: ONNX wants that, `.ort` does not."""
    nodes = [graph.Nodes(i) for i in range(graph.NodesLength())]
    made = {n.Outputs(i): at for at, n in enumerate(nodes) for i in range(n.OutputsLength())}
    made.pop(b"", None)  # an output that nobody wants
    before = {at: {made[name] for name in _used(n) if name in made} for at, n in enumerate(nodes)}
    return [nodes[at] for at in TopologicalSorter(before).static_order()]


def _used(node: Any) -> Iterator[bytes]:
    """What a node takes, in its branches too."""
    yield from (node.Inputs(i) for i in range(node.InputsLength()))
    yield from (node.ImplicitInputs(i) for i in range(node.ImplicitInputsLength()))


class _Reader:
    def __init__(self, fbs: Any, onnx: Any) -> None:
        self._onnx = onnx
        self._types = fbs.AttributeType.AttributeType
        self._tensor_type = fbs.TensorTypeAndShape.TensorTypeAndShape
        self._dimension = fbs.DimensionValueType.DimensionValueType

    def graph(self, graph: Any, name: str) -> Proto:
        infos = {_text(a.Name()): a for a in map(graph.NodeArgs, range(graph.NodeArgsLength()))}
        weights = [self._tensor(graph.Initializers(i)) for i in range(graph.InitializersLength())]
        inputs = [_text(graph.Inputs(i)) for i in range(graph.InputsLength())]
        outputs = [_text(graph.Outputs(i)) for i in range(graph.OutputsLength())]
        nodes = [self._node(node) for node in _in_order(graph)]
        return self._onnx.helper.make_graph(
            nodes,
            name,
            [self._value(infos[each]) for each in inputs],
            [self._value(infos[each]) for each in outputs],
            weights,
        )

    def _node(self, node: Any) -> Proto:
        made = self._onnx.helper.make_node(
            _text(node.OpType()),
            [_text(node.Inputs(i)) for i in range(node.InputsLength())],
            [_text(node.Outputs(i)) for i in range(node.OutputsLength())],
            name=_text(node.Name()),
            domain=_text(node.Domain()),
        )
        made.attribute.extend(
            self._attribute(node.Attributes(i)) for i in range(node.AttributesLength())
        )
        return made

    def _attribute(self, attribute: Any) -> Proto:
        name, types = _text(attribute.Name()), self._types
        match attribute.Type():
            case types.FLOAT:
                value: Any = attribute.F()
            case types.INT:
                value = attribute.I()
            case types.STRING:
                value = attribute.S()
            case types.TENSOR:
                value = self._tensor(attribute.T())
            case types.GRAPH:
                value = self.graph(attribute.G(), name)
            case types.FLOATS:
                value = [attribute.Floats(i) for i in range(attribute.FloatsLength())]
            case types.INTS:
                value = [attribute.Ints(i) for i in range(attribute.IntsLength())]
            case other:
                raise EngineError(f"The model's attribute {name} has a type ({other}) not known.")
        # The numbers of the types are ONNX's own.
        return self._onnx.helper.make_attribute(name, value, attr_type=attribute.Type())

    def _tensor(self, tensor: Any) -> Proto:
        made = self._onnx.TensorProto(name=_text(tensor.Name()), data_type=tensor.DataType())
        made.dims.extend(tensor.Dims(i) for i in range(tensor.DimsLength()))
        if tensor.RawDataLength():
            made.raw_data = tensor.RawDataAsNumpy().tobytes()
        return made

    def _value(self, info: Any) -> Proto:
        tensor = self._tensor_type()
        found = info.Type().Value()
        tensor.Init(found.Bytes, found.Pos)
        shape = tensor.Shape()
        dims = (
            None if shape is None else [self._dim(shape.Dim(i)) for i in range(shape.DimLength())]
        )
        return self._onnx.helper.make_tensor_value_info(_text(info.Name()), tensor.ElemType(), dims)

    def _dim(self, dimension: Any) -> int | str | None:
        value = dimension.Value()
        if value is None or value.DimType() == self._dimension.UNKNOWN:
            return None
        if value.DimType() == self._dimension.VALUE:
            return int(value.DimValue())
        return _text(value.DimParam())
