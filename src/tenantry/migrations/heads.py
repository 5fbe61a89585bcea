"""The newest revision, found by the file names alone, so that a start with nothing to migrate need not load Alembic."""

from pathlib import Path


def head() -> str:
    """The name of the newest revision; the files in `versions` begin with it."""
    names = sorted(path.name for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))
    return names[-1].split("_", 1)[0]
