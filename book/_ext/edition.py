"""Which edition of the book this is, read from the files that say so."""

import os
import subprocess
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import yaml


def edition_date(root: Path) -> date:
    """Day of the edition: SOURCE_DATE_EPOCH if it is set, else of the last commit, else (without git) today."""
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    if not stamp:
        command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
        try:
            stamp = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        except FileNotFoundError:
            stamp = ""
    return (datetime.fromtimestamp(int(stamp), UTC) if stamp else datetime.now(UTC)).date()


def bibtex(citation: dict, version: str, day: date, repository: str) -> str:
    """BibTeX entry for the book, from CITATION.cff (a person has a family name, a group only a name)."""
    people = [
        f"{author['family-names']}, {author['given-names']}" if "family-names" in author else f"{{{author['name']}}}"
        for author in citation["authors"]
    ]
    fields = {
        "title": f"{{{citation['title']}}}",
        "author": " and ".join(people),
        "year": day.year,
        "version": version,
        "url": repository,
    }
    return "@misc{gan-workbook,\n" + ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items()) + "\n}"


def edition(root: Path) -> dict[str, str]:
    """Title, version, date, repository and BibTeX entry of the book whose repository is in the folder `root`."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    day, repository = edition_date(root), project["urls"]["Repository"]
    return {
        "title": citation["title"],
        "version": project["version"],
        "date": f"{day.day} {day:%B %Y}",
        "repository": repository,
        "bibtex": bibtex(citation, project["version"], day, repository),
    }
