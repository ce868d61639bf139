"""What a cell says about a result: the verdict on an answer, and sentences that are printed only while they hold."""

from __future__ import annotations

import copy
import math
import os
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Value = float | bool | str | tuple["Value", ...]
"""What an answer comes down to: a number, a truth value, a text, or a tuple of such."""


@dataclass(frozen=True)
class Verdict:
    """What a check found. A notebook shows nothing for it, because the check has already printed it.

    Attributes
    ----------
    question : str
        Such as `ch04.q2`.
    values : tuple
        One per case, as numbers, truth values, texts or tuples of them; it stops at the first case that gave no value.
    right : bool
        True when every value is as expected.
    hint : str
        One sentence; empty when the answer is right.
    """

    question: str
    values: tuple[Value, ...]
    right: bool
    hint: str

    def _ipython_display_(self) -> None:
        """Display nothing."""


class _NoValueError(Exception):
    """An answer that gave no value to compare; its text is the hint."""


class _UnansweredError(_NoValueError):
    """A stub, still."""

    def __init__(self, question: str) -> None:
        super().__init__(f"not answered yet: write it in the cell marked `# >>> answer: {question}`")


def check(
    question: str,
    answer: Any,
    cases: Sequence[tuple[tuple[Any, ...] | None, Any]],
    *,
    wrong: Sequence[tuple[Any, str]] = (),
    digits: int = 3,
    atol: float | None = None,
    labels: Sequence[str] | None = None,
) -> Verdict:
    """Evaluate an answer on fixed inputs, print its values, then `right` or one hint. A wrong answer never raises.

    Parameters
    ----------
    question : str
        Such as `ch04.q2`.
    answer : object
        What the reader wrote: a function, or a value. A function may be written for floats or for tensors: where floats
        fail, the same inputs are tried as float64 tensors of shape ().
    cases : sequence of (arguments, expected)
        `arguments` is the tuple to call the answer with, or None when the answer is itself the value. `expected` is a
        number, a truth value, a text, or nested sequences of them: literals, never the output of a solution.
    wrong : sequence of (answer, hint)
        Named misconceptions, most specific first: what somebody holding it would write (a function, or a value when
        there is a single case without arguments), and the sentence that would help. The first whose values are the
        reader's own on every case gives the hint.
    digits : int
        Decimals printed.
    atol : float, optional
        How far a number may lie from the expected one, in its own units. Half a unit of the last printed decimal unless
        given.
    labels : sequence of str, optional
        What to call each case; its arguments unless given.

    Returns
    -------
    Verdict
        What was printed, for whoever calls this from a program.
    """
    atol = 0.5 * 10.0**-digits if atol is None else atol
    expected = [_plain(value) for _, value in cases]
    names = [_name(arguments) for arguments, _ in cases] if labels is None else list(labels)
    print(question)
    values: list[Value] = []
    hint, opening = "", "not yet. "
    try:
        for (arguments, _), target, name in zip(cases, expected, names, strict=True):
            value = _evaluate(question, answer, arguments, target, name)
            values.append(value)
            print(f"  {name}: {_text(value, target, digits)}")
    except _NoValueError as problem:
        hint, opening = str(problem), "" if isinstance(problem, _UnansweredError) else opening
    else:
        agrees = [_same(value, target, atol) for value, target in zip(values, expected)]
        if not all(agrees):
            found = (why for belief, why in wrong if _same_values(belief, cases, values, atol))
            hint = next(found, None) or _where(values, names, agrees)
    print(f"{question}: {opening}{hint}" if hint else f"{question}: right")
    return Verdict(question, tuple(values), not hint, hint)


def evaluate(answer: Any, inputs: Callable[[random.Random], tuple[Any, ...]], cases: int = 5) -> None:
    """Print what an answer gives on inputs that its writer has not seen: the body of a hidden check.

    Nothing is judged here. The reference holds what the chapter's own answer gives on the same inputs, and marking
    compares the numbers, within the tolerance of the cell. The inputs come from the environment variable GANLIB_SECRET:
    in marking a seed for this one check, in a published notebook nothing.

    Parameters
    ----------
    answer : callable
        What the reader wrote, or a measurement of it. As in `check`, floats may reach it as tensors.
    inputs : callable, (random.Random) -> tuple
        Draws the arguments of one case.
    cases : int
        How many.

    Raises
    ------
    Exception
        Whatever the answer raises; TypeError when it gives nothing that could be compared.
    """
    draw = random.Random(os.environ.get("GANLIB_SECRET", ""))
    for _ in range(cases):
        print(_in_full(_plain(_call(answer, inputs(draw)))))


