"""Notebooks to work in: a chapter with its answers left open and its MyST written as plain Markdown."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode

from ganlib.grading import chapters, markdown
from ganlib.grading.chapters import Chapter, question, role, where
from ganlib.grading.references import Index, Label, citation, collect, listed

CITATIONS = ("cite", "cite:p", "cite:ps", "cite:t", "cite:ts")
ROLES = ("abbr", *CITATIONS, "doc", "eq", "kbd", "math", "math:numref", "numref", "ref", "sub", "sup", "term")


def student(chapter: Chapter, index: Index) -> NotebookNode:
    """The notebook of a chapter for somebody who is going to do its exercises.

    Parameters
    ----------
    chapter : Chapter
        As read from its source.
    index : Index
        Of the whole book.

    Returns
    -------
    NotebookNode
        Answers are stubs, hidden cells and solutions are gone, nothing has been run, and the text is plain Markdown
        that says "Figure 4.1" where the book does.

    Raises
    ------
    ValueError
        When the text refers to something that does not exist or uses what a notebook cannot show, or when a piece of an
        answer or of a hidden check would still be there.
    """
    writer = _Writer(chapter, index)
    cells: list[NotebookNode] = []
    for cell in chapter.notebook.cells:
        course = {"course": dict(cell.metadata["course"])} if "course" in cell.metadata else {}
        if role(cell) == "hidden" or (role(cell) == "answer" and cell.cell_type == "markdown"):
            continue
        if cell.cell_type == "markdown":
            if text := writer.cell(cell):
                cells.append(nbformat.v4.new_markdown_cell(text, id=cell.id, metadata=course))
            continue
        source = stub(cell.source, question(cell) or "") if role(cell) == "answer" else cell.source
        tags = {"tags": ["raises-exception"]} if "raises-exception" in cell.metadata.get("tags", []) else {}
        cells.append(nbformat.v4.new_code_cell(source, id=cell.id, metadata={**course, **tags}))
        if "mystnb" in cell.metadata:
            caption = writer.caption(cell)
            cells.append(nbformat.v4.new_markdown_cell(caption, id=f"{cell.id}-caption"))
    metadata = json.loads(json.dumps(chapter.notebook.metadata))
    metadata["ganlib"]["cells_sha256"] = _fingerprint(cells)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    if leak := next(leaks(chapter, notebook), None):
        raise ValueError(f"{chapter.name}: the student notebook would give away {leak}")
    return notebook


def stub(source: str, name: str) -> str:
    """An answer cell with everything removed that answers the exercise.

    Parameters
    ----------
    source : str
        The cell, with its marker line.
    name : str
        The exercise, `ch04.q2`.

    Returns
    -------
    str
        The marker; imports; functions and methods with signature and docstring, which raise NotImplementedError; names
        that stood for a value, which now stand for `...`.
    """
    lines = source.split("\n")
    pieces = [lines[0]]
    for node in ast.parse(source).body:
        pieces += _open(node, lines, name)
    if len(pieces) == 1:
        pieces.append("# your code here")
    return "\n".join(pieces)


def leaks(chapter: Chapter, notebook: NotebookNode) -> Iterator[str]:
    """Pieces of answers and hidden checks that a notebook still contains.

    Compared are the bodies of functions, and statements and expressions of some substance, in any layout, with every
    code cell and the code in Markdown. A formula in the text is no leak: theory may say what an exercise implements.

    Parameters
    ----------
    chapter : Chapter
        With its answers and hidden cells.
    notebook : NotebookNode
        For students.

    Yields
    ------
    str
        What is given away, and where.
    """
    for secret in [*chapter.cells("answer"), *chapter.cells("hidden")]:
        of = f"the answer to {question(secret)}" if role(secret) == "answer" else "a hidden check"
        for piece in _telling(secret.source):
            for cell in notebook.cells:
                code = cell.source if cell.cell_type == "code" else markdown.code_in(cell.source)
                if _dense(piece) in _dense(_normal(code)):
                    yield f"{piece!r} from {of}, in its {where(cell)}"


def write_all(
    places: list[Path], output: Path, bibliography: Path | None = None, force: bool = False
) -> list[tuple[Path, str]]:
    """Write the student notebooks of chapters, or of folders of chapters.

    Parameters
    ----------
    places : list of Path
        Chapter files, whose notebooks are written directly into `output`, and folders, which are mirrored there.
    output : Path
        A folder, made if it is missing.
    bibliography : Path, optional
        BibTeX file; `book/references.bib` beside the folder of chapters unless given.
    force : bool
        Overwrite notebooks that somebody has worked in, too.

    Returns
    -------
    list of (Path, str)
        Every notebook, and what became of it: `written`, `unchanged`, or `kept` because somebody has worked in it.

    Raises
    ------
    ValueError
        In one sentence, when something is not a chapter, or something is wrong in a chapter.
    OSError
        When a path does not exist or cannot be written.
    """
    found = [(path, place if place.is_dir() else path.parent) for place in places for path in chapters.find(place)]
    wanted = {output / path.relative_to(base).with_suffix(".ipynb"): path for path, base in found}
    roots = {_root(path) for path, _ in found}
    if len(roots) > 1:
        raise ValueError(
            "these chapters belong to different books: " + " and ".join(str(root) for root in sorted(roots))
        )
    root = roots.pop()
    book = {path.resolve(): chapters.read(path) for path in chapters.find(root)}
    if problems := chapters.lint([book[path.resolve()] for path in wanted.values()]):
        raise ValueError(problems[0])
    index = collect(list(book.values()), bibliography or beside(root))
    notebooks = {target: student(book[path.resolve()], index) for target, path in wanted.items()}
    done: list[tuple[Path, str]] = []
    for target, notebook in notebooks.items():
        if target.exists() and not force and not pristine(target):
            done.append((target, "kept"))
        else:
            done.append((target, "written" if chapters.write(target, notebook) else "unchanged"))
    return done


def beside(source: Path) -> Path:
    """The bibliography of a book.

    Parameters
    ----------
    source : Path
        Its folder of chapters.

    Returns
    -------
    Path
        `book/references.bib` in the same folder.
    """
    return source.resolve().parent / "book" / "references.bib"


def pristine(path: Path) -> bool:
    """Whether a notebook still is as `write_all` wrote it, outputs aside.

    Parameters
    ----------
    path : Path
        Of an existing file.

    Returns
    -------
    bool
        False when somebody has worked in it, or when it never was a student notebook.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except (ValueError, OSError):
        return False
    return bool(notebook.metadata.get("ganlib", {}).get("cells_sha256") == _fingerprint(notebook.cells))


