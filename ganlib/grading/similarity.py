"""What a person should look at in answers: code that reaches for the grader, and answers that are nearly the same.

Nothing here makes or changes a mark. Answers are compared as syntax trees from which names, comments, docstrings,
annotations, imports and the spelling of numbers are gone; what is left is cut into overlapping runs of a few nodes, and
two answers are as similar as the share of runs they have in common. Runs that the reference or the stub has, or more
than a quarter of a class, are nobody's own and do not count: two right answers are no pair for being right.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ganlib.grading.submission import Flag, parsed

RUN = 5  # nodes that are compared together
LEAST = 12  # runs of its own that an answer must have to be compared at all
COMMON = 10  # students: what more than these have, and more than a quarter of the class, is common knowledge
NODES = 20_000  # of one answer that are looked at
REACHES = 20  # flags for one answer

_REACHES = {
    "get_ipython": "the notebook's own machinery",
    "IPython": "the notebook's own machinery",
    "ipykernel": "the notebook's own machinery",
    "__builtins__": "the functions that Python itself provides",
    "builtins": "the functions that Python itself provides",
    "__import__": "imports by name",
    "importlib": "imports by name",
    "exec": "code made while running",
    "eval": "code made while running",
    "compile": "code made while running",
    "gc": "objects of other cells",
    "inspect": "the source of other code",
    "globals": "the names of other cells",
    "In": "the code of other cells",
    "_ih": "the code of other cells",
    "Out": "the results of other cells",
    "ctypes": "memory",
    "os": "the system",
    "sys": "the interpreter",
    "subprocess": "other programs",
    "socket": "the network",
    "open": "files",
    "pathlib": "files",
    "shutil": "files",
    "glob": "files",
    "pickle": "files",
    "signal": "signals",
    "atexit": "what runs at the end",
    "threading": "threads",
    "multiprocessing": "other processes",
}
_INSIDES = re.compile(
    r"__(globals|code|closure|builtins|subclasses|bases|mro|dict|defaults)__|_getframe|input_transformers"
)
_PRINTING = frozenset(
    {"print", "float", "abs", "round", "len", "isinstance", "type", "all", "any", "max", "min", "sum"}
)


@dataclass(frozen=True)
class Pair:
    """Two students' answers to one question that are nearly the same.

    Attributes
    ----------
    q : str
        The question.
    a, b : str
        The students, in alphabetical order.
    score : float
        Share of common runs, 0 to 1.
    verbatim : bool
        True when even names and comments agree.
    """

    q: str
    a: str
    b: str
    score: float
    verbatim: bool


def introspection(source: str, q: str | None = None) -> list[Flag]:
    """Where code reaches for the grader, the notebook or the system, as far as reading it shows.

    Parameters
    ----------
    source : str
        An answer.
    q : str, optional
        The question, for the flags.

    Returns
    -------
    list of Flag
        One for each thing it reaches for, with the first line that does; of the kind `introspection`.
    """
    tree = parsed(source)
    found = list(_commands(source))
    if tree is None:
        words = ((number, line) for number, line in enumerate(source.split("\n"), 1) if len(line) < 10_000)
        found += [
            (n, word, _REACHES[word]) for n, line in words for word in re.findall(r"\w+", line) if word in _REACHES
        ]
    else:
        found += _reaches(tree)
    first: dict[str, tuple[int, str]] = {}
    for line, name, what in sorted(found):
        first.setdefault(name, (line, what))
    flags = [
        Flag("introspection", q, f"line {line} of the answer uses {name}, which reaches for {what}")
        for name, (line, what) in list(first.items())[:REACHES]
    ]
    if len(first) > REACHES:
        flags.append(Flag("introspection", q, f"and {len(first) - REACHES} things more of this kind"))
    return flags


def similar(
    answers: Mapping[str, Mapping[str, str]],
    *,
    known: Mapping[str, Sequence[str]] | None = None,
    threshold: float = 0.8,
) -> list[Pair]:
    """Find pairs of students whose answers to a question are nearly the same.

    Parameters
    ----------
    answers : mapping of str to mapping of str to str
        For each student, sources by question.
    known : mapping of str to sequence of str, optional
        Sources that everybody could have, by question: the reference's answer, and the stub.
    threshold : float
        Least share of common runs, above 0 and at most 1.

    Returns
    -------
    list of Pair
        By question, most similar first. Answers that are too short to tell, and those that no parser can read, are in
        no pair.
    """
    pairs: list[Pair] = []
    for q in sorted({q for given in answers.values() for q in given}):
        sources = {student: given[q] for student, given in sorted(answers.items()) if q in given}
        public = {run for source in (known or {}).get(q, ()) for run, _ in _runs(source)}
        runs = {student: _runs(source) for student, source in sources.items()}
        holders = Counter(run for own in runs.values() for run in {run for run, _ in own})
        public |= {run for run, number in holders.items() if number > max(COMMON, len(sources) / 4)}
        own = {student: frozenset(item for item in these if item[0] not in public) for student, these in runs.items()}
        own = {student: these for student, these in own.items() if len(these) >= LEAST}
        found = []
        for a, b in combinations(own, 2):
            small, large = sorted((len(own[a]), len(own[b])))
            if small < threshold * large:
                continue
            both = len(own[a] & own[b])
            score = both / (small + large - both)
            if score >= threshold:
                found.append(Pair(q, a, b, round(score, 3), sources[a].split() == sources[b].split()))
        pairs += sorted(found, key=lambda pair: (-pair.score, pair.a, pair.b))
    return pairs


def _commands(source: str) -> Iterator[tuple[int, str, str]]:
    """Lines that are commands to the notebook or the shell: line number, name, what it reaches for."""
    for number, line in enumerate(source.split("\n"), 1):
        if command := re.match(r"[ \t]*(!|%{1,2}[a-zA-Z_]\w*)", line):
            yield number, command[1][:20], "other programs" if command[1] == "!" else "the notebook's own machinery"


def _reaches(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """What a tree's names, imports and assignments reach for: line number, name, what."""
    imported: set[str] = set()
    nodes = list(ast.walk(tree))
    for node in nodes:
        names: list[str] = []
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            brought = [(item.asname or item.name).split(".")[0] for item in node.names]
            imported.update(brought)
            origin = node.module if isinstance(node, ast.ImportFrom) else None
            names = (origin or "").split(".") + [part for item in node.names for part in item.name.split(".")]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            names = [node.id]
        elif isinstance(node, ast.Attribute) and _INSIDES.match(node.attr):
            yield node.lineno, _cut(node.attr), "the insides of objects"
        line = getattr(node, "lineno", 0)
        yield from ((line, name, _REACHES[name]) for name in names if name in _REACHES)
    for node in nodes:
        for target in _targets(node):
            if (
                isinstance(target, ast.Attribute)
                and isinstance(base := _base(target), ast.Name)
                and base.id in imported
            ):
                yield target.lineno, _cut(f"{base.id}.{target.attr} = ..."), "code that is not its own, to replace it"
            elif isinstance(target, ast.Name) and target.id in _PRINTING:
                yield target.lineno, f"{target.id} = ...", "what the checks call"
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in _PRINTING:
            yield node.lineno, f"def {node.name}", "what the checks call"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr"):
            yield node.lineno, node.func.id, "attributes by name"


