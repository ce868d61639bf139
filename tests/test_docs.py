"""What is written is true: public docstrings name what there is, examples run, and what a page refers to exists."""

import ast
import doctest
import importlib
import inspect
import re
import textwrap
from itertools import pairwise
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString

import ganlib

ROOT = Path(__file__).parent.parent
PACKAGES = [name for name in ganlib.__all__ if inspect.ismodule(getattr(ganlib, name)) and name != "grading"]


def public() -> dict[str, object]:
    """Every public function and class, and the public methods that a class documents itself."""
    things = {}
    for package in PACKAGES:
        module = importlib.import_module(f"ganlib.{package}")
        for name in module.__all__:
            thing = getattr(module, name)
            if not (inspect.isfunction(thing) or inspect.isclass(thing)) or (
                inspect.isclass(thing) and issubclass(thing, Exception)
            ):
                continue
            things[f"{package}.{name}"] = thing
            for method, body in vars(thing).items() if inspect.isclass(thing) else ():
                if (
                    not method.startswith("_")
                    and inspect.isfunction(body)
                    and body.__module__ == thing.__module__
                    and "\n" in (body.__doc__ or "")
                ):
                    things[f"{package}.{name}.{method}"] = body
    return things


PUBLIC = public()


def documented_fields(thing: type) -> list[str]:
    """Fields with a string below them, as dataclasses often have it."""
    body = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0].body
    return [
        field.target.id
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
    ]


def shortcomings(thing: object) -> list[str]:
    """What a docstring leaves unsaid, or says of something that is not there."""
    text = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    if not text:
        return ["no docstring"]
    document = NumpyDocString(inspect.cleandoc(text))
    entries = [entry for section in ("Parameters", "Attributes") for entry in document[section]]
    documented = [name.strip(" *") for entry in entries for name in entry.name.split(",")]
    taken = [name for name in inspect.signature(thing).parameters if name != "self"]
    if inspect.isclass(thing):
        documented += documented_fields(thing)
    if inspect.isclass(thing) and not {"__init__", "__new__", "_fields"} & vars(thing).keys():
        taken = []  # built like its parent
    found = [f"{name} is not documented" for name in taken if name not in documented]
    if inspect.isfunction(thing):
        found += [f"{name} is no parameter" for name in documented if name not in taken]
        if [name for name in documented if name in taken] != [name for name in taken if name in documented]:
            found.append("parameters in another order")
        returns = inspect.signature(thing).return_annotation
        if returns not in (None, "None") and not inspect.isgeneratorfunction(inspect.unwrap(thing)):
            found += ["what comes back"] * (not document["Returns"])
    return found


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_docstring_names_every_parameter_in_order_and_what_comes_back(name):
    assert not shortcomings(PUBLIC[name])


def test_the_docstring_check_fails_when_it_should():
    def function(a, b) -> int:
        """Do.

        Parameters
        ----------
        c : int. Not there.
        a : int.
        """

    assert shortcomings(function) == ["b is not documented", "c is no parameter", "what comes back"]
    assert shortcomings(lambda: None) == ["no docstring"]


@pytest.mark.parametrize("package", PACKAGES)
def test_examples_in_docstrings_run(package):
    module = importlib.import_module(f"ganlib.{package}")
    files = Path(module.__file__).parent.glob("*.py") if hasattr(module, "__path__") else []
    assert doctest.testmod(module).failed == 0
    for file in files:
        name = f"ganlib.{package}" + ("" if file.stem == "__init__" else f".{file.stem}")
        assert doctest.testmod(importlib.import_module(name)).failed == 0


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readmes_program_runs(tmp_path, monkeypatch, capsys):
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert "rounds=2000" in program
    monkeypatch.chdir(tmp_path)
    exec(program.replace("rounds=2000", "rounds=20"), {})
    assert "of 8 modes" in capsys.readouterr().out
    assert (tmp_path / "runs/ring/step_20/meta.json").is_file()


def test_the_readmes_map_names_what_there_is():
    (section,) = re.findall(r"## What is where\n(.*?)\n## ", README, re.DOTALL)
    named = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    assert all((ROOT / path).exists() for path in named), [p for p in named if not (ROOT / p).exists()]
    here = {f"ganlib/{p.name}{'/' * p.is_dir()}" for p in (ROOT / "ganlib").iterdir()}
    assert here - named <= {"ganlib/__init__.py", "ganlib/py.typed", "ganlib/__pycache__/"}


def test_the_readmes_commands_are_targets_of_make():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z-]+)", README)) <= targets


def functions_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


CHAPTERS = sorted((ROOT / "chapters").glob("*/*.py"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_test_a_chapter_leans_on_exists(chapter):
    cited = re.findall(r"tests/(test_\w+\.py)::(\w+)", chapter.read_text(encoding="utf-8"))
    assert cited, "a chapter ends with how we know"
    missing = [f"{file}::{name}" for file, name in cited if name not in functions_of(ROOT / "tests" / file)]
    assert not missing


RULE = re.compile(r"(# )?(\|\s*:?-+:?\s*)+\|?")


def uneven_tables(text: str) -> list[str]:
    """The heads of tables whose second line has another number of cells: they are shown as bare text."""
    found = []
    for head, rule in pairwise(text.splitlines()):
        cells = [line.replace("\\|", "").removeprefix("# ").strip().strip("|").count("|") for line in (head, rule)]
        if RULE.fullmatch(rule.strip()) and "|" in head and cells[0] != cells[1]:
            found.append(head)
    return found


@pytest.mark.parametrize(
    "file",
    [*ROOT.glob("chapters/*/*.py"), *ROOT.glob("book/*.md"), *ROOT.glob("*.md")],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_every_table_has_a_rule_as_wide_as_its_head(file):
    assert uneven_tables(file.read_text(encoding="utf-8")) == []


def test_the_search_for_uneven_tables_fails_when_it_should():
    even = "| a | b |\n|---|---|\n| 1 | 2 |\n# | a \\| b | c |\n# |:--|--:|"
    assert uneven_tables(even) == []
    assert uneven_tables("| a | b |\n|---|---|---|") == ["| a | b |"]
    assert uneven_tables("# | a | b | c |\n# | ---|--- |") == ["# | a | b | c |"]
