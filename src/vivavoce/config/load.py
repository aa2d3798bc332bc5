"""Where each setting may come from.

A setting is taken from the first that has it: a flag, `VIVAVOCE_<NAME>` in the environment,
the same in `.env`, `vivavoce.toml` in the current folder, `vivavoce.toml` in the user's
configuration folder, the default. Among variables an own name beats an alias, and an empty one
counts as not set, because compose files pass those on.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from dotenv import dotenv_values
from platformdirs import user_config_path
from pydantic import SecretStr, ValidationError

from vivavoce.config.settings import Settings
from vivavoce.core.errors import SettingError

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
    "S3_BUCKET": "blobs_url",
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
