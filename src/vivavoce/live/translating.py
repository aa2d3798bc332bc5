"""Who translates a session: its engine as it decodes, or a language model after the finals."""

import dataclasses
import re
from typing import Final

import msgspec

from vivavoce.core.commands import Options
from vivavoce.core.errors import BadMessage
from vivavoce.engines.base import Capabilities

LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
"""A BCP-47 tag."""


def shared_out(options: Options, capabilities: Capabilities) -> tuple[Options, tuple[str, ...]]:
    """What the engine is asked for, and the languages that are left to the model: those that
    the engine cannot do, where the session takes translations afterwards.

    Raises `BadMessage` for what is no language.
    """
    if not options.translations_follow:
        return options, ()
    wanted = options.brief.translate_to
    known = {language.split("-")[0].lower() for language in capabilities.translations}
    by_model = tuple(dict.fromkeys(tag for tag in wanted if not _knows(known, tag)))
    for tag in by_model:
        if LANGUAGE.fullmatch(tag) is None:
            raise BadMessage(f"{tag!r} is not the tag of a language, such as de or pt-BR.")
    by_engine = tuple(tag for tag in wanted if tag not in by_model)
    brief = msgspec.structs.replace(options.brief, translate_to=by_engine)
    return dataclasses.replace(options, brief=brief), by_model


def _knows(known: set[str], tag: str) -> bool:
    return "*" in known or tag.split("-")[0].lower() in known
