"""No file that a person writes is longer than a person can hold in mind."""

from pathlib import Path

from tools.checks.common import Finding, project_files

MOST_LINES = 400
WRITTEN = frozenset({".css", ".html", ".js", ".mjs", ".md", ".py", ".sh", ".sql", ".toml", ".txt"})
# A changelog only grows, and nobody reads it from end to end.
EXEMPT = frozenset({Path("CHANGELOG.md")})


def find(root: Path) -> list[Finding]:
    """Files with more lines than MOST_LINES."""
    found = []
    for path in project_files(root):
        if path.suffix not in WRITTEN or path in EXEMPT:
            continue
        lines = (root / path).read_bytes().count(b"\n")
        if lines > MOST_LINES:
            found.append(
                Finding(str(path), lines, f"{lines} lines, {MOST_LINES} are allowed: split it by subject")
            )
    return found
