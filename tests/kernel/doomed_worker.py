"""A worker to be killed: it runs jobs of the task "test.linger", says "started" for each, and never finishes one."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from tenantry.kernel.jobs import Task, TaskEnv
from tests.support.running import SYSTEM_CLOCK, committing, running, task_env


async def linger(env: TaskEnv, args: dict[str, Any]) -> None:
    print("started", flush=True)
    await asyncio.Event().wait()


async def main(owner: str, folder: Path) -> None:
    tasks = [Task("test.linger", linger)]
    async with committing(owner, SYSTEM_CLOCK) as works, running(owner, tasks, task_env(works, folder)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
