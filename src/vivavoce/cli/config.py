"""`vivavoce config`: every setting, its value, and where it came from."""

from vivavoce.cli.console import show_table
from vivavoce.config import explain, load_settings


def config() -> None:
    """Show every setting, its value, and where it came from."""
    show_table(("Setting", "Value", "From"), explain(load_settings()))
