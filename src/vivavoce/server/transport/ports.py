"""Ports of one's own, beside the one that the server process itself listens on."""

import asyncio
import socket
from collections.abc import Callable

from vivavoce.config import Settings
from vivavoce.core.errors import SettingError


async def listen(
    service: str,
    setting: str,
    port: int,
    settings: Settings,
    protocol: Callable[[], asyncio.BaseProtocol],
) -> asyncio.Server:
    """Serve a protocol on the settings' host; `setting` is the port's name. Several server
    processes share the port where the system can (`SO_REUSEPORT`).

    Raises `SettingError` for a port that cannot be had.
    """
    shared = settings.workers > 1
    if shared and not hasattr(socket, "SO_REUSEPORT"):
        raise SettingError(f"{setting} needs workers to be 1 here: this system shares no port.")
    if shared and port == 0:
        raise SettingError(f"{setting} cannot be 0 with several workers: each would get its own.")
    try:
        return await asyncio.get_running_loop().create_server(
            protocol,
            settings.host or None,
            port,
            reuse_port=shared or None,
        )
    except OSError as error:
        reason = (error.strerror or str(error)).rpartition(": ")[2].lower()  # asyncio adds to it
        raise SettingError(
            f"Cannot listen for {service} on {settings.host} port {port} ({reason}); choose "
            f"another {setting}, or say in workers how many processes share it."
        ) from None
