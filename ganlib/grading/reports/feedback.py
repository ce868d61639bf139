"""What a student is told, in words: the same sentences on every page and in every gradebook.

Nothing here looks at what a hidden check has printed, and results do not keep it.
"""

from __future__ import annotations

from ganlib.grading.reports.results import Question, Result, amount

STATES = {
    "crashed": "Running this answer ended the Python process, so nothing after it could be checked.",
    "timeout": "This answer did not finish in the time it has. Look for a loop that never ends.",
    "missing": "There is no answer to this question in the file.",
}
VERDICTS = ("right", "partly right", "not yet", "took too long", "stopped the notebook", "no answer")
OTHER_INPUTS = (
    "Right on the inputs that you see, and not on others. "
    "Is something in it made for those inputs, or does it leave out a case?"
)
WRONG = "Not as it should be. Run the check in your notebook and compare."
UNSAFE = "This was graded without a sandbox."
LATE = "Handed in after the date."


def verdict(question: Question) -> str:
    """How a question went, in two or three words.

    Parameters
    ----------
    question : Question
        Marked.

    Returns
    -------
    str
        One of `VERDICTS`.
    """
    if question.state == "graded":
        return "right" if question.solved else "partly right" if question.points > 0 else "not yet"
    return {"crashed": "stopped the notebook", "timeout": "took too long", "missing": "no answer"}[question.state]


def advice(question: Question) -> str:
    """The one thing that would help.

    Parameters
    ----------
    question : Question
        Marked.

    Returns
    -------
    str
        The hint of a visible check, else a sentence that fits; empty when there is nothing to say.
    """
    if question.solved:
        return ""
    if question.state == "missing":
        return STATES["missing"]
    if question.hint:
        return question.hint
    if question.state != "graded":
        return STATES[question.state]
    failed = {check.role for check in question.checks if not check.passed}
    return OTHER_INPUTS if failed == {"hidden"} else WRONG


def points(earned: float, most: float) -> str:
    """Points of points.

    Parameters
    ----------
    earned, most : float
        In that order.

    Returns
    -------
    str
        Such as `1.5 of 2 points`.
    """
    return f"{amount(earned)} of {amount(most)} {'point' if most == 1 else 'points'}"


def remarks(result: Result) -> list[str]:
    """What the student should know about the submission as a whole.

    Parameters
    ----------
    result : Result
        Of one submission.

    Returns
    -------
    list of str
        One sentence each: late, other files, a mark set by hand, no sandbox.
    """
    found = []
    earned = sum(question.points for question in result.questions)
    if result.override is not None:
        why = f": {result.override.why}" if result.override.why else ""
        by = f" by {result.override.by}" if result.override.by else ""
        told = f"This mark was set by hand{by}{why}"
        found.append(told if told.endswith((".", "!", "?")) else f"{told}.")
    elif result.score < earned - 0.005:
        found.append(f"The answers earned {amount(earned)}, and {amount(result.score)} count.")
    if result.late:
        found.append(LATE)
    if result.duplicates:
        others = ", ".join(result.duplicates)
        found.append(f"Graded was {result.file}; not {others}.")
    if not result.safe:
        found.append(UNSAFE)
    return found


def lines(result: Result) -> list[str]:
    """A whole feedback as plain text.

    Parameters
    ----------
    result : Result
        Of one submission.

    Returns
    -------
    list of str
        A line for the mark, then remarks, then one per question.
    """
    told = [points(result.score, result.max), *remarks(result)]
    for question in result.questions:
        what = f"{question.q} {question.title}".strip()
        told.append(f"{what}: {points(question.points, question.max)}. {advice(question)}".rstrip())
    return told
