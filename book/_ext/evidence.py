"""What holds the book up: tests named in the text become links, and an index leads from paper to function to test.

Both are read out of the sources, so neither can fall behind them. A test that is named but does not exist, and a
function with a source but without a test, are warnings, and so fail the build.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)(\[.+\])?")
PAPER = re.compile(
    r"(?:[^;]*?(?:from|in|compare|see|\w:) )?(?P<who>(?:[A-Z]|van )[^;:]*? \d{4})(?: \([^)]*\))?"
    r"(?:, arXiv:(?P<arxiv>[\w./-]*\w))?(?: \([^)]*\))?(?:[,:] (?P<place>.*))?"
)
SHOWN = 3
"""Tests listed for one function; the index says how many more there are."""

Definition = ast.FunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Place:
    """A definition in a file."""

    name: str
    file: str
    line: int


@dataclass(frozen=True)
class Sourced:
    """A public name of the library, and what its docstring gives as its source."""

    place: Place
    source: str


# --- the library ------------------------------------------------------------------------------------------------------


def sourced(root: Path) -> list[Sourced]:
    """Every public name of `ganlib` whose docstring names a source, in the order of the files."""
    found = []
    for file in sorted((root / "ganlib").rglob("*.py")):
        path = file.relative_to(root)
        if "grading" in path.parts:
            continue
        module = ".".join(path.with_suffix("").parts[1:2])  # the subpackage, from which the name is exported
        game = module == "games"
        for name, line, docstring in documented(ast.parse(file.read_text(encoding="utf-8"))):
            if text := source(docstring, game and "." not in name):
                found.append(Sourced(Place(f"{module}.{name}", path.as_posix(), line), text))
    return found


def documented(tree: ast.Module) -> Iterator[tuple[str, int, str]]:
    """Public functions, classes, their methods, and values of a module, with their docstrings."""
    for node, following in zip(tree.body, [*tree.body[1:], ast.Pass()], strict=True):
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node.name, node.lineno, ast.get_docstring(node) or ""
            for method in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                    yield f"{node.name}.{method.name}", method.lineno, ast.get_docstring(method) or ""
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            text = following.value if isinstance(following, ast.Expr) else None
            if isinstance(target, ast.Name) and isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield target.id, node.lineno, text.value


def source(docstring: str, game: bool) -> str:
    """What stands after "Source:", on one line; a game names its paper in its first sentence."""
    found = re.search(r"Source: (.*?)(?:\n\s*\n|\Z)", docstring, re.DOTALL)
    text = found[1] if found else docstring.split("\n\n")[0] if game else ""
    return re.sub(r"\s+", " ", text).strip().rstrip(".")


# --- the tests --------------------------------------------------------------------------------------------------------


def tests(root: Path) -> dict[str, list[Place]]:
    """From a public name, `package.name`, and from `.attribute`, to the tests that use it, the most special first."""
    using: dict[str, list[tuple[int, Place]]] = defaultdict(list)
    for file in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        modules, names = imported(tree)
        definitions = {node.name: node for node in tree.body if isinstance(node, Definition)}
        for name, node in definitions.items():
            if name.startswith("test_"):
                used = uses(node, definitions, modules, names, set())
                place = Place(name, file.relative_to(root).as_posix(), node.lineno)
                for one in used:
                    using[one].append((len(used), place))
    return {name: [place for _, place in sorted(found, key=lambda f: f[0])] for name, found in using.items()}


def with_methods(held_up: dict[str, list[Place]], entries: list[Sourced]) -> dict[str, list[Place]]:
    """The same, and for `package.Class.method` the tests that name the method and use something of its file."""
    result = dict(held_up)
    for entry in entries:
        if entry.place.name.count(".") == 2:
            beside = {e.place.name for e in entries if e.place.file == entry.place.file}
            near = {test for name in beside for test in held_up.get(name, [])}
            method = "." + entry.place.name.rsplit(".", 1)[1]
            result[entry.place.name] = [test for test in held_up.get(method, []) if test in near]
    return result


def imported(tree: ast.Module) -> tuple[dict[str, str], dict[str, str]]:
    """What a module's top imports of the library bind: names of subpackages, and names out of them."""
    modules, names = {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "ganlib":
            package = node.module.split(".")[1:2]
            for alias in node.names:
                bound = alias.asname or alias.name
                if package:
                    names[bound] = f"{package[0]}.{alias.name}"
                    modules[bound] = package[0]  # `from ganlib.theory import dynamics`
                else:
                    modules[bound] = alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("ganlib."):
                    modules[alias.asname or alias.name] = alias.name.split(".")[1]
    return modules, names


def uses(
    node: Definition, definitions: dict[str, Definition], modules: dict[str, str], names: dict[str, str], seen: set[str]
) -> set[str]:
    """Public names of the library that a test uses, itself or through the helpers of its file."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute):
            found.add(f".{part.attr}")  # perhaps a method
            owner = ast.unparse(part.value)
            if owner in modules:
                found.add(f"{modules[owner]}.{part.attr}")
            elif owner.startswith("ganlib."):
                found.add(f"{owner.split('.')[1]}.{part.attr}")
        elif isinstance(part, ast.Name) or (isinstance(part, ast.arg) and part.arg in definitions):
            name = part.id if isinstance(part, ast.Name) else part.arg
            if name in names:
                found.add(names[name])
            if name in definitions and name not in seen and name != node.name:
                seen.add(name)
                found |= uses(definitions[name], definitions, modules, names, seen)
    return found


# --- the page ---------------------------------------------------------------------------------------------------------


class FormulaIndex(SphinxDirective):
    """`{formula-index}`: a table for every paper, of equation, function and tests."""

    def run(self) -> list[nodes.Node]:
        root, address = self.env.srcdir.parent, self.config.html_context["edition"]["repository"]
        entries = sourced(root)
        held_up = with_methods(tests(root), entries)
        papers: dict[str, list[tuple[str, str, Sourced]]] = defaultdict(list)
        for entry in entries:
            by_contract = entry.place.name.startswith("games.")
            if not by_contract and not held_up.get(entry.place.name):
                logger.warning("%s names a source, but no test uses it", entry.place.name, location=self.env.docname)
            for part in re.split(r"; |\. (?=[A-Z])", entry.source):
                if found := PAPER.fullmatch(part):
                    papers[found["who"].replace(" and ", " & ")].append(
                        (found["arxiv"] or "", (found["place"] or "").strip(" ,."), entry)
                    )
        result: list[nodes.Node] = []
        for who in sorted(papers, key=str.casefold):
            result += self.paper(who, papers[who], held_up, address)
        return result

    def paper(
        self, who: str, rows: list[tuple[str, str, Sourced]], held_up: dict[str, list[Place]], address: str
    ) -> list[nodes.Node]:
        """One paper's heading and table."""
        arxiv = next((a for a, _, _ in rows if a), "")
        heading = nodes.rubric(text=who, classes=["paper"])
        if arxiv:
            name = f"arXiv:{arxiv}"
            heading += [
                nodes.Text(", "),
                nodes.reference("", name, refuri=f"https://arxiv.org/abs/{arxiv}", internal=False),
            ]
        table = nodes.table(classes=["formula-index"])
        group = nodes.tgroup(cols=3)
        table += group
        group += [nodes.colspec(colwidth=width) for width in (25, 25, 50)]
        head, body = nodes.thead(), nodes.tbody()
        group += [head, body]
        head += row(*[nodes.paragraph(text=text) for text in ("where", "function", "tests")])
        for _, place, entry in sorted(rows, key=lambda r: (natural(r[1]), r[2].place.name)):
            found = held_up.get(entry.place.name, [])
            listed = nodes.paragraph()
            for number, test in enumerate(found[:SHOWN]):
                listed += [nodes.Text(", ")] if number else []
                listed += link(address, test, in_words(test.name))
            if len(found) > SHOWN:
                listed += nodes.Text(f", and {len(found) - SHOWN} more")
            if entry.place.name.startswith("games."):
                listed += nodes.Text(("; " if found else "") + "the contract, and its bare-loop twin")
            function = nodes.paragraph("", "", link(address, entry.place, entry.place.name, code=True))
            body += row(nodes.paragraph(text=place or "the whole of it"), function, listed)
        return [heading, table]


def natural(text: str) -> list[tuple[str, int]]:
    """What to sort by, so that eq. 9 stands before eq. 10."""
    return [(words, int(number or 0)) for words, number in re.findall(r"(\D*)(\d*)", text)]


def in_words(test: str) -> str:
    """What a test's name says."""
    return test.removeprefix("test_").replace("_", " ")


def row(*cells: nodes.Node) -> nodes.row:
    """A row of a table."""
    return nodes.row("", *[nodes.entry("", cell) for cell in cells])


def link(address: str, place: Place, text: str, code: bool = False) -> nodes.reference:
    """A link to a line of the sources."""
    inner = nodes.literal(text=text) if code else nodes.Text(text)
    return nodes.reference("", "", inner, refuri=f"{address}/blob/main/{place.file}#L{place.line}", internal=False)


# --- tests named in the text ------------------------------------------------------------------------------------------


def link_tests(app: Sphinx, doctree: nodes.document) -> None:
    """Make a link of every `tests/test_x.py::test_y` in the text, shown as what its name says."""
    root, address = Path(app.srcdir).parent, app.config.html_context["edition"]["repository"]
    for literal in list(doctree.findall(nodes.literal)):
        found = TEST.fullmatch(literal.astext())
        if not found or isinstance(literal.parent, nodes.reference):
            continue
        file = root / found[1]
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        line = next((n for n, text in enumerate(lines, 1) if re.match(rf"def {found[2]}\(", text)), None)
        if line is None:
            logger.warning("there is no test %s", literal.astext(), location=literal)
            continue
        reference = link(address, Place(found[2], found[1], line), in_words(found[2]))
        reference["reftitle"] = literal.astext()
        literal.replace_self(reference)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the links."""
    app.add_directive("formula-index", FormulaIndex)
    app.connect("doctree-read", link_tests)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
