"""The manual says what is true: its links lead somewhere, its tables agree with the code, its examples run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from sambaseg.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs/manual"
PAGES = sorted(MANUAL.glob("*.md"))
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
KEYS = ROOT / "web/src/tools/keys.ts"
BINDING = re.compile(r'\{\s*id: "\w+",\s*keys: \[(.*?)\],\s*words: "(.*?)",\s*group: "([\w ]+)"', re.DOTALL)
ARROWS = {"ArrowUp": "↑", "ArrowLeft": "←", "ArrowDown": "↓", "ArrowRight": "→"}
KEY_CAPS = {"Mod": "Ctrl", "Escape": "Esc", "PageUp": "PgUp", "PageDown": "PgDn", **ARROWS}
STARTS_THE_SERVER = "sambaseg"  # the browser tests start it


def page_text(page: Path) -> str:
    """Return the text of a page without its fenced examples."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors that a forge makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page_text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def examples(language: str) -> list[pytest.param]:
    """Return all fenced examples of one language, each named after its page."""
    found = []
    for page in PAGES:
        blocks = [code for kind, code in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language]
        found += [pytest.param(code, id=f"{page.stem}-{number}") for number, code in enumerate(blocks, start=1)]
    return found


def keys_for_people(source: str) -> str:
    """Return the keys of one binding as the manual writes them: "Mod+Z" becomes `Ctrl` + `Z`, all digits `1` to `9`."""
    keys = re.findall(r'"([^"]+)"', source)
    if keys == list("123456789"):
        return "`1` to `9`"
    parts = [["+"] if key == "+" else key.split("+") for key in keys]
    return " or ".join(" + ".join(f"`{KEY_CAPS.get(part, part)}`" for part in key) for key in parts)


def table_rows(text: str) -> list[list[str]]:
    """Return the cells of all table rows, without heads and rules."""
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if not set("".join(row)) <= set("-: ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_to_a_page_and_heading_that_exist(page: Path) -> None:
    for target in LINK.findall(page_text(page)):
        if target.startswith("https://"):
            continue
        file_name, _, anchor = target.partition("#")
        linked = MANUAL / file_name if file_name else page
        assert linked.is_file(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(linked), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_picture_exists_is_described_and_small(page: Path) -> None:
    for description, target in PICTURE.findall(page_text(page)):
        picture = MANUAL / target
        assert description, f"{page.name}: {target} has no description for people who cannot see it"
        assert picture.is_file(), f"{page.name} shows {target}; make it with SAMBASEG_WRITE_PICTURES=1"
        assert picture.stat().st_size < 200_000, f"{target} is too large for a manual"


def test_every_picture_file_is_shown_somewhere() -> None:
    shown = {target for page in PAGES for _, target in PICTURE.findall(page_text(page))}
    there = {path.relative_to(MANUAL).as_posix() for path in (MANUAL / "images").iterdir()}
    assert there == shown


def test_the_index_links_to_every_other_page() -> None:
    linked = set(LINK.findall(page_text(MANUAL / "index.md")))
    assert linked == {page.name for page in PAGES} - {"index.md"}


def test_every_page_begins_with_its_only_title() -> None:
    for page in PAGES:
        titles = re.findall(r"^# .+$", page_text(page), re.MULTILINE)
        assert len(titles) == 1, page.name
        assert page.read_text(encoding="utf-8").startswith(titles[0]), page.name


def test_settings_page_holds_every_setting_with_its_default_and_help() -> None:
    rows = {row[0].strip("`"): row[1:] for row in table_rows(page_text(MANUAL / "settings.md"))[1:]}
    assert list(rows) == [variable_of(row) for row in fields(Settings)]
    for row, (default, help_text) in zip(fields(Settings), rows.values(), strict=True):
        assert help_text == row.metadata["help"]
        if row.default is not MISSING:
            assert default == f"`{row.default}`"


def test_keyboard_page_holds_every_key_of_the_page_with_its_words() -> None:
    source = KEYS.read_text(encoding="utf-8").split("export const KEYS")[1].split("\n];")[0]
    expected: dict[str, list[list[str]]] = {}
    for keys, words, group in BINDING.findall(source):
        expected.setdefault(group, []).append([keys_for_people(keys), words])
    assert sum(map(len, expected.values())) == source.count('id: "'), "a binding in keys.ts that is not understood"
    sections = page_text(MANUAL / "keyboard.md").split("\n## ")[1:]
    written = {section.split("\n")[0]: table_rows(section)[1:] for section in sections}
    assert written == expected


@pytest.fixture(scope="module")
def example_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files that the examples speak of, tiny."""
    from sambaseg import PixelClassifier

    folder = tmp_path_factory.mktemp("examples")
    image = np.full((96, 80), 60, np.uint8)
    image[30:60, 20:60] = 180
    image += np.random.default_rng(0).integers(0, 20, image.shape, dtype=np.uint8)
    labels = np.zeros(image.shape, np.uint8)
    labels[5:20, 5:40] = 1
    labels[35:50, 25:50] = 2
    for name in ("first.png", "second.png", "micrograph.png"):
        Image.fromarray(image).save(folder / name)
    tifffile.imwrite(folder / "micrograph.tif", image)
    (folder / "slices").mkdir()
    for number in (1, 2, 10):
        tifffile.imwrite(folder / f"slices/slice{number}.tif", image)
    tifffile.imwrite(folder / "micrograph segmentation.tif", labels)
    tifffile.imwrite(folder / "labels.tif", labels)
    (folder / "points.json").write_text("[[40, 50]]", encoding="utf-8")
    PixelClassifier().fit(image, labels).save(folder / "alloy.sambaseg")
    return folder


@pytest.mark.parametrize("code", examples("sh"))
def test_every_command_in_the_manual_runs(code: str, example_folder: Path) -> None:
    for line in code.splitlines():
        if line == STARTS_THE_SERVER:
            continue
        program, *arguments = shlex.split(line)
        assert program == "sambaseg", f"an example for the shell that is no sambaseg command: {line}"
        command = [str(Path(sys.executable).parent / program), *arguments]
        answer = subprocess.run(command, cwd=example_folder, capture_output=True, text=True, timeout=120, check=False)
        assert answer.returncode == 0, f"{line}\n{answer.stdout}{answer.stderr}"
        for written in re.findall(r"--(?:out|uncertainty|save-classifier|to) (\S+)", line):
            assert (example_folder / written).exists(), f"{line} did not write {written}"


@pytest.mark.parametrize("code", examples("python"))
def test_every_python_example_in_the_manual_runs(
    code: str, example_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example_folder)
    exec(compile(code, "example", "exec"), {"__name__": "__main__"})
