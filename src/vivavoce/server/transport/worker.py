"""gunicorn's workers with our own transport: `-k vivavoce.server.transport.worker.Worker`.

uvicorn's own class serves the same application, without what bounds a client who is slow, or
many: that is of `Protocol`. gunicorn is not among our dependencies; who runs it has it.
"""

import warnings
from typing import Any

from vivavoce.server.transport.protocol import SERVED

with warnings.catch_warnings():
    # Its successor is a package of its own, the same class; here is one less to install.
    warnings.simplefilter("ignore", DeprecationWarning)
    from uvicorn.workers import UvicornWorker


class Worker(UvicornWorker):
    """As `vivavoce serve` has uvicorn serve."""

    CONFIG_KWARGS: dict[str, Any] = SERVED  # as uvicorn declares it
