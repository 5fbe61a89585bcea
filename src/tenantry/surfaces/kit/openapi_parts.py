"""What all operations of the OpenAPI document share: headers, refusals, security."""

from typing import Any

from tenantry.surfaces.kit.contract import Dialect

Json = dict[str, Any]

MEDIA = "application/json"
HEADERS: Json = {
    "X-Request-Id": {
        "description": "Names this request in the log and in the audit; a caller may send one of its own.",
        "required": True,
        "schema": {"type": "string"},
    },
    "X-RateLimit-Limit": {
        "description": "Requests that this key may make in a window (a minute; an hour for exports).",
        "required": True,
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Remaining": {
        "description": "Requests that are left in this window.",
        "required": True,
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Reset": {
        "description": "When the window ends, in Unix seconds.",
        "required": True,
        "schema": {"type": "integer"},
    },
    "Retry-After": {
        "description": "Seconds to wait.",
        "required": True,
        "schema": {"type": "integer"},
    },
    "ETag": {
        "description": "The version that was answered; `If-Match` and `If-None-Match` take it.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "`true` on the answer to a repeated Idempotency-Key.",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Content-Disposition": {
        "description": "A name for the file.",
        "required": True,
        "schema": {"type": "string"},
    },
}
ALWAYS = ("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")

IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": (
        "A text of your own that makes a repetition safe for 24 hours: the same key with the same request gets the first answer"
        " again, and nothing is done twice. With another request it is refused (422)."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
_TAG = '(W/)?"[!#-~]*"'
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": (
        "Change only this version: an ETag of this server, with its quotation marks; 412 if there is a newer one. `*` takes any."
    ),
    "schema": {"type": "string", "pattern": f"^({_TAG}|\\*)$"},
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The versions that you have: ETags of this server, with commas between them; 304 if one is the present one.",
    "schema": {"type": "string", "pattern": f"^({_TAG}(, *{_TAG})*|\\*)$"},
}

IDENTITY_ERROR: Json = {
    "title": "IdentityError",
    "description": "How the identity API refuses: `code` is for programs and stays, `message` names the kind of error.",
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "description": {"type": "string"},
    },
    "required": ["code", "message", "description"],
}
ERROR: Json = {
    "title": "Error",
    "description": "Every refusal looks like this. `details` maps a field to what is wrong with it.",
    "type": "object",
    "properties": {
        "error": {"type": "boolean", "const": True},
        "message": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["error", "message", "status", "code", "details"],
}

# Name, meaning, codes, and an example's message for each status.
_REFUSALS: dict[int, tuple[str, str, tuple[str, ...], str]] = {
    400: ("BadRequest", "Broken JSON, a wrong type or a bad value in the query.", ("validation_error", "invalid_request"),
          "limit must lie between 1 and 100."),
    401: ("Unauthenticated", "No key, or one that is unknown here, expired or revoked.", ("invalid_token",),
          "The API key is missing, unknown, expired or revoked."),
    403: ("Forbidden", "The key lacks a scope, or the tenant is suspended.",
          ("insufficient_scope", "permission_denied", "tenant_suspended"), "This needs the permission users:update."),
    404: ("NotFound", "There is no such tenant or resource.", ("resource_not_found", "tenant_not_found"),
          "There is no such user."),
    409: ("Conflict", "Something that must be unique is taken, or is in use.", ("duplicate_resource", "conflict"),
          "A user with this email already exists."),
    412: ("PreconditionFailed", "It has changed since the caller read it.", ("precondition_failed",),
          "The user has changed since you read it."),
    413: ("TooLarge", "The body is larger than the server takes.", ("request_too_large",), "The request is too large."),
    422: ("Unprocessable", "The shape is right, the content breaks a rule; `details` names every faulty field.",
          ("validation_error",), "phoneNumber: must start with + and the country code, such as +15551234567"),
    429: ("TooManyRequests", "The key has used up its window.", ("rate_limit_exceeded",),
          "Too many requests: 1000 a minute are allowed. Try again in 12 seconds."),
    503: ("Busy", "The server is busy; the same request may succeed in a moment.", ("server_busy",),
          "The server is busy. Try again in a moment."),
}  # fmt: skip
_DETAILS = {
    400: {"limit": "must lie between 1 and 100"},
    409: {"email": "a user with this email already exists"},
    422: {"phoneNumber": "must start with + and the country code, such as +15551234567"},
}
EVERYWHERE = (400, 401, 403, 404, 429, 503)
# What the content of a request breaks is 400 there, as everything is that a caller can put right.
IDENTITY = (*EVERYWHERE, 413)
WITH_BODY = (413, 422)

SESSION = "session"
SECURITY_SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: `Authorization: Bearer sk_live_...`",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "The same API key in its own header.",
    },
    SESSION: {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a session, as the sign-in gives it.",
    },
}


def header_refs(*names: str) -> Json:
    """Those headers of an answer, by reference."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


NOT_MODIFIED: Json = {
    "description": (
        "You have this version; there is no body. What moves no version may have changed all the same: the last sign-in and the"
        " number of sign-ins, and the names of roles and groups."
    ),
    "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in (*ALWAYS, "ETag")},
}


def refusals() -> Json:
    """The shared answers for everything that is refused."""
    return {name: _refusal(status) for status, (name, *_) in _REFUSALS.items()}


def identity_refusals() -> Json:
    """The same for the identity API, in its words."""
    return {f"Identity{_REFUSALS[status][0]}": _identity_refusal(status) for status in IDENTITY}


def refusal_ref(status: int, dialect: Dialect = "") -> Json:
    """A shared answer by its status."""
    return {"$ref": f"#/components/responses/{dialect.title()}{_REFUSALS[status][0]}"}


def _refusal(status: int) -> Json:
    _, meaning, codes, message = _REFUSALS[status]
    extra = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}.get(status, ())
    details = _DETAILS.get(status, {})
    example = {"error": True, "message": message, "status": status, "code": codes[0], "details": details}
    return {
        "description": f"{meaning} Codes: {', '.join(f'`{code}`' for code in codes)}.",
        "headers": header_refs(*ALWAYS, *extra),
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}},
    }


def _identity_refusal(status: int) -> Json:
    own = _refusal(status)
    shown = own["content"][MEDIA]["example"]
    titles = {400: "Bad request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found"}
    title = titles.get(
        status, {429: "Too many requests", 413: "Request too large"}.get(status, "Service unavailable")
    )
    example = {"code": shown["code"], "message": title, "description": shown["message"]}
    meaning = "What a caller can put right." if status == 400 else own["description"]
    return {
        **own,
        "description": meaning,
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/IdentityError"}, "example": example}},
    }
