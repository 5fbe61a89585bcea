"""Programs that the tests and benchmarks need and pip does not bring: `python tools/programs.py chromium curl`.

What is missing is installed from Debian's packages as root on a system with apt-get; anybody else is told what to install. A
program that the variable TENANTRY_<NAME> names is taken as it is.
"""

import os
import shutil
import subprocess
import sys
from typing import NamedTuple


class Program(NamedTuple):
    """A program: what needs it, its names on the PATH, the package that has it, and the variable that names another."""

    purpose: str
    names: tuple[str, ...]
    package: str
    variable: str


CHROMIUM = Program(
    "the browser tests",
    ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "chromium",
    "TENANTRY_CHROMIUM",
)
CURL = Program("the journeys", ("curl",), "curl", "TENANTRY_CURL")
WRK = Program("the benchmarks", ("wrk",), "wrk", "TENANTRY_WRK")
PROGRAMS = {"chromium": CHROMIUM, "curl": CURL, "wrk": WRK}


class ProgramMissing(Exception):
    """The program is not there; the message says what to install."""


def advice(program: Program) -> str:
    """What to install, on the systems that are common."""
    return f"""\
{program.purpose} need {" or ".join(program.names)}, which is not on the PATH. Install it:
    Debian, Ubuntu    sudo apt-get update && sudo apt-get install {program.package}
    Fedora            sudo dnf install {program.package}
    Arch              sudo pacman -S {program.package}
or set {program.variable} to the path of the program."""


def find(program: Program) -> str | None:
    """What the variable names, else the first of the names on the PATH, else None."""
    named = os.environ.get(program.variable)
    if named:
        if not os.access(named, os.X_OK):
            raise ProgramMissing(f"{program.variable} names {named}, which is no program that can be started")
        return named
    return next((found for found in map(shutil.which, program.names) if found), None)


def ensure(program: Program) -> str:
    """The program, installed if need be; ProgramMissing says what to do where it can't be."""
    found = find(program)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install(program)
        found = find(program)
    if found is None:
        raise ProgramMissing(advice(program))
    return found


def _install(program: Program) -> None:
    print(f"installing Debian's {program.package} for {program.purpose}", flush=True)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", program.package),
    ):
        result = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if result.returncode:
            said = "\n".join((result.stdout + result.stderr).strip().splitlines()[-10:])
            raise ProgramMissing(f"{' '.join(command)} failed:\n{said}\n\n{advice(program)}")


def main(names: list[str]) -> int:
    try:
        for name in names:
            program = PROGRAMS[name]
            print(f"{program.purpose} use {ensure(program)}")
    except ProgramMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
