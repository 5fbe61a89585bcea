"""Serves the built page assets at /assets. Their names carry a hash of their content: a copy is good for ever.

Browsers ask for /favicon.ico by themselves where no page names an icon, as beside an answer of the API. They get the same icon,
under a name that stays, so a copy is good for a day.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tenantry.surfaces.kit.manifest import ADDRESS, DIST, AssetsMissing, built_files

FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
ICON = "favicon.svg"
_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".svg": "image/svg+xml", ".css": "text/css"}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""Content codings and the suffixes of their copies, the smaller one first."""


class _Asset(msgspec.Struct, frozen=True):
    path: Path
    media_type: str
    copies: dict[str, Path]


def asset_routes(folder: Path = DIST) -> list[HTTPRouteHandler]:
    """The handlers of /assets/{name} and of /favicon.ico. They learn the names now, and read a file each time it is asked for.

    With no assets built they know no name and answer 404, so that the API can run without pages.
    """
    names = _names(folder)
    index = {name: _asset(folder / name) for name in names.values()}
    icon = index.get(names.get(ICON, ""))

    @route(f"{ADDRESS}/{{name:str}}", http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
    async def serve_asset(name: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
        found = index.get(name)
        if found is None:
            raise NotFoundException(f"no asset is named {name}")
        return await _answer(request, found, FOR_EVER)

    @route("/favicon.ico", http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
    async def serve_icon(request: Request[Any, Any, Any]) -> Response[bytes]:
        if icon is None:
            raise NotFoundException("there is no icon")
        return await _answer(request, icon, A_DAY)

    return [serve_asset, serve_icon]


async def _answer(request: Request[Any, Any, Any], found: _Asset, kept: str) -> Response[bytes]:
    coding = _chosen(request.headers.get("accept-encoding", ""), found.copies)
    path = found.copies[coding] if coding else found.path
    headers = {"cache-control": kept, "x-content-type-options": "nosniff"}
    headers["cross-origin-resource-policy"] = "same-origin"
    if found.copies:
        headers["vary"] = "accept-encoding"
    if coding:
        headers["content-encoding"] = coding
    content = await asyncio.to_thread(path.read_bytes)
    return Response(content, media_type=found.media_type, headers=headers)


def _names(folder: Path) -> Mapping[str, str]:
    try:
        return built_files(folder)
    except AssetsMissing:
        return {}


def _asset(path: Path) -> _Asset:
    beside = {coding: path.with_name(path.name + suffix) for coding, suffix in _ENCODINGS}
    copies = {coding: copy for coding, copy in beside.items() if copy.is_file()}
    return _Asset(path, _TYPES.get(path.suffix, "application/octet-stream"), copies)


def _chosen(accepted: str, copies: dict[str, Path]) -> str | None:
    """The first coding that we have and the client takes (RFC 9110, section 12.5.3); None: the file as it is."""
    taken = {}
    for part in accepted.lower().split(","):
        coding, _, parameters = part.partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        taken[coding.strip()] = weight.rstrip("0").rstrip(".") not in ("", "0") if parameters else True
    everything = taken.get("*", False)
    return next((coding for coding in copies if taken.get(coding, everything)), None)
