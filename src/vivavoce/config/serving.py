"""Where and how a server process serves."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from vivavoce.config.kinds import File, Hosts, Lower, Names, Proxies


class Serving(BaseModel):
    host: str = Field("127.0.0.1", description="address to serve on")
    port: int = Field(8000, ge=0, le=65535, description="port to serve on; 0: any free one")
    tls_port: int | None = Field(
        None, ge=0, le=65535, description="port for TLS, beside the other; none: there is none"
    )
    tls_cert: File | None = Field(
        None, description="certificate for TLS, with its chain, in PEM; none: one is made"
    )
    tls_key: File | None = Field(None, description="its key in PEM; none: it is in the same file")
    workers: int = Field(1, ge=1, le=64, description="server processes")
    log_level: Annotated[Literal["debug", "info", "warning", "error", "critical"], Lower] = Field(
        "info", description="least important line that is logged"
    )
    drain_s: float = Field(
        10, ge=0, le=3600, description="seconds that running sessions get when the server stops"
    )
    max_upload_mb: int = Field(4096, ge=1, description="largest upload in MiB")
    origins: Names | None = Field(
        None, description="origins of other sites' pages that may use this server; *: any"
    )
    trusted_hosts: Hosts | None = Field(
        None, description="further names that this server may be asked for; *: any"
    )
    trusted_proxies: Proxies | None = Field(
        None, description="networks of proxies that say whom they speak for; *: any"
    )
