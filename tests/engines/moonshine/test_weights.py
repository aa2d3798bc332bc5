"""Weights by what they are for: put together otherwise, they multiply as they are stored."""

import numpy as np
import pytest

from vivavoce.engines.moonshine import weights as module
from vivavoce.engines.moonshine.engine import weights
from vivavoce.engines.moonshine.weights import Product, Weights, joined
from vivavoce.engines.onnx.graph import Array
from vivavoce.engines.onnx.ort_weights import Stored


def products(seed: int, taken: int, made: int) -> Product:
    chance = np.random.default_rng(seed)
    return Product(
        chance.integers(-128, 128, (taken, made)).astype(np.int8),
        chance.uniform(0.001, 0.01, made).astype(np.float32),
        chance.integers(-20, 20, made).astype(np.int8),
    )


def numbers(product: Product) -> Array:
    array: Array = (product.weight.astype(np.float32) - product.zero) * product.scale
    return array


@pytest.fixture(scope="module")
def decoder() -> Weights:
    folder = weights()
    assert folder is not None
    return Weights(Stored(folder / "decoder_model_merged.ort"))


@pytest.fixture(params=[True, False], ids=["signed", "unsigned"])
def signed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(module, "signed_products", lambda: request.param)
    return bool(request.param)


def test_joined_products_make_one_thing_after_the_other() -> None:
    each = [products(seed, 6, made) for seed, made in ((1, 4), (2, 2))]
    assert np.array_equal(numbers(joined(each)), np.hstack([numbers(p) for p in each]))


def test_what_is_added_to_heads_makes_and_takes_nothing() -> None:
    wide = numbers(products(1, 6, 6).columns(3, 5)).reshape(6, 2, 5)
    assert np.array_equal(wide[:, :, :3].reshape(6, 6), numbers(products(1, 6, 6)))
    assert not wide[:, :, 3:].any()
    long = numbers(products(2, 6, 4).rows(3, 5)).reshape(2, 5, 4)
    assert np.array_equal(long[:, :3].reshape(6, 4), numbers(products(2, 6, 4)))
    assert not long[:, 3:].any()


def test_a_matrix_is_what_is_stored_signed_or_not(decoder: Weights, signed: bool) -> None:
    product = decoder.product("layers.3/mlp/fc2")
    weight, scale, zero = decoder.bytes("onnx::MatMul_3490_merged_1")
    assert product.weight.dtype == product.zero.dtype == (np.int8 if signed else np.uint8)
    assert product.weight.shape == (1152, 288)
    assert weight.dtype == np.uint8
    stored = (weight.astype(np.float32) - zero) * scale
    assert np.array_equal(numbers(product), stored)


def test_what_has_no_bytes_is_floats(decoder: Weights) -> None:
    assert decoder.numbers("norm.weight").shape == (288,)
    assert decoder.numbers("layers.0.mlp.fc1.bias").dtype == np.float32
    assert "layers.5.input_layernorm.weight" in decoder
    assert "layers.6.input_layernorm.weight" not in decoder
    with pytest.raises(KeyError):
        decoder.numbers("layers.6.input_layernorm.weight")
    with pytest.raises(KeyError):
        decoder.product("layers.6/mlp/fc1")


def test_the_processor_is_tried() -> None:
    assert module.signed_products() in (True, False)
    assert module.signed_products() is module.signed_products()
