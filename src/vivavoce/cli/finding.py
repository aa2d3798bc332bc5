"""What a check of `vivavoce doctor` found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` says what to do where it is not well."""

    what: str
    found: str
    mend: str = ""
    needed: bool = True  # whether Vivavoce cannot work without it

    @property
    def well(self) -> bool:
        return not self.mend
