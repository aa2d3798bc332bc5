"""The commands that have a place in the audio, in the `controls` file.

One checksummed line each, `{"at": ..., "type": ..., ...}`: the command holds after byte `at`
of `audio`, so a replay cuts where the live session did.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import msgspec

from vivavoce.core.commands import Configure, Finish, Flush, Mark
from vivavoce.core.errors import DiskError
from vivavoce.journal.appendfile import AppendFile
from vivavoce.journal.lines import Readable, append_line, read_lines

ControlCommand = Flush | Mark | Configure | Finish
_KINDS: dict[str, type[Flush] | type[Mark] | type[Configure] | type[Finish]] = {
    kind.__name__.lower(): kind for kind in (Flush, Mark, Configure, Finish)
}


@dataclass(frozen=True, slots=True)
class Control:
    at: int  # bytes of `audio` before it
    command: ControlCommand
    end: int  # bytes of `controls` up to and with it


class Controls:
    """One reader's way through them, in order; they may still be written to."""

    def __init__(self, file: AppendFile) -> None:
        self._file = file
        self._position = 0

    def until(self, at: int) -> Iterator[Control]:
        """Those not given yet that lie at or before byte `at` of the audio."""
        if self._position == self._file.size:
            return
        for control in read_controls(self._file, self._position):
            if control.at > at:
                return
            self._position = control.end
            yield control


def append_control(file: AppendFile, at: int, command: ControlCommand) -> None:
    """Raises TooLarge, DiskError."""
    kind = type(command).__name__.lower()
    append_line(file, msgspec.json.encode({"at": at, "type": kind, **asdict(command)}))


def read_controls(file: Readable, start: int = 0) -> Iterator[Control]:
    """From byte `start` of the file to the first line that is not whole."""
    for line in read_lines(file, start):
        if line.start != start:
            return
        start = line.end
        try:
            fields = msgspec.json.decode(line.text)
            at, kind = fields.pop("at"), _KINDS[fields.pop("type")]
            yield Control(at, msgspec.convert(fields, kind), line.end)
        except (msgspec.MsgspecError, KeyError, AttributeError) as error:
            raise DiskError(f"{file.path} holds an entry that cannot be understood.") from error
