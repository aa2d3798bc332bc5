"""`vivavoce serve`: the server, and where to open it."""

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import segno
import typer
import uvicorn

import vivavoce
from vivavoce import plugins
from vivavoce.cli.console import stdout
from vivavoce.config import Settings, environment, load_settings
from vivavoce.core.errors import EngineError, SettingError
from vivavoce.server.auth.here import only_here
from vivavoce.server.transport import tls
from vivavoce.server.transport.admission import allow_files
from vivavoce.server.transport.authority import authority
from vivavoce.server.transport.protocol import SERVED
from vivavoce.telemetry.board import VARIABLE, shared_folder
from vivavoce.telemetry.logs import set_up_logs

APP = "vivavoce.asgi:app"

WITHOUT_TLS = """\
          Browsers give a page the microphone only on localhost or over https. At this
          address a phone can read along and send files; to record there, serve https as
          well with --tls-port 8443."""

WITH_TLS = """\
          A phone that trusts the certificate above can record there."""


def serve(
    host: Annotated[str | None, typer.Option(help="0.0.0.0 for every machine around.")] = None,
    port: Annotated[int | None, typer.Option(help="0 for any free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where recordings are kept.")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes.")] = None,
    tls_port: Annotated[
        int | None, typer.Option(help="TLS on this port too, 8443 say: see `vivavoce tls`.")
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start again whenever the code changes.")
    ] = False,
    engines: Annotated[
        str | None,
        typer.Option("--engines", "--engine", help="By preference, a,b: see `vivavoce models`."),
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    auth: Annotated[
        str | None, typer.Option(help="keys: serve who has a key, see `vivavoce keys`; or none.")
    ] = None,
    open_to_all: Annotated[
        bool | None,
        typer.Option("--open-to-all", help="Serve other machines without keys, whoever they are."),
    ] = None,
) -> None:
    """Serve the page, the live protocol and the REST interface."""
    settings = load_settings(
        host=host,
        port=port,
        data_dir=data_dir,
        workers=workers,
        tls_port=tls_port,
        engines=engines,
        log_level=log_level,
        auth=auth,
        open_to_all=open_to_all,
    )
    _check_who_may(settings)
    _check_engines(settings.engines)
    _check_folder(settings.data_dir)
    tls.check(settings)
    ports = {"port": _free_port(settings.host, settings.port, "--port")}
    if settings.tls_port is not None:
        ports["tls_port"] = _free_port(settings.host, settings.tls_port, "--tls-port")
        if ports["tls_port"] == ports["port"]:
            raise SettingError(f"--port and --tls-port are both {settings.port}; choose two.")
    settings = settings.model_copy(update=ports)
    trusted = None  # what clients have to trust
    if settings.tls_port is not None and settings.tls_cert is None:
        trusted = authority(tls.folder(settings))
    os.environ.update(environment(settings))  # each server process reads them again
    _greet(settings, trusted)
    set_up_logs(settings.log_level, settings.log_format)  # of the process that minds the workers
    with metrics_together(settings):
        _run(settings, reload=reload)


def _run(settings: Settings, *, reload: bool) -> None:
    allow_files()
    uvicorn.run(
        APP,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        reload=reload,
        reload_dirs=[str(Path(vivavoce.__file__).parent)] if reload else None,
        log_config=None,
        log_level="warning" if settings.log_level == "info" else settings.log_level,
        timeout_graceful_shutdown=round(settings.drain_s) + 5,
        **SERVED,
    )


@contextmanager
def metrics_together(settings: Settings) -> Iterator[None]:
    """Where several workers are to put their metrics together, a folder in which they do."""
    if settings.workers == 1 or not settings.metrics or shared_folder() is not None:
        yield
        return
    with TemporaryDirectory(prefix="vivavoce-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[VARIABLE] = folder
        yield


def _check_who_may(settings: Settings) -> None:
    if settings.auth == "none" and not settings.open_to_all and not only_here(settings.host):
        where = "every machine that reaches this one" if _any(settings.host) else settings.host
        raise SettingError(
            f"Serving on {where} without keys lets everybody read and delete what is recorded. "
            "Ask for keys with --auth keys (`vivavoce keys create` makes one), or say "
            "--open-to-all."
        )


def _check_engines(names: Sequence[str]) -> None:
    """Every name must be an engine's; that one of several cannot be used here is no reason
    not to start."""
    for name in names:
        plugins.check(name)
    if len(names) > 1:
        return
    plugins.capabilities(names[0])  # says in its own words which packages are missing
    if hint := plugins.availability(names[0]).hint:
        raise EngineError(f"The engine {names[0]} cannot be used here: {hint}")


def _check_folder(folder: Path) -> None:
    """Before a server starts that could keep nothing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingError(
            f"The data directory {folder} cannot be written ({error.strerror}); "
            "choose another with --data-dir."
        ) from None


def _free_port(host: str, port: int, flag: str) -> int:
    """The port, which nobody else serves on; for 0 one that is free."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":  # as the server will; elsewhere it would share a taken port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingError(
            f"Cannot serve on {host} port {port} ({reason}); choose another with --host or {flag}."
        ) from None


def _greet(settings: Settings, trusted: Path | None) -> None:
    console = stdout()
    shown = "localhost" if only_here(settings.host) or _any(settings.host) else settings.host
    console.print(f"Vivavoce {vivavoce.__version__}", style="bold")
    console.print(f"  Open    {_url('http', shown, settings.port)}", soft_wrap=True)
    if settings.tls_port is not None:
        console.print(f"  Secure  {_url('https', shown, settings.tls_port)}", soft_wrap=True)
    if trusted is not None:
        console.print(f"  Trust   {trusted}", soft_wrap=True)
        console.print("          `vivavoce tls init` says how.", style="dim")
    console.print(f"  Engine  {', then '.join(settings.engines)}")
    console.print(f"  Data    {settings.data_dir}", soft_wrap=True)
    if settings.auth == "keys":
        console.print("  Keys    asked for; `vivavoce keys create NAME` makes one")
    elif settings.open_to_all:
        console.print("  Keys    none: whoever reaches it may read and delete what is recorded")
    if not only_here(settings.host):
        _greet_phones(settings, _own_address() if _any(settings.host) else settings.host)
    console.print("Ctrl-C stops it.", style="dim")


def _greet_phones(settings: Settings, address: str) -> None:
    console = stdout()
    if settings.tls_port is None:
        url, explained = _url("http", address, settings.port), WITHOUT_TLS
    else:
        own = settings.tls_cert is not None
        url, explained = _url("https", address, settings.tls_port), "" if own else WITH_TLS
    console.print(f"  Phones  {url}", soft_wrap=True)
    if console.is_terminal:
        segno.make(url, micro=False).terminal(out=sys.stdout, compact=True, border=2)
    if explained:
        console.print(explained, style="dim")


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _any(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_unspecified
    return host == ""


def _own_address() -> str:
    """This machine's address as its neighbours see it. Nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return socket.gethostname()
