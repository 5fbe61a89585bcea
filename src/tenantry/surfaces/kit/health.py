"""For those who watch the server: is it alive, is it ready, and its figures for Prometheus."""

import os
from typing import Any

from litestar import Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from tenantry.kernel.crypto import same
from tenantry.kernel.readiness import applied_revision
from tenantry.migrations import heads
from tenantry.surfaces.kit.caller import is_this_machine
from tenantry.surfaces.kit.services import services

AnyRequest = Request[Any, Any, Any]
NEWEST = heads.head()
# Where several processes share the port, each writes its figures below the folder that this variable names.
SHARED_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
NEVER_KEPT = {"cache-control": "no-store"}


@get("/healthz", sync_to_thread=False)
def alive() -> Response[dict[str, str]]:
    """The process answers. Nothing else is asked, so a database that is away does not get the process restarted."""
    return Response({"status": "ok"}, headers=NEVER_KEPT)


@get("/readyz")
async def ready(request: AnyRequest) -> Response[dict[str, Any]]:
    """The database answers and has the tables of this program; 503 until then."""
    revision = await applied_revision(services(request).works.database)
    checks = {
        "database": "ok" if revision is not None else "does not answer, or was never migrated",
        "migrations": "ok" if revision == NEWEST else f"at {revision or 'none'}, this program needs {NEWEST}",
    }
    fine = revision == NEWEST
    body = {"status": "ready" if fine else "unavailable", "checks": checks}
    return Response(body, status_code=200 if fine else 503, headers=NEVER_KEPT)


@get("/metrics")
async def metrics(request: AnyRequest) -> Response[Any]:
    """Figures in Prometheus' text format, for the bearer of the metrics token or, where none is set, for this machine only."""
    if not _may_read(request):
        body = {
            "error": "forbidden",
            "message": "Metrics are for the bearer of TENANTRY_METRICS_TOKEN, or for this machine.",
        }
        return Response(body, status_code=403)
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST, headers=NEVER_KEPT)


def _may_read(request: AnyRequest) -> bool:
    token = services(request).settings.metrics_token
    if token is not None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and same(given.strip().encode(), token.encode())
    return is_this_machine(request)


def _registry() -> CollectorRegistry:
    if SHARED_FIGURES not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


ROUTES = [alive, ready, metrics]
