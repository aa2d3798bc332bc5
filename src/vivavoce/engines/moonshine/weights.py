"""Moonshine's weights, by what they are for, out of the vendor's files.

The vendor stores one byte for each number of a matrix, with a scale and a zero point for the
whole, under names that its exporting tools made up. Here they have the names of the model's
parts. Nothing is rounded anew: what is decoded with is what is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from vivavoce.engines.onnx.graph import Array, Graph
from vivavoce.engines.onnx.ort_weights import Stored

SIGN = 0x80  # flips an unsigned byte to the signed one that stands 128 below it, and back
EXPORTED = {  # what the names say that is no part of the model, or else in base than in tiny
    "/model/decoder/": "",
    "model.decoder.": "",
    "_merged_0": "",
    "_output_0": "",
    "up_proj": "fc1",
    "down_proj": "fc2",
    "dense": "o_proj",
}


@dataclass(frozen=True, slots=True)
class Product:
    """A matrix to multiply with: (`weight` - `zero`) * `scale`."""

    weight: Array  # bytes, shape (taken, made)
    scale: Array  # one for each column
    zero: Array

    def columns(self, head: int, to: int) -> "Product":
        """Each `head` of columns widened to `to` columns, by such as make 0."""
        return Product(*(_widened(each, head, to) for each in (self.weight, self.scale, self.zero)))

    def rows(self, head: int, to: int) -> "Product":
        """Each `head` of rows widened to `to` rows, by such as add 0."""
        weight = self.weight.reshape(-1, head, len(self.zero))
        more = np.broadcast_to(self.zero, (len(weight), to - head, len(self.zero)))
        rows = np.concatenate([weight, more], axis=1).reshape(-1, len(self.zero))
        return Product(rows, self.scale, self.zero)


def joined(products: Iterable[Product]) -> Product:
    """One for several that take the same: it makes what each made, side by side."""
    each = list(products)
    return Product(
        np.concatenate([product.weight for product in each], axis=1),
        np.concatenate([product.scale for product in each]),
        np.concatenate([product.zero for product in each]),
    )


def _widened(array: Array, head: int, to: int) -> Array:
    heads = array.reshape(*array.shape[:-1], -1, head)
    more = [(0, 0)] * (heads.ndim - 1) + [(0, to - head)]
    return np.pad(heads, more).reshape(*array.shape[:-1], -1)


class Weights:
    """Of one file. Raises `KeyError` for what is not in it."""

    def __init__(self, stored: Stored) -> None:
        self._tensors = {_plain(name): tensor for name, tensor in stored.tensors.items()}
        self._inputs = {
            _plain(value): [_plain(each) for each in inputs]
            for value, inputs in stored.inputs.items()
        }

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def numbers(self, name: str) -> Array:
        """Floats: a bias, a norm, a convolution."""
        for held in (name, f"{name}_add_tensor"):
            if held in self._tensors:
                return self._tensors[held]
        weight, scale, zero = self.bytes(name)
        return (weight.astype(np.float32) - zero) * scale

    def factor(self, value: str) -> Array:
        """Floats without a name: what makes a value out of the one before it."""
        (name,) = (each for each in self._inputs[value] if each in self._tensors)
        return self._tensors[name]

    def bytes(self, name: str) -> tuple[Array, Array, Array]:
        """Bytes, the scale of all of them and their zero point, as stored."""
        weight, scale, zero = (
            self._tensors[f"{name}_{part}"] for part in ("quantized", "scale", "zero_point")
        )
        if zero.dtype == np.float32:  # base: what is added after the scaling, in whole steps
            zero = np.round(-zero / scale).astype(np.int8)
        return weight, scale.reshape(()), zero.reshape(())

    def product(self, part: str) -> Product:
        """The matrix of a part of the model."""
        values = (f"{part}/MatMul", f"{part}/Add")
        made = next((value for value in values if value in self._inputs), part)
        name, _, form = self._inputs[made][1].rpartition("_")
        weight, scale, zero = self.bytes(name.removesuffix("_add"))
        if form == "transposed":  # base's embedding, which is its last product as well
            weight = weight.T
        if (weight.dtype == np.int8) != signed_products():
            weight, zero = _flipped(weight), _flipped(zero)
        columns = weight.shape[1]
        return Product(weight, np.repeat(scale, columns), np.repeat(zero, columns))


def _plain(name: str) -> str:
    for said, meant in EXPORTED.items():
        name = name.replace(said, meant)
    return name.removeprefix("/")


def _flipped(array: Array) -> Array:
    """The same bytes in the other kind: what is left when the zero point is flipped too."""
    other = np.uint8 if array.dtype == np.int8 else np.int8
    return (array.view(np.uint8) ^ SIGN).view(other)


@cache
def signed_products() -> bool:
    """Whether this processor may multiply with signed bytes.

    Where it has an instruction for that, it is twice as fast as with unsigned ones and comes
    to the same sums. Where it has none, onnxruntime adds pairs of products in 16 bits, and
    large ones overflow. Nobody says which it is, so it is tried with large ones.
    """
    side, byte = 64, 127
    graph = Graph()
    taken = graph.input("taken", "float32", 1, side)
    weight = graph.weight(np.full((side, side), byte, np.int8))
    scale = graph.weight(np.ones(side, np.float32))
    zero = graph.weight(np.zeros(side, np.int8))
    graph.own("DynamicQuantizeMatMul", taken, weight, scale, zero, name="made")
    graph.output("made", "float32", 1, side)
    (made,) = graph.session().run(None, {"taken": np.ones((1, side), np.float32)})
    return bool(np.allclose(made, side * byte))
