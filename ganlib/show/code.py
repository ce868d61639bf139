"""Classes as figures: a game printed as what it changes in its parent, and any source printed from where it lives."""

import ast
import difflib
import inspect
import linecache
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

Lines = list[str]

_WIDTH = 76  # columns, two more with the marks


def diff(parent: type, child: type) -> None:
    """Print a class as what its author changed: lines with a minus are the parent's, lines with a plus the child's.

    A method that calls its parent's version through ``super()`` extends it, so nothing is taken away there. What the
    child does not mention is only named, with the class it comes from. Docstrings of methods are left out, and so are
    the sections of the class docstring (`Parameters` and the like): this is about the code.

    Parameters
    ----------
    parent : type
        The class that the child extends directly.
    child : type
        A class of this package or of a notebook.

    Raises
    ------
    ValueError
        If `child` does not extend `parent` directly.

    Examples
    --------
    >>> from ganlib.games import GAN, LSGAN
    >>> diff(GAN, LSGAN)  # doctest: +ELLIPSIS
      class LSGAN(GAN):
    ...
    -     objective = losses.nonsaturating
    +     objective = losses.least_squares(0, 1, 1)
    ...
    """
    if parent not in child.__bases__:
        bases = ", ".join(base.__name__ for base in child.__bases__)
        raise ValueError(
            f"diff shows one step: {child.__name__} extends {bases}, not {parent.__name__}, so compare it with {bases}."
        )
    print("\n".join(line.rstrip() for line in _report(parent, child)))


def source(thing: Callable[..., Any] | type | ModuleType, *, docstrings: bool = True) -> None:
    """Print the source of a function, a class or a module as it stands in its file.

    Parameters
    ----------
    thing : function, class or module
        Anything written in Python, in a file or in a notebook.
    docstrings : bool
        False leaves them out, to show how little code there is.
    """
    text = _text(thing)
    if not docstrings:
        text = "\n".join(_without_docstrings(text.splitlines(), ast.parse(text)))
    print(text.rstrip())


def _report(parent: type, child: type) -> Iterator[str]:
    """The lines of a diff."""
    lines, body = _body(child)
    for line in _head(lines, body):
        yield f"  {line}"
    seen: set[str] = set()
    before: Lines | None = None
    for node, start, end in _segments(lines, body):
        names = _names(node)
        new = _without_docstrings(lines[start:end], node, start)
        old = [line for name in names if name not in seen for line in _inherited(child, name)]
        seen.update(names)
        if any(_extends(node, name) for name in names):
            old = []
        if before is None or len(new) > 1 or len(before) > 1:
            yield ""
        yield from _marked(old, new)
        before = new
    yield ""
    for owner, names in _rest(child, seen):
        text = f"inherits from {owner}: {', '.join(names)}"
        yield from textwrap.wrap(
            text, 78, initial_indent="      ", subsequent_indent="          ", break_on_hyphens=False
        )


def _marked(old: Lines, new: Lines) -> Iterator[str]:
    """Lines in common once, the others with a minus or a plus."""
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (f"  {line}" for line in old[a:b])
        else:
            yield from (f"- {line}" for line in old[a:b])
            yield from (f"+ {line}" for line in new[c:d])


def _head(lines: Lines, body: ast.ClassDef) -> Lines:
    """The class line with its decorators, and the docstring up to its first section."""
    first = body.body[0]
    start = min([body.lineno, *(d.lineno for d in body.decorator_list)]) - 1
    if not _is_docstring(first):
        return [line for line in lines[start : _start(first)] if line.strip() and not line.strip().startswith("#")]
    return lines[start : first.lineno - 1] + _prose(ast.get_docstring(body) or "", " " * first.col_offset)


def _prose(docstring: str, indent: str) -> Lines:
    """A docstring up to its first section, wrapped to be read on a phone."""
    lines = docstring.splitlines()
    rules = [i for i, line in enumerate(lines) if i and line and not line.strip("-")]  # under the name of a section
    said = "\n".join(lines[: rules[0] - 1] if rules else lines).strip()
    paragraphs = [
        textwrap.fill(
            ('"""' if i == 0 else "") + " ".join(words.split()), _WIDTH, initial_indent=indent,
            subsequent_indent=indent, break_on_hyphens=False, break_long_words=False,
        )
        for i, words in enumerate(said.split("\n\n"))
    ]  # fmt: skip
    text = "\n\n".join(paragraphs)
    return (text + (f'\n{indent}"""' if "\n" in text else '"""')).splitlines()