def holds(statement: str, condition: Any, measured: Any = None) -> None:
    """Print a statement, once it is seen to be true.

    Parameters
    ----------
    statement : str
        A fixed sentence such as `modes covered: 8 of 8`: it must not contain anything measured.
    condition : bool or anything with a truth value
        Whether it holds.
    measured : object, optional
        What was measured, for the message when it does not.

    Raises
    ------
    AssertionError
        When the condition is false, with the measured value.
    """
    if not bool(condition):
        raise AssertionError(f"does not hold: {statement}" + ("" if measured is None else f" (measured: {measured})"))
    print(statement)


def close(name: str, value: Any, target: Any, atol: float) -> None:
    """Print that a quantity has its value, once it is seen to lie within a tolerance of it.

    Parameters
    ----------
    name : str
        What the quantity is called.
    value : number, or tensor, array or nested sequence of numbers
        What was measured.
    target : number, or tensor, array or nested sequence of the same shape
        What it should be; a single number stands for every entry.
    atol : float
        Largest absolute difference allowed, in the quantity's own units, > 0.

    Raises
    ------
    AssertionError
        When any entry is further away, or not a number, with the measured value.
    """
    measured, wanted = _numbers(value), _numbers(target)
    if len(wanted) == 1:
        wanted = wanted * len(measured)
    if not measured or len(measured) != len(wanted):
        raise AssertionError(f"{name}: {len(measured)} values cannot be compared with {len(wanted)}")
    gap, found, right = max(
        ((abs(a - b) if math.isfinite(a) else math.inf, a, b) for a, b in zip(measured, wanted)), key=lambda row: row[0]
    )
    if not gap <= atol:
        raise AssertionError(f"{name}: {found:.6g} is not {right:.6g} within {atol:g}")
    decimals = max(0, math.ceil(-math.log10(atol))) + 1
    if isinstance(_plain(value), tuple):
        print(f"{name}: within {atol:g} at {len(measured)} points")
    else:
        print(f"{name}: {_unsigned(f'{right:.{decimals}f}')} within {atol:g}")


def _evaluate(question: str, answer: Any, arguments: tuple[Any, ...] | None, expected: Value, name: str) -> Value:
    """The answer's value on one case, of the expected type and shape."""
    if answer is None or answer is ...:
        raise _UnansweredError(question)
    if arguments is None:
        result = answer
        if callable(answer):
            raise _NoValueError(f"expected {_kind(expected)}, got a function: give its value")
    else:
        if not callable(answer):
            raise _NoValueError(f"expected a function, got {_kind_of(answer)}")
        try:
            result = _call(answer, arguments)
        except NotImplementedError:
            raise _UnansweredError(question) from None
        except (Exception, SystemExit) as error:
            raise _NoValueError(f"your function raised {_brief(error)} at {name}") from None
        if result is None:
            raise _NoValueError("your function returned None: does every path through it end with `return`?")
        if result is ...:
            raise _UnansweredError(question)
    try:
        value = _plain(result)
    except Exception:
        raise _NoValueError(f"expected {_kind(expected)}, got {_kind_of(result)}") from None
    if _form(value) != _form(expected):
        raise _NoValueError(f"expected {_kind(expected)}, got {_kind(value)}")
    return value


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function on copies of its arguments, which it may therefore change."""
    try:
        return function(*copy.deepcopy(arguments))
    except (TypeError, AttributeError):
        torch = sys.modules.get("torch")  # a reader who wrote for tensors has imported it
        if torch is None or not any(type(value) is float for value in arguments):
            raise
        given = copy.deepcopy(arguments)
    return function(*(torch.tensor(value, dtype=torch.float64) if type(value) is float else value for value in given))


def _plain(value: Any) -> Value:
    """Reduce a number, text, tensor, array or nested sequence to built-in types; TypeError for anything else."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    raise TypeError(f"{type(value).__name__} is no number, text or sequence")


def _numbers(value: Any) -> list[float]:
    """All numbers in a value, in order."""
    reduced = _plain(value)
    if isinstance(reduced, tuple):
        return [number for item in reduced for number in _numbers(item)]
    return [float(reduced)]


def _form(value: Value) -> Any:
    """Nested lengths and types: equal for two values that can be compared entry by entry."""
    return tuple(_form(item) for item in value) if isinstance(value, tuple) else type(value)


