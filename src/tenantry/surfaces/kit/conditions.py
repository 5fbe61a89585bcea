"""Conditional requests: what a caller knows of a version already (RFC 9110 section 13.1)."""

import re
from typing import Any

from litestar import Request

from tenantry.kernel.errors import DomainError, Kind

AnyRequest = Request[Any, Any, Any]
# An entity tag (RFC 9110 section 8.8.3), and one of our own: a version. Proxies that compress an answer make its tag a weak one.
ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
VERSION = re.compile(r'(?:W/)?"(\d{1,9})"')
NEVER = -1


def version_tag(version: int) -> dict[str, str]:
    """The header that shows a version as an ETag."""
    return {"ETag": f'"{version}"'}


def if_match(request: AnyRequest) -> int | None:
    """The version that the caller demands, or None for no demand; a tag that this server never gave matches nothing.

    Raises DomainError INVALID for what is neither `*` nor one entity tag.
    """
    header = _header(request, "if-match")
    if header is None or header == "*":
        return None
    if not ENTITY_TAG.fullmatch(header):
        problem = 'must be one ETag as this server gave it, such as "3" with its quotation marks, or *'
        raise DomainError(Kind.INVALID, "validation_error", f"If-Match {problem}.", {"If-Match": problem})
    own = VERSION.fullmatch(header)
    return int(own[1]) if own else NEVER


def is_known(request: AnyRequest, etag: str) -> bool:
    """Whether the caller has this version: `If-None-Match` names it, weakly or not, or is `*`. What cannot be read names none."""
    header = _header(request, "if-none-match")
    if header is None:
        return False
    return header == "*" or _strong(etag) in map(_strong, ENTITY_TAG.findall(header))


def _header(request: AnyRequest, name: str) -> str | None:
    lines = request.headers.getall(name, [])
    return ",".join(lines).strip() if lines else None


def _strong(tag: str) -> str:
    return tag.removeprefix("W/")
