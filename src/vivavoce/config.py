"""Every setting, and where each may come from.

A setting is taken from the first that has it: a flag, `VIVAVOCE_<NAME>` in the environment,
the same in `.env`, `vivavoce.toml` in the current folder, `vivavoce.toml` in the user's
configuration folder, the default. Among variables an own name beats an alias, and an empty one
counts as not set, because compose files pass those on.
"""

import math
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from dotenv import dotenv_values
from platformdirs import user_config_path, user_data_path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from vivavoce import plugins
from vivavoce.core.errors import EngineError, SettingError
from vivavoce.core.types import SAMPLE_RATE

PREFIX = "VIVAVOCE_"

ALIASES = {
    "HOST": "host",
    "PORT": "port",
    "LOG_LEVEL": "log_level",
    "AUDIO_STORAGE_DIR": "data_dir",
    "TRANSCRIBE_LANGUAGE_CODE": "language",
    "TRANSCRIPTION_MODEL_ID": "transformers_model",
    "AZURE_SPEECH_KEY": "azure_speech_key",
    "AZURE_SERVICE_REGION": "azure_region",
    "SPEECH_ENDPOINT": "azure_endpoint",
    "AWS_REGION": "aws_region",
    "OPENAI_API_KEY": "openai_api_key",
    "OPENAI_BASE_URL": "openai_base_url",
    "GMAIL_ADDRESS": "smtp_user",
    "GMAIL_PASSWORD": "smtp_password",
    "AZURE_OPENAI_ENDPOINT": "llm_base_url",
    "AZURE_OPENAI_ENDPOINT_4O": "llm_base_url",
    "AZURE_OPENAI_API_KEY": "llm_api_key",
    "AZURE_OPENAI_KEY_4O": "llm_api_key",
    "AZURE_OPENAI_DEPLOYMENT": "llm_model",
    "AZURE_OPENAI_DEPLOYMENT_NAME": "llm_model",
    "AZURE_OPENAI_API_VERSION": "llm_api_version",
    "OPENAI_API_VERSION": "llm_api_version",
}
"""Variables of the programs that Vivavoce replaces, so that their deployments keep working."""

SHORT = {"engine": "engines"}
"""Other names of our own, for a setting that is mostly given one value."""

# Absolute, because a worker process may be started in another folder.
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
File = Folder
Lower = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)


def _folder_or_name(value: str) -> str:
    """A folder that is here is absolute too; anything else is left as it is."""
    folder = Path(value).expanduser()
    return str(folder.absolute()) if folder.is_dir() else value


