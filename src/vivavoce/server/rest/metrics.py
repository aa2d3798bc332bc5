"""`GET /metrics`: what Prometheus asks for."""

from fastapi import APIRouter, Request, Response

from vivavoce.core.errors import NotFound
from vivavoce.server.telemetry.gauges import Gauges

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Every metric of docs/observe.md."""
    gauges: Gauges | None = request.app.state.seen.gauges
    if gauges is None:
        raise NotFound("There is nothing at /metrics: the setting metrics is off.")
    text, media_type = await gauges.text(request.headers.get("accept", ""))
    return Response(text, headers={"Content-Type": media_type})
