"""How quickly entries are found in a large gallery, on SQLite and on PostgreSQL, and how soon its page stands there.

    python bench/gallery_search.py [--entries 20000] [--full] [--json FILE]

The goals are for 100,000 entries (`--full`, some ten minutes): 95 of 100 searches within 200 ms on both databases, and
the first view within 1 s.

The real server in public mode answers over HTTP what the page asks: words typed letter by letter (drawn from what
entries say, so that common and rare words come), each in one of the four orders; filters; orders; pages far down. As
the page does, it asks for the counts beside the filters once the entries are there. Each hundred searches come from an
address of their own, since the server lets no stranger ask for more than so many a second for long. Beside it stands a
bare request, which is what HTTP and Python take without any search. PostgreSQL is Debian's package,
started for this run; it is left out, and said so, where it is not installed.

The first view is Chromium's at 1280 x 800 px with nothing in its caches: from the navigation until the number of
entries and all pictures of the cards in view are there.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from driving.many_entries import Writer, make_entries, thumbnails, write_entries
from driving.page import VIEWPORT, chromium, percentiles
from driving.site import Site, running_site

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from databases import NoPostgresError, running_postgres

FULL_ENTRIES = 100_000
SEED = 1
LOADS = 7
SEARCHES_EACH = 100
SORTS = ("newest", "newest", "newest", "relevance", "relevance", "title", "quality")
# Resolves at the frame in which the number of entries and all pictures in view are there.
FIRST_VIEW = """() => new Promise((resolve) => {
  const check = () => {
    const cards = [...document.querySelectorAll("main ul li img")].filter((image) => {
      const box = image.getBoundingClientRect();
      return box.top < innerHeight && getComputedStyle(image).opacity !== "0";
    });
    const total = document.querySelector("[role=status]")?.textContent ?? "";
    const ready = /entries/.test(total) && cards.length > 0 && cards.every((image) => image.naturalWidth > 0);
    if (ready) resolve({ ms: performance.now(), cards: cards.length, total });
    else requestAnimationFrame(check);
  };
  check();
})"""


@dataclass(frozen=True)
class Asked:
    """One search as the page sends it: what kind it is, its filters, its order."""

    kind: str
    filters: tuple[tuple[str, str], ...]
    sort: str = "newest"


def make_searches(count: int, seed: int) -> list[Asked]:
    """Return searches in the order in which people would make them."""
    writer, dice = Writer(SEED), np.random.default_rng(seed)
    described = [writer.describe(number) for number in range(400)]
    made: list[Asked] = []
    while len(made) < count:
        metadata, classes = described[int(dice.integers(len(described)))]
        sort = str(dice.choice(SORTS))
        kind = dice.choice(["typed", "filters", "order", "deep"], p=[0.15, 0.6, 0.15, 0.1])
        prose = metadata.notes.split()
        texts = (
            metadata.title,
            metadata.material.name,
            metadata.creators[0].name,
            f"{metadata.material.name} {metadata.instrument.mode}",
            " ".join(prose[:2]),
            f"{metadata.instrument.type} {prose[-1]}",
        )
        text = str(dice.choice(texts))[:24]
        if kind == "typed":
            made += [Asked("typed", (("q", text[:end]),), sort) for end in range(1, len(text) + 1)]
            continue
        choices = [
            ("material", metadata.material.name),
            ("instrument", metadata.instrument.type),
            ("licence", metadata.licence or ""),
            ("class_name", classes[0] if classes else "matrix"),
            ("min_quality", "6"),
            ("with_labels", "true"),
            ("min_pixel_nm", "10"),
            ("max_pixel_nm", "200"),
        ]
        if kind == "filters":
            chosen = [choices[n] for n in sorted(dice.choice(len(choices), int(dice.integers(1, 4)), replace=False))]
            chosen += [("q", text)] if dice.random() < 0.3 else []
            made.append(Asked("filters", tuple(chosen), sort))
        elif kind == "order":
            made.append(Asked("order", (), sort))
        else:
            made.append(Asked("deep", (("q", text.split()[0]),) if dice.random() < 0.5 else (), sort))
    return made[:count]


class Visitor:
    """Somebody who looks, on a kept connection from the loopback address of a number; notes in `waits`."""

    def __init__(self, host: str, number: int, waits: dict[str, list[float]]) -> None:
        self._connection = http.client.HTTPConnection(host, timeout=60, source_address=(f"127.0.1.{number}", 0))
        self.waits = waits

    def look(self, asked: Asked) -> None:
        """Make a search, and note what its parts took; `deep` goes on, eight pages of 100 entries down."""
        page = self._ask(asked.kind, "entries", (*asked.filters, ("sort", asked.sort)))
        if asked.kind != "deep":
            self._ask("counts", "counts", asked.filters)
            return
        for _ in range(8):
            if page["cursor"] is None:
                break
            values = (*asked.filters, ("sort", asked.sort), ("cursor", page["cursor"]), ("limit", "100"))
            page = self._ask("deep", "entries", values)

    def bare(self) -> None:
        """Ask for what needs no database."""
        self._ask("bare request", "licences", ())

    def _ask(self, kind: str, what: str, values: tuple) -> dict:
        began = time.perf_counter()
        self._connection.request("GET", f"/api/gallery/{what}?{urlencode(values)}")
        answer = self._connection.getresponse()
        content = answer.read()
        self.waits[kind].append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise RuntimeError(f"{what} {values} was answered {answer.status}: {content[:300]!r}")
        return json.loads(content)


def measure_searches(site: Site, count: int) -> dict[str, dict[str, float]]:
    """Return what searches of each kind took; `search` is all kinds together, without the counts."""
    searches = make_searches(count, SEED + 1)
    visitor = Visitor(site.host, 1, defaultdict(list))
    for asked in searches[:20]:
        visitor.look(asked)
    found: dict[str, list[float]] = defaultdict(list)
    for number, asked in enumerate(searches):
        if number % SEARCHES_EACH == 0:
            visitor = Visitor(site.host, 2 + number // SEARCHES_EACH, found)
        visitor.look(asked)
        visitor.bare()
    found["search"] = [wait for kind in ("typed", "filters", "order", "deep") for wait in found[kind]]
    return {kind: percentiles(waits) for kind, waits in found.items() if waits}


def measure_first_view(site: Site) -> dict[str, object]:
    """Return how long the page takes to stand there, each time with empty caches."""
    times, seen = [], {}
    with chromium() as browser:
        for _ in range(LOADS):
            context = browser.new_context(viewport=VIEWPORT, reduced_motion="reduce")
            page = context.new_page()
            page.goto(f"http://{site.host}/gallery", wait_until="commit")
            seen = page.evaluate(FIRST_VIEW)
            times.append(seen["ms"])
            context.close()
    return {"median": round(float(np.median(times))), "most": round(max(times)), "n": LOADS, **seen}


@contextlib.contextmanager
def filled_sites(folder: Path, entries: int) -> Iterator[dict[str, str]]:
    """Yield the addresses of databases that hold the same entries, by kind; their files are in `folder`."""
    from sambaseg.storage.database import Database, default_url
    from sambaseg.storage.disk import DiskStore

    with contextlib.ExitStack() as stack:
        urls = {"sqlite": default_url(folder)}
        try:
            urls["postgresql"] = stack.enter_context(running_postgres()).new_migrated()
        except NoPostgresError as error:
            print(f"Without PostgreSQL: {error}", file=sys.stderr)
        databases = [Database(url) for url in urls.values()]
        write_entries(databases, make_entries(entries, thumbnails(DiskStore(folder / "files")), seed=SEED))
        for database in databases:
            database.close()
        yield urls


def measure(urls: dict[str, str], folder: Path, count: int) -> dict[str, dict]:
    """Return all figures by kind of database."""
    figures = {}
    for kind, url in urls.items():
        variables = {} if kind == "sqlite" else {"SAMBASEG_DATABASE_URL": url}
        with running_site(folder, "public", variables) as site:
            figures[kind] = {"ms": measure_searches(site, count), "first view": measure_first_view(site)}
    return figures


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--full", action="store_true", help=f"{FULL_ENTRIES:,} entries, as the goal says")
    parser.add_argument("--searches", type=int, default=800)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    entries = FULL_ENTRIES if arguments.full else arguments.entries
    with tempfile.TemporaryDirectory(prefix="sambaseg-bench-") as name, filled_sites(Path(name), entries) as urls:
        figures = measure(urls, Path(name), arguments.searches)
    report(figures, entries)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def report(figures: dict[str, dict], entries: int) -> None:
    """Print the figures as a table."""
    print(f"{entries:,} entries, {os.cpu_count()} cores; ms by HTTP")
    for kind, found in figures.items():
        print(f"{kind:14}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}{'n':>7}")
        for name in ("search", "typed", "filters", "order", "deep", "counts", "bare request"):
            row = found["ms"].get(name)
            if row is None:
                continue
            parts = "".join(f"{row[part]:>8}" for part in ("p50", "p95", "p99", "most"))
            print(f"  {name:12}{parts}{row['n']:>7}")
        view = found["first view"]
        print(f"  first view: median {view['median']} ms, most {view['most']} of {view['n']}; {view['cards']} pictures")


if __name__ == "__main__":
    main()
