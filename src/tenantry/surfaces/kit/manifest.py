"""The built page assets: which file, with its content in its name, stands for which source name."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

DIST = Path(__file__).parent / "assets" / "dist"
ADDRESS = "/assets"


class AssetsMissing(Exception):
    """The page assets are not built, or a template names one that was not built."""


class _Entry(msgspec.Struct, frozen=True):
    file: str
    src: str | None = None


@cache
def built_files(folder: Path = DIST) -> Mapping[str, str]:
    """Source name ("pages.css") to built file name ("pages-1a2b3c4d.css"), fonts and shared parts included.

    AssetsMissing when the folder holds no manifest. The format is that of Vite's `build.manifest`, described on
    its documentation page "Backend Integration".
    """
    try:
        entries = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=dict[str, _Entry])
    except FileNotFoundError as error:
        raise AssetsMissing("the page assets are not built; run `make setup`") from error
    return {name.removeprefix("src/"): entry.file for name, entry in entries.items()}


def asset(name: str) -> str:
    """The address of an asset, by its source name: asset("pages.css") is "/assets/pages-1a2b3c4d.css"."""
    try:
        return f"{ADDRESS}/{built_files()[name]}"
    except KeyError as error:
        raise AssetsMissing(f"no page asset is named {name}") from error
