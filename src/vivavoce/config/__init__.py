"""Every setting, and where each may come from."""

from vivavoce.config.kinds import mailbox
from vivavoce.config.load import ALIASES, PREFIX, environment, explain, load_settings
from vivavoce.config.settings import Settings

__all__ = ["ALIASES", "PREFIX", "Settings", "environment", "explain", "load_settings", "mailbox"]
