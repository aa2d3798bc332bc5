"""A server whose journals lie on a disk that forgets: `uvicorn vivavoce.testing.frail:app`.

Everything else is as in `vivavoce.asgi`. Kill it, call `FrailDisk.power_cut` on the same two
folders, and start it again: it finds what a machine would after losing power.
"""

from pathlib import Path

from vivavoce.config import load_settings
from vivavoce.server.app import create_app
from vivavoce.testing.disks import FrailDisk


def frail_disk(data_dir: Path) -> FrailDisk:
    """The disk of the server with this data directory."""
    return FrailDisk(data_dir / "live", data_dir / "shadow")


settings = load_settings()
app = create_app(settings, frail_disk(settings.data_dir))
