"""What all operations of the OpenAPI document share: headers, refusals, security, words for parameters."""

from typing import Any

Json = dict[str, Any]

MEDIA = "application/json"
PARAMETERS = {
    "tenant": "The tenant's slug.",
    "user_id": "The user's id or email address.",
    "role": "A role's id or slug.",
    "role_id": "A role's id or slug.",
    "group": "A group's id or slug.",
    "group_id": "A group's id or slug.",
    "permission": "A permission's id or slug.",
    "key_id": "The key's id, not the key itself.",
    "entry_id": "The entry's id.",
    "session_id": "The session's id.",
    "cursor": "Where to go on: `nextCursor` of the page before. Not together with `page`.",
    "limit": "Rows a page.",
    "page": "Which page, counted from 1.",
    "search": "Text to look for.",
    "sortBy": "The field to sort by.",
    "sortDir": "`ASC` or `DESC`.",
    "blocked": "Whether a person has suspended them.",
    "active": "Whether they may sign in now.",
    "verified": "Whether the email address is verified.",
    "status": "Their status, as the user object shows it; `pending` and `deleted` as well.",
    "permanent": "Leave nothing to restore.",
    "createdFrom": "Created at this moment or later.",
    "createdTo": "Created before this moment.",
    "lastLoginFrom": "Last signed in at this moment or later.",
    "lastLoginTo": "Last signed in before this moment.",
    "action": "The name of an action, or its beginning followed by `*`, as in `user.*`.",
    "category": "What the action is about.",
    "actorId": "Who did it: the id of a key or a user.",
    "targetId": "To what it was done: the id of a user, a role and so on.",
    "outcome": "How it ended.",
    "startDate": "From this date or moment on.",
    "endDate": "Before this moment, or up to the end of this date.",
    "from": "From this date or moment on.",
    "to": "Before this moment, or up to the end of this date; without it, until now.",
    "include": "What to show besides.",
    "isSystem": "Whether it comes with the program.",
    "effective": "Also what is held through groups.",
    "format": "CSV for tables, JSON for programs.",
}
EXAMPLES = {"tenant": "acme-corp", "user_id": "ann@example.com", "role": "developer", "group": "engineering"}

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
        "description": "The version that was answered; `If-Match` takes it.",
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
        "Makes a repetition safe for 24 hours: the same key with the same request gets the first answer again, and nothing is"
        " done twice. With another request it is refused (422)."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "Change only this version (an ETag got from this server); 412 if there is a newer one.",
    "schema": {"type": "string"},
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
          ("validation_error",), "email: is not a valid address"),
    429: ("TooManyRequests", "The key has used up its window.", ("rate_limit_exceeded",),
          "Too many requests: 1000 a minute are allowed. Try again in 12 seconds."),
    503: ("Busy", "The server is busy; the same request may succeed in a moment.", ("server_busy",),
          "The server is busy. Try again in a moment."),
}  # fmt: skip
EVERYWHERE = (400, 401, 403, 404, 429, 503)
WITH_BODY = (413, 422)

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
}


def header_refs(*names: str) -> Json:
    """Those headers of an answer, by reference."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def refusals() -> Json:
    """The shared answers for everything that is refused."""
    return {name: _refusal(status) for status, (name, *_) in _REFUSALS.items()}


def refusal_ref(status: int) -> Json:
    """A shared answer by its status."""
    return {"$ref": f"#/components/responses/{_REFUSALS[status][0]}"}


def _refusal(status: int) -> Json:
    _, meaning, codes, message = _REFUSALS[status]
    extra = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}.get(status, ())
    example = {"error": True, "message": message, "status": status, "code": codes[0], "details": {}}
    return {
        "description": f"{meaning} Codes: {', '.join(f'`{code}`' for code in codes)}.",
        "headers": header_refs(*ALWAYS, *extra),
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Error"}, "example": example}},
    }
