"""Vivavoce: live speech in, words out as they are said, none of them lost."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vivavoce.api import transcribe

# onnxruntime's own builds report to their maker unless they are told not to before they start.
# Nobody who speaks here has agreed to that. Whoever has can set it to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
__all__ = ["__version__", "transcribe"]


def __getattr__(name: str) -> Any:
    """`transcribe` on first use, so that `import vivavoce` stays cheap."""
    if name == "transcribe":
        from vivavoce.api import transcribe

        return transcribe
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
