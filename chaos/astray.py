"""Frames that do not come as they were sent: out of order, twice, late, or not at all."""

from collections.abc import Iterable

from chaos.plan import Tampering
from vivavoce.dialects.base import Wire

LATE = 12
"""Frames after which a late one comes again."""


class Astray:
    """What becomes of one client's frames; each that is named is tampered with once."""

    def __init__(self, tampered: Iterable[tuple[int, Tampering]]) -> None:
        self._tampered = dict(tampered)
        self._later: list[tuple[int, Wire]] = []  # and the frame after which it is sent

    def new_line(self) -> None:
        """What was still to come went with the old one."""
        self._later.clear()

    def frame(self, number: int, wire: Wire) -> list[Wire]:
        """What is put on the line for this frame."""
        now = self._tamper(self._tampered.pop(number, None), number, wire)
        return now + self._due(number)

    def rest(self) -> list[Wire]:
        """What must be on the line before a control message."""
        return self._due(None)

    def _tamper(self, how: Tampering | None, number: int, wire: Wire) -> list[Wire]:
        match how:
            case "swap":
                self._later.append((number + 1, wire))
                return []
            case "drop":
                return []
            case "double":
                return [wire, wire]
            case "late":
                self._later.append((number + LATE, wire))
        return [wire]

    def _due(self, number: int | None) -> list[Wire]:
        due = [one for one in self._later if number is None or one[0] <= number]
        self._later = [one for one in self._later if one not in due]
        return [wire for _, wire in due]
