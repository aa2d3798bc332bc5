"""`vivavoce.asgi:app`, for uvicorn, gunicorn and whoever mounts it."""

import gc
import sys

from vivavoce.core.errors import SettingError
from vivavoce.server.app import create_app

try:
    app = create_app()
except SettingError as error:
    print(error.message, file=sys.stderr)
    # What uvicorn exits with when a start fails, and what gunicorn does not try again after.
    raise SystemExit(3) from None

# What the imports made stays for good, and a full collection that looks through all of it stops
# the event loop for some tenths of a second.
gc.freeze()
