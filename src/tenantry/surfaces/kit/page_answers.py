"""Pages as responses, and the refusals of the domain as pages."""

import gzip
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.logs import logger
from tenantry.surfaces.kit import pages
from tenantry.surfaces.kit.error_pages import ErrorPage
from tenantry.surfaces.kit.works import request_id

AnyRequest = Request[Any, Any, Any]
log = logger("pages")

REFUSALS = {
    Kind.INVALID: (400, "This request cannot be read"),
    Kind.UNPROCESSABLE: (422, "That did not work"),
    Kind.UNAUTHENTICATED: (401, "You are not signed in"),
    Kind.FORBIDDEN: (403, "This is not open to you"),
    Kind.NOT_FOUND: (404, "There is nothing here"),
    Kind.CONFLICT: (409, "That did not work"),
    Kind.PRECONDITION: (412, "That did not work"),
    Kind.TOO_LARGE: (413, "That is too large"),
    Kind.TOO_MANY: (429, "That was too often"),
    Kind.BUSY: (503, "The server is busy"),
}

# Under it a compressed page saves no packet; beyond this level it takes more time than it saves.
WORTH_COMPRESSING = 1400
COMPRESSION = 5

NOT_FOUND = HTTPStatus.NOT_FOUND.phrase
"""What the router says of an address that it does not have."""


def page(
    template: str, status: int, context: dict[str, Any], cookie: Cookie | None = None
) -> Response[bytes]:
    """A rendered page. An address with a one-time code in it is told to nobody."""
    body = pages.render(template, **context)
    return Response(
        body,
        status_code=status,
        headers=_headers(),
        media_type="text/html",
        cookies=[cookie] if cookie else [],
    )


def _headers() -> dict[str, str]:
    headers = pages.headers()
    del headers["content-type"]
    headers["referrer-policy"] = "no-referrer"
    return headers


def compressed(request: AnyRequest, answer: Response[bytes]) -> Response[bytes]:
    """The page in gzip for a browser that takes it. What guards its forms is another text each time (see `csrf`), so the size of
    the page gives nothing away."""
    if "gzip" in request.headers.get("accept-encoding", "") and len(answer.content) > WORTH_COMPRESSING:
        answer.content = gzip.compress(answer.content, COMPRESSION, mtime=0)
        answer.headers["content-encoding"] = "gzip"
    return answer


def redirect(address: str, *cookies: Cookie) -> Response[bytes]:
    """Sends the browser on with a GET."""
    headers = pages.headers()
    del headers["content-type"]
    return Response(
        b"",
        status_code=303,
        headers={**headers, "location": address},
        media_type="text/html",
        cookies=list(cookies),
    )


def error_page(
    request: AnyRequest, status: int, title: str, message: str, home: tuple[str, str] | None = None
) -> Response[bytes]:
    """The page that says what happened and what to do; `home` is where to go on, and how that is called.

    Below the address of a tenant it is sent in the tenant's looks, if they can be read.
    """
    address, label = home or (None, "")
    context = {
        "status": status,
        "title": title,
        "message": message,
        "request_id": request_id(request) or None,
        "home": address,
        "home_label": label,
    }
    return ErrorPage(request, status, context, headers=_headers(), media_type="text/html")


def _refusal(request: AnyRequest, error: DomainError) -> Response[bytes]:
    status, title = REFUSALS[error.kind]
    answer = error_page(request, status, title, error.message)
    if error.retry_after is not None:
        answer.headers["retry-after"] = str(error.retry_after)
    return answer


def _http_error(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code == 404:
        title = REFUSALS[Kind.NOT_FOUND][1]
        says = (
            "No page has this address. Check it, or go back." if error.detail == NOT_FOUND else error.detail
        )
        return error_page(request, 404, title, says)
    return error_page(
        request, error.status_code, "That did not work", error.detail or "The request cannot be answered."
    )


def _failure(request: AnyRequest, error: Exception) -> Response[bytes]:
    log.error("unexpected error", exc_info=error)
    return error_page(request, 500, "Something went wrong here", "It has been logged. Try again in a moment.")


AS_PAGES: ExceptionHandlersMap = {DomainError: _refusal, HTTPException: _http_error, Exception: _failure}
"""The `exception_handlers` of the router that the pages stand on."""
