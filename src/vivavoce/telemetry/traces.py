"""Traces for OpenTelemetry: the only file that speaks its language.

Off unless the setting `traces` is on, which needs the extra `otel`; while it is off, nothing of
that extra is imported and a span costs a function call. Where spans go, how many of them and
under which name is said by OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_TRACES_EXPORTER`, `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME` ...), which its library reads.

No span has a word of what was said, an address with a key in it, or a reader's.
"""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final, Literal, Protocol

from vivavoce import __version__
from vivavoce.core.errors import SettingError

SERVICE: Final = "vivavoce"

EXPORTERS: Final = "opentelemetry_traces_exporter"
"""The entry points by which exporters' packages are found, as OpenTelemetry's own tools do."""

OTLP: Final = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
"""Exporters that are meant by `otlp`, by the value of `OTEL_EXPORTER_OTLP_PROTOCOL`."""

LAST: Final = 2.0
"""Seconds in which the last spans are to be sent when the server stops."""

Value = str | int | float | bool
Kind = Literal["server", "client", "internal"]


class Span(Protocol):
    """Something that takes a while."""

    def set_attribute(self, key: str, value: Value) -> None: ...

    def update_name(self, name: str) -> None: ...


class _NoSpan:
    def set_attribute(self, key: str, value: Value) -> None:
        """Nobody looks."""

    def update_name(self, name: str) -> None:
        """Nobody looks."""


NO_SPAN: Final = _NoSpan()


class _Tracing:
    """Of one process, once it is set up."""

    def __init__(self, provider: Any, exporter: Any) -> None:
        self.provider = provider
        self.exporter = exporter
        self.tracer = provider.get_tracer(SERVICE, __version__)
        self.trace = import_module("opentelemetry.trace")
        self.propagate = import_module("opentelemetry.propagate")


_tracing: _Tracing | None = None


def set_up_traces(processor: Any = None) -> None:
    """From now on spans are recorded. `processor`: what takes them, for tests.

    Doing it twice is the same as once. Raises `SettingError` where the extra is missing, or
    the variables name an exporter that is not installed.
    """
    global _tracing
    if _tracing is not None:
        return
    try:
        sdk = import_module("opentelemetry.sdk.trace")
        export = import_module("opentelemetry.sdk.trace.export")
        resources = import_module("opentelemetry.sdk.resources")
    except ImportError:
        raise SettingError(
            "traces is on, and needs the extra otel: pip install 'vivavoce[otel]'."
        ) from None
    about = {"service.name": SERVICE, "service.version": __version__}
    given = {**about, **_named(os.environ)}
    resource = resources.Resource.create(given)
    provider = sdk.TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = None
    if processor is None and (kind := _exporter()) is not None:
        exporter = kind()
        processor = export.BatchSpanProcessor(exporter)
    if processor is not None:
        provider.add_span_processor(processor)
    _tracing = _Tracing(provider, exporter)


def stop_traces() -> None:
    """Send what waits, within `LAST` seconds, and record no more."""
    global _tracing
    tracing, _tracing = _tracing, None
    if tracing is None:
        return
    if tracing.exporter is None:
        tracing.provider.shutdown()
        return
    late = threading.Timer(LAST, tracing.exporter.shutdown)  # it then tries no more
    late.start()
    try:
        tracing.provider.shutdown()
    finally:
        late.cancel()


@contextmanager
def span(
    name: str, kind: Kind = "internal", /, *, since: float | None = None, **attributes: Value
) -> Iterator[Span]:
    """What happens inside, as one span of the trace that is open here.

    `since`: it began so many seconds ago. Attributes are named `vivavoce.<name>`. An error
    that leaves it is noted by its class; its words may be somebody's.
    """
    tracing = _tracing
    if tracing is None:
        yield NO_SPAN
        return
    with tracing.tracer.start_as_current_span(
        name,
        kind=tracing.trace.SpanKind[kind.upper()],
        attributes={f"vivavoce.{key}": value for key, value in attributes.items()},
        start_time=None if since is None else time.time_ns() - int(since * 1e9),
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield opened
        except Exception as error:
            opened.set_attribute("error.type", type(error).__qualname__)
            opened.set_status(tracing.trace.StatusCode.ERROR)
            raise


def noted(name: str, since: float, **attributes: Value) -> None:
    """A span that began `since` seconds ago and is over."""
    if _tracing is not None:
        with span(name, since=since, **attributes):
            pass


@contextmanager
def request_span(method: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[Span]:
    """A request's, as a part of the trace that its `traceparent` names."""
    tracing = _tracing
    if tracing is None:
        yield NO_SPAN
        return
    context = import_module("opentelemetry.context")
    carrier = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in headers
        if name in (b"traceparent", b"tracestate")
    }
    token = context.attach(tracing.propagate.extract(carrier))
    try:
        with span(method, "server") as opened:
            opened.set_attribute("http.request.method", method)
            yield opened
    finally:
        context.detach(token)


def _exporter() -> Any:
    """The class that the variables ask for; None: none."""
    asked = os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() or "otlp"
    if asked == "none":
        return None
    if asked == "otlp":
        protocol = os.environ.get(
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        )
        asked = OTLP.get(protocol, protocol)
    for entry in entry_points(group=EXPORTERS, name=asked):
        return entry.load()
    there = ", ".join(sorted({entry.name for entry in entry_points(group=EXPORTERS)}))
    raise SettingError(f"There is no exporter {asked!r} for traces here; there are {there}.")


def _named(variables: Mapping[str, str]) -> dict[str, str]:
    """What the operator calls this service, which beats our name."""
    name = variables.get("OTEL_SERVICE_NAME", "")
    return {"service.name": name} if name else {}
