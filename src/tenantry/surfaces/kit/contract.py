"""What a route promises: its parameters, bodies and answers, from which the OpenAPI document is made."""

from typing import Any

import msgspec

KEY = "contract"


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """One operation as its callers see it. `query`, `body` and `answer` are types; `examples` go into the document as they are.

    `answer` is what stands under `data`; None means an answer that has only a `message`. `etag` says that answers carry an ETag,
    which is so anyway where the answer has a `version`. `files` are media types with descriptions, for answers that are no
    JSON envelope. `path` describes path parameters that need more words than their name.
    """

    summary: str
    tag: str
    description: str = ""
    query: type | None = None
    body: Any = None
    answer: Any = None
    envelope: bool = True
    listed: bool = False
    status: int = 200
    media_type: str = "application/json"
    scopes: tuple[str, ...] = ()
    body_example: Any = None
    answer_example: Any = None
    errors: tuple[int, ...] = ()
    etag: bool = False
    files: tuple[tuple[str, str], ...] = ()
    path: dict[str, str] = {}


def promises(**contract: Any) -> dict[str, Any]:
    """The contract of a route as the keyword arguments of its decorator."""
    made = Contract(**contract)
    return {"opt": {KEY: made}, "status_code": made.status}
