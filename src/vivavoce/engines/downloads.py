"""What goes wrong with a download, in words, and how a whole one is told from a damaged one.

Proxies are those that the environment names (HTTPS_PROXY, NO_PROXY); a certificate is believed
if this machine's own store vouches for it, or what SSL_CERT_FILE names in its place. Both are
httpx2's doing, which the Hugging Face hub's client stands on too.
"""

import hashlib
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import httpx2

from vivavoce.core.errors import EngineError

CHUNK = 1 << 20


@contextmanager
def in_words(host: str, instead: str) -> Iterator[None]:
    """Makes one sentence of what a client of `host` raises. `instead` is what to do on a
    machine that cannot reach it."""
    try:
        yield
    except EngineError:
        raise
    except OSError as error:  # hub errors are OSErrors too, and have the cause within
        raise EngineError(_reason(error, host, instead)) from error
    except (httpx2.HTTPError, ssl.SSLError) as error:
        raise EngineError(_reason(error, host, instead)) from error


def _reason(error: BaseException, host: str, instead: str) -> str:
    causes = list(_causes(error))
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        return (
            f"The certificate of {host} is not trusted here: if a company's proxy makes it, name "
            "the file of its certificate authority in SSL_CERT_FILE."
        )
    for each in causes:
        if isinstance(each, httpx2.ProxyError):
            return f"The proxy does not let us through to {host} ({each})."
        if isinstance(each, httpx2.ConnectError | httpx2.ConnectTimeout):
            return (
                f"{host} cannot be reached from here ({_short(each)}): name a proxy that leads out "
                f"in HTTPS_PROXY, or {instead}."
            )
        if isinstance(each, httpx2.TransportError):
            return f"{host} broke off ({_short(each)}); the same command fetches the rest."
    for each in causes:
        if (answer := getattr(each, "response", None)) is not None:
            return f"{host} answered with HTTP {answer.status_code}."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'A file'} cannot be used: {error.strerror}."
    return f"{host} cannot be used: {_short(error)}."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _short(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint to what may have been meant; empty where nothing is near."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; the nearest is {found[0]}" if found else ""


def digest(path: Path, algorithm: str, head: bytes = b"") -> str:
    """Of a file's bytes, after `head`, in hexadecimal digits. It finds damage, no forgery."""
    found = hashlib.new(algorithm, head, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def git_sha1(path: Path) -> str:
    """As git names a file."""
    return digest(path, "sha1", b"blob %d\0" % path.stat().st_size)
