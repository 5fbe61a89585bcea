"""For those who watch the server: is it alive, is it ready, and its figures for Prometheus."""

import os
from typing import Any

from litestar import HttpMethod, Request, Response, get, route
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from tenantry.kernel.crypto import same
from tenantry.kernel.readiness import PATIENCE_SECONDS, Readiness, database_readiness
from tenantry.migrations import heads
from tenantry.surfaces.kit.caller import is_this_machine
from tenantry.surfaces.kit.services import services

AnyRequest = Request[Any, Any, Any]
NEWEST = heads.head()
# Where several processes share the port, each writes its figures below the folder that this variable names.
SHARED_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
NEVER_KEPT = {"cache-control": "no-store"}
# Balancers and monitors often look with HEAD.
READ = [HttpMethod.GET, HttpMethod.HEAD]
SILENT = f"does not answer within {PATIENCE_SECONDS:g} s"


@route("/healthz", http_method=READ, status_code=200, sync_to_thread=False)
def alive() -> Response[dict[str, str]]:
    """The process answers. Nothing else is asked, so a database that is away does not get the process restarted."""
    return Response({"status": "ok"}, headers=NEVER_KEPT)


@route("/readyz", http_method=READ, status_code=200)
async def ready(request: AnyRequest) -> Response[dict[str, Any]]:
    """The database answers and has the tables of this program; 503 until then, with the reason, in less than a second.

    It asks on a connection that requests do not share, so a server that is merely busy stays in service.
    """
    found = await database_readiness(services(request).works.database)
    checks = {"database": "ok" if found.answers else SILENT, "migrations": _migrations(found)}
    fine = found.revision == NEWEST
    body = {"status": "ready" if fine else "unavailable", "checks": checks}
    return Response(body, status_code=200 if fine else 503, headers=NEVER_KEPT)


def _migrations(found: Readiness) -> str:
    if found.revision == NEWEST:
        return "ok"
    if not found.answers:
        return "unknown"
    return f"the tables are at revision {found.revision or 'none'}, this program needs {NEWEST}"


@get("/metrics")
async def metrics(request: AnyRequest) -> Response[Any]:
    """Figures in Prometheus' text format, for the bearer of the metrics token or, where none is set, for this machine only."""
    if not _may_read(request):
        body = {
            "error": "forbidden",
            "message": "Metrics are for the bearer of TENANTRY_METRICS_TOKEN, or for this machine.",
        }
        return Response(body, status_code=403)
    # As a media type the framework would add the charset a second time, and Prometheus refuses what names one twice.
    headers = {**NEVER_KEPT, "content-type": CONTENT_TYPE_LATEST}
    return Response(generate_latest(_registry()), headers=headers)


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
