"""Why a start failed, in the words of those who know."""

import itertools
import time
from collections.abc import Iterable
from pathlib import Path

# PostgreSQL's log is written by a process of its own, which may be a moment behind the server's end.
_PATIENCE_SECONDS = 1.0


class Complaints:
    """What one start prints, made before it: `start_log` is written anew by it, the logs in `folder` grow."""

    def __init__(self, start_log: Path, folder: Path) -> None:
        self._start_log = start_log
        self._folder = folder
        self._sizes = {path: path.stat().st_size for path in folder.glob("*.log")}

    def reason(self) -> str:
        """Our own refusal, PostgreSQL's first complaint, and where to read more, in one line."""
        start = _text(self._start_log, 0).splitlines()
        refusal = _first_after(("refused: ",), start)
        complaint = _first_after(("FATAL:", "PANIC:", "error:"), start)
        if not refusal and not complaint:
            complaint = self._later_complaint()
        return "; ".join([*refusal, *complaint, f"see {self._start_log} and {self._folder}"])

    def _later_complaint(self) -> list[str]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            found = _first_after(("FATAL:", "PANIC:"), self._later_lines())
            if found or time.monotonic() > deadline:
                return found
            time.sleep(0.01)

    def _later_lines(self) -> Iterable[str]:
        for path in self._folder.glob("*.log"):
            before = self._sizes.get(path, 0)
            # A log of last week is begun anew and may be shorter now.
            yield from _text(path, before if before <= path.stat().st_size else 0).splitlines()


def _text(path: Path, offset: int) -> str:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace")


def _first_after(marks: tuple[str, ...], lines: Iterable[str]) -> list[str]:
    """At most one text: what follows the first mark in the lines."""
    found = (line.partition(mark)[2].strip() for line in lines for mark in marks if mark in line)
    return list(itertools.islice(found, 1))
