"""Vivavoce: live speech in, words out as they are said, none of them lost."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vivavoce.api import transcribe

__version__ = "0.1.0"
__all__ = ["__version__", "transcribe"]


def __getattr__(name: str) -> Any:
    """`transcribe` on first use, so that `import vivavoce` stays cheap."""
    if name == "transcribe":
        from vivavoce.api import transcribe

        return transcribe
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