class _Writer:
    """Writes the Markdown of one chapter; it remembers which papers the chapter cites."""

    def __init__(self, chapter: Chapter, index: Index) -> None:
        self.chapter = chapter
        self.index = index
        self.cited: set[str] = set()
        for cell in chapter.notebook.cells:  # a list of sources may stand before the last citation
            if cell.cell_type == "markdown":
                self.cell(cell)

    def cell(self, cell: NotebookNode) -> str:
        """A Markdown cell."""
        try:
            return self.blocks(markdown.parse(cell.source)).strip("\n")
        except ValueError as error:
            raise ValueError(f"{self.chapter.name}, {where(cell)}: {error}") from None

    def caption(self, cell: NotebookNode) -> str:
        """The line below a figure."""
        figure = cell.metadata["mystnb"]["figure"]
        try:
            number = self.index.labels[figure["name"].lower()].number
            return f"**Figure {number}.** {self.text(figure['caption'])}"
        except ValueError as error:
            raise ValueError(f"{self.chapter.name}, caption of {figure['name']}: {error}") from None

    def blocks(self, blocks: list[markdown.Block]) -> str:
        """Blocks, one after the other."""
        return "\n".join(self.block(block) for block in blocks)

    def block(self, block: markdown.Block) -> str:
        """One block."""
        match block:
            case markdown.Heading():
                return f"{'#' * block.level} {self.text(block.title)}"
            case markdown.Code():
                return block.text
            case markdown.Math():
                return _indented(self.formula(block.body, block.label), block.indent)
            case markdown.Directive():
                return _indented(self.directive(block), block.indent)
            case markdown.Text():
                lines = block.text.split("\n")
                return self.text("\n".join(line for line in lines if not re.match(r"%( |$)|\{[.#][^}]*\}\s*$", line)))

    def formula(self, body: str, label: str | None) -> str:
        """A displayed formula, with its number."""
        tag = f" \\tag{{{self.index.labels[label.lower()].number}}}" if label else ""
        return f"$$\n{body}{tag}\n$$"

    def directive(self, block: markdown.Directive) -> str:
        """A directive."""
        if block.name in markdown.OMITTED:
            return ""
        if block.name == "math":
            return self.formula(block.body, block.label)
        if block.name == "code-block":
            return f"```{block.argument}\n{block.body}\n```"
        if block.name == "bibliography":
            papers = sorted((self.index.papers[key] for key in self.cited), key=lambda paper: listed(paper).lower())
            return "\n".join(f"- {listed(paper)}" for paper in papers)
        body = self.blocks(list(block.blocks)).strip("\n")
        if block.name == "exercise":
            number = self.index.labels[(block.label or "").lower()].number
            classes = [name for name in block.options.get("class", "").split() if name != "dropdown"]
            kind = f" ({', '.join(classes)})" if classes else ""
            title = f" {self.text(block.argument)}" if block.argument else ""
            return f"**Exercise {number}{kind}.{title}**\n\n{body}\n"
        if block.name in markdown.QUOTES:
            return _quoted(re.sub(r"^--+ ", "— ", body, flags=re.MULTILINE))
        title = self.text(block.argument) if block.name in markdown.TITLED else block.name.capitalize()
        if block.name in markdown.ADMONITIONS and block.argument:  # these have no title: it begins the body
            body = f"{self.text(block.argument)}\n{body}".strip("\n")
        return _quoted(f"**{'See also' if title == 'Seealso' else title}**\n\n{body}" if title else body)

    def text(self, text: str) -> str:
        """Running text."""
        return markdown.inline(text, self.expand)

    def expand(self, name: str, content: str) -> str:
        """What stands for a role."""
        if name in CITATIONS:
            return self.cite(name, content)
        explicit = re.fullmatch(r"(.*?)\s*<([^<>]+)>", content, re.DOTALL)
        text, target = (explicit[1], explicit[2].strip()) if explicit else ("", content)
        if name in ("eq", "math:numref"):
            return f"({self.label(target, 'equation').number})"
        if name in ("ref", "numref"):
            return self.refer(text, target)
        if name == "doc":
            if text:
                return text
            document = self.index.chapters.get(PurePosixPath(target).stem)
            if document is None:
                raise ValueError(f"{target!r} is no chapter: say what it is, as in {{doc}}`its title <{target}>`")
            return f"*{self.text(document.title)}* (chapter {document.number})"
        if name in ("term", "abbr"):
            return text or re.sub(r"\s*\([^()]*\)$", "", content)
        if name == "math":
            return f"${content}$"
        if name in ("sub", "sup", "kbd"):
            return f"<{name}>{content}</{name}>"
        raise ValueError(f"the role {{{name}}} has no form in a notebook; those that have one: {', '.join(ROLES)}")

    def refer(self, text: str, target: str) -> str:
        """What stands for a reference to a figure, an exercise or a section."""
        if text and "%s" not in text and "{number}" not in text:
            return text
        label = self.label(target)
        if text:
            return text.replace("%s", label.number).replace("{number}", label.number)
        if label.kind in ("Figure", "Exercise"):
            return f"{label.kind} {label.number}"
        if label.kind == "equation":
            return f"({label.number})"
        elsewhere = f" (chapter {label.chapter.number})" if label.chapter is not self.chapter else ""
        return f"*{self.text(label.title)}*{elsewhere}"

    def label(self, target: str, kind: str | None = None) -> Label:
        """What a label stands for."""
        label = self.index.labels.get(target.lower())
        if label is None:
            raise ValueError(f"no chapter defines the label {target!r}")
        if kind and label.kind != kind:
            raise ValueError(f"{target!r} is the label of a {label.kind.lower()}, not of an {kind}")
        return label

    def cite(self, name: str, keys: str) -> str:
        """What stands for a citation."""
        entries = []
        for key in (part.strip() for part in keys.split(",")):
            if key not in self.index.papers:
                raise ValueError(f"the bibliography has no entry {key!r}")
            self.cited.add(key)
            entries.append(self.index.papers[key])
        if name.startswith("cite:t"):
            return " and ".join(citation(entry, textual=True) for entry in entries)
        return f"({'; '.join(citation(entry) for entry in entries)})"


