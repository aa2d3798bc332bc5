"""Every metric there is: what `/metrics` tells, and docs/observe.md explains.

Here they are data, without a library. `telemetry/board.py` makes Prometheus's of them,
`live/tally.py` is where the live path counts, and `server/telemetry/gauges.py` reads that when it
is asked.
"""

from dataclasses import dataclass
from typing import Final, Literal

from vivavoce.telemetry.names import PREFIX

Kind = Literal["counter", "gauge", "histogram"]

Across = Literal["livesum", "livemax", "livemin"]
"""What several workers' values of a gauge make together; those who died do not count."""

SOON: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30)
"""Seconds within which words come."""

DISK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5)
ANSWER: Final = (0.005, 0.025, 0.1, 0.5, 1, 5, 30)
FACTOR: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`name` is without the prefix, and of a counter without `_total`; `unit` is Prometheus's."""

    name: str
    kind: Kind
    help: str
    unit: Literal["", "seconds", "bytes", "ratio"] = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()  # of a histogram: upper ends, in its unit
    across: Across = "livesum"  # of a gauge

    @property
    def full(self) -> str:
        """Its name at `/metrics`."""
        return f"{PREFIX}{self.name}{'_total' if self.kind == 'counter' else ''}"


SESSIONS: Final = Metric(
    name="sessions",
    kind="gauge",
    help="Sessions that run: live ones, and files that are transcribed.",
    labels=("mode",),
)
SESSIONS_LIMIT: Final = Metric(
    name="sessions_limit",
    kind="gauge",
    help="Live sessions that are admitted at most.",
)
SESSIONS_ENDED: Final = Metric(
    name="sessions_ended",
    kind="counter",
    help="Sessions that ended, by reason: finished, cancelled, abandoned, or an error's code.",
    labels=("reason",),
)
DRAINING: Final = Metric(
    name="draining",
    kind="gauge",
    help="1 while the server is stopping.",
    across="livemax",
)
LAG: Final = Metric(
    name="lag_seconds",
    kind="gauge",
    help="Audio that has come and is not yet with the engine, of the session with the most.",
    unit="seconds",
    across="livemax",
)
INTERIM_DELAY: Final = Metric(
    name="interim_delay_seconds",
    kind="histogram",
    help="From when the last sound that an interim has heard came to when the interim is said.",
    unit="seconds",
    buckets=SOON,
)
FINAL_DELAY: Final = Metric(
    name="final_delay_seconds",
    kind="histogram",
    help="From when the end of an utterance came to when its final is said, live.",
    unit="seconds",
    buckets=SOON,
)
REALTIME_FACTOR: Final = Metric(
    name="realtime_factor_ratio",
    kind="histogram",
    help="Seconds that an engine's process works for a second of audio.",
    unit="ratio",
    labels=("engine",),
    buckets=FACTOR,
)
DECODED: Final = Metric(
    name="decoded_seconds",
    kind="counter",
    help="Audio that an engine's processes have decoded; interims hear the same more than once.",
    unit="seconds",
    labels=("engine",),
)
ENGINE_ERRORS: Final = Metric(
    name="engine_errors",
    kind="counter",
    help="Failures of an engine that a session, or its loading, met.",
    labels=("engine",),
)
ENGINE_SWITCHES: Final = Metric(
    name="engine_switches",
    kind="counter",
    help="Sessions that went on with another engine.",
    labels=("previous", "engine"),
)
BREAKER: Final = Metric(
    name="breaker_state",
    kind="gauge",
    help="Whether an engine is left alone: 0 closed (it works), 1 half-open, 2 open.",
    labels=("engine",),
    across="livemax",
)
HOST_RESTARTS: Final = Metric(
    name="host_restarts",
    kind="counter",
    help="Processes of engines, aligners and diarizers that died or hung and were replaced.",
    labels=("host",),
)
WINDOWS: Final = Metric(
    name="windows_waiting",
    kind="gauge",
    help="Windows of audio that wait for a process of an engine.",
    labels=("engine",),
)
DIARIZATIONS: Final = Metric(
    name="diarizations_waiting",
    kind="gauge",
    help="Recordings whose speakers are still to be told apart.",
    across="livemax",
)
OUTBOX: Final = Metric(
    name="outbox_waiting",
    kind="gauge",
    help="E-mails and webhooks' calls that are still to be taken.",
    labels=("channel",),
    across="livemax",
)
JOURNAL: Final = Metric(
    name="journal_bytes",
    kind="counter",
    help="Audio taken into the journals.",
    unit="bytes",
)
ACK_DELAY: Final = Metric(
    name="ack_delay_seconds",
    kind="histogram",
    help="From when audio is written to when it is fsynced, and acknowledged.",
    unit="seconds",
    buckets=DISK,
)
CONNECTIONS: Final = Metric(
    name="connections",
    kind="gauge",
    help="Lines that are open, by protocol.",
    labels=("protocol",),
)
CONNECTED: Final = Metric(
    name="connections_opened",
    kind="counter",
    help="Lines that were opened, by protocol.",
    labels=("protocol",),
)
REFUSED: Final = Metric(
    name="refused",
    kind="counter",
    help="What was refused, by the code of the error.",
    labels=("reason",),
)
FAILED_KEYS: Final = Metric(
    name="failed_keys",
    kind="counter",
    help="Keys that came and may not be used here: with a request, or at the sign-in page.",
    labels=("way",),
)
UPLOADS: Final = Metric(
    name="uploads",
    kind="counter",
    help="Uploads of recordings: taken, refused, or broken off.",
    labels=("outcome",),
)
REQUESTS: Final = Metric(
    name="requests",
    kind="counter",
    help="HTTP requests that were answered, and WebSockets that ended (by their close code).",
    labels=("method", "route", "status"),
)
REQUEST_SECONDS: Final = Metric(
    name="request_seconds",
    kind="histogram",
    help="From a request to the end of its answer.",
    unit="seconds",
    labels=("route",),
    buckets=ANSWER,
)
DISK_FREE: Final = Metric(
    name="disk_free_bytes",
    kind="gauge",
    help="Room on the disk of the data directory.",
    unit="bytes",
    across="livemin",
)

METRICS: Final = (
    *(SESSIONS, SESSIONS_LIMIT, SESSIONS_ENDED, DRAINING),
    *(LAG, INTERIM_DELAY, FINAL_DELAY, ACK_DELAY),
    *(REALTIME_FACTOR, DECODED, ENGINE_ERRORS, ENGINE_SWITCHES, BREAKER, HOST_RESTARTS),
    *(WINDOWS, DIARIZATIONS, OUTBOX),
    *(CONNECTIONS, CONNECTED, REQUESTS, REQUEST_SECONDS, REFUSED, FAILED_KEYS, UPLOADS),
    *(JOURNAL, DISK_FREE),
)
"""In the order in which they are told and documented."""
