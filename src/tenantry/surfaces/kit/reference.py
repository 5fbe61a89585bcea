"""/openapi.json and /docs: the API's own description, for programs and for people."""

import hashlib
from typing import Any

import msgspec
from litestar import Request, Response, get

from tenantry.surfaces.kit import pages
from tenantry.surfaces.kit.conditions import is_known
from tenantry.surfaces.kit.openapi import encoded

AnyRequest = Request[Any, Any, Any]
ADDRESS = "/openapi.json"


class _Kept(msgspec.Struct, frozen=True):
    content: bytes
    etag: str


@get(ADDRESS, sync_to_thread=False)
def openapi(request: AnyRequest) -> Response[bytes]:
    """The document, made once for a process; a caller that has it gets 304 (RFC 9110 section 15.4.5)."""
    kept = _kept(request)
    headers = {"etag": kept.etag, "cache-control": "no-cache"}
    if is_known(request, kept.etag):
        return Response(b"", status_code=304, headers=headers)
    return Response(kept.content, media_type="application/json", headers=headers)


@get("/docs", sync_to_thread=False)
def reference() -> Response[bytes]:
    """The reference page; everything on it comes from this server."""
    return Response(pages.render("docs/reference.html", openapi=ADDRESS), headers=pages.headers())


def _kept(request: AnyRequest) -> _Kept:
    state = request.app.state
    if "openapi" not in state:
        content = encoded(request.app)
        state.openapi = _Kept(content, f'"{hashlib.sha256(content).hexdigest()[:20]}"')
    kept: _Kept = state.openapi
    return kept


ROUTES = [openapi, reference]
