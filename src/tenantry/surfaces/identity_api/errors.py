"""Errors in the words of the identity API: {"code", "message", "description"}.

What a caller can put right is 400 here, whatever other doors make of it: an unknown user, a realm that is not there, a code that
is wrong or no longer good.
"""

import msgspec

from tenantry.kernel.errors import DomainError, Kind
from tenantry.surfaces.kit.works import Answer

STATUS = {
    Kind.INVALID: 400,
    Kind.UNPROCESSABLE: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 400,
    Kind.CONFLICT: 400,
    Kind.PRECONDITION: 400,
    Kind.TOO_LARGE: 413,
    Kind.TOO_MANY: 429,
    Kind.BUSY: 503,
}
TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timeout",
    413: "Request too large",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}
NO_TENANT = "tenant_not_found"


class ErrorBody(msgspec.Struct, frozen=True):
    """What every refusal looks like. `code` is for programs and stays, `message` names its kind, `description` says why."""

    code: str
    message: str
    description: str


def error_body(status: int, code: str, description: str) -> bytes:
    return msgspec.json.encode(ErrorBody(code, TITLES.get(status, "Bad request"), description))


def refused(error: DomainError) -> Answer:
    """A refusal as the answer of a unit of work that is committed all the same."""
    status = STATUS[error.kind]
    return Answer(ErrorBody(error.code, TITLES[status], error.message), status)


def dressed(error: DomainError) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and extra headers for a refusal of the domain."""
    status = 404 if error.code == NO_TENANT else STATUS[error.kind]
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="tenantry"'
    return status, error_body(status, error.code, error.message), headers
