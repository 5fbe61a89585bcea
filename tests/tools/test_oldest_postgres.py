"""The oldest PostgreSQL that is supported: what is pinned, and what is said where there is none."""

import json
from pathlib import Path

import pytest

from tools import oldest_postgres

ROOT = Path(__file__).resolve().parents[2]


def test_the_pinned_version_is_the_oldest_that_the_readme_promises() -> None:
    wanted = json.loads((oldest_postgres.PINNED / "package.json").read_text(encoding="utf-8"))
    majors = {version.partition(".")[0] for version in wanted["optionalDependencies"].values()}
    assert len(majors) == 1
    assert f"{majors.pop()} or newer" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_lock_file_names_no_registry_and_vouches_for_every_package() -> None:
    lock = json.loads((oldest_postgres.PINNED / "package-lock.json").read_text(encoding="utf-8"))
    packages = [entry for name, entry in lock["packages"].items() if name]
    assert len(packages) == 2
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in packages)


def test_a_machine_that_it_is_not_made_for_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(oldest_postgres, "FOLDER", tmp_path)
    monkeypatch.setattr(oldest_postgres, "PACKAGES", tmp_path / "node_modules")
    # As npm does it with what is optional: nothing is installed, and nothing is said.
    monkeypatch.setattr(oldest_postgres, "install_packages", lambda _node, _folder: None)
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert oldest_postgres.main(["true"]) == 1
    assert "riscv64" in capsys.readouterr().err