def _root(path: Path) -> Path:
    """The folder of chapters that a chapter belongs to: its own, or the one above a part such as `1_foundations`."""
    folder = path.resolve().parent
    return folder.parent if re.match(r"\d_", folder.name) else folder


def _open(node: ast.stmt, lines: list[str], name: str, indent: str = "") -> list[str]:
    """The lines of a stub for one statement of an answer."""
    first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return lines[node.lineno - 1 : node.end_lineno]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        head = _head(node, lines, first)
        inside = indent + "    "
        if not isinstance(node, ast.ClassDef):
            return [*head, f'{inside}raise NotImplementedError("{name}: write your answer here")']
        body = [line for item in node.body for line in _open(item, lines, name, inside)]
        return [*head, *(body or [f"{inside}...  # your code here"])]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    names = [item.id for target in targets for item in ast.walk(target) if isinstance(item, ast.Name)]
    return [f"{indent}{item} = ...  # your code here" for item in names]


def _head(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: list[str], first: int) -> list[str]:
    """Decorators, signature and docstring of a definition, as written."""
    body = node.body[0]
    start = min([body.lineno, *(item.lineno for item in getattr(body, "decorator_list", []))])
    if ast.get_docstring(node, clean=False) is not None and start > node.lineno:
        return lines[first - 1 : body.end_lineno]
    if start > node.lineno:
        head = lines[first - 1 : start - 1]
    else:
        head = [*lines[first - 1 : start - 1], lines[start - 1].encode()[: body.col_offset].decode().rstrip()]
    while not head[-1].strip() or head[-1].strip().startswith("#"):
        head.pop()
    return head


