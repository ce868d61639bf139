"""Code that reaches for the grader is named; copies are pairs, right answers are not."""

import random
import time

import pytest
import sample_submissions as samples

from ganlib.grading.similarity import Pair, introspection, similar

LOOP = '''\
# >>> answer: ch98.q2
import math
def length(v):
    """The length."""
    total = 0.0
    for index, entry in enumerate(v):
        if entry < 0:
            total += entry * entry
        else:
            total -= -entry * abs(entry)
    return math.sqrt(total)
'''
COPY = """\
from math import sqrt
# my own work
def length(vector: list) -> float:
    s = 0
    for i, x in enumerate( vector ):
        if x < 0.0:
            s += (x * x)
        else:
            s -= -x * abs(x)

    return math.sqrt(s)
"""
OTHER = """\
def length(v):
    squares = list(map(lambda x: pow(x, 2), v))
    while len(squares) > 1:
        a, b = squares.pop(), squares.pop()
        squares.append(a + b)
    return squares[0] ** 0.5 if squares else 0.0
"""
REFERENCE = (
    "def length(v):\n    total = 0.0\n    for entry in v:\n        total += square(entry)\n    return math.sqrt(total)"
)


def pairs(*sources: str, **options) -> list[tuple[str, str]]:
    """Which of some answers to one question are pairs, by number."""
    given = {f"{number}": {"ch98.q2": source} for number, source in enumerate(sources)}
    return [(pair.a, pair.b) for pair in similar(given, **options)]


def test_a_copy_with_other_names_comments_and_numbers_is_a_pair():
    given = {"Zoe": {"ch98.q2": LOOP}, "Abe": {"ch98.q2": COPY}, "Kim": {"ch98.q2": OTHER}}
    assert similar(given) == [Pair("ch98.q2", "Abe", "Zoe", 1.0, False)]


def test_an_exact_copy_is_called_one_whatever_the_white_space():
    given = {"a": {"ch98.q2": LOOP}, "b": {"ch98.q2": LOOP.replace("\n", "\n\n")}}
    assert similar(given) == [Pair("ch98.q2", "a", "b", 1.0, True)]


def test_what_a_name_calls_matters_and_so_do_numbers():
    assert pairs(LOOP, COPY, threshold=1.0) == [("0", "1")]
    for old, new in (
        ("sqrt(total)", "exp(total)"),
        ("0.0", "1.0"),
        ("< 0", "> 0"),
        ("abs(entry)", "abs(entry, key=1)"),
    ):
        assert pairs(LOOP, LOOP.replace(old, new), threshold=1.0) == []


def test_the_name_of_an_argument_matters():
    started = LOOP.replace("enumerate(v)", "enumerate(v, start=0)")
    assert pairs(started, started.replace("start=0", "first=0"), threshold=1.0) == []


def test_the_score_is_the_share_of_common_runs():
    """Of 41 words two differ, the last but one and the one before: three of the 37 runs of five hold one of them."""
    words = [*"abcdefghijklmnopqrstuvwxyz", *"ABCDEFGHIJKL"]  # names are gone, attributes are not
    chain = "v." + ".".join(words)  # Module, Expr, attributes from the last to the first, Name
    other = "v." + ".".join(["x1", "x2", *words[2:]])
    (pair,) = similar({"a": {"q": chain}, "b": {"q": other}})
    assert pair.score == 34 / (37 + 3)
    assert pairs(chain, "v." + ".".join(words[::-1]), threshold=0.01) == []


def test_how_often_something_stands_there_counts():
    line = "x.a(y.b[1], 2)\n"
    assert pairs(20 * line, 21 * line) == [("0", "1")]
    assert pairs(20 * line, 40 * line) == []


def test_answers_that_are_the_references_or_the_stub_are_no_pair():
    renamed = REFERENCE.replace("total", "t").replace("entry", "e")
    assert pairs(REFERENCE, renamed) == [("0", "1")]
    assert pairs(REFERENCE, renamed, known={"ch98.q2": [REFERENCE]}) == []
    assert pairs(LOOP, COPY, REFERENCE, renamed, known={"ch98.q2": [REFERENCE]}) == [("0", "1")]
    assert pairs(LOOP, COPY, known={"ch98.q1": [LOOP]}) == [("0", "1")]


def test_short_answers_are_no_evidence():
    assert pairs("quarter = 1 / 4", "quarter = 1 / 4", "x = 2 * y", "x = 2 * y") == []


def test_what_a_quarter_of_a_large_class_writes_is_nobodys_own():
    ten = [COPY.replace("length", f"f{n}") for n in range(10)]
    assert len(pairs(*ten)) == 45  # ten friends in a small class are ten friends
    assert pairs(*ten, LOOP) == []  # eleven of eleven have had the same idea
    others = [f"y = {' + '.join(f'a{n}.b{m}' for m in range(n, n + 20))}" for n in range(100, 133)]
    assert len(pairs(*ten, LOOP, *others, threshold=0.99)) == 55  # eleven of 44 have not


