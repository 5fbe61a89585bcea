"""Finds the browser of the browser tests, or installs Debian's: `python tools/ensure_chromium.py`.

As root on a system with apt-get it installs the package `chromium`. Anybody else is told what to install. A
program that the variable TENANTRY_CHROMIUM names is taken as it is.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "TENANTRY_CHROMIUM"
APT = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"),
)
ADVICE = f"""\
The browser tests need Chromium, and none of {", ".join(NAMES)} is on the PATH. Install one:
    Debian, Ubuntu    sudo apt-get update && sudo apt-get install chromium
    Fedora            sudo dnf install chromium
    Arch              sudo pacman -S chromium
or set {VARIABLE} to the path of a Chromium or Chrome program."""


class ChromiumMissing(Exception):
    """No browser for the tests; the message says what to install."""


def find_chromium() -> str | None:
    """The browser to test with: what TENANTRY_CHROMIUM names, else the first of NAMES on the PATH, else None."""
    named = os.environ.get(VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise ChromiumMissing(f"{VARIABLE} names {named}, which is no program that can be started")
        return named
    return next((found for found in map(shutil.which, NAMES) if found), None)


def ensure_chromium() -> str:
    """The browser to test with, installed if need be; ChromiumMissing says what to do where it can't be."""
    found = find_chromium()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = find_chromium()
    if found is None:
        raise ChromiumMissing(ADVICE)
    return found


def _install() -> None:
    print("installing Debian's chromium for the browser tests", flush=True)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in APT:
        result = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if result.returncode:
            said = "\n".join((result.stdout + result.stderr).strip().splitlines()[-10:])
            raise ChromiumMissing(f"{' '.join(command)} failed:\n{said}\n\n{ADVICE}")


def main() -> int:
    try:
        print(f"browser tests use {ensure_chromium()}")
    except ChromiumMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
