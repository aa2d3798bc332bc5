"""Spoken commands: which words are one, and what it does to the transcript.

A phrase is a command only where nobody is likely to say it in passing: as the whole of an
utterance, or as its end after a sentence's end. "The book has a new paragraph" is none.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from vivavoce.core.editing import edited
from vivavoce.core.events import AnyEvent, Marker
from vivavoce.core.events import Final as FinalEvent
from vivavoce.core.transcript import Transcript, Utterance, fold

Action = Literal["paragraph", "scratch", "marker", "stop"]

ACTOR: Final = "voice"
"""Who edits and marks where a command was spoken."""

PARAGRAPH: Final = "\N{PILCROW SIGN}"
"""The label of a marker at which a new paragraph begins."""

PHRASES: dict[str, Mapping[Action, Sequence[str]]] = {
    "en": {
        "paragraph": ("new paragraph", "next paragraph"),
        "scratch": ("scratch that", "strike that", "delete that"),
        "marker": ("set marker", "set a marker", "add a marker"),
        "stop": ("stop recording", "stop dictation", "stop listening"),
    },
    "de": {
        "paragraph": ("neuer Absatz", "nächster Absatz"),
        "scratch": ("streich das", "streiche das", "lösch das", "lösche das"),
        "marker": ("Marke setzen", "Markierung setzen", "setze eine Marke"),
        "stop": ("Aufnahme beenden", "Aufnahme stoppen", "Diktat beenden"),
    },
    "fr": {
        "paragraph": ("nouveau paragraphe", "paragraphe suivant"),
        "scratch": ("efface ça", "effacer ça", "supprime ça", "supprimer ça"),
        "marker": ("placer un repère", "place un repère", "ajouter un repère"),
        "stop": ("arrêter l'enregistrement", "arrête l'enregistrement", "arrêter la dictée"),
    },
    "es": {
        "paragraph": ("nuevo párrafo", "párrafo nuevo", "siguiente párrafo"),
        "scratch": ("borra eso", "borrar eso", "elimina eso"),
        "marker": ("poner marcador", "pon un marcador", "añadir marcador"),
        "stop": ("detener la grabación", "detén la grabación", "terminar el dictado"),
    },
    "it": {
        "paragraph": ("nuovo paragrafo", "paragrafo nuovo"),
        "scratch": ("cancella questo", "cancella quello", "elimina questo"),
        "marker": ("metti un segno", "aggiungi un segno", "metti un segnalibro"),
        "stop": ("ferma la registrazione", "termina la registrazione", "termina la dettatura"),
    },
    "nl": {
        "paragraph": ("nieuwe alinea", "volgende alinea"),
        "scratch": ("wis dat", "verwijder dat", "schrap dat"),
        "marker": ("zet een markering", "markering plaatsen"),
        "stop": ("opname stoppen", "stop de opname", "dicteren stoppen"),
    },
}
"""What is said for what, by language. Case, accents and punctuation do not matter."""

_WORD: Final = re.compile(r"\w+")
_ENDS: Final = (".", "!", "?", "…")
_OPENING: Final = " \t\n\"'«“„¿¡-\N{EN DASH}\N{EM DASH}"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A command, and the words before it, which stay."""

    action: Action
    before: str


@dataclass(frozen=True, slots=True)
class Obeyed:
    """A command that was carried out, and the events that do it."""

    action: Action
    events: tuple[AnyEvent, ...]


def spoken(text: str, language: str | None = None) -> Spoken | None:
    """The command in an utterance. `language`: BCP-47; where it is not known, any language's."""
    words = list(_WORD.finditer(text))
    said = [_plain(word[0]) for word in words]
    for action, phrase in _phrases(language):
        first = len(said) - len(phrase)
        if first < 0 or said[first:] != phrase:
            continue
        before = text[: words[first].start()].rstrip(_OPENING)
        if not first or before.endswith(_ENDS):
            return Spoken(action, before if first else "")
    return None


def obey(transcript: Transcript, final: FinalEvent, language: str | None = None) -> Obeyed | None:
    """What a final says to do; None: nothing, it is text like any other.

    `transcript`: as it is with this final. `language`: the session's, where the final has none.
    """
    command = spoken(final.text, final.language or language)
    own = next((u for u in transcript.utterances if u.id == final.id), None)
    if command is None or own is None or own.text != final.text:
        return None
    events: list[AnyEvent] = []
    kept = command.before
    if command.action == "scratch":
        earlier = [u for u in transcript.utterances if _before(u, own)]
        if not kept and earlier:
            events.append(_reads(earlier[-1], ""))
        kept = ""
    events.append(_reads(own, kept))
    if command.action in ("paragraph", "marker"):
        label = PARAGRAPH if command.action == "paragraph" else ""
        events.append(Marker(at=final.end, label=label, actor=ACTOR))
    return Obeyed(command.action, tuple(events))


def owed(events: Sequence[AnyEvent], language: str | None = None) -> Obeyed | None:
    """What a crash left undone of the last final's command; None: nothing, or no command."""
    last = max((i for i, e in enumerate(events) if isinstance(e, FinalEvent)), default=None)
    if last is None:
        return None
    final, after = events[last], events[last + 1 :]
    assert isinstance(final, FinalEvent)
    obeyed = obey(fold(events[: last + 1]), final, language)
    if obeyed is None:
        return None
    return Obeyed(obeyed.action, tuple(event for event in obeyed.events if event not in after))


def _reads(utterance: Utterance, text: str) -> AnyEvent:
    return edited(utterance, text, utterance.revision, ACTOR)


def _before(utterance: Utterance, own: Utterance) -> bool:
    return utterance.id != own.id and utterance.start <= own.start


def _phrases(language: str | None) -> Iterator[tuple[Action, list[str]]]:
    primary = (language or "").lower().split("-")[0]
    for known in (primary,) if primary else PHRASES:
        for action, phrases in PHRASES.get(known, {}).items():
            for phrase in phrases:
                yield action, [_plain(word[0]) for word in _WORD.finditer(phrase)]


def _plain(word: str) -> str:
    """Without case and accents."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
