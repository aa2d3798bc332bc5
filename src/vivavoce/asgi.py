"""`vivavoce.asgi:app`, for uvicorn, gunicorn and whoever mounts it."""

import sys

from vivavoce.core.errors import SettingError
from vivavoce.server.app import create_app

try:
    app = create_app()
except SettingError as error:
    print(error.message, file=sys.stderr)
    # What uvicorn exits with when a start fails, and what gunicorn does not try again after.
    raise SystemExit(3) from None
