"""Where a Vosk model's files are, by its name or folder, and how they get there.

Names are the vendor's, with or without `vosk-model-` before them; the folder is the one that
Vosk's own client downloads into. The vendor's list of models has the size and the MD5 of each.
"""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

import httpx2

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Report
from vivavoce.engines.downloads import CHUNK, digest, in_words, nearest

HOST: Final = "alphacephei.com"
MODELS: Final = f"https://{HOST}/vosk/models"
PREFIX: Final = "vosk-model-"
TIMEOUT: Final = 30.0  # seconds without a byte


def local(model: str) -> Path | None:
    """The folder of a model that is here; None where it is not."""
    given = Path(model).expanduser()
    known = _folder() / _full(given.name)
    return next((each.absolute() for each in (given, known) if is_model(each)), None)


def is_model(folder: Path) -> bool:
    return any((folder / inside / "final.mdl").is_file() for inside in ("am", "."))


def fetch(model: str, report: Report) -> Path:
    """`Particular.fetch`."""
    folder = _folder()
    name = _full(model)
    if is_model(folder / name):
        return folder / name
    instead = (
        f"download {MODELS}/{name}.zip on a machine that can, unpack it here and name its folder "
        "in VIVAVOCE_VOSK_MODEL"
    )
    with (
        in_words(HOST, instead),
        httpx2.Client(timeout=TIMEOUT, follow_redirects=True) as http,
    ):
        said = _listed(http, name)
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{name}.zip.part"
        _download(http, f"{MODELS}/{name}.zip", part, said["size"], report)
        found = digest(part, "md5")
        if found != said["md5"]:
            part.unlink()
            raise EngineError(
                f"{name}.zip came damaged: its MD5 is {found} and should be {said['md5']}. It is "
                "deleted; the same command fetches it again."
            )
        _unpack(part, folder / name)
        part.unlink()
    return folder / name


def _folder() -> Path:
    return Path.home() / ".cache" / "vosk"


def _full(model: str) -> str:
    return model if model.startswith(PREFIX) else PREFIX + model


def _listed(http: httpx2.Client, name: str) -> Mapping[str, Any]:
    """What the vendor says of a model: `size` in bytes and `md5`, of its archive."""
    answer = http.get(f"{MODELS}/model-list.json")
    answer.raise_for_status()
    try:
        models = {each["name"]: each for each in answer.json()}
        said: Mapping[str, Any] | None = models.get(name)
        if said is not None and re.fullmatch(r"[0-9a-f]{32}", said["md5"]) and said["size"] > 0:
            return said
    except (ValueError, TypeError, KeyError):
        said = {}
    if said is not None:
        raise EngineError(f"The list of models of {HOST} cannot be understood.")
    raise EngineError(f"{HOST} has no model {name}{nearest(name, models)}.")


def _download(http: httpx2.Client, url: str, part: Path, size: int, report: Report) -> None:
    """Goes on where an earlier one was cut off."""
    have = part.stat().st_size if part.exists() else 0
    if have < size:
        with http.stream("GET", url, headers={"Range": f"bytes={have}-"}) as answer:
            answer.raise_for_status()
            have = have if answer.status_code == httpx2.codes.PARTIAL_CONTENT else 0
            with part.open("r+b" if have else "wb") as file:
                file.seek(have)
                for chunk in answer.iter_bytes(CHUNK):
                    file.write(chunk)
                    have += len(chunk)
                    report(have, size)
    if have < size:
        raise EngineError(f"{HOST} broke off; the same command fetches the rest.")


def _unpack(archive: Path, folder: Path) -> None:
    """To where half of it is not taken for a model, and then to its place."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unpacking-") as scratch:
        try:
            with ZipFile(archive) as file:
                file.extractall(scratch)
        except (BadZipFile, NotImplementedError) as error:
            raise EngineError(f"{archive.name} is no archive of a model: {error}.") from error
        unpacked = Path(scratch) / folder.name
        if not is_model(unpacked):
            raise EngineError(f"There is no model {folder.name} in {archive.name}.")
        unpacked.rename(folder)
