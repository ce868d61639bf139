"""The project as a whole: what installs it, what it costs to import, and that its papers agree with each other."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import ganlib

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.lower().replace("_", "-").split("==") for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize("text", [*PROJECT["dependencies"], *(text for extra in EXTRAS.values() for text in extra)])
def test_every_dependency_is_pinned_within_its_bounds(text):
    requirement = Requirement(text)
    version = pins()[requirement.name.lower().replace("_", "-")]
    assert requirement.specifier.contains(version), (text, version)


def test_the_conda_environment_installs_the_project_within_its_constraints():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    (pip,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip[0] == "-c constraints.txt"
    (extras,) = re.findall(r"^-e \.\[(.*)\]$", pip[1])
    assert set(extras.split(",")) == set(EXTRAS)
    (python,) = (entry for entry in environment["dependencies"] if str(entry).startswith("python"))
    allowed = SpecifierSet(python.removeprefix("python"))
    classified = {c.rsplit(" ", 1)[1] for c in PROJECT["classifiers"] if "Python :: 3" in c}
    assert {f"3.{minor}" for minor in range(8, 20) if allowed.contains(f"3.{minor}.1")} == classified
    minimum = SpecifierSet(PROJECT["requires-python"])
    assert {minor for minor in range(8, 14) if minimum.contains(f"3.{minor}.1")} == {11, 12, 13}


def test_torch_is_pinned_for_testing_only():
    """An upper bound in the package would make Colab download another torch."""
    (torch,) = (Requirement(text) for text in PROJECT["dependencies"] if text.startswith("torch"))
    assert str(torch.specifier) == ">=2.9"


def test_version_and_citation_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"] == ganlib.__version__
    assert PROJECT["version"] in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_public_address_is_written_in_one_place():
    address = PROJECT["urls"]["Repository"]
    tracked = subprocess.run(["git", "grep", "-l", address], cwd=ROOT, capture_output=True, text=True, check=False)
    sources = {f for f in tracked.stdout.split() if not f.endswith(".ipynb")}
    assert sources == {"pyproject.toml"}, "everything else reads it from there"


def imported_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("statement", ["import ganlib", "import ganlib.grading", "import ganlib.__main__"])
def test_importing_the_package_or_the_grader_loads_no_torch(statement):
    assert "torch" not in imported_by(statement)


def test_training_loads_only_what_training_needs():
    loaded = imported_by("from ganlib import data, engine, games, losses, metrics, networks, theory")
    assert not loaded & {"matplotlib", "IPython", "ipywidgets", "jupytext", "nbformat", "sphinx", "pytest"}


def test_every_public_name_is_there():
    for name in ganlib.__all__:
        assert getattr(ganlib, name) is not None
    assert set(dir(ganlib)) == set(ganlib.__all__)
    with pytest.raises(AttributeError, match=r"no attribute 'trainer'; it has data, engine"):
        ganlib.trainer  # noqa: B018


def linted(source: str, tmp_path: Path) -> str:
    """What import-linter says about a copy of the package with one more module."""
    import shutil

    shutil.copytree(ROOT / "ganlib", tmp_path / "ganlib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "ganlib" / "theory" / "stray.py").write_text(source, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_an_import_that_points_up_breaks_the_layers(tmp_path):
    said = linted("from ganlib import games\n", tmp_path)
    assert "ganlib.theory is not allowed to import ganlib.games" in re.sub(r"\s+", " ", said)
