"""Finds wrk, the load generator of the benchmarks, or installs Debian's: `python tools/ensure_wrk.py`.

As root on a system with apt-get it installs the package `wrk`. Anybody else is told what to install. A program that the
variable TENANTRY_WRK names is taken as it is.
"""

import os
import shutil
import subprocess
import sys

NAME = "wrk"
VARIABLE = "TENANTRY_WRK"
APT = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", NAME),
)
ADVICE = f"""\
The benchmarks need wrk, and it is not on the PATH. Install it:
    Debian, Ubuntu    sudo apt-get update && sudo apt-get install wrk
    Fedora            sudo dnf install wrk
    Arch              sudo pacman -S wrk
or set {VARIABLE} to the path of the program."""


class WrkMissing(Exception):
    """No load generator; the message says what to install."""


def find_wrk() -> str | None:
    """What TENANTRY_WRK names, else wrk on the PATH, else None."""
    named = os.environ.get(VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise WrkMissing(f"{VARIABLE} names {named}, which is no program that can be started")
        return named
    return shutil.which(NAME)


def ensure_wrk() -> str:
    """The program, installed if need be; WrkMissing says what to do where it can't be."""
    found = find_wrk()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install()
        found = find_wrk()
    if found is None:
        raise WrkMissing(ADVICE)
    return found


def _install() -> None:
    print("installing Debian's wrk for the benchmarks", flush=True)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in APT:
        result = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if result.returncode:
            said = "\n".join((result.stdout + result.stderr).strip().splitlines()[-10:])
            raise WrkMissing(f"{' '.join(command)} failed:\n{said}\n\n{ADVICE}")


def main() -> int:
    try:
        print(f"benchmarks use {ensure_wrk()}")
    except WrkMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
