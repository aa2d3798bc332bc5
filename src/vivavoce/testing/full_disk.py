"""Disks that are full for a while, in the two ways to be had on Linux."""

import os
import resource
import subprocess
from contextlib import suppress
from pathlib import Path

from vivavoce.testing.process import ServerProcess

FREE = resource.RLIM_INFINITY


class Limited:
    """No file of the server may grow: any user can have this."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, server: ServerProcess) -> None:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1, FREE))

    def empty(self, server: ServerProcess) -> None:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (FREE, FREE))

    def release(self) -> None:
        """Nothing was taken."""


class Small:
    """A file system of a few megabytes, for those who may mount one."""

    def __init__(self, folder: Path, megabytes: int = 4) -> None:
        self.folder = folder / "small"
        self.folder.mkdir(parents=True)
        self._ballast = self.folder / "ballast"
        size = f"size={megabytes}m"
        command = ["mount", "-t", "tmpfs", "-o", size, "vivavoce", str(self.folder)]
        subprocess.run(command, check=True, capture_output=True)

    def fill(self, _server: ServerProcess) -> None:
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    def empty(self, _server: ServerProcess) -> None:
        self._ballast.unlink()

    def release(self) -> None:
        subprocess.run(["umount", str(self.folder)], check=True)


FullDisk = Limited | Small


def may_mount() -> bool:
    """Whether `Small` can be had."""
    script = 'd=$(mktemp -d) && mount -t tmpfs none "$d" && umount "$d" && rmdir "$d"'
    return (
        os.geteuid() == 0
        and subprocess.run(script, shell=True, capture_output=True).returncode == 0
    )
