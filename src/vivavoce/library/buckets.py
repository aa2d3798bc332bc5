"""Where blobs are kept: a folder of the data directory, or a bucket in a cloud.

Credentials, and addresses of what only speaks a cloud's protocol, are the cloud's own variables:
`AWS_...`, `AZURE_...`, `GOOGLE_...`.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from vivavoce.core.errors import SettingError
from vivavoce.library.blob_errors import reason
from vivavoce.library.blobs import ObjectBlobs

FOLDER: Final = "blobs"

CONNECTS: Final = timedelta(seconds=5)
ANSWERS: Final = timedelta(seconds=60)
"""Of one request, with all that is sent: 5 MiB at the most."""

RETRIES: Final = 3
"""Of one request, half a second to some seconds apart: who keeps a session tries on by itself."""

_STORES: Final[dict[str, Any]] = {"s3": S3Store, "az": AzureStore, "gs": GCSStore}


def blobs_at(data_dir: Path, url: str | None = None, region: str | None = None) -> ObjectBlobs:
    """The blobs of a data directory, or those of `s3://`, `az://` or `gs://` and a bucket, with
    what all its keys begin with. `region`: of Amazon's, if not what its variables say.

    Raises `SettingError`. Nothing is asked of a cloud yet.
    """
    if url is None:
        return ObjectBlobs.local(data_dir / FOLDER)
    scheme, _, rest = url.partition("://")
    bucket, _, prefix = rest.partition("/")
    more = {"region": region} if region and scheme == "s3" else {}
    try:
        store: ObjectStore = _STORES[scheme](
            bucket,
            prefix=prefix or None,
            # Who names an address without TLS means it; the clouds' own are not such.
            client_options={"allow_http": True, "connect_timeout": CONNECTS, "timeout": ANSWERS},
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": ANSWERS,
                "backoff": {"init_backoff": timedelta(seconds=0.5)},
            },
            **more,
        )
    except (BaseError, ValueError) as error:
        raise SettingError(f"blobs_url: {url} cannot be used: {reason(error)}.") from error
    return ObjectBlobs(store, url)
