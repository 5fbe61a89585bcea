"""What a route promises: its parameters, bodies and answers, from which the OpenAPI document is made."""

from typing import Any, Literal

import msgspec
from litestar import HttpMethod

KEY = "contract"
Dialect = Literal["", "identity"]
"""Whose words a refusal stands in: those of this program's own API, or of the identity API."""
PUT_OR_PATCH = (HttpMethod.PUT, HttpMethod.PATCH)
"""Both change only what is sent, so that clients of either habit are served."""


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """One operation as its callers see it. `query`, `body` and `answer` are types; `examples` go into the document as they are.

    `name` is what programs call it by (its operationId); without one it is the name of the function. A route of two methods has
    its name for the first, and for the second with the method behind it.
    `answer` is what stands under `data`; None means an answer that has only a `message`. `etag` says that answers carry an ETag,
    which is so anyway where the answer has a `version`. `files` are media types with descriptions, for answers that are no
    JSON envelope; `upload` are those of a body that is a file. `bodiless` says that a success has no body, and `dialect` in whose
    words a refusal stands. `path` describes path parameters that need more words than their name. `caller` is who may call: the
    bearer of an API key, somebody who is signed in, or nobody in particular.
    """

    summary: str
    tag: str
    name: str = ""
    description: str = ""
    query: type | None = None
    body: Any = None
    answer: Any = None
    envelope: bool = True
    bodiless: bool = False
    dialect: Dialect = ""
    listed: bool = False
    status: int = 200
    media_type: str = "application/json"
    scopes: tuple[str, ...] = ()
    body_example: Any = None
    upload: tuple[str, ...] = ()
    answer_example: Any = None
    errors: tuple[int, ...] = ()
    etag: bool = False
    files: tuple[tuple[str, str], ...] = ()
    path: dict[str, str] = {}
    caller: Literal["key", "session", "nobody"] = "key"


def promises(**contract: Any) -> dict[str, Any]:
    """The contract of a route as the keyword arguments of its decorator."""
    made = Contract(**contract)
    return {"opt": {KEY: made}, "status_code": made.status}
