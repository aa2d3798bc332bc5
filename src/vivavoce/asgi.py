"""`vivavoce.asgi:app`, for uvicorn, gunicorn and whoever mounts it."""

import gc
import sys

# What the imports make stays for good. Looking through it again and again for what could go, while
# it grows, took a seventh of the start.
collecting = gc.isenabled()
gc.disable()

from vivavoce.core.errors import SettingError  # noqa: E402
from vivavoce.server.app import create_app  # noqa: E402

try:
    app = create_app()
except SettingError as error:
    print(error.message, file=sys.stderr)
    # What uvicorn exits with when a start fails, and what gunicorn does not try again after.
    raise SystemExit(3) from None

# A full collection that looked through all of it would stop the event loop for some tenths of a
# second.
gc.freeze()
if collecting:
    gc.enable()
