"""What can go wrong on the way to a server."""

from typing import ClassVar

from vivavoce.core.errors import OurError


class Unreachable(OurError):
    """There is no server, or it did not come back in time."""

    code: ClassVar[str] = "unreachable"
    retryable: ClassVar[bool] = True
