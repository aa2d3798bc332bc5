"""A transcript written while it is found, the same text that an export of the whole gives."""

from collections.abc import Callable

from vivavoce.core.events import AnyEvent, Final
from vivavoce.core.transcript import Transcript, fold
from vivavoce.library.export import render

Write = Callable[[str], object]


class Writer:
    """Writes each utterance as it is decided; JSON, being one document, at the end, and so
    everything where something is said of utterances `later`."""

    def __init__(self, format: str, write: Write, *, later: bool = False) -> None:
        self._format = format
        self._write = write
        self._cues = 0
        self._whole = later or format == "json"
        self._kept: list[AnyEvent] = []
        if format in ("csv", "vtt") and not self._whole:
            write(self._header)

    @property
    def _header(self) -> str:
        return render(Transcript(), self._format)

    def take(self, event: AnyEvent) -> None:
        """Write what this event adds."""
        if self._whole:
            self._kept.append(event)
        elif isinstance(event, Final) and event.text:
            self._write(self._piece(render(fold([event]), self._format)))

    def end(self) -> None:
        """Write what could not be written before."""
        if self._whole:
            self._write(render(fold(self._kept), self._format))

    def _piece(self, alone: str) -> str:
        """An utterance's own export, as it stands in the middle of a longer one."""
        if self._format == "srt":
            return self._renumbered(alone)
        if self._format == "md":
            self._cues += 1
            return alone if self._cues == 1 else f"\n{alone}"
        return alone.removeprefix(self._header)

    def _renumbered(self, alone: str) -> str:
        cues = []
        for cue in alone.removesuffix("\n").split("\n\n"):
            _, lines = cue.split("\n", 1)
            self._cues += 1
            gap = "\n" if self._cues > 1 else ""
            cues.append(f"{gap}{self._cues}\n{lines}\n")
        return "".join(cues)
