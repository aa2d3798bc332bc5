"""Graphs described in Python, for onnxruntime.

onnxruntime takes a graph as ONNX, a handful of protobuf messages, and weights as arrays. So
a graph can be described where it is used: there is no `onnx` to install, and no file to keep
beside its description. The numbers below are those of the fields in `onnx.proto`.
"""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Attribute = int | float | Sequence[int]

IR_VERSION = 10
OPSET = 17
OWN = "com.microsoft"  # the domain of onnxruntime's own operators
TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}


class Graph:
    """A graph to be run. What a method returns is the name of a value in it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._weights: dict[str, Array] = {}
        self._names = 0

    def input(self, name: str, dtype: str, *shape: int | str) -> str:
        """A value that each run is given. A dimension with a name has any size."""
        self._parts.append(_bytes(11, _value(name, dtype, shape)))
        return name

    def output(self, name: str, dtype: str, *shape: int | str) -> None:
        """Make a value one that can be asked for."""
        self._parts.append(_bytes(12, _value(name, dtype, shape)))

    def weight(self, array: Array) -> str:
        """A constant that onnxruntime copies when the session is made."""
        name = self._named("weight")
        self._weights[name] = np.asarray(array, order="C")
        elsewhere = [_bytes(13, _text(1, "location") + _text(2, "weights")), _int(14, 1)]
        self._parts.append(_bytes(5, _tensor(name, array) + b"".join(elsewhere)))
        return name

    def integers(self, *values: int) -> str:
        """A small constant: sizes, a shape."""
        array, name = np.array(values, np.int64), self._named("integers")
        self._parts.append(_bytes(5, _tensor(name, array) + _bytes(9, array.tobytes())))
        return name

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: Attribute) -> str:
        """An operator that makes one value, called `name` if that is given."""
        made = name or self._named(kind)
        self.nodes(kind, inputs, [made], **attributes)
        return made

    def own(self, kind: str, *inputs: str, name: str = "", **attributes: Attribute) -> str:
        """One of onnxruntime's own operators."""
        return self.node(f"{OWN}.{kind}", *inputs, name=name, **attributes)

    def nodes(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Attribute
    ) -> None:
        """An operator that makes several values. Its domain, if it has one, is before its kind."""
        domain, _, operator = kind.rpartition(".")
        parts = [_text(1, each) for each in inputs] + [_text(2, each) for each in outputs]
        parts += [_text(4, operator), _text(7, domain)]
        parts += [_bytes(5, _attribute(*each)) for each in attributes.items()]
        self._parts.append(_bytes(1, b"".join(parts)))

    def session(self) -> Any:
        """An `onnxruntime.InferenceSession` of one thread. Raises what that does."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Kept in arenas, the most that windows of any length ever took would stay taken: in a host
        # that has seen many that is 22 MB more, and it is no faster.
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False
        weights = map(onnxruntime.OrtValue.ortvalue_from_numpy, self._weights.values())
        options.add_external_initializers(list(self._weights), list(weights))
        return onnxruntime.InferenceSession(self._model(), options)

    def _model(self) -> bytes:
        graph = b"".join([_text(2, "graph"), *self._parts])
        opsets = [("", OPSET), (OWN, 1)]
        imports = [_bytes(8, _text(1, domain) + _int(2, number)) for domain, number in opsets]
        return b"".join([_int(1, IR_VERSION), _bytes(7, graph), *imports])

    def _named(self, kind: str) -> str:
        self._names += 1
        return f"{kind}_{self._names}"


def _value(name: str, dtype: str, shape: Sequence[int | str]) -> bytes:
    sizes = [_int(1, size) if isinstance(size, int) else _text(2, size) for size in shape]
    dimensions = b"".join(_bytes(1, size) for size in sizes)
    return _text(1, name) + _bytes(2, _bytes(1, _int(1, TYPES[dtype]) + _bytes(2, dimensions)))


def _tensor(name: str, array: Array) -> bytes:
    sizes = b"".join(_int(1, size) for size in array.shape)
    return sizes + _int(2, TYPES[array.dtype.name]) + _text(8, name)


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        held, kind = _key(2, 5) + struct.pack("<f", value), 1
    elif isinstance(value, int):
        held, kind = _int(3, value), 2
    else:
        held, kind = b"".join(_int(8, each) for each in value), 7
    return _text(1, name) + held + _int(20, kind)


def _int(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value % 2**64)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _key(field, 2) + _varint(len(value)) + value


def _key(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)
