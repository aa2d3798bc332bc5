"""The kinds of values that settings have."""

import math
import re
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from vivavoce import plugins
from vivavoce.core.errors import EngineError

# Absolute, because a worker process may be started in another folder.
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
File = Folder
Lower = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)


def _folder_or_name(value: str) -> str:
    """A folder that is here is absolute too; anything else is left as it is."""
    folder = Path(value).expanduser()
    return str(folder.absolute()) if folder.is_dir() else value


def names(value: object) -> object:
    """A comma list, as variables and flags have it, as its parts."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Names = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1), BeforeValidator(names)
]


def _prices(value: object) -> object:
    """`azure=1.00,aws=1.44`, or a table in TOML, as engines and numbers."""
    if isinstance(value, str):
        parts = [part.partition("=") for part in value.split(",")]
        value = {engine.strip(): price.strip() for engine, _, price in parts}
    if not isinstance(value, Mapping):
        raise _wrong("prices are given as engine=price, with commas between them")
    for engine in value:
        try:
            plugins.check(engine)
        except EngineError as error:
            raise _wrong(error.message.removesuffix(".")) from None
    return {engine: _price(engine, price) for engine, price in value.items()}


def _price(engine: str, price: object) -> float:
    try:
        number = float(str(price))
    except ValueError:
        number = -1
    if not 0 <= number < math.inf:
        raise _wrong(f"the price of {engine} is {price!r}, and has to be a number, 0 or more")
    return number


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("prices", "{sentence}", {"sentence": sentence})


Prices = Annotated[dict[str, float], BeforeValidator(_prices)]


def _mailbox(value: str) -> str:
    """`ada@example.org`, or `Ada <ada@example.org>`."""
    if mailbox(value) is None:
        raise PydanticCustomError("mailbox", "it is to be an e-mail address")
    return value


def mailbox(text: str) -> Address | None:
    """Whom an e-mail is from; None: this names nobody."""
    name, address = parseaddr(text)
    try:
        found = Address(name, addr_spec=address)
    except (ValueError, IndexError, HeaderParseError):
        return None
    return found if found.username and found.domain and found.addr_spec.isascii() else None


def _web(value: str) -> str:
    """`http://localhost:11434/v1`."""
    if not _is_address(value, "http", "https"):
        raise PydanticCustomError("web", "it is to begin with http:// or https:// and a host")
    return value


def _endpoint(value: str) -> str:
    """The same, or `wss://westeurope.stt.speech.microsoft.com`."""
    if not _is_address(value, "http", "https", "ws", "wss"):
        sentence = "it is to begin with http://, https://, ws:// or wss:// and a host"
        raise PydanticCustomError("endpoint", sentence)
    return value


def _is_address(value: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port  # a number, if anything
    except ValueError:  # that, or a bracket that is not closed
        return False
    plain = value.isprintable() and " " not in value
    return parts.scheme in schemes and bool(parts.hostname) and plain


def _networks(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        try:
            ip_network(name)
        except ValueError:
            sentence = f"{name!r} is no network, as 192.168.1.0/24 is, and no address"
            raise PydanticCustomError("networks", "{sentence}", {"sentence": sentence}) from None
    return names


def _proxies(names: tuple[str, ...]) -> tuple[str, ...]:
    _networks(tuple(name for name in names if name != "*"))
    return names


def _hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    """`voice.example.org`, `*.example.org`, `*`."""
    for name in names:
        if not _HOST.fullmatch(name):
            sentence = f"{name!r} is no name of a server, as voice.example.org is"
            raise PydanticCustomError("hosts", "{sentence}", {"sentence": sentence})
    return names


_HOST = re.compile(r"\*|(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")

FolderOrName = Annotated[str, AfterValidator(_folder_or_name)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Web = Annotated[str, AfterValidator(_web)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
Networks = Annotated[Names, AfterValidator(_networks)]
Proxies = Annotated[Names, AfterValidator(_proxies)]
Hosts = Annotated[Names, AfterValidator(_hosts)]
