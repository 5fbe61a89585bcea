"""What no file of the project may contain, because it is true on one machine only."""

import re
from pathlib import Path

from tools.checks.common import Finding, project_files

# Put together from pieces, so that this file does not break its own rule.
_DOT = r"\."
RULES = {
    "a registry is a matter of the machine's own settings, never of the project": "|".join(
        (
            f"pypi{_DOT}org",
            f"pythonhosted{_DOT}org",
            f"npmjs{_DOT}(?:org|com)",
            f"yarnpkg{_DOT}com",
            f"deb{_DOT}debian{_DOT}org",
            f"jsr{_DOT}io",
        )
    ),
    "a path of one machine does not exist on another": r"(?<![\w.])/(?:work|root)/\w",
    "a path leads out of the project": _DOT + _DOT + "/" + "shared",
    "a secret key must never be committed": "-{5}BEGIN [A-Z ]*PRIVATE" + " KEY-{5}",
}
LARGEST = 2_000_000


def find(root: Path) -> list[Finding]:
    """Lines that match one of RULES, in every text file of the project."""
    patterns = [(re.compile(pattern), message) for message, pattern in RULES.items()]
    found = []
    for path in project_files(root):
        content = (root / path).read_bytes()
        if len(content) > LARGEST or b"\0" in content:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            found += [
                Finding(str(path), number, message) for pattern, message in patterns if pattern.search(line)
            ]
    return found
