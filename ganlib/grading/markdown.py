"""The part of MyST that chapters use, read block by block, so that a notebook can show it as plain Markdown.

The list of directives and roles is closed: whatever is not named here is an error that says so, because a notebook
would show it as raw source. Numbers follow the book's rule: what has a label is counted in order within its chapter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

ADMONITIONS = ("attention", "caution", "danger", "error", "hint", "important", "note", "seealso", "tip", "warning")
TITLED = ("admonition", "dropdown", "margin", "sidebar", "topic")
QUOTES = ("epigraph", "pull-quote")
OMITTED = ("anywidget", "solution")  # the live cell is in the notebook already; a solution is not for students
DIRECTIVES = (*ADMONITIONS, *TITLED, *QUOTES, *OMITTED, "bibliography", "code-block", "exercise", "math")

_FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|:{3,}|~{3,})\s*(?:\{(?P<name>[^}]+)\})?\s*(?P<rest>.*)$")
_OPTION = re.compile(r":(?P<key>[\w-]+):\s*(?P<value>.*)$")
_TARGET = re.compile(r"\((?P<label>[^()\s]+)\)=\s*$")
_HEADING = re.compile(r"(?P<marks>#{1,6})\s+(?P<title>.*?)\s*$")
_MATH_END = re.compile(r"\$\$\s*(?:\((?P<label>[^()\s]+)\))?\s*$")
_INLINE = re.compile(
    r"\{(?P<role>[A-Za-z][\w:.-]*)\}(?P<tick>`+)(?P<content>.+?)(?P=tick)(?!`)"
    r"|(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<link>(?P<image>!)?\[(?P<shown>[^\[\]]*)\]\((?P<address>[^()\s]+)\))"
    r"|(?P<math>\$\$.+?\$\$|(?<![\\$])\$(?!\s)[^$]+?(?<!\\)\$)"
    r"|(?P<footnote>\[\^[^\]]+\])",
    re.DOTALL,
)


@dataclass(frozen=True)
class Text:
    """Lines of ordinary Markdown, roles included."""

    text: str


@dataclass(frozen=True)
class Code:
    """A fenced block to be shown as it is."""

    text: str


@dataclass(frozen=True)
class Heading:
    """A heading and the labels that stand before it."""

    level: int
    title: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Math:
    """A displayed formula, with its label or None."""

    body: str
    label: str | None
    indent: str = ""


@dataclass(frozen=True)
class Directive:
    """A directive: its name, the text after it, its options, and what it encloses."""

    name: str
    argument: str
    options: dict[str, str]
    body: str
    indent: str = ""
    blocks: tuple[Block, ...] = field(default=(), compare=False)

    @property
    def label(self) -> str | None:
        """Its `:label:` or `:name:`.

        Returns
        -------
        str or None
            As written.
        """
        return self.options.get("label") or self.options.get("name")


Block = Text | Code | Heading | Math | Directive


def parse(text: str) -> list[Block]:
    """Split Markdown into blocks.

    Parameters
    ----------
    text : str
        Source of one Markdown cell.

    Returns
    -------
    list of Block
        In order; a directive holds the blocks that it encloses.

    Raises
    ------
    ValueError
        For a directive that chapters do not use, a fence or formula without an end, or a target before no heading.
    """
    lines = text.split("\n")
    blocks: list[Block] = []
    plain: list[str] = []
    labels: list[str] = []
    position = 0

    def flush() -> None:
        if any(line.strip() for line in plain) and labels:
            raise ValueError(f"the target ({labels[-1]})= must stand directly before a heading")
        if plain:
            blocks.append(Text("\n".join(plain)))
            plain.clear()

    while position < len(lines):
        line = lines[position]
        position += 1
        fence = _FENCE.match(line)
        if fence and (fence["name"] or fence["fence"][0] != ":"):
            flush()
            end = _closing(lines, position, fence["fence"])
            blocks.append(_fenced(fence, lines[position:end]))
            position = end + 1
        elif line.lstrip().startswith("$$"):
            flush()
            block, position = _displayed(lines, position - 1)
            blocks.append(block)
        elif target := _TARGET.match(line):
            flush()
            labels.append(target["label"])
        elif heading := _HEADING.match(line):
            flush()
            blocks.append(Heading(len(heading["marks"]), heading["title"], tuple(labels)))
            labels.clear()
        else:
            plain.append(line)
    flush()
    if labels:
        raise ValueError(f"the target ({labels[-1]})= must stand directly before a heading")
    return blocks


def walk(blocks: list[Block]) -> Iterator[Block]:
    """Every block, those inside directives included.

    Parameters
    ----------
    blocks : list of Block
        As `parse` returns them.

    Yields
    ------
    Block
        In order of appearance.
    """
    for block in blocks:
        yield block
        if isinstance(block, Directive):
            yield from walk(list(block.blocks))


def equation(block: Block) -> str | None:
    """The label of a numbered formula.

    Parameters
    ----------
    block : Block
        Of any kind.

    Returns
    -------
    str or None
        None for a formula without a label, and for anything else.
    """
    if isinstance(block, Math):
        return block.label
    return block.label if isinstance(block, Directive) and block.name == "math" else None


def inline(text: str, role: Callable[[str, str], str]) -> str:
    """Replace the roles in a piece of Markdown, and the links that lead to other parts of the book.

    Parameters
    ----------
    text : str
        Markdown without directives.
    role : callable, (name, content) -> str
        What to put in a role's place. A link `[text](#label)` counts as the role `ref`, `[text](path)` as `doc`.

    Returns
    -------
    str
        The text, with code and formulas untouched.

    Raises
    ------
    ValueError
        For a footnote or a picture from a file, which notebooks do not show.
    """

    def replace(found: re.Match[str]) -> str:
        if found["footnote"]:
            raise ValueError(f"a notebook shows no footnotes: write {found['footnote']} into the sentence")
        if found["role"]:
            return role(found["role"], found["content"].strip())
        if found["link"] and not re.match(r"[a-z]+:", found["address"]):
            if found["image"]:
                raise ValueError(f"a notebook does not find the picture {found['address']}: draw it in a cell")
            kind, target = ("ref", found["address"][1:]) if found["address"][0] == "#" else ("doc", found["address"])
            return role(kind, f"{found['shown']} <{target}>" if found["shown"] else target)
        return found[0]

    return _INLINE.sub(replace, text)


def code_in(text: str) -> str:
    """The code in a Markdown cell: fenced blocks and code spans, without formulas and prose.

    Parameters
    ----------
    text : str
        Source of the cell.

    Returns
    -------
    str
        The pieces, one after the other.
    """
    pieces: list[str] = []
    for block in walk(parse(text)):
        if isinstance(block, Code):
            pieces.append("\n".join(block.text.split("\n")[1:-1]))
        elif isinstance(block, Directive) and block.name == "code-block":
            pieces.append(block.body)
        elif isinstance(block, (Text, Heading)):
            source = block.text if isinstance(block, Text) else block.title
            pieces += [found["code"].strip("`") for found in _INLINE.finditer(source) if found["code"]]
    return "\n".join(pieces)


def _closing(lines: list[str], start: int, fence: str) -> int:
    """Index of the line that closes a fence."""
    for index in range(start, len(lines)):
        bare = lines[index].strip()
        if len(bare) >= len(fence) and set(bare) == {fence[0]}:
            return index
    raise ValueError(f"a block opened with {fence} is never closed")


def _fenced(fence: re.Match[str], body: list[str]) -> Block:
    """A fence and what it encloses, as a directive or as code."""
    indent = fence["indent"]
    body = [line.removeprefix(indent) for line in body]
    if not fence["name"]:
        opening, closing = f"{fence['fence']}{fence['rest']}", fence["fence"]
        return Code("\n".join(indent + line if line else line for line in (opening, *body, closing)))
    name = fence["name"].strip()
    if name not in DIRECTIVES:
        known = ", ".join(sorted(DIRECTIVES))
        raise ValueError(f"the directive {{{name}}} has no form in a notebook; those that have one: {known}")
    options: dict[str, str] = {}
    while body and (option := _OPTION.match(body[0].strip())):
        options[option["key"]] = option["value"]
        body = body[1:]
    content = "\n".join(body).strip("\n")
    enclosed = () if name in ("code-block", "math", "anywidget") else tuple(parse(content))
    return Directive(name, fence["rest"].strip(), options, content, indent, enclosed)


def _displayed(lines: list[str], start: int) -> tuple[Math, int]:
    """The formula that opens on line `start`, and the index of the line after it."""
    indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
    for end in range(start, len(lines)):
        text = "\n".join(line.removeprefix(indent) for line in lines[start : end + 1])
        closed = _MATH_END.search(text, 2)
        if closed:
            return Math(text[2 : closed.start()].strip(), closed["label"], indent), end + 1
        if "$$" in text[2:]:
            rest = text[2:].split("$$", 1)[1].strip()
            raise ValueError(f"after a displayed formula only its (label) may follow on the line, not {rest!r}")
    raise ValueError("a formula opened with $$ is never closed")
