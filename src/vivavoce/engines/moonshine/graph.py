"""What Moonshine computes, as two graphs for onnxruntime: listening and spelling.

The vendor's own graphs come to the same, but spend most of a token's time on the way there:
900 operators, nearly all of them arithmetic on shapes, where here are 110. onnxruntime has
whole operators for attention with a cache and for rotary positions; products that take the
same are one product; and what is the same for every token, the keys and values of what was
heard, is the end of listening. The weights are the vendor's bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from vivavoce.engines.moonshine.weights import Product, Weights, joined
from vivavoce.engines.onnx.graph import OWN, Graph

HEADS = 8
TURNED = 32  # so many dimensions of a head are turned by its position
THETA = 10_000.0
POSITIONS = 8192  # frames or tokens: three minutes, and a window is seconds
EPSILON = 1e-5
GRAIN = 16  # onnxruntime's cache has heads of a multiple of it


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a size is, and what its graphs call what they pass on."""

    dim: int
    layers: int

    @property
    def head(self) -> int:
        return self.dim // HEADS

    @property
    def wide(self) -> int:
        """A head's width in the cache of what was spelled. What it is wider is 0."""
        return -(-self.head // GRAIN) * GRAIN

    def names(self, of: str) -> list[str]:
        """The keys and values of what was "heard", and of the "past" and "present" spelling."""
        return [name for layer in range(self.layers) for name in _pair(of, layer)]


def _pair(of: str, layer: int) -> list[str]:
    return [f"{of}.{layer}.key", f"{of}.{layer}.value"]


def shape_of(decoder: Weights) -> Shape:
    """The shape of the size that these weights are of."""
    layers = next(n for n in count() if f"layers.{n}.input_layernorm.weight" not in decoder)
    return Shape(decoder.numbers("norm.weight").size, layers)


def listening(encoder: Weights, decoder: Weights, shape: Shape) -> Graph:
    """From `pcm`, shape (1, 1, 1, samples), to what was heard, each (1, HEADS, frames, head)."""
    graph = _Listening(encoder, shape)
    x = graph.frames(graph.input("pcm", "float32", 1, 1, 1, "samples"))
    turns = graph.turns()
    for layer in range(shape.layers):
        x = graph.node("Add", x, graph.attended(x, layer, turns))
        x = graph.node("Add", x, graph.thought(x, layer))
    graph.heard(graph.norm(x, "layer_norm"), decoder)
    return graph


def spelling(decoder: Weights, shape: Shape) -> Graph:
    """From `ids`, shape (1, tokens), to `logits`, (1, tokens, vocabulary).

    Takes what was heard, and what was spelled before: the past, each (1, HEADS, before,
    wide); `total`, (1,), tokens with the past's, and `last`, one less. The present is the
    past of the next run. A token sees those before it only, so many at once come to what
    they do one by one.
    """
    graph = _Spelling(decoder, shape)
    x = graph.embedded(graph.input("ids", "int64", 1, "tokens"))
    seen = [graph.input("last", "int32", 1), graph.input("total", "int32", 1), *graph.turns()]
    for layer in range(shape.layers):
        x = graph.node("Add", x, graph.remembered(x, layer, seen))
        x = graph.node("Add", x, graph.listened(x, layer))
        x = graph.node("Add", x, graph.thought(x, layer))
    graph.logits(graph.norm(x, "norm"))
    return graph


class _Parts(Graph):
    """The parts that both have."""

    def __init__(self, weights: Weights, shape: Shape) -> None:
        super().__init__()
        self.weights = weights
        self.shape = shape

    def product(self, x: str, by: Product, bias: str = "", name: str = "") -> str:
        """`x`, rounded to bytes by its own range, times a matrix of bytes."""
        held = (self.weight(each) for each in (by.weight, by.scale, by.zero))
        return self.own("DynamicQuantizeMatMul", x, *held, bias, name=name)

    def biased(self, x: str, part: str) -> str:
        bias = self.weight(self.weights.numbers(f"{part.replace('/', '.')}.bias"))
        return self.product(x, self.weights.product(part), bias)

    def norm(self, x: str, part: str) -> str:
        scale = self.weight(self.weights.numbers(f"{part}.weight"))
        return self.node("LayerNormalization", x, scale, axis=-1, epsilon=EPSILON)

    def split(self, x: str, parts: int, size: int) -> list[str]:
        """Equal parts of the last dimension."""
        names = [f"{x}.{n}" for n in range(parts)]
        self.nodes("Split", [x, self.integers(*[size] * parts)], names, axis=-1)
        return names

    def own_product(self, layer: int) -> Product:
        """Queries, keys and values of attention to the own sequence, side by side."""
        return joined(
            self.weights.product(f"layers.{layer}/self_attn/{each}_proj") for each in "qkv"
        )

    def turns(self) -> list[str]:
        """The cosines and sines of every position's turns."""
        speeds = 1 / (THETA ** (np.arange(0, TURNED, 2) / TURNED)).astype(np.float32)
        turns = np.outer(np.arange(POSITIONS, dtype=np.float32), speeds)
        return [self.weight(np.cos(turns)), self.weight(np.sin(turns))]


class _Listening(_Parts):
    def frames(self, pcm: str) -> str:
        """Samples to frames of 24 ms (384 samples), shape (1, frames, dim).

        What is convolved is an image one line high: for images onnxruntime is quicker.
        """
        x = self.node("Tanh", self.convolved(pcm, "conv1", 64))
        shape, flat = self.node("Shape", x), self.integers(1, 1, -1)  # one norm over all of it
        one, none = self.weight(np.ones(1, np.float32)), self.weight(np.zeros(1, np.float32))
        x = self.node("Reshape", x, flat)
        x = self.node("InstanceNormalization", x, one, none, epsilon=EPSILON)
        x = self.node("Reshape", x, shape)
        x = self.node("Mul", x, self.weight(self.weights.factor("groupnorm/Mul")[..., None]))
        x = self.node("Add", x, self.weight(self.weights.factor("groupnorm/Add")[..., None]))
        x = self.own("Gelu", self.convolved(x, "conv2", 3, "conv2.bias"))
        x = self.own("Gelu", self.convolved(x, "conv3", 2, "conv3.bias"))
        return self.node("Transpose", self.node("Squeeze", x, self.integers(2)), perm=[0, 2, 1])

    def convolved(self, x: str, part: str, stride: int, *bias: str) -> str:
        weight = self.weight(self.weights.numbers(f"{part}.weight")[:, :, None])
        held = (self.weight(self.weights.numbers(name)) for name in bias)
        return self.node("Conv", x, weight, *held, strides=[1, stride])

    def attended(self, x: str, layer: int, turns: Sequence[str]) -> str:
        x = self.norm(x, f"layers.{layer}.input_layernorm")
        query, key, value = self.split(self.product(x, self.own_product(layer)), 3, self.shape.dim)
        query, key = self.turned(query, turns), self.turned(key, turns)
        x = self.own("MultiHeadAttention", query, key, value, num_heads=HEADS)
        return self.product(x, self.weights.product(f"layers.{layer}/self_attn/o_proj"))

    def turned(self, x: str, turns: Sequence[str]) -> str:
        return self.own(
            "RotaryEmbedding",
            *(x, self.integers(0), *turns),
            interleaved=1,
            num_heads=HEADS,
            rotary_embedding_dim=TURNED,
        )

    def thought(self, x: str, layer: int) -> str:
        x = self.norm(x, f"layers.{layer}.post_attention_layernorm")
        x = self.own("Gelu", self.biased(x, f"layers.{layer}/mlp/fc1"))
        return self.biased(x, f"layers.{layer}/mlp/fc2")

    def heard(self, x: str, decoder: Weights) -> None:
        """The outputs: keys and values for all of the decoder's layers, in one product."""
        parts = [
            decoder.product(f"layers.{layer}/encoder_attn/{each}_proj")
            for layer in range(self.shape.layers)
            for each in "kv"
        ]
        x = self.product(x, joined(parts))
        x = self.node("Reshape", x, self.integers(1, -1, len(parts) * HEADS, self.shape.head))
        x = self.node("Transpose", x, perm=[0, 2, 1, 3])
        names = self.shape.names("heard")
        self.nodes("Split", [x, self.integers(*[HEADS] * len(parts))], names, axis=1)
        for name in names:
            self.output(name, "float32", 1, HEADS, "frames", self.shape.head)


class _Spelling(_Parts):
    def embedded(self, ids: str) -> str:
        table, scale, zero = map(self.weight, self.weights.bytes("embed_tokens.weight"))
        return self.node("DequantizeLinear", self.node("Gather", table, ids), scale, zero)

    def remembered(self, x: str, layer: int, seen: Sequence[str]) -> str:
        """Attention to the tokens before."""
        shape, attended, present = self.shape, f"attended.{layer}", _pair("present", layer)
        sizes = 1, HEADS, "before", shape.wide
        past = [self.input(name, "float32", *sizes) for name in _pair("past", layer)]
        x = self.norm(x, f"layers.{layer}.input_layernorm")
        x = self.product(x, self.own_product(layer).columns(shape.head, shape.wide))
        self.nodes(
            f"{OWN}.GroupQueryAttention",
            [x, "", "", *past, *seen],
            [attended, *present],
            num_heads=HEADS,
            kv_num_heads=HEADS,
            do_rotary=1,
            rotary_interleaved=1,
            scale=shape.head**-0.5,
        )
        for name in present:
            self.output(name, "float32", 1, HEADS, "total", shape.wide)
        back = self.weights.product(f"layers.{layer}/self_attn/o_proj")
        return self.product(attended, back.rows(shape.head, shape.wide))

    def listened(self, x: str, layer: int) -> str:
        """Attention to what was heard."""
        sizes = 1, HEADS, "frames", self.shape.head
        heard = [self.input(name, "float32", *sizes) for name in _pair("heard", layer)]
        x = self.norm(x, f"layers.{layer}.post_attention_layernorm")
        x = self.product(x, self.weights.product(f"layers.{layer}/encoder_attn/q_proj"))
        x = self.own("MultiHeadAttention", x, *heard, num_heads=HEADS)
        return self.product(x, self.weights.product(f"layers.{layer}/encoder_attn/o_proj"))

    def thought(self, x: str, layer: int) -> str:
        x = self.norm(x, f"layers.{layer}.final_layernorm")
        x, gate = self.split(self.biased(x, f"layers.{layer}/mlp/fc1"), 2, 4 * self.shape.dim)
        x = self.node("Mul", self.own("QuickGelu", gate, alpha=1.0), x)
        return self.biased(x, f"layers.{layer}/mlp/fc2")

    def logits(self, x: str) -> None:
        product = self.weights.product("logits")
        self.product(x, product, name="logits")
        self.output("logits", "float32", 1, "tokens", product.weight.shape[1])
