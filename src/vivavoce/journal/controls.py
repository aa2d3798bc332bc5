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
    append_line(file, packed(at, command))


def packed(at: int, command: ControlCommand) -> bytes:
    """A command and its place as JSON."""
    kind = type(command).__name__.lower()
    return msgspec.json.encode({"at": at, "type": kind, **asdict(command)})


def unpacked(text: bytes) -> tuple[int, ControlCommand]:
    """The place and the command. Raises `ValueError`."""
    try:
        fields = msgspec.json.decode(text)
        at, kind = fields.pop("at"), _KINDS[fields.pop("type")]
        return at, msgspec.convert(fields, kind)
    except (msgspec.MsgspecError, KeyError, AttributeError) as error:
        raise ValueError("an entry that cannot be understood") from error


def read_controls(file: Readable, start: int = 0) -> Iterator[Control]:
    """From byte `start` of the file to the first line that is not whole."""
    for line in read_lines(file, start):
        if line.start != start:
            return
        start = line.end
        try:
            at, command = unpacked(line.text)
        except ValueError as error:
            raise DiskError(f"{file.path} holds {error}.") from error
        yield Control(at, command, line.end)
