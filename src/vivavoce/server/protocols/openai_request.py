"""What a client of `/v1/audio/transcriptions` or `/translations` asks for, read from its form."""

from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from vivavoce import plugins
from vivavoce.core.commands import Options
from vivavoce.core.types import Brief
from vivavoce.dialects import openai_models
from vivavoce.server.bodies.forms import Form
from vivavoce.server.errors import BadParameter
from vivavoce.server.protocols.openai_errors import UnknownModel
from vivavoce.server.protocols.openai_languages import tag_of

Task = Literal["transcribe", "translate"]
Format = Literal["json", "text", "srt", "vtt", "verbose_json", "diarized_json"]
Granularity = Literal["segment", "word"]

DIARIZED: Final = "diarized_json"
FORMATS: Final[tuple[Format, ...]] = ("json", "text", "srt", "vtt", "verbose_json", DIARIZED)
GRANULARITIES: Final[tuple[Granularity, ...]] = ("segment", "word")
STREAMED: Final = ("json", "text", DIARIZED)
KNOWN: Final = "known_speaker_names[]"
ENGLISH: Final = "en"
"""What translations are in."""
SWITCH: Final = {"true": True, "1": True, "false": False, "0": False}

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class Asked:
    """Fields that change nothing here (`temperature`, `include[]`, `chunking_strategy`) are not
    kept. `task` is "translate" where English is wanted, whatever the words were said in."""

    task: Task
    model: str | None
    language: str | None
    prompt: str
    keywords: tuple[str, ...]
    format: Format
    granularities: frozenset[Granularity]
    stream: bool

    @property
    def speakers(self) -> bool:
        """Whether the answer says who speaks."""
        return self.format == DIARIZED

    @property
    def options(self) -> Options:
        """The session's. A file has nobody watching, so it asks for no interims."""
        return Options(
            language=self.language,
            engine=openai_models.engine(self.model),
            interims=False,
            brief=Brief(
                hot_words=self.keywords,
                prompt=self.prompt,
                translate_to=(ENGLISH,) if self.task == "translate" else (),
                diarization=self.speakers,
            ),
        )


def read(form: Form, engines: list[str], task: Task = "transcribe") -> Asked:
    """What the fields say; `engines` are the models that can be had by name.

    Raises `BadParameter` and `UnknownModel`, which name the field.
    """
    asked = Asked(
        task=task,
        model=_model(form, engines),
        language=_language(form),
        prompt=form.value("prompt") or "",
        keywords=_keywords(form),
        format=_format(form),
        granularities=_granularities(form),
        stream=_switch(form, "stream"),
    )
    _check_temperature(form)
    if asked.stream and asked.format not in STREAMED:
        raise BadParameter(
            f"stream goes with the response_format {', '.join(STREAMED)}, not with {asked.format}.",
            "stream",
        )
    if task == "translate":
        _check_translation(asked)
    if asked.speakers and (form.value(KNOWN) or form.value(KNOWN.removesuffix("[]"))):
        raise BadParameter(f"{KNOWN} cannot be told by their voices here; leave it out.", KNOWN)
    if "word" in asked.granularities and asked.format != "verbose_json":
        raise BadParameter(
            "timestamp_granularities[] word goes with the response_format verbose_json, "
            f"not with {asked.format}.",
            "timestamp_granularities[]",
        )
    return asked


def _check_translation(asked: Asked) -> None:
    if asked.stream:
        raise BadParameter("stream goes with transcriptions, not with translations.", "stream")
    if asked.speakers:
        raise BadParameter(
            "diarized_json goes with transcriptions, not with translations.", "response_format"
        )
    if "word" in asked.granularities:
        raise BadParameter(
            "timestamp_granularities[] word goes with transcriptions: the words of a translation "
            "were said at no time.",
            "timestamp_granularities[]",
        )


def _keywords(form: Form) -> tuple[str, ...]:
    asked = form.fields.get("keywords[]") or form.fields.get("keywords") or []
    return tuple(filter(None, map(str.strip, asked)))


def is_known(model: str, engines: list[str]) -> bool:
    """Whether it means an engine: one of those that are listed, one that says by itself why it
    cannot be used, one for tests."""
    if openai_models.is_theirs(model) or model in engines:
        return True
    return model in plugins.names(tests=True)


def _model(form: Form, engines: list[str]) -> str | None:
    model = form.value("model")
    if model is None or is_known(model, engines):
        return model
    known = ", ".join(engines)
    raise UnknownModel(f"There is no model {model!r} here; there are {known}, and whisper-1.")


def _language(form: Form) -> str | None:
    language = form.value("language")
    return None if language is None else tag_of(language)


def _format(form: Form) -> Format:
    format = form.value("response_format") or "json"
    return _one_of(FORMATS, format, "response_format")


def _granularities(form: Form) -> frozenset[Granularity]:
    name = "timestamp_granularities[]"
    asked = form.fields.get(name) or form.fields.get("timestamp_granularities") or ["segment"]
    return frozenset(_one_of(GRANULARITIES, each.strip(), name) for each in asked)


def _switch(form: Form, name: str) -> bool:
    value = (form.value(name) or "false").lower()
    if value not in SWITCH:
        raise BadParameter(f"{name} is to be true or false, not {value!r}.", name)
    return SWITCH[value]


def _check_temperature(form: Form) -> None:
    value = form.value("temperature") or "0"
    try:
        good = 0 <= float(value) <= 1
    except ValueError:
        good = False
    if not good:
        raise BadParameter(
            f"temperature is to be a number from 0 to 1, not {value!r}.", "temperature"
        )


def _one_of(names: tuple[Name, ...], value: str, param: str) -> Name:
    for name in names:
        if value == name:
            return name
    raise BadParameter(f"{param} is to be one of {', '.join(names)}, not {value!r}.", param)
