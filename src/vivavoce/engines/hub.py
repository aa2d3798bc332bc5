"""Models of the Hugging Face hub, by its own client into its own cache.

A model counts as here once the cache's `refs/main` names its version, and that is written when
all of its files are whole: what was cut off in the middle is found by nobody. The next time
the files that are whole are not fetched again; within a file, the hub's client goes on after a
line that broke, and not after a program that was stopped.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from vivavoce.core.errors import EngineError
from vivavoce.engines.base import Report
from vivavoce.engines.downloads import digest, git_sha1, in_words, nearest

Choose = Callable[[Sequence[str]], Iterable[str]]
"""Which of a model's files are needed. Raises `EngineError` where it is no model of the kind."""


def cached(repository: str, file: str) -> Path | None:
    """The folder of a model that is here, by one of its files; None where it is not.

    Read in the cache itself: this is asked often, and the hub's client is long in importing.
    """
    try:
        from huggingface_hub import constants
    except ImportError:  # it comes with the packages of the engines that need it
        return None
    place = Path(constants.HF_HUB_CACHE, "--".join(("models", *repository.split("/"))))
    try:
        folder = place / "snapshots" / (place / "refs" / "main").read_text(encoding="ascii")
        return folder if (folder / file).is_file() else None
    except (OSError, ValueError):  # also no name that a folder could have
        return None


def fetch(
    repository: str, choose: Choose, report: Report, *, setting: str, known: Iterable[str] = ()
) -> Path:
    """Download a model, `owner/name`. `setting` is what takes a folder instead, and `known` what
    may have been meant by a name that is none. Raises `EngineError`."""
    from huggingface_hub import HfApi, constants, hf_hub_download
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError
    from tqdm import tqdm

    # The other way has a network client of its own, which proxies and certificates would have
    # to be tested with too.
    constants.HF_HUB_DISABLE_XET = True
    place = constants.ENDPOINT.partition("://")[2]
    instead = (
        f"download {constants.ENDPOINT}/{repository} on a machine that can, copy the folder "
        f"here and name it in {setting}"
    )
    with in_words(place, instead):
        try:
            info = HfApi().model_info(repository, files_metadata=True, timeout=30)
        except GatedRepoError:
            raise EngineError(
                f"{repository} wants its terms to be accepted on {place}, and then a token in "
                "HF_TOKEN."
            ) from None
        except (RepositoryNotFoundError, HFValidationError):
            raise EngineError(
                f"{place} has no model {repository}, or none that is public"
                f"{nearest(repository, known)}."
            ) from None
        files = {file.rfilename: file for file in info.siblings or ()}
        wanted = sorted(choose(list(files)), key=lambda name: files[name].size or 0)
        total = sum(files[name].size or 0 for name in wanted)
        done = 0
        folder = Path()
        for name in wanted:
            bar = _counting(tqdm, done, total, report)
            path = Path(
                hf_hub_download(repository, name, revision=info.sha, tqdm_class=bar, token=None)
            )
            _check(path, files[name])
            done += files[name].size or 0
            report(done, total)
            folder = path.parents[name.count("/")]
        ref = folder.parents[1] / "refs" / "main"
        ref.parent.mkdir(exist_ok=True)
        new = ref.with_name("main.new")
        new.write_text(str(info.sha))
        new.replace(ref)
    return folder


def _check(path: Path, said: Any) -> None:
    """Raises `EngineError` for a file that is not what the hub says, and deletes it."""
    right = said.lfs.sha256 if said.lfs else said.blob_id
    found = digest(path, "sha256") if said.lfs else git_sha1(path)
    if right not in (None, found):
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise EngineError(
            f"{said.rfilename} came damaged: its checksum is {found} and should be {right}. It is "
            "deleted; the same command fetches it again."
        )


def _counting(tqdm: Any, before: int, total: int, report: Report) -> Any:
    """What the hub's client takes for a progress bar of one file."""

    class Counting(tqdm):  # type: ignore[misc]
        def __init__(self, *_args: Any, initial: int = 0, **_named: Any) -> None:
            super().__init__(disable=True)
            self._count = initial
            report(before + initial, total)

        def update(self, n: float | None = 1) -> None:
            self._count += int(n or 0)
            report(before + self._count, total)

    return Counting
