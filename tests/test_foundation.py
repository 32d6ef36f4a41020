"""The house rules that a machine can check: import order, locked versions without addresses, a quick `--help`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def test_imports_point_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_import_linter_sees_a_wrong_import(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src/sambaseg", tmp_path / "sambaseg", ignore=shutil.ignore_patterns("page", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    wrong = tmp_path / "sambaseg/images/halo.py"
    wrong.write_text(wrong.read_text(encoding="utf-8") + "\nimport sambaseg.server.schemas\n", encoding="utf-8")
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([linter], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode != 0
    assert "sambaseg.images is not allowed to import sambaseg.server" in answer.stdout


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_python_versions_are_locked_with_hashes_and_without_addresses(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    requirements = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\\$", text, flags=re.MULTILINE)
    assert requirements
    assert len(re.findall(r"--hash=sha256:", text)) >= len(requirements)
    assert "://" not in text
    assert not re.search(r"^--(index|extra-index|find-links)", text, flags=re.MULTILINE)


def test_page_versions_are_locked_with_hashes_and_without_addresses() -> None:
    packages = json.loads((ROOT / "web/package-lock.json").read_text(encoding="utf-8"))["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    assert all("integrity" in package for package in installed.values() if not package.get("link"))
    assert not any("resolved" in package for package in installed.values())


@pytest.mark.parametrize(
    "heavy", ["numba", "fastapi", "tifffile", "imagecodecs", "PIL", "apsw", "sklearn", "onnx", "onnxruntime"]
)
def test_help_imports_nothing_heavy(heavy: str) -> None:
    program = f"import sys, sambaseg.cli; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
