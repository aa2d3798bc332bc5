"""An engine that says all that clients of other services ask for: who spoke, in which language,
and the same in others. Its words are the scripted engine's tones, so that any test knows them.
"""

import msgspec

from vivavoce.core.results import Reading
from vivavoce.core.types import Translation
from vivavoce.engines.base import Window
from vivavoce.engines.fake import WORDS, Scripted

SECOND = WORDS.index("november")
"""The words from here on are the second speaker's."""


class Worldly(Scripted):
    """Of several languages that it may be it is the last."""

    capabilities = msgspec.structs.replace(
        Scripted.capabilities,
        name="worldly",
        languages=("en", "de", "fr"),
        diarization=True,
        translations=("de", "fr"),
    )

    def decode(self, window: Window) -> Reading:
        reading = super().decode(window)
        brief = window.brief
        speakers = ["A" if WORDS.index(w.text.strip("-")) < SECOND else "B" for w in reading.words]
        pairs = zip(reading.words, speakers, strict=True)
        words = [msgspec.structs.replace(word, speaker=speaker) for word, speaker in pairs]
        return msgspec.structs.replace(
            reading,
            language=brief.languages[-1] if brief.languages else reading.language,
            words=tuple(words) if brief.diarization else reading.words,
            translations=tuple(
                Translation(to, f"{reading.text} {to}") for to in brief.translate_to
            ),
        )
