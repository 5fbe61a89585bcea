"""Errors in the words of the admin API: {"error", "message", "status", "code", "details"}."""

import msgspec

from tenantry.kernel.errors import DomainError, Kind

STATUS = {
    Kind.INVALID: 400,
    Kind.UNPROCESSABLE: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.PRECONDITION: 412,
    Kind.TOO_LARGE: 413,
    Kind.TOO_MANY: 429,
    Kind.BUSY: 503,
}


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """What every refusal looks like. `details` maps a field to what is wrong with it."""

    error: bool
    message: str
    status: int
    code: str
    details: dict[str, str]


def error_body(status: int, code: str, message: str, details: dict[str, str] | None = None) -> bytes:
    return msgspec.json.encode(
        ErrorBody(error=True, message=message, status=status, code=code, details=details or {})
    )


def dressed(error: DomainError) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and extra headers for a refusal of the domain."""
    status = STATUS[error.kind]
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="tenantry"'
    return status, error_body(status, error.code, error.message, error.fields), headers
