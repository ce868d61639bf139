"""The scorecard: every row of the course from `book/scorecard.yml`, with our numbers read out of what was recorded.

A row without a source, or with one that the bibliography does not know, is a warning, and so fails the build. So is a
row that asks a recorded run for a score it does not have. A run that is not recorded yet says so.
"""

import json
import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from pybtex.database import parse_file
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

PARTS = {1: "Foundations", 8: "Architectures, conditions, codes", 18: "Objectives and stability"}
PARTS |= {24: "From image to image", 35: "Beyond the image, beyond the adversary"}
REQUIRED = {"chapter", "system", "paper", "protocol", "published"}
ALLOWED = REQUIRED | {"run", "bars", "score", "format", "unit", "ours", "floor", "ceiling", "bar", "note"}
NOT_YET, NOT_REPRODUCED = "not yet", "not reproduced"

Row = dict[str, Any]


class BrokenRowError(ValueError):
    """A row that says less, or other things, than a row must."""


def rows(root: Path) -> list[Row]:
    """The rows, in the order of the chapters."""
    listed: list[Row] = yaml.safe_load((root / "book" / "scorecard.yml").read_text(encoding="utf-8"))
    return sorted(listed, key=lambda row: row.get("chapter", 0))


def recorded(root: Path, row: Row) -> list[Row]:
    """What was recorded of a row's run, a seed at a time; empty if nothing was."""
    if "run" in row:
        file = root / "ganlib" / "zoo" / row["run"] / "scores.json"
        seeds: list[Row] = json.loads(file.read_text(encoding="utf-8"))["seeds"] if file.is_file() else []
        return seeds
    if "bars" in row:
        files = (root / "tests" / "bars" / "results").glob(f"{row['bars']}_seed*.json")
        found = (json.loads(file.read_text(encoding="utf-8")) for file in files)
        return sorted(found, key=lambda seed: int(seed["seed"]))
    return []


def value(seed: Row, score: str) -> float:
    """One score of a recorded seed."""
    return float((seed.get("scores") or seed)[score])


def number(values: list[float], form: str, unit: str = "") -> str:
    """A mean and, over several seeds, the standard deviation, such as `97.4 ± 0.2 %`."""
    scale, form, unit = (100, form.replace("%", "f"), "%") if form.endswith("%") else (1, form, unit)
    parts = [statistics.mean(values), statistics.stdev(values)] if len(values) > 1 else values
    text = " ± ".join(format(scale * part, form) for part in parts)
    return (f"{text}\u00a0{unit}" if unit else text).replace("-", "−")


def ours(root: Path, row: Row) -> tuple[str, str]:
    """Our number, and over what it was taken: seeds, size, device and day."""
    seeds = recorded(root, row)
    if not seeds:
        return row.get("ours", NOT_YET), ""
    try:
        text = number([value(seed, row["score"]) for seed in seeds], row.get("format", ".1f"), row.get("unit", ""))
    except KeyError as missing:
        raise BrokenRowError(f"the recorded run has no score {missing}") from None
    if "ours" in row:
        text = f"{text}; {row['ours']}"
    size = "" if "full" not in seeds[0] else ", full size" if seeds[0]["full"] else ", small size"
    device = seeds[0].get("device", "cpu").replace("cpu", "CPU")
    count = "1 seed" if len(seeds) == 1 else f"{len(seeds)} seeds"
    return text, f"{count}{size}, {device}, {max(seed['date'] for seed in seeds)[:10]}"


def check(row: Row, known: set[str]) -> None:
    """Refuse a row that lacks what every row has, a source above all."""
    name = f"the row {row.get('system', row)!r} of the scorecard"
    if missing := sorted(key for key in REQUIRED if not row.get(key)):
        raise BrokenRowError(f"{name} does not say its {missing[0]}")
    if row["paper"] not in known:
        raise BrokenRowError(f"{name} names a source that references.bib does not have: {row['paper']}")
    if strange := sorted(row.keys() - ALLOWED):
        raise BrokenRowError(f"{name} says {strange[0]!r}, which no row does: {', '.join(sorted(ALLOWED))}")
    if ("run" in row or "bars" in row) and "score" not in row:
        raise BrokenRowError(f"{name} names a run and not which score of it")
    if not ("run" in row or "bars" in row) and not row.get("ours", NOT_YET).startswith((NOT_YET, NOT_REPRODUCED)):
        raise BrokenRowError(f"{name} gives a number that was not recorded: name a run, or say {NOT_YET!r}")


def markdown(root: Path, known: set[str], chapters: dict[int, str]) -> Iterator[tuple[str, str | BrokenRowError]]:
    """A heading and a table for each part; or what is wrong with a row."""
    tables: dict[str, list[str]] = defaultdict(list)
    for row in rows(root):
        try:
            check(row, known)
            mine, over = ours(root, row)
        except BrokenRowError as problem:
            yield "", problem
            continue
        chapter = row["chapter"]
        link = f"{{doc}}`{chapter} <{chapters[chapter]}>`" if chapter in chapters else str(chapter)
        beside = "; ".join(f"{key} {row[key]}" for key in ("floor", "ceiling", "bar") if row.get(key))
        cells = [
            f"{link} {row['system']}",
            f"{row['published']} {{cite:p}}`{row['paper']}`",
            row["protocol"] + (f" *{row['note']}*" if row.get("note") else ""),
            f"**{mine}**" if over else mine,
            beside,
            over,
        ]
        part = PARTS[max(first for first in PARTS if first <= chapter)]
        tables[part].append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    head = "| system | paper | protocol | ours | beside it | over |\n|---|---|---|---|---|---|\n"
    for part in PARTS.values():
        if tables[part]:
            yield part, head + "\n".join(tables[part])


class Scorecard(SphinxDirective):
    """`{scorecard}`: a table for each part of the course."""

    def run(self) -> list[nodes.Node]:
        root = self.env.srcdir.parent
        self.env.note_dependency(str(root / "book" / "scorecard.yml"))
        known = {key for file in self.config.bibtex_bibfiles for key in parse_file(self.env.srcdir / file).entries}
        found = (name for name in self.env.found_docs if name.startswith("notebooks/"))
        chapters = {int(name.rsplit("/", 1)[1][:2]): f"/{name}" for name in found}
        result: list[nodes.Node] = []
        for part, table in markdown(root, known, chapters):
            if isinstance(table, BrokenRowError):
                logger.warning("%s", table, location=self.get_location())
                continue
            result += [nodes.rubric(text=part, classes=["paper"])]
            tables = self.parse_text_to_nodes(table)
            for node in tables:
                node["classes"] += ["scorecard"]
            result += tables
        return result


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("scorecard", Scorecard)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