def _telling(source: str) -> Iterator[str]:
    """Pieces of a cell that say how something is done, in canonical layout."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if len(body) > 1 and any(_operations(item) for item in body):
                yield "\n".join(ast.unparse(item) for item in body)
        value = getattr(node, "value", None) or getattr(node, "test", None) or getattr(node, "iter", None)
        is_piece = isinstance(node, (ast.stmt, ast.comprehension))
        if isinstance(node, ast.Lambda):
            value, is_piece = node.body, True
        if is_piece and isinstance(value, ast.expr) and _substantial(value):
            yield ast.unparse(value)
        for argument in node.args if isinstance(node, ast.Call) else ():
            if _operations(argument) > 2:
                yield ast.unparse(argument)


def _substantial(node: ast.expr) -> bool:
    """Whether an expression says more than `range(len(x))`: three operations, or two that are not both calls."""
    signs = (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp)
    count = _operations(node)
    return count > 2 or (count == 2 and any(isinstance(item, signs) for item in ast.walk(node)))


def _operations(node: ast.AST) -> int:
    """How many operators, calls and subscripts there are."""
    kinds = (ast.BinOp, ast.BoolOp, ast.Compare, ast.Call, ast.Subscript, ast.IfExp)
    return sum(isinstance(item, kinds) for item in ast.walk(node))


def _normal(code: str) -> str:
    """Code in canonical layout: the whole if it parses, else each line that does."""
    try:
        return ast.unparse(ast.parse(code))
    except SyntaxError:
        lines = code.split("\n")
        return "\n".join(_normal(line.strip()) for line in lines) if len(lines) > 1 else code


def _dense(text: str) -> str:
    """Text without white space."""
    return re.sub(r"\s+", "", text)


def _fingerprint(cells: list[NotebookNode]) -> str:
    """Hash of what the cells say."""
    content = [[cell.cell_type, cell.source] for cell in cells]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _indented(text: str, indent: str) -> str:
    """Text moved to the right."""
    return "\n".join(indent + line if line else line for line in text.split("\n"))


def _quoted(text: str) -> str:
    """Text as a block quotation, with a blank line after it so that the next paragraph is not drawn in."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip("\n").split("\n")) + "\n"
