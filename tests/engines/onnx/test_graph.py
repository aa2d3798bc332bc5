"""Graphs described in Python compute what they say."""

from typing import Any

import numpy as np
import pytest

from vivavoce.engines.onnx.graph import Array, Graph


def run(graph: Graph, **given: Array) -> Any:
    return graph.session().run(None, given)


def test_values_operators_and_weights_become_a_graph() -> None:
    graph = Graph()
    x = graph.input("x", "float32", "rows", 3)
    y = graph.node("MatMul", x, graph.weight(np.arange(6, dtype=np.float32).reshape(3, 2)))
    graph.node("Transpose", y, name="made", perm=[1, 0])
    graph.output("made", "float32", 2, "rows")
    for rows in (1, 200):
        given = np.random.default_rng(rows).normal(0, 1, (rows, 3)).astype(np.float32)
        (made,) = run(graph, x=given)
        np.testing.assert_allclose(made, (given @ [[0, 1], [2, 3], [4, 5]]).T, atol=1e-5)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_whole_numbers_may_be_negative_and_large(axis: int) -> None:
    graph = Graph()
    x = graph.input("x", "int64", 2, 2)
    sizes = graph.integers(-(2**40), 300)
    graph.node("Concat", x, graph.node("Reshape", sizes, graph.integers(2, 1)), name="y", axis=1)
    graph.node("CumSum", "y", graph.node("Squeeze", graph.integers(axis)), name="made")
    graph.output("made", "int64", 2, 3)
    (made,) = run(graph, x=np.array([[1, 2], [3, 4]]))
    assert made.tolist() == np.cumsum([[1, 2, -(2**40)], [3, 4, 300]], axis=axis).tolist()


def test_an_operator_may_make_several_values() -> None:
    graph = Graph()
    x = graph.input("x", "float32", 4)
    graph.nodes("Split", [x, graph.integers(1, 3)], ["one", "three"], axis=0)
    graph.output("three", "float32", 3)
    graph.output("one", "float32", 1)
    three, one = run(graph, x=np.arange(4, dtype=np.float32))
    assert (three.tolist(), one.tolist()) == ([1, 2, 3], [0])


def test_operators_of_onnxruntime_and_fractions_are_known() -> None:
    graph = Graph()
    graph.own("QuickGelu", graph.input("x", "float32", 3), name="made", alpha=0.5)
    graph.output("made", "float32", 3)
    given = np.array([-2, 0, 3], np.float32)
    (made,) = run(graph, x=given)
    np.testing.assert_allclose(made, given / (1 + np.exp(-0.5 * given)), rtol=1e-5)


@pytest.mark.parametrize("shape", [(), (1,), (600, 5)])
def test_weights_of_any_shape_are_copied(shape: tuple[int, ...]) -> None:
    """Whoever made them may let go of them, or change them."""
    weight = np.ones(shape, np.float32)
    graph = Graph()
    graph.node("Add", graph.input("x", "float32"), graph.weight(weight), name="made")
    graph.output("made", "float32", *shape)
    session = graph.session()
    weight[...] = 5
    (made,) = session.run(None, {"x": np.ones((), np.float32)})
    assert made.shape == shape
    assert np.all(made == 2)
