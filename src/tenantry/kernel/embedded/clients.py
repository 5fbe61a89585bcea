"""PostgreSQL's own client programs, which the wheel brings along: pg_dump and pg_restore for backups."""

import os
import subprocess
from collections.abc import Sequence

from tenantry.kernel.embedded.errors import EmbeddedError
from tenantry.kernel.embedded.wheel import find_wheel


def run_client(program: str, arguments: Sequence[str], conninfo: str, password: str | None) -> None:
    """Runs `pg_dump` or `pg_restore` on the database of `conninfo` to its end.

    The password goes into the environment, because every user of the machine can read the arguments of a process. Raises
    EmbeddedError with the last thing the program said when it failed.
    """
    path = find_wheel().package / "pginstall" / "bin" / program
    environ = dict(os.environ) | ({"PGPASSWORD": password} if password else {})
    command = [str(path), *arguments, "--dbname", conninfo]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise EmbeddedError(f"{program}: {said[-1] if said else f'ended with code {done.returncode}'}")
