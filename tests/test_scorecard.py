"""The scorecard: our numbers are those that were recorded, and a row without a source fails the build."""

import importlib
import json
import statistics
import sys
from pathlib import Path

import pytest
import yaml

pytest.importorskip("sphinx", reason="the book's packages are not installed: pip install -e '.[book]'")

ROOT = Path(__file__).parents[1]
ROW = {"chapter": 9, "system": "CGAN", "paper": "mirza2014", "protocol": "Windows.", "published": "132 ± 1.8 nats"}
RUN = {**ROW, "run": "toy", "score": "parzen", "format": ".0f", "unit": "nats"}


def scorecard():
    sys.path[:0] = [str(ROOT / "book" / "_ext")]
    try:
        return importlib.import_module("scorecard")
    finally:
        del sys.path[0]


@pytest.fixture
def root(tmp_path) -> Path:
    """A project with one recorded run of two seeds, and a bar of one."""
    (tmp_path / "book").mkdir()
    (tmp_path / "ganlib/zoo/toy").mkdir(parents=True)
    (tmp_path / "tests/bars/results").mkdir(parents=True)
    seeds = [
        {
            "seed": n,
            "full": False,
            "device": "cpu",
            "date": f"2026-01-0{n + 1}T00:00:00",
            "scores": {"parzen": 200 + 4 * n},
        }
        for n in range(2)
    ]
    (tmp_path / "ganlib/zoo/toy/scores.json").write_text(json.dumps({"seeds": seeds}))
    bar = {"seed": 0, "date": "2026-01-05T00:00:00", "share": 0.5}
    (tmp_path / "tests/bars/results/tiny_seed0.json").write_text(json.dumps(bar))
    return tmp_path


def written(root: Path, *rows: dict) -> list[tuple]:
    (root / "book/scorecard.yml").write_text(yaml.safe_dump(list(rows)))
    return list(scorecard().markdown(root, {"mirza2014"}, {9: "/notebooks/2_architectures/09_cgan"}))


def test_a_row_shows_mean_and_spread_of_the_recorded_seeds(root):
    ((part, table),) = written(root, {**RUN, "bar": "200", "ceiling": "241 (real)"})
    assert part == "Architectures, conditions, codes"
    row = table.splitlines()[-1]
    assert f"**202 ± {statistics.stdev([200, 204]):.0f}\u00a0nats**" in row
    assert "2 seeds, small size, CPU, 2026-01-02" in row
    assert "132 ± 1.8 nats {cite:p}`mirza2014`" in row
    assert "ceiling 241 (real); bar 200" in row
    assert row.startswith("| {doc}`9 </notebooks/2_architectures/09_cgan>` CGAN |")


def test_shares_are_shown_as_per_cent_and_one_seed_without_a_spread(root):
    ((_, table),) = written(root, {**ROW, "bars": "tiny", "score": "share", "format": ".1%"})
    assert "| **50.0\u00a0%** |" in table
    assert "1 seed, CPU, 2026-01-05" in table


def test_a_run_that_is_not_recorded_says_not_yet(root):
    ((_, table),) = written(root, {**RUN, "run": "other"})
    assert "| not yet |" in table


def test_not_reproduced_is_an_entry_and_so_is_what_came_out(root):
    ((_, table),) = written(root, {**ROW, "ours": "not reproduced: 7 of 10 seeds collapsed"})
    assert "| not reproduced: 7 of 10 seeds collapsed |" in table


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({k: v for k, v in ROW.items() if k != "paper"}, "does not say its paper"),
        ({**ROW, "paper": "nobody1999"}, "a source that references.bib does not have: nobody1999"),
        ({k: v for k, v in ROW.items() if k != "protocol"}, "does not say its protocol"),
        ({**ROW, "colour": "red"}, "says 'colour', which no row does"),
        ({**RUN, "score": "speed"}, "the recorded run has no score 'speed'"),
        ({**ROW, "run": "toy"}, "names a run and not which score of it"),
        ({**ROW, "ours": "97 %"}, "gives a number that was not recorded"),
    ],
)
def test_a_row_that_lacks_what_every_row_has_is_a_problem(root, row, problem):
    ((_, found),) = written(root, row)
    assert isinstance(found, ValueError)
    assert problem in str(found)


def test_the_books_own_rows_are_whole_and_every_recorded_run_has_one():
    from pybtex.database import parse_file

    from ganlib.zoo import runs

    known = set(parse_file(str(ROOT / "book/references.bib")).entries)
    tables = list(scorecard().markdown(ROOT, known, {}))
    assert not [found for _, found in tables if isinstance(found, ValueError)]
    rows = scorecard().rows(ROOT)
    assert {row["run"] for row in rows if "run" in row} >= set(runs.RECORDED)


def test_a_number_of_the_page_is_the_one_in_the_file():
    """The rings of ten seeds, by hand."""
    files = (ROOT / "tests/bars/results").glob("ring_seed*.json")
    shares = [json.loads(file.read_text())["high_quality"] for file in files]
    row = next(row for row in scorecard().rows(ROOT) if row.get("score") == "high_quality")
    text, over = scorecard().ours(ROOT, row)
    assert text == f"{100 * statistics.mean(shares):.1f} ± {100 * statistics.stdev(shares):.1f}\u00a0%"
    assert over.startswith("10 seeds, CPU, ")
