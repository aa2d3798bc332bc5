"""Our graphs compute what the vendor's do."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from vivavoce.engines.base import Pcm
from vivavoce.engines.moonshine import weights as moonshine_weights
from vivavoce.engines.moonshine.engine import weights
from vivavoce.engines.moonshine.graph import Shape, listening, shape_of, spelling
from vivavoce.engines.moonshine.weights import Weights
from vivavoce.engines.onnx.graph import Array
from vivavoce.engines.onnx.ort_weights import Stored

IDS = [1, 512, 1641, 5734, 6703, 5400, 29889]  # "In being comparatively modern."
HEARD = [f"heard.{layer}.{each}" for layer in range(6) for each in ("key", "value")]


@pytest.fixture(scope="module")
def folder() -> Path:
    found = weights()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def parts(folder: Path) -> tuple[Weights, Weights, Shape]:
    encoder = Weights(Stored(folder / "encoder_model.ort"))
    decoder = Weights(Stored(folder / "decoder_model_merged.ort"))
    return encoder, decoder, shape_of(decoder)


@pytest.fixture(scope="module")
def vendor(folder: Path, clip: Pcm) -> dict[str, Array]:
    """Its logits for `IDS`, and the keys and values of what it heard, by our names."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    encoder, decoder = (
        onnxruntime.InferenceSession(str(folder / name), options)
        for name in ("encoder_model.ort", "decoder_model_merged.ort")
    )
    (hidden,) = encoder.run(
        None, {"input_values": clip[None], "attention_mask": np.ones((1, len(clip)), np.int64)}
    )
    feeds = {
        given.name: np.zeros((1, 8, 0, 36), np.float32)
        for given in decoder.get_inputs()
        if given.name.startswith("past")
    }
    feeds["encoder_hidden_states"] = hidden
    feeds["encoder_attention_mask"] = np.ones((1, 384 * hidden.shape[1]), np.int64)
    feeds["use_cache_branch"] = np.array([False])
    feeds["input_ids"] = np.array([IDS], np.int64)
    names = [output.name for output in decoder.get_outputs()]
    made = dict(zip(names, decoder.run(None, feeds), strict=True))
    return {
        "logits": made["logits"],
        **{
            f"heard.{layer}.{each}": made[f"present.{layer}.encoder.{each}"]
            for layer in range(6)
            for each in ("key", "value")
        },
    }


def alike(ours: Array, theirs: Array) -> bool:
    """But for the last digits, which rounding to bytes makes larger now and then."""
    assert ours.shape == theirs.shape
    return bool(np.abs(ours - theirs).mean() < 0.1 * theirs.std())


def spell(session: Any, heard: dict[str, Array], ids: list[int], past: list[Array]) -> Any:
    total = past[0].shape[2] + len(ids)
    feeds = {
        **{name: heard[name] for name in HEARD},
        **{name.replace("heard", "past"): each for name, each in zip(HEARD, past, strict=True)},
        "ids": np.array([ids], np.int64),
        "last": np.array([total - 1], np.int32),
        "total": np.array([total], np.int32),
    }
    outputs = ["logits", *(name.replace("heard", "present") for name in HEARD)]
    logits, *present = session.run(outputs, feeds)
    return logits[0], present


NOTHING = [np.zeros((1, 8, 0, 48), np.float32)] * len(HEARD)


def test_it_hears_what_the_vendor_does(
    parts: tuple[Weights, Weights, Shape], vendor: dict[str, Array], clip: Pcm
) -> None:
    heard = listening(*parts).session().run(HEARD, {"pcm": clip[None, None, None]})
    for name, each in zip(HEARD, heard, strict=True):
        assert alike(each, vendor[name]), name


@pytest.mark.parametrize("signed", [True, False])
def test_it_spells_what_the_vendor_does(
    parts: tuple[Weights, Weights, Shape],
    vendor: dict[str, Array],
    signed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if signed and not moonshine_weights.signed_products():
        pytest.skip("this processor does not multiply signed bytes")
    monkeypatch.setattr(moonshine_weights, "signed_products", lambda: signed)
    session = spelling(*parts[1:]).session()
    logits, _ = spell(session, vendor, IDS, NOTHING)
    assert alike(logits, vendor["logits"][0])
    assert logits.argmax(-1).tolist() == vendor["logits"][0].argmax(-1).tolist()


def test_many_tokens_at_once_come_to_what_they_do_one_by_one(
    parts: tuple[Weights, Weights, Shape], vendor: dict[str, Array]
) -> None:
    session = spelling(*parts[1:]).session()
    past, one_by_one = NOTHING, []
    for each in IDS:
        logits, past = spell(session, vendor, [each], past)
        one_by_one.append(logits[0])
    at_once, present = spell(session, vendor, IDS, NOTHING)
    assert alike(np.array(one_by_one), at_once)
    _, first = spell(session, vendor, IDS[:2], NOTHING)
    rest, last = spell(session, vendor, IDS[2:], first)
    assert alike(rest, at_once[2:])
    for ours, each, theirs in zip(past, last, present, strict=True):
        assert alike(ours, theirs)
        assert alike(each, theirs)
