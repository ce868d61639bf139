"""CSV files that spreadsheets and gradebooks read and write: encodings, separators, and cells that are no formulas."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ganlib.grading.reports.results import printable

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*\s*%?")
_BLANK = " \t\n\x0b\x0c\u00a0\u200b\u200c\u200d\u2060\u2028\u2029\u3000\ufeff\ufffd"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Table:
    """A CSV file, read.

    Attributes
    ----------
    rows : list of list of str
        All of them, the header first.
    encoding : str
        Of the file, such as `utf-8-sig` when it began with a byte order mark.
    separator : str
        Between its fields.
    newline : str
        At the end of its lines.
    """

    rows: list[list[str]]
    encoding: str = "utf-8"
    separator: str = ","
    newline: str = "\r\n"


def read(content: bytes, name: str) -> Table:
    """Read a CSV file as a spreadsheet or a gradebook may have written it.

    Parameters
    ----------
    content : bytes
        UTF-8 with or without a byte order mark, UTF-16 with one, or else Windows-1252.
    name : str
        What a message calls the file.

    Returns
    -------
    Table
        Separated by whichever of comma, semicolon and tab cuts the first line into most pieces.

    Raises
    ------
    ValueError
        In one sentence, when it is not CSV.
    """
    encoding = next((encoding for mark, encoding in _BOMS if content.startswith(mark)), "")
    try:
        text = content.decode(encoding or "utf-8")
        encoding = encoding or "utf-8"
    except UnicodeDecodeError:
        if encoding:
            raise ValueError(f"{name} cannot be read: it does not keep to the encoding it begins with") from None
        text, encoding = content.decode("cp1252", "replace"), "cp1252"
    first = text.partition("\n")[0]
    separator = max(",;\t", key=lambda sign: len(_first(first, sign)))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise ValueError(f"{name} is not a CSV file: {error}") from None
    return Table(rows, encoding, separator, "\r\n" if "\r\n" in text else "\n")


def write(table: Table) -> bytes:
    """A table as the bytes of a CSV file.

    Parameters
    ----------
    table : Table
        Any.

    Returns
    -------
    bytes
        Every field in quotes, and none that a spreadsheet would run as a formula.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=table.separator, quoting=csv.QUOTE_ALL, lineterminator=table.newline)
    writer.writerows([defused(cell) for cell in row] for row in table.rows)
    if table.encoding == "cp1252":
        return out.getvalue().replace("\ufffd", "?").encode("cp1252", "replace")
    return out.getvalue().encode(table.encoding, "replace")


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    Parameters
    ----------
    cell : str
        Anybody's text.

    Returns
    -------
    str
        With `'` in front when it began with `=`, `+`, `-` or `@`, in any width and behind any blanks, and is neither a
        number nor a lone hyphen; without control characters.
    """
    text = printable(cell)
    start = text.lstrip(_BLANK)[:1]
    looks = start in tuple("=+-@＝＋－＠﹢﹣﹦﹫−") or text[:1] in ("\t", "\n")
    return f"'{text}" if looks and text != "-" and not _NUMBER.fullmatch(text.strip()) else text


def column(header: Sequence[str], names: Iterable[str]) -> int | None:
    """Where a column stands.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    names : iterable of str
        What it may be called, in small letters.

    Returns
    -------
    int or None
        The first that is called so, in any letters.
    """
    wanted = set(names)
    return next((index for index, name in enumerate(header) if " ".join(name.split()).casefold() in wanted), None)


def _first(line: str, separator: str) -> list[str]:
    """The cells of the first line."""
    return next(csv.reader([line], delimiter=separator), [])