def test_questions_are_compared_apart_and_the_most_similar_pairs_come_first():
    nearly = LOOP.replace("enumerate(v)", "enumerate(v, 1)")
    given = {"c": {"q1": LOOP, "q2": COPY}, "b": {"q1": OTHER, "q2": LOOP}, "a": {"q2": nearly}}
    found = similar(given, threshold=0.7)
    assert [(pair.q, pair.a, pair.b) for pair in found] == [("q2", "b", "c"), ("q2", "a", "b"), ("q2", "a", "c")]
    assert found[0].score == 1.0 > found[1].score == found[2].score
    assert similar(dict(reversed(given.items())), threshold=0.7) == found


@pytest.mark.parametrize("source", ["def f(:", "x = '\0'", "(" * 9000, "-" * 90_000 + "1", "x = 1\n" * 50_000, ""])
def test_what_no_parser_reads_is_in_no_pair(source):
    assert pairs(source, source) == []
    introspection(source)


def test_numbers_of_any_size_are_compared():
    source = "\n".join(f"x.a{n} = [{10**400 + n}, 1e999, 2j, True, None, b'x', ...]" for n in range(9))
    assert pairs(source, source.replace("x.", "y.")) == [("0", "1")]


def test_a_class_of_three_hundred_takes_seconds():
    rng = random.Random(0)

    def program() -> str:
        lines = [f"    v{n} = v.a{rng.randrange(50)}({rng.randrange(50)}) + w[{rng.randrange(50)}]" for n in range(30)]
        return "\n".join(["def length(v, w):", *lines, "    return v0"])

    given = {f"{number:03}": {"q1": program(), "q2": program()} for number in range(300)}
    given["007"]["q2"] = given["123"]["q2"].replace("v", "u")
    given["299"]["q1"] = "# mine\n" + given["000"]["q1"]
    start = time.monotonic()
    found = similar(given)
    assert time.monotonic() - start < 20
    assert [(pair.q, pair.a, pair.b) for pair in found] == [("q1", "000", "299"), ("q2", "007", "123")]


# --- reaching for the grader


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (samples.GOOD["ch98.q2"], []),
        ("import torch\nclass C(torch.nn.Module):\n    def __init__(self):\n        super().__init__()", []),
        ("class C:\n    def __init__(self, y):\n        self.x = y.z = 1", []),
        ("D.eval()\nre.compile('x')\nx.open()\nself.__class__", []),
        ("y = 3 % 2\nx = (y\n     % 2)", []),
        ("get_ipython().input_transformers_post.append(f)", ["get_ipython", "input_transformers_post"]),
        ("from IPython.core import magic as m", ["IPython"]),
        ("import os.path, sys as s", ["os", "sys"]),
        ("f = __import__('o' + 's')", ["__import__"]),
        ("f.__globals__['check'] = g", ["__globals__"]),
        ("().__class__.__bases__[0].__subclasses__()", ["__bases__", "__subclasses__"]),
        ("import torch\ntorch.exp = lambda x: 1", ["torch.exp = ..."]),
        ("import ganlib.grading as g\ng.verdict.check = None", ["g.check = ..."]),
        ("print = lambda *a: None", ["print = ..."]),
        ("def float(x): return 1", ["def float"]),
        ("def f():\n    global abs\n    for abs in g: pass", ["abs = ..."]),
        ("setattr(torch, 'exp', f)", ["setattr"]),
        ("%load_ext x\n!ls\n  %%bash", ["%%bash", "%load_ext", "!"]),
        ("x = (\nget_ipython().magic", ["get_ipython"]),
        ("open('reference.ipynb')\nexec('x')\neval('y')", ["open", "exec", "eval"]),
    ],
)
def test_what_an_answer_reaches_for(source, names):
    flags = introspection(source, "ch98.q1")
    assert sorted(flag.text.split(" uses ")[1].split(", which reaches for ")[0] for flag in flags) == sorted(names)
    assert {(flag.kind, flag.q) for flag in flags} <= {("introspection", "ch98.q1")}


def test_each_thing_is_named_once_with_its_first_line():
    (flag,) = introspection("x = 1\nimport os\nos.getcwd()\nos.listdir()")
    assert flag.text == "line 2 of the answer uses os, which reaches for the system"
    assert flag.q is None


def test_flags_are_few_and_short():
    source = "import t\n" + "\n".join(f"t.a{n} = {n}" for n in range(180)) + f"\nt.{'a' * 500} = 1" + "\n!x" * 99
    flags = introspection(source)
    assert len(flags) == 21
    assert flags[-1].text == "and 162 things more of this kind"
    flags += introspection(f"import t\nt.{'a' * 500} = 1")
    assert all(len(flag.text) < 200 for flag in flags)