def _names(value: object) -> object:
    """A comma list, as variables and flags have it, as its parts."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Names = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1), BeforeValidator(_names)
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
    try:
        parts = urlsplit(value)
        if parts.scheme in ("http", "https") and parts.hostname:
            return value
    except ValueError:  # a bracket that is not closed
        pass
    raise PydanticCustomError("web", "it is to begin with http:// or https:// and a host")


def _networks(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        try:
            ip_network(name)
        except ValueError:
            sentence = f"{name!r} is no network, as 192.168.1.0/24 is, and no address"
            raise PydanticCustomError("networks", "{sentence}", {"sentence": sentence}) from None
    return names


class Settings(BaseModel):
    """What a process runs with; build it with `load_settings`. It never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="address to serve on")
    port: int = Field(8000, ge=0, le=65535, description="port to serve on; 0: any free one")
    data_dir: Folder = Field(
        default_factory=lambda: user_data_path("vivavoce", appauthor=False),
        description="folder of the recordings",
    )
    workers: int = Field(1, ge=1, le=64, description="server processes")
    log_level: Annotated[Literal["debug", "info", "warning", "error", "critical"], Lower] = Field(
        "info", description="least important line that is logged"
    )
    engines: Names = Field(
        ("moonshine",), description="engine, where none is asked for, and who takes over from it"
    )
    engine_deadline_s: float = Field(
        20, gt=0, le=600, description="seconds an engine has for one answer"
    )
    whisper_model: str = Field(
        "small", min_length=1, description="model of the engine whisper: its name, or a folder"
    )
    whisper_device: Annotated[Literal["auto", "cpu", "cuda"], Lower] = Field(
        "auto", description="what whisper computes on; auto: a graphics card where there is one"
    )
    language: str | None = Field(None, description="BCP-47 tag; none: the engine's own")
    finals: Annotated[Literal["auto", "tiny", "base"], Lower] = Field(
        "auto", description="model of the finals; auto: base where it is here and there is room"
    )
    diarizer: str = Field(
        "community-1", min_length=1, description="what tells speakers apart; none: nothing does"
    )
    endpoint_ms: int = Field(
        500, ge=100, le=10_000, description="milliseconds of silence that end an utterance"
    )
    max_utterance_ms: int = Field(
        20_000, ge=1000, le=30_000, description="milliseconds after which an utterance is cut"
    )
    interim_ms: int = Field(500, ge=100, le=10_000, description="milliseconds between interims")
    grace_s: float = Field(
        120, ge=0, le=86_400, description="seconds a lost client has to come back"
    )
    hosts: int | None = Field(
        None, ge=1, le=256, description="engine processes; none: one per core"
    )
    max_sessions: int | None = Field(
        None, ge=1, description="live sessions at once; none: what the cores can serve"
    )
    bin_days: int = Field(
        30, ge=0, le=36_500, description="days that what is deleted stays in the bin; 0: none"
    )
    commit_ms: int = Field(
        100, ge=0, le=1000, description="milliseconds of audio that one fsync gathers"
    )
    drain_s: float = Field(
        10, ge=0, le=3600, description="seconds that running sessions get when the server stops"
    )
    max_upload_mb: int = Field(4096, ge=1, description="largest upload in MiB")
    origins: Names | None = Field(
        None, description="origins of other sites' pages that may use Socket.IO or dictate; *: any"
    )
    azure_speech_key: SecretStr | None = Field(None, description="key of Azure Speech")
    azure_region: str | None = Field(None, description="region of Azure Speech, say westeurope")
    azure_endpoint: str | None = Field(
        None, description="address of Azure Speech, or of what speaks its protocol, for a region's"
    )
    aws_region: str | None = Field(None, description="region of Amazon Transcribe")
    aws_endpoint: str | None = Field(
        None, description="address of what speaks Amazon Transcribe's protocol, for a region's"
    )
    aws_vocabulary: str | None = Field(
        None, description="name of a custom vocabulary of Amazon Transcribe"
    )
    openai_api_key: SecretStr | None = Field(None, description="key of OpenAI")
    openai_base_url: str | None = Field(
        None, description="address of a server that is compatible with OpenAI's, for its own"
    )
    openai_model: str = Field("gpt-4o-transcribe", description="model of the OpenAI engines")
    wyoming_service: str = Field(
        "tcp://localhost:10300", description="address of the Wyoming engine's service"
    )
    tls_port: int | None = Field(
        None, ge=0, le=65535, description="port for TLS, beside the other; none: there is none"
    )
    tls_cert: File | None = Field(
        None, description="certificate for TLS, with its chain, in PEM; none: one is made"
    )
    tls_key: File | None = Field(None, description="its key in PEM; none: it is in the same file")
    vosk_model: Annotated[str, AfterValidator(_folder_or_name)] | None = Field(
        None, description="folder of the Vosk engine's model, or the name of one that was pulled"
    )
    transformers_model: str = Field(
        "openai/whisper-large-v3-turbo",
        description="name or folder of the transformers engine's model",
    )
    transformers_device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$"), Lower] = (
        Field("auto", description="where the transformers engine computes: auto, cpu, cuda, mps")
    )
    wyoming_port: int | None = Field(
        None, ge=0, le=65535, description="port of the Wyoming service; none: there is none"
    )
    wyoming_keep: bool = Field(False, description="keep what Wyoming clients say as recordings")
    wyoming_announce: bool = Field(
        False, description="let Home Assistant find the Wyoming service by itself (mDNS)"
    )

    llm_base_url: Annotated[str, AfterValidator(_web)] | None = Field(
        None, description="address of a language model that speaks as OpenAI's do; none: OpenAI"
    )
    llm_api_key: SecretStr | None = Field(None, description="key of the language model")
    llm_model: str | None = Field(
        None, min_length=1, description="name of the language model, or its deployment in Azure"
    )
    llm_api_version: str | None = Field(
        None, description="version of Azure OpenAI's dated interface, where that is meant"
    )
    llm_timeout_s: float = Field(
        120, gt=0, le=3600, description="seconds that the language model may be silent"
    )
    llm_part_chars: int = Field(
        12_000,
        ge=2000,
        le=2_000_000,
        description="characters of a transcript that the language model is sent at once",
    )
    smtp_host: str | None = Field(
        None, min_length=1, description="mail server that sends e-mail; none: none is sent"
    )
    smtp_port: int | None = Field(
        None, ge=1, le=65535, description="its port; none: the usual one for smtp_security"
    )
    smtp_security: Annotated[Literal["starttls", "tls", "none"], Lower] = Field(
        "starttls", description="how the line to it is kept from others: starttls, tls, none"
    )
    smtp_user: str | None = Field(None, description="name to log in with there; none: no login")
    smtp_password: SecretStr | None = Field(None, description="password to log in with there")
    smtp_from: Annotated[str, AfterValidator(_mailbox)] | None = Field(
        None, description="whom e-mail is from; none: smtp_user, where that is an address"
    )
    webhook_networks: Annotated[Names, AfterValidator(_networks)] | None = Field(
        None, description="networks that are not public and may be told by webhooks too"
    )

    prices: Prices | None = Field(
        None, description="what an hour of audio sent to an engine costs: azure=1.00,aws=1.44"
    )

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def engine(self) -> str:
        """The preferred one."""
        return self.engines[0]

    @property
    def smtp_sender(self) -> Address | None:
        """Whom e-mail is from; None where nobody is named."""
        return mailbox(self.smtp_from or self.smtp_user or "")

    @property
    def host_threads(self) -> int:
        """Of each host process, where its engine uses several: its share of the cores."""
        cores = os.cpu_count() or 1
        hosts = self.hosts or max(1, cores // self.workers)
        return max(1, cores // (hosts * self.workers))

    def cost(self, engine: str, samples: int) -> float | None:
        """What so much audio costs there now; None where no price is set."""
        price = (self.prices or {}).get(engine)
        return None if price is None else price * samples / (3600 * SAMPLE_RATE)


@dataclass(frozen=True, slots=True)
class Found:
    """A value for a setting, and in words where it was found."""

    name: str
    value: Any
    origin: str


def load_settings(**flags: Any) -> Settings:
    """The settings of this process. A flag that is None was not given.

    Raises:
        SettingError: an unknown name or an impossible value, in one sentence.
    """
    found: dict[str, Found] = {}
    for setting in _layers(flags):
        found.setdefault(setting.name, setting)
    try:
        settings = Settings(**{name: setting.value for name, setting in found.items()})
    except ValidationError as error:
        raise _impossible(error, found) from None
    settings._origins.update({name: setting.origin for name, setting in found.items()})
    return settings


def explain(settings: Settings) -> list[tuple[str, str, str]]:
    """Each setting's name, its value as text (a secret masked), and where it came from."""
    return [
        (name, _as_text(getattr(settings, name)), settings._origins.get(name, "default"))
        for name in Settings.model_fields
    ]


def environment(settings: Settings) -> dict[str, str]:
    """The variables that give another process, say a worker, these same settings."""
    return {
        PREFIX + name.upper(): _as_text(_bare(getattr(settings, name)))
        for name in Settings.model_fields
        if getattr(settings, name) is not None
    }


def _layers(flags: Mapping[str, Any]) -> Iterator[Found]:
    """Every value there is, the strongest first."""
    for name, value in flags.items():
        if value is not None:
            known = _known(name, f"the flag {name}")
            yield Found(known, value, f"--{name.replace('_', '-')}")
    yield from _variables(os.environ, "the environment")
    env_file = Path(".env")
    if env_file.is_file():
        yield from _variables(_dotenv(env_file), str(env_file))
    for folder in (Path(), user_config_path("vivavoce", appauthor=False)):
        yield from _toml(folder / "vivavoce.toml")


def _variables(values: Mapping[str, str | None], where: str) -> Iterator[Found]:
    """Own names, then aliases. Names that are neither belong to other programs."""
    given = {name.upper(): value for name, value in values.items() if value}
    for variable, value in _short_last(given, PREFIX):
        if variable.startswith(PREFIX):
            name = _known(variable.removeprefix(PREFIX).lower(), f"{variable} in {where}", PREFIX)
            yield Found(name, value, f"{variable} in {where}")
    for variable, name in ALIASES.items():
        if variable in given:
            yield Found(name, given[variable], f"{variable} in {where}")


def _dotenv(path: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(path)
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} cannot be read: {error}.") from None


def _toml(path: Path) -> Iterator[Found]:
    if not path.is_file():
        return
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} cannot be read: {error}.") from None
    for name, value in _short_last(values):
        yield Found(_known(name, f"{name} in {path}"), value, str(path))


def _short_last(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Where both names of a setting are given, the full one counts."""
    return sorted(values.items(), key=lambda item: item[0].removeprefix(prefix).lower() in SHORT)


def _known(name: str, described: str, prefix: str = "") -> str:
    """The setting of this name; else an error with the nearest that is."""
    name = SHORT.get(name, name)
    if name in Settings.model_fields:
        return name
    near = get_close_matches(name, Settings.model_fields, n=1, cutoff=0.0)[0]
    nearest = f"{prefix}{near.upper()}" if prefix else near
    raise SettingError(f"{described} is not a setting; the nearest one is {nearest}.")


def _impossible(error: ValidationError, found: Mapping[str, Found]) -> SettingError:
    """The first complaint of a validation, in our words."""
    first = error.errors()[0]
    setting = found[str(first["loc"][0])]
    reason = first["msg"][0].lower() + first["msg"][1:]
    secret = SecretStr in get_args(Settings.model_fields[setting.name].annotation)
    value = "what it is" if secret else repr(setting.value)
    return SettingError(f"{setting.name} cannot be {value} ({setting.origin}): {reason}.")


def _bare(value: object) -> object:
    """A secret as it is: for our own processes, and never to be shown."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, dict):
        return ",".join(f"{key}={part}" for key, part in value.items())
    return "" if value is None else str(value)
