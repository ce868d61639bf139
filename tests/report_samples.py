"""A class of results that exists only in the tests, some of them by people who mean harm."""

import hashlib

from ganlib.grading.reports.results import Check, Flag, Override, Pair, Question, Result

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "</title></style></pre></code><svg/onload=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--",
    "]]><a>",
    "${7*7}{{7*7}}",
    "\x00\x1b[31m\u202egnp.exe\ud800",
)
FORMULAS = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\ufeff=1+1",
    "＝1+1",
    "\x00=1+1",
    "\u200b@A1",
)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def question(number: int, share: float = 1.0, state: str = "graded", hint: str = "", **more) -> Question:
    """A question worth two points with one visible and one hidden check."""
    q = f"ch04.q{number}"
    seen = share >= 0.5 if not hint else False
    said = f"{q}: not yet. {hint}" if hint else ""
    checks = (
        Check(f"ch04-q{number}-check", "check", seen, said, f"{q}\n  p = 0.3: 0.75\n{said}"),
        Check(f"ch04-q{number}-hidden", "hidden", share == 1.0 or bool(hint and share)),
    )
    values = {"title": f"Question {number}", "answer": f"def f{number}(p):\n    return p\n", "checks": checks, **more}
    return Question(q, values["title"], 2.0 * share, 2.0, state, values["checks"], values["answer"])


def result(student: str | None = "ada", *questions: Question, **more) -> Result:
    """One submission; everything that is not said is well."""
    marked = questions or (question(1), question(2))
    given = {
        "key": digest(f"key {student}"),
        "file": f"{student}.ipynb".replace("\x00", "") if student else "stray.ipynb",
        "sha256": digest(f"file {student}"),
        "student": student,
        "late": False,
        "duplicates": (),
        "chapter": "04_minimax",
        "reference_sha256": digest("reference"),
        "grader": "0.1.0",
        "safe": True,
        "questions": marked,
        "flags": (),
        "override": None,
        "score": sum(item.points for item in marked),
        "max": sum(item.max for item in marked),
        "name": "",
    }
    return Result(**{**given, **more})


def a_class() -> list[Result]:
    """Seven submissions with everything in them that a report tells."""
    log2 = "log 4, not log 2: there are two expectations, and each contributes a log 2"
    open_stub = "not answered yet: write it in the cell marked `# >>> answer: ch04.q2`"
    return [
        result("ada", name="Ada Lovelace"),
        result("bob", question(1), question(2, 0.0, hint=log2), name="Bob O'Neil, Jr."),
        result("cem", question(1, 0.5), question(2, 0.5, hint=log2), name="Çem Åström", late=True),
        result("dia", question(1, 0.0, "crashed"), question(2, 0.0, "timeout"), name="Диана"),
        result("eve", question(1, 0.0, "missing", checks=()), question(2, 0.0, hint=open_stub), name=SCRIPT, safe=False,
               flags=(Flag("introspection", "ch04.q1", f"it uses {SCRIPT}"),)),
        result("fay", question(1), question(2, 0.0, hint=log2), score=3.5,
               override=Override(3.5, "the instructor", "a typing slip"), duplicates=("fay (1).ipynb",)),
        result(None, flags=(Flag("unknown-student", None, "no student is called so"),)),
    ]  # fmt: skip


def pairs() -> list[Pair]:
    """One pair of answers."""
    left = "def value(jsd):\n    # mine\n    return 2 * jsd - math.log(4)"
    return [Pair("ch04.q2", ("ada", "bob"), (left, left.replace("jsd", "x").replace("mine", SCRIPT)), 0.97)]
