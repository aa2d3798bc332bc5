"""Models come through a company's proxy, whole or not at all."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from tests.engines.internet import HUB, VOSK, Internet
from vivavoce.core.errors import EngineError
from vivavoce.engines import hub
from vivavoce.engines.transformers import Transformers, local
from vivavoce.engines.vosk import files as vosk_files
from vivavoce.engines.whisper import files as whisper_files

WHISPER = "Systran/faster-whisper-small"
WEIGHTS = bytes(range(256)) * 4096
FILES = {
    "model.bin": WEIGHTS,
    "config.json": b"{}",
    "tokenizer.json": b"{}",
    "vocabulary.txt": b"a\n",
    "README.md": b"not needed",
}
NAME = "vosk-model-small-en-us-0.15"
OTHER = "vosk-model-small-de-0.15"


@pytest.fixture
def internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """With a way out that only the proxy knows, and an empty home."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    with Internet(tmp_path) as internet:
        for name, value in internet.env.items():
            monkeypatch.setenv(name, value)
            monkeypatch.delenv(name.lower(), raising=False)
        huggingface_hub.close_session()
        yield internet
    huggingface_hub.close_session()


class Heard:
    """What is reported."""

    def __init__(self) -> None:
        self.said: list[tuple[int, int]] = []

    def __call__(self, here: int, size: int) -> None:
        assert 0 <= here <= size
        self.said.append((here, size))


def archive(name: str, *, model: bool = True) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        out.writestr(f"{name}/am/final.mdl" if model else f"{name}/README", WEIGHTS)
    return file.getvalue()


def test_a_model_of_the_hub_comes_through_the_proxy(internet: Internet) -> None:
    internet.put_on_hub(WHISPER, FILES, "model.bin")
    heard = Heard()
    folder = whisper_files.fetch("small", heard)
    assert whisper_files.local("small") == folder
    assert {file.name for file in folder.iterdir()} == set(FILES) - {"README.md"}
    assert (folder / "model.bin").read_bytes() == WEIGHTS
    size = sum(len(body) for name, body in FILES.items() if name != "README.md")
    assert heard.said[-1] == (size, size)
    assert heard.said == sorted(heard.said)
    assert whisper_files.fetch("small", Heard()) == folder