def _segments(lines: Lines, body: ast.ClassDef) -> Iterator[tuple[ast.stmt, int, int]]:
    """Each member with the range of its lines, the comments right above it included."""
    for node in body.body:
        if _is_docstring(node) or isinstance(node, ast.Pass):
            continue
        start = _start(node)
        while lines[start - 1].strip().startswith("#"):
            start -= 1
        yield node, start, node.end_lineno or node.lineno


def _start(node: ast.stmt) -> int:
    """Index of a member's first line, decorators included."""
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1


def _names(node: ast.stmt) -> list[str]:
    """What a member of a class body defines; a bare annotation defines nothing."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _inherited(child: type, name: str) -> Lines:
    """The source of an attribute that a child replaces, whichever ancestor defines it; nothing if none of ours does."""
    owner = next((c for c in child.__mro__[1:] if name in vars(c)), None)
    if owner is None or not _ours(owner, child):
        return []
    lines, body = _body(owner)
    found: Lines = []
    for node in body.body:
        if name in _names(node):
            found = _without_docstrings(lines[_start(node) : node.end_lineno], node, _start(node))
    return found


def _extends(node: ast.stmt, name: str) -> bool:
    """Whether a method calls its parent's version of itself through `super()`."""
    return any(
        isinstance(part, ast.Attribute)
        and part.attr == name
        and isinstance(part.value, ast.Call)
        and isinstance(part.value.func, ast.Name)
        and part.value.func.id == "super"
        for part in ast.walk(node)
    )


def _rest(child: type, seen: set[str]) -> Iterator[tuple[str, list[str]]]:
    """What is left to the ancestors, by the class that defines it, in the order of definition."""
    seen = set(seen)
    for owner in child.__mro__[1:]:
        if not _ours(owner, child):
            continue
        names = [n for _, body in [_body(owner)] for node in body.body for n in _names(node)]
        names = [n for n in dict.fromkeys(names) if n not in seen and (n == "__init__" or not n.startswith("_"))]
        seen.update(names)
        if names:
            yield owner.__name__, names


def _ours(owner: type, relative: type) -> bool:
    """Whether a class comes from the package or notebook of its relative, or from this package: not from torch."""
    return owner.__module__.split(".")[0] in {relative.__module__.split(".")[0], __name__.split(".")[0]}


def _body(thing: type) -> tuple[Lines, ast.ClassDef]:
    """A class's lines and its syntax tree."""
    text = _text(thing)
    body = ast.parse(text).body[0]
    assert isinstance(body, ast.ClassDef)
    return text.splitlines(), body


def _text(thing: Any) -> str:
    """The source without its outer indentation, wherever it was written."""
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        if isinstance(thing, type) and (text := _from_notebook(thing)):
            return text
        name = getattr(thing, "__name__", repr(thing))
        raise ValueError(
            f"There is no Python source for {name}: show a class or function from a file or a cell."
        ) from None


def _from_notebook(thing: type) -> str:
    """A class's definition among the cells that have run: `inspect` finds only functions there, so ask those."""
    members = [inspect.unwrap(member) for member in vars(thing).values() if callable(member)]
    prefix = f"{thing.__qualname__}."
    own = [f.__code__.co_filename for f in members if inspect.isfunction(f) and f.__qualname__.startswith(prefix)]
    for name in own[:1] or reversed(list(linecache.cache)):
        lines = linecache.getlines(name)
        try:
            tree = ast.parse("".join(lines))
        except SyntaxError:  # not every cached text is Python
            continue
        found = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == thing.__name__]
        if found:
            return textwrap.dedent("".join(lines[_start(found[-1]) : found[-1].end_lineno]))
    return ""


def _is_docstring(node: ast.AST) -> bool:
    """Whether a statement is a string that stands by itself."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _without_docstrings(lines: Lines, tree: ast.AST, offset: int = 0) -> Lines:
    """Lines without the docstrings of what they define; a body that was only a docstring becomes `...`."""
    gone: set[int] = set()
    kept: dict[int, str] = {}
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body or not _is_docstring(body[0]):
            continue
        first = body[0]
        span = range(first.lineno - 1 - offset, first.end_lineno - offset)
        gone.update(span)
        if len(body) == 1 and not isinstance(node, ast.Module):
            kept[span[0]] = " " * first.col_offset + "..."
        elif span[-1] + 1 < len(lines) and not lines[span[-1] + 1].strip():
            gone.add(span[-1] + 1)  # the blank line that parted it from the code
    return [kept.get(i, line) for i, line in enumerate(lines) if i in kept or i not in gone]
