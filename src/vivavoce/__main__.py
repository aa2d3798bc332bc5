"""`python -m vivavoce`, the same as `vivavoce`."""

from vivavoce.cli.main import run

run()
