#!/usr/bin/env python3
"""Everything a developer does, with nothing but Python 3.11 or newer.

    python3 dev.py run            set up, start, and open the page with a sample micrograph
    python3 dev.py test [...]     set up and run all tests; arguments go to pytest instead
    python3 dev.py check          format, lint, types, import rules, of Python and TypeScript
    python3 dev.py bench [NAME]   print the figures that the README states, beside a peer in the same run
    python3 dev.py soak           the long version of the tests that try to lose data
    python3 dev.py api            write docs/openapi.json and the page's types from the server
    python3 dev.py lock           write requirements/*.txt anew, with hashes

Each verb makes `.venv` and installs what it needs; when nothing changed that takes no time.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

import build_page

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
NOT_IN_PASSING = ("soak", "smart_", "make_")
"""Benchmarks that take up to an hour, and what serves others: run only when named."""
LOCKS = {
    "run": ["pyproject.toml"],
    "test": [
        "pyproject.toml",
        "requirements/test.in",
        "--extra",
        "exchange",
        "--extra",
        "boosting",
        "--extra",
        "postgres",
        "--extra",
        "s3",
        "--extra",
        "oidc",
    ],
    "check": ["requirements/check.in"],
    "build": ["requirements/build.in"],
    "node": ["requirements/node.in"],
}


def say(text: str) -> None:
    """Print one line of what is going on."""
    print(f"dev.py: {text}", flush=True)


def call(*command: str | Path, quiet: bool = False) -> None:
    """Run a command in the project's folder; leave with its exit code where it fails."""
    answer = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        errors="replace",
        check=False,
    )
    if answer.returncode:
        if quiet:
            print(answer.stdout, end="")
        say(f"failed: {' '.join(str(part) for part in command[:6])}")
        sys.exit(answer.returncode)


def make_environment() -> None:
    """Make `.venv`, or make it anew where its Python is gone."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said in words where an older Python starts this file
        sys.exit(f"sambaseg needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0:
        return
    say("making .venv")
    venv.create(VENV, clear=True, with_pip=True)


def install(*names: str) -> None:
    """Install the locked requirements `names` and the package itself, each only when it changed."""
    make_environment()
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    for name in names:
        lock = ROOT / f"requirements/{name}.txt"
        if _changed(name, lock.read_bytes()):
            say(f"installing requirements/{name}.txt")
            call(
                PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock
            )
            _remember(name, lock.read_bytes())
    project = (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    if _changed("package", project):
        options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
        call(PYTHON, "-m", "pip", "install", *options, "--editable", ROOT, quiet=True)
        _remember("package", project)


def _stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def _changed(name: str, content: bytes) -> bool:
    stamp = _stamp(name)
    return not stamp.is_file() or stamp.read_text(encoding="utf-8") != hashlib.sha256(content).hexdigest()


def _remember(name: str, content: bytes) -> None:
    _stamp(name).write_text(hashlib.sha256(content).hexdigest(), encoding="utf-8")


def install_node() -> None:
    """Put Node into `.venv` where the machine has none that is new enough, and the page's packages beside it."""
    if not build_page.node_on_path():
        install("node")
    try:
        build_page.install_packages(ROOT)
    except build_page.PageBuildError as error:
        sys.exit(f"dev.py: {error}")


def build() -> None:
    """Build the page into the package, unless it is current."""
    install_node()
    try:
        started = time.monotonic()
        if build_page.build_page(ROOT):
            say(f"built the page in {time.monotonic() - started:.0f} s")
    except build_page.PageBuildError as error:
        sys.exit(f"dev.py: {error}")


def install_browser() -> None:
    """Make sure there is a Chromium for the browser tests: the machine's, Debian's, else Playwright's own."""
    if browser_on_path():
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("installing Debian's chromium")
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], env=environment, check=False)
        if browser_on_path():
            return
    say("installing Playwright's chromium")
    call(PYTHON, "-m", "playwright", "install", "chromium")


def browser_on_path() -> str | None:
    """Return the machine's own Chromium or Chrome, if there is one."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


def run(arguments: list[str]) -> None:
    """Start the server with a sample project, and open the page."""
    install("run", "build")
    build()
    command = [str(BIN / "sambaseg"), *(arguments or ["demo"])]
    try:
        sys.exit(subprocess.run(command, check=False).returncode)
    except KeyboardInterrupt:
        sys.exit(130)


def test(arguments: list[str]) -> None:
    """Run the page's tests and the Python tests, the browser tests among them."""
    install("run", "test", "build")
    build()
    install_browser()
    if not arguments:
        build_page.run_npm(ROOT, "test")
        say("the page's unit tests passed")
    call(PYTHON, "-m", "pytest", *(arguments or ["-q", "--numprocesses=2", "--dist=loadfile"]))


def check(arguments: list[str]) -> None:
    """Check format, lint, types and import rules; `--fix` mends what can be mended."""
    install("run", "test", "check", "build")
    install_node()
    fix = "--fix" in arguments
    python_sources = ["src", "tests", "bench", "training", "dev.py", "build_page.py"]
    call(BIN / "ruff", "format", *([] if fix else ["--check"]), *python_sources)
    call(BIN / "ruff", "check", *(["--fix"] if fix else []), *python_sources)
    call(BIN / "mypy")
    call(BIN / "lint-imports", quiet=True)
    try:
        if fix:
            build_page.run_npm(ROOT, "run", "fix")
        build_page.run_npm(ROOT, "run", "check")
    except build_page.PageBuildError as error:
        sys.exit(f"dev.py: {error}")
    say("all checks passed")


def bench(arguments: list[str]) -> None:
    """Run the benchmarks, or the ones whose names are given."""
    install("run", "test", "build")
    build()
    install_browser()
    scripts = sorted((ROOT / "bench").glob("*.py"))
    chosen = (
        [script for script in scripts if script.stem in arguments]
        if arguments
        else [script for script in scripts if not script.stem.startswith(NOT_IN_PASSING)]
    )
    if not chosen:
        sys.exit(
            f"dev.py: no benchmark {' '.join(arguments)}; there are: {' '.join(script.stem for script in scripts)}"
        )
    for script in chosen:
        say(f"bench/{script.name}")
        call(PYTHON, script)


def soak(arguments: list[str]) -> None:
    """Kill the real server 1,000 times while strokes are saved, and look for lost ones."""
    install("run", "test", "build")
    build()
    call(PYTHON, ROOT / "bench/soak_kill.py", *(arguments or ["--rounds", "1000"]))


def api(arguments: list[str]) -> None:  # noqa: ARG001
    """Write the server's OpenAPI and the page's types that derive from it."""
    install("run", "build")
    install_node()
    call(PYTHON, "-m", "sambaseg.server.openapi", "docs/openapi.json")
    build_page.run_npm(ROOT, "run", "api")


def lock(arguments: list[str]) -> None:
    """Write the lock files anew; arguments go to uv (`--upgrade`, `--upgrade-package NAME`)."""
    make_environment()
    call(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    options = ["--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url"]
    for name, sources in LOCKS.items():
        comment = ["--no-annotate", "--custom-compile-command", "python3 dev.py lock"]
        out = f"requirements/{name}.txt"
        call(PYTHON, "-m", "uv", "pip", "compile", *options, *comment, *arguments, *sources, "-o", out)


def main() -> None:
    """Read the verb and do it."""
    verbs = {verb.__name__: verb for verb in (run, test, check, bench, soak, api, lock)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=verbs)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    chosen = parser.parse_args()
    verbs[chosen.verb]([argument for argument in chosen.arguments if argument != "--"])


if __name__ == "__main__":
    main()