def _shape(value: Value) -> tuple[int, ...] | None:
    """Lengths of a nested tuple, or None when it is ragged."""
    if not isinstance(value, tuple):
        return ()
    inner = {_shape(item) for item in value}
    if len(inner) > 1 or None in inner:
        return None
    first = inner.pop() if inner else ()
    return (len(value), *(first or ()))


def _kind(value: Value) -> str:
    """What sort of thing a value is, for a message."""
    if isinstance(value, tuple):
        shape = _shape(value)
        types = {_kind(item) for item in value}
        if shape is None:
            return "a list whose rows differ in length"
        if not value:
            return "an empty list"
        if len(shape) > 1:
            return f"values of shape {shape}"
        what = {"a number": "numbers", "True or False": "truth values", "a text": "texts"}
        items = what[types.pop()] if len(types) == 1 else "values of different kinds"
        return f"{shape[0]} {items if shape[0] != 1 else items[:-1]} in a row"
    return {float: "a number", bool: "True or False", str: "a text"}[type(value)]


def _kind_of(thing: Any) -> str:
    """What sort of thing an answer is that may be anything at all."""
    try:
        return _kind(_plain(thing))
    except Exception:
        return f"something of type {type(thing).__name__}"


def _same(value: Value, target: Value, atol: float) -> bool:
    """Whether two values of one form are equal, numbers within `atol`."""
    if isinstance(value, tuple) and isinstance(target, tuple):
        return len(value) == len(target) and all(_same(a, b, atol) for a, b in zip(value, target))
    if type(value) is float and type(target) is float:
        return value == target or abs(value - target) <= atol or (math.isnan(value) and math.isnan(target))
    return type(value) is type(target) and value == target


def _same_values(
    belief: Any, cases: Sequence[tuple[tuple[Any, ...] | None, Any]], values: list[Value], atol: float
) -> bool:
    """Whether a misconception gives the reader's own values on every case."""
    for (arguments, _), value in zip(cases, values):
        try:
            believed = _plain(belief if arguments is None else _call(belief, arguments))
        except Exception:
            return False
        if not _same(value, believed, atol):
            return False
    return True


def _where(values: list[Value], names: list[str], agrees: list[bool]) -> str:
    """The hint of last resort: where the answer goes wrong."""
    first = agrees.index(False)
    numbers = _numbers_in(values[first])
    if any(math.isnan(number) for number in numbers):
        return f"the value at {names[first]} is not a number (nan)"
    if any(math.isinf(number) for number in numbers):
        return f"the value at {names[first]} is infinite"
    if len(agrees) == 1:
        return "that is not the value"
    return f"{sum(agrees)} of {len(agrees)} values are right; the first that differs is the one at {names[first]}"


def _numbers_in(value: Value) -> list[float]:
    """The numbers of a value that may also hold texts."""
    if isinstance(value, tuple):
        return [number for item in value for number in _numbers_in(item)]
    return [value] if type(value) is float else []


def _text(value: Value, target: Value, digits: int) -> str:
    """A value as printed; one that is right but for rounding prints as the target does, on every machine."""
    if isinstance(value, tuple):
        targets = target if isinstance(target, tuple) else (target,) * len(value)
        parts = [_text(a, b, digits) for a, b in zip(value, targets)]
        return "[" + ", ".join(parts[:8]) + (f", ... {len(parts)} in all]" if len(parts) > 8 else "]")
    if type(value) is float and type(target) is float:
        near = abs(value - target) <= 0.05 * 10.0**-digits
        return _unsigned(f"{target if near else value:.{digits}f}")
    return str(value)


def _in_full(value: Value) -> str:
    """A value with every entry and enough digits for any tolerance; a text in quotes, so that it is no number."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_in_full, value))}]"
    return f"{value:.9g}" if type(value) is float else repr(value)


def _unsigned(number: str) -> str:
    """A printed number without the sign of a negative zero."""
    return number.removeprefix("-") if not number.strip("-0.") else number


def _name(arguments: tuple[Any, ...] | None) -> str:
    """What a case is called when nobody gave it a label."""
    if arguments is None:
        return "your answer"
    return ", ".join(_argument(value) for value in arguments) or "your function"


def _argument(value: Any) -> str:
    """One argument, in a few characters."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (bool, int, str)):
        return repr(value)
    if hasattr(value, "shape"):
        return f"{type(value).__name__.lower()} of shape {tuple(value.shape)}"
    return getattr(value, "__name__", type(value).__name__)


def _brief(error: BaseException) -> str:
    """Type and first line of an error, at most 160 characters."""
    message = str(error).strip().split("\n")[0]
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."