def test_half_a_model_of_the_hub_is_none_and_is_gone_on_with(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    internet.put_on_hub(WHISPER, FILES, "model.bin")
    (place,) = (place for place in internet.files if place.endswith("/model.bin"))
    del internet.files[place]
    with pytest.raises(EngineError, match=rf"^{HUB} "):
        whisper_files.fetch(WHISPER, Heard())
    assert whisper_files.local(WHISPER) is None

    internet.files[place] = WEIGHTS

    def stop(here: int, size: int) -> None:
        if here > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        whisper_files.fetch(WHISPER, stop)
    assert whisper_files.local(WHISPER) is None
    assert internet.ranges == []

    internet.cut[place] = 300_000
    folder = whisper_files.fetch(WHISPER, Heard())
    assert internet.ranges == ["bytes=300000-"]
    assert whisper_files.local(WHISPER) == folder
    assert (folder / "model.bin").read_bytes() == WEIGHTS


def test_a_damaged_file_of_the_hub_is_deleted(internet: Internet) -> None:
    internet.put_on_hub(WHISPER, FILES, "model.bin")
    (place,) = (place for place in internet.files if place.endswith("/model.bin"))
    internet.files[place] = WEIGHTS[:-1] + b"?"
    with pytest.raises(EngineError, match=r"^model\.bin came damaged: its checksum is \w{64} and"):
        whisper_files.fetch("small", Heard())
    assert whisper_files.local("small") is None

    internet.files[place] = WEIGHTS
    assert (whisper_files.fetch("small", Heard()) / "model.bin").read_bytes() == WEIGHTS


def test_a_name_that_the_hub_does_not_know(internet: Internet) -> None:
    near = r"has no model Systran/faster-wisper-small, .*; the nearest is Systran/faster-whisper-"
    with pytest.raises(EngineError, match=near):
        whisper_files.fetch("Systran/faster-wisper-small", Heard())
    with pytest.raises(EngineError, match=r"^There is no Whisper model 'smal'"):
        whisper_files.fetch("smal", Heard())


def test_a_model_in_another_format(internet: Internet) -> None:
    internet.put_on_hub("openai/whisper-small", {"model.safetensors": b"x", "config.json": b"{}"})
    with pytest.raises(EngineError, match=r"has no model\.bin\); the engine transformers reads"):
        whisper_files.fetch("openai/whisper-small", Heard())
    internet.put_on_hub(WHISPER, FILES, "model.bin")
    with pytest.raises(EngineError, match="no model that Transformers can load"):
        Transformers.fetch(WHISPER, Heard())


def test_of_transformers_one_format_is_taken(internet: Internet) -> None:
    files = {
        "config.json": b"{}",
        "vocab.json": b"{}",
        "merges.txt": b"",
        "model.safetensors": b"weights",
        "model.fp32-00001-of-00002.safetensors": b"again",
        "pytorch_model.bin": b"and again",
        "flax_model.msgpack": b"and again",
        "onnx/model.onnx": b"and again",
    }
    internet.put_on_hub("openai/whisper-tiny", files, "model.safetensors")
    folder = Transformers.fetch("openai/whisper-tiny", Heard())
    wanted = {"config.json", "vocab.json", "merges.txt", "model.safetensors"}
    assert {file.name for file in folder.iterdir()} == wanted
    assert local("openai/whisper-tiny") == folder


def test_no_way_out_is_said(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    internet.refuses = True
    with pytest.raises(EngineError, match=rf"^The proxy does not let us through to {HUB} \("):
        whisper_files.fetch("small", Heard())
    with pytest.raises(EngineError, match=rf"^The proxy does not let us through to {VOSK} \("):
        vosk_files.fetch(NAME, Heard())

    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    huggingface_hub.close_session()
    said = rf"^{HUB} cannot be reached from here .*, copy the folder here and name it in VIVAVOCE_W"
    with pytest.raises(EngineError, match=said):
        whisper_files.fetch("small", Heard())
    with pytest.raises(EngineError, match=rf"^{VOSK} cannot be reached .* in VIVAVOCE_VOSK_MODEL"):
        vosk_files.fetch(NAME, Heard())


def test_an_authority_that_nobody_trusts_is_said(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    huggingface_hub.close_session()
    with pytest.raises(EngineError, match=rf"^The certificate of {HUB} is not trusted here: .*SSL"):
        whisper_files.fetch("small", Heard())
    with pytest.raises(EngineError, match=rf"^The certificate of {VOSK} is not trusted here: "):
        vosk_files.fetch(NAME, Heard())


@pytest.mark.parametrize("name", [NAME, "small-en-us-0.15"])
def test_a_model_of_vosk_comes_through_the_proxy(internet: Internet, name: str) -> None:
    internet.put_on_vosk({NAME: archive(NAME)})
    heard = Heard()
    folder = vosk_files.fetch(name, heard)
    assert folder == vosk_files.local(name)
    assert (folder / "am" / "final.mdl").read_bytes() == WEIGHTS
    assert [file.name for file in folder.parent.iterdir()] == [NAME]
    assert heard.said[-1][0] == heard.said[-1][1]
    internet.files.clear()
    assert vosk_files.fetch(name, heard) == folder  # nobody is asked for what is here


def test_half_a_model_of_vosk_is_none_and_is_gone_on_with(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vosk_files, "CHUNK", 1000)
    whole = archive(NAME)
    internet.put_on_vosk({NAME: whole})
    internet.cut[f"{VOSK}/vosk/models/{NAME}.zip"] = 300_000
    with pytest.raises(EngineError, match=rf"^{VOSK} broke off .*fetches the rest\.$"):
        vosk_files.fetch(NAME, Heard())
    assert vosk_files.local(NAME) is None
    heard = Heard()
    folder = vosk_files.fetch(NAME, heard)
    assert internet.ranges[-1] != "bytes=0-"
    assert 0 < heard.said[0][0] <= len(whole)
    assert (folder / "am" / "final.mdl").read_bytes() == WEIGHTS


def test_a_damaged_model_of_vosk_is_deleted(internet: Internet) -> None:
    whole = archive(NAME)
    internet.put_on_vosk({NAME: whole})
    internet.files[f"{VOSK}/vosk/models/{NAME}.zip"] = whole[:-1] + b"?"
    with pytest.raises(EngineError, match=rf"^{NAME}\.zip came damaged: its MD5 is \w{{32}} and"):
        vosk_files.fetch(NAME, Heard())
    assert list((Path.home() / ".cache" / "vosk").iterdir()) == []


def test_an_archive_without_a_model(internet: Internet) -> None:
    internet.put_on_vosk({NAME: archive(NAME, model=False), OTHER: b"no archive"})
    with pytest.raises(EngineError, match=rf"^There is no model {NAME} in "):
        vosk_files.fetch(NAME, Heard())
    with pytest.raises(EngineError, match=rf"^{OTHER}\.zip\.part is no archive of a model: "):
        vosk_files.fetch(OTHER, Heard())
    assert vosk_files.local(NAME) is vosk_files.local(OTHER) is None


def test_a_name_that_vosk_does_not_know(internet: Internet) -> None:
    internet.put_on_vosk({NAME: archive(NAME)})
    with pytest.raises(
        EngineError, match=rf"has no model .*small-en-0.1; the nearest is {NAME}\.$"
    ):
        vosk_files.fetch("small-en-0.1", Heard())
    internet.files[f"{VOSK}/vosk/models/model-list.json"] = b"[3]"
    with pytest.raises(EngineError, match=rf"^The list of models of {VOSK} cannot be understood"):
        vosk_files.fetch(NAME, Heard())


def test_what_is_in_no_cache_is_not_here(internet: Internet) -> None:
    assert hub.cached("no name/of the/hub", "config.json") is None
    assert hub.cached(WHISPER, "model.bin") is None
