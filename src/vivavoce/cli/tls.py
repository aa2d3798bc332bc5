"""`vivavoce tls`: the certificates of this machine's own, and how others come to trust them."""

from pathlib import Path
from typing import Annotated

import typer

from vivavoce.cli.console import stderr
from vivavoce.config import load_settings
from vivavoce.server.transport.authority import authority, server_certificate
from vivavoce.server.transport.tls import folder

app = typer.Typer(name="tls", no_args_is_help=True)

PROGRAMS = """\
  Python, Azure and AWS   export SSL_CERT_FILE='{path}'
  Node.js                 export NODE_EXTRA_CA_CERTS='{path}'
  Google (gRPC)           export GRPC_DEFAULT_SSL_ROOTS_FILE_PATH='{path}'
"""

SYSTEMS = """\
  Debian, Ubuntu          sudo cp '{path}' /usr/local/share/ca-certificates/vivavoce.crt
                          sudo update-ca-certificates
  macOS                   sudo security add-trusted-cert -d -r trustRoot \\
                            -k /Library/Keychains/System.keychain '{path}'
  Windows                 certutil -addstore -user Root "{path}"
  Firefox                 Settings, Privacy & Security, Certificates, View Certificates,
                          Authorities, Import
  iPhone, Android         send the file to the phone, open it, and have it trusted in the settings
"""


@app.callback()
def tls() -> None:
    """Certificates of this machine's own, for clients and browsers that insist on TLS."""


@app.command()
def init(
    name: Annotated[
        list[str] | None,
        typer.Option(help="Another name or address that clients use for this machine."),
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where recordings are kept.")] = None,
) -> None:
    """Make the certificate authority, where there is none, and say how it is trusted."""
    where = folder(load_settings(data_dir=data_dir))
    path = authority(where, name or ())
    server_certificate(where)
    typer.echo(path)
    explain = stderr().print
    explain("This file is what others have to trust; it may be given to anyone.\n")
    explain("A program, by a variable in its environment:\n", style="bold")
    explain(PROGRAMS.format(path=path), soft_wrap=True, markup=False)
    explain(
        "SSL_CERT_FILE and gRPC's trust this file in place of all that they trusted before. Give a "
        "program\nthat speaks to others too a file with both in it.\n",
        soft_wrap=True,
    )
    explain("All programs of a machine, and its browsers:\n", style="bold")
    explain(SYSTEMS.format(path=path), soft_wrap=True, markup=False)
    explain("`vivavoce serve --tls-port 8443` shows a certificate that is trusted then.")
