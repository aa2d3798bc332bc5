"""The metrics of one server process as Prometheus reads them.

Where several workers share a port, each scrape reaches one of them. With the variable
`PROMETHEUS_MULTIPROC_DIR` they all write to one folder, and whoever is asked tells of all;
`vivavoce serve --workers` makes that folder, and removes it. The library looks at the variable
when it is imported, so it is imported when the board is made, and not before.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from vivavoce.telemetry.metrics import METRICS, Metric

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"

LIVE: Final = re.compile(r"gauge_live[a-z]*_(\d+)\.db")
"""What a worker has there that counts only while it lives."""


def shared_folder() -> Path | None:
    """Where the workers of this server put their numbers together."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder else None


class Board:
    """Every metric of the list. Labels are given by name, all of them."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._folder = shared_folder()
        self._registry = CollectorRegistry()
        self._known = {metric: _made(metric, self._registry) for metric in METRICS}

    @property
    def shared(self) -> bool:
        """Whether it is put together with other workers' when it is read."""
        return self._folder is not None

    def add(self, metric: Metric, amount: float = 1, **labels: str) -> None:
        """To a counter."""
        self._of(metric, labels).inc(amount)

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        """Of a gauge."""
        self._of(metric, labels).set(value)

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        """For a histogram."""
        self._of(metric, labels).observe(value)

    def text(self, accept: str = "") -> tuple[bytes, str]:
        """All of it, and its media type, in the newest of the formats that are accepted."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import choose_encoder
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if self._folder is not None:
            forget_the_dead(self._folder)
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=str(self._folder))  # type: ignore[no-untyped-call]
        encode: Callable[[Any], bytes]
        encode, media_type = choose_encoder(accept)
        return encode(registry), media_type

    def _of(self, metric: Metric, labels: dict[str, str]) -> Any:
        known = self._known[metric]
        return known.labels(**labels) if labels else known


def forget_the_dead(folder: Path) -> None:
    """Take away what workers that died had open or waiting; what they counted stays."""
    for path in folder.glob("gauge_live*.db"):
        found = LIVE.fullmatch(path.name)
        if found is not None and not _lives(int(found[1])):
            with suppress(OSError):  # another worker was faster
                path.unlink()


def _lives(pid: int) -> bool:
    if os.name != "posix":  # elsewhere that signal ends a process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def _made(metric: Metric, registry: Any) -> Any:
    from prometheus_client import Counter, Gauge, Histogram

    name, about = metric.full.removesuffix("_total"), metric.help
    match metric.kind:
        case "counter":
            return Counter(name, about, metric.labels, registry=registry)
        case "histogram":
            return Histogram(name, about, metric.labels, buckets=metric.buckets, registry=registry)
        case "gauge":
            return Gauge(
                name, about, metric.labels, multiprocess_mode=metric.across, registry=registry
            )