def _targets(node: ast.AST) -> Sequence[ast.expr]:
    """What a statement assigns to."""
    if isinstance(node, (ast.Assign, ast.Delete)):
        return node.targets
    return [node.target] if isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For)) else []


def _base(node: ast.expr) -> ast.expr:
    """What a chain of attributes begins with."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node


def _cut(text: str) -> str:
    """Text that may be of any length, for a message."""
    return text if len(text) <= 60 else text[:57] + "..."


def _runs(source: str) -> frozenset[tuple[tuple[str, ...], int]]:
    """Runs of neighbouring nodes in an answer's tree, equal ones told apart by a number."""
    tree = parsed(source)
    words = list(_words(tree)) if tree is not None else []
    seen: Counter[tuple[str, ...]] = Counter()
    runs = []
    for place in range(len(words) - RUN + 1):
        run = tuple(words[place : place + RUN])
        seen[run] += 1
        runs.append((run, seen[run]))
    return frozenset(runs)


def _words(tree: ast.Module) -> Iterator[str]:
    """One word for each node of a tree, from the first to the last; without what says nothing of how it works."""
    stack: list[ast.AST] = [tree]
    number = 0
    while stack and number < NODES:
        node = stack.pop()
        number += 1
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass, ast.expr_context)) or _is_text(node):
            continue
        yield _word(node)
        skipped = ("annotation", "returns", "type_comment")
        parts = [value for name, value in ast.iter_fields(node) if name not in skipped]
        inside = [item for part in parts for item in (part if isinstance(part, list) else [part])]
        stack += [item for item in reversed(inside) if isinstance(item, ast.AST)]


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a text and nothing else, as a docstring is."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _word(node: ast.AST) -> str:
    """What a node is, names aside: an attribute keeps its own, because `exp` is not `log`."""
    match node:
        case ast.Constant(value=bool() | None as value):
            return repr(value)
        case ast.Constant(value=int() | float() as value):
            try:
                return f"{float(value):.12g}"
            except OverflowError:
                return "number"
        case ast.Constant(value=value):
            return f"{type(value).__name__} {repr(value)[:100]}"
        case ast.Attribute(attr=name):
            return f".{name}"
        case ast.keyword(arg=name):
            return f"{name}="
        case ast.AnnAssign():
            return "Assign"
        case ast.AsyncFunctionDef():
            return "FunctionDef"
    return type(node).__name__
