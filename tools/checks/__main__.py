"""Runs every rule over the project and fails when one is broken."""

import sys
from pathlib import Path

from tools.checks import authorised, empty_packages, file_length, forbidden_text, late_imports, small_work

RULES = (authorised, empty_packages, file_length, forbidden_text, late_imports, small_work)
ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    found = [finding for rule in RULES for finding in rule.find(ROOT)]
    for finding in found:
        print(finding)
    print(f"{len(RULES)} rules of our own: {len(found) or 'no'} finding{'' if len(found) == 1 else 's'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
