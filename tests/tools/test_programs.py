"""Programs that are missing are named with what to install."""

from pathlib import Path

import pytest

from tools.programs import CURL, PROGRAMS, Program, ProgramMissing, ensure, find

NOWHERE = Program("these tests", ("no-such-program",), "no-such-package", "TENANTRY_NO_SUCH_PROGRAM")


def test_a_program_on_the_path_is_found() -> None:
    assert find(CURL)


def test_a_missing_one_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ProgramMissing, match="apt-get install no-such-package"):
        ensure(NOWHERE)


def test_the_variable_names_another_and_must_name_a_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.write_text("#!/bin/sh\n")
    monkeypatch.setenv(NOWHERE.variable, str(mine))
    with pytest.raises(ProgramMissing, match="no program"):
        find(NOWHERE)
    mine.chmod(0o755)
    assert find(NOWHERE) == str(mine)


@pytest.mark.parametrize("program", PROGRAMS.values())
def test_each_has_a_variable_of_its_own(program: Program) -> None:
    assert program.variable.startswith("TENANTRY_")
