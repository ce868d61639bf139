"""Pages to read: feedback for each student, and the class at a glance for whoever teaches it.

Each page is one file without a script, which loads nothing and looks after light and dark, phones, paper and screen
readers by itself. Feedback shows the points, the hint, what visible checks printed, and the student's own answer;
of hidden checks it says only that the answer fails on other inputs.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import statistics
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from ganlib.grading.reports import feedback
from ganlib.grading.reports.page import Markup, element, join, page
from ganlib.grading.reports.results import Pair, Question, Result, amount, order, write_bytes

LINES, WIDTH = 200, 400  # of a student's text that is shown
HINTS = 12  # of one question on the class page
TITLE = "The GAN Workbook"

Seconds = Mapping[tuple[str, str], float]


def write(
    folder: Path, results: Sequence[Result], seconds: Seconds | None = None, pairs: Sequence[Pair] = ()
) -> list[Path]:
    """Write a page of feedback for each student, and the class page.

    Parameters
    ----------
    folder : Path
        Where `class.html` and `feedback/` go; made if it is missing.
    results : sequence of Result
        Of one chapter or several.
    seconds : mapping of (str, str) to float, optional
        How long each took, by chapter and label.
    pairs : sequence of Pair
        Answers that look alike.

    Returns
    -------
    list of Path
        The class page, then the others. Only those in `feedback/` are for students, each for its own.
    """
    ordered = sorted(results, key=lambda result: (result.label, order(result)))
    paths = [folder / "class.html"]
    write_bytes(paths[0], overview(results, seconds, pairs))
    for label, found in groupby(ordered, key=lambda result: result.label):
        paths.append(folder / "feedback" / file_name(label))
        write_bytes(paths[-1], student(list(found)))
    return paths


def file_name(label: str) -> str:
    """What the page of a student is called.

    Parameters
    ----------
    label : str
        Identifier of the student, or name of the file: anybody's text.

    Returns
    -------
    str
        A plain file name, the same on every system, and another one for every other label.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:40].strip("-") or "student"
    return f"{readable}-{hashlib.sha256(label.encode('utf-8', 'replace')).hexdigest()[:12]}.html"


def student(results: Sequence[Result]) -> bytes:
    """The page of feedback for one student.

    Parameters
    ----------
    results : sequence of Result
        Of that student, at least one.

    Returns
    -------
    bytes
        HTML.
    """
    who = results[0].who
    sections = [_feedback(result) for result in results]
    reading = element(
        "p",
        "Points come from checks of each answer. Some checks stand in your notebook, and others try the same answer on "
        "inputs that you have not seen. A hint names the mistake that your values point to; it may guess wrong.",
        class_="quiet",
    )
    graded = ", ".join(sorted({result.grader for result in results}))
    foot = element("footer", reading, element("p", "Graded by ganlib ", element("code", graded), ".", class_="quiet"))
    return page(
        f"Feedback for {who}",
        element("p", f"{TITLE} · feedback", class_="above"),
        element("h1", element("bdi", who)),
        *sections,
        foot,
    )


def overview(results: Sequence[Result], seconds: Seconds | None = None, pairs: Sequence[Pair] = ()) -> bytes:
    """The class page: for whoever teaches, and for nobody else.

    Parameters
    ----------
    results : sequence of Result
        Of one chapter or several.
    seconds : mapping of (str, str) to float, optional
        How long each took, by chapter and label.
    pairs : sequence of Pair
        Answers that look alike.

    Returns
    -------
    bytes
        HTML that links to the pages of students in `feedback/`.
    """
    chapters = sorted({result.chapter for result in results})
    sections = []
    for chapter in chapters:
        found = sorted((result for result in results if result.chapter == chapter), key=order)
        questions = _names(found)
        alike = [pair for pair in pairs if pair.q in questions]
        times = [
            (result, (seconds or {})[result.chapter, result.label])
            for result in found
            if (result.chapter, result.label) in (seconds or {})
        ]
        sections.append(_chapter(chapter, found, questions, times, alike))
    title = _title(chapters[0]) if len(chapters) == 1 else "The class"
    links = None
    if len(chapters) > 1:
        items = [element("li", element("a", _title(chapter), href=f"#{_anchor(chapter)}")) for chapter in chapters]
        links = element("nav", element("ul", *items), aria_label="Chapters")
    return page(
        f"Class: {title}",
        element("p", f"{TITLE} · class page, not for students", class_="above class"),
        element("h1", title),
        links,
        *sections,
    )


# --- feedback


def _feedback(result: Result) -> Markup:
    """What a student reads about one chapter."""
    told = feedback.remarks(result)
    return element(
        "section",
        element("h2", _title(result.chapter)),
        element(
            "p",
            element("strong", amount(result.score)),
            f"of {amount(result.max)} points",
            class_="total",
        ),
        _strip(result),
        element("div", *(element("p", line) for line in told), class_="note") if told else None,
        *(_question(question) for question in result.questions),
    )


def _strip(result: Result) -> Markup:
    """A bar with a piece for each question, filled as far as it was solved."""
    whole = sum(question.max for question in result.questions) or 1.0
    pieces, start = [], 0.0
    for question in result.questions:
        width, share = 100 * question.max / whole, question.points / question.max if question.max else 0.0
        kind = "hit" if question.solved else "some"
        pieces.append(_rect("rest", start, width))
        if share > 0:
            pieces.append(_rect(kind, start, width * share))
        if start > 0:
            pieces.append(_rect("gap", start - 0.25, 0.5))
        start += width
    counts = Counter(feedback.verdict(question) for question in result.questions)
    words = " · ".join(f"{counts[verdict]} {verdict}" for verdict in feedback.VERDICTS if verdict in counts)
    bar = element("svg", *pieces, class_="strip", aria_hidden="true", preserveAspectRatio="none")
    return join(bar, element("p", words, class_="quiet"))


def _rect(kind: str, start: float, width: float) -> Markup:
    """A piece of a bar, in percent of its width."""
    return element("rect", class_=kind, x=f"{start:.2f}%", width=f"{width:.2f}%", height="100%")


def _question(question: Question) -> Markup:
    """What a student reads about one question."""
    advice = feedback.advice(question)
    values = _values(question)
    return element(
        "article",
        element(
            "header",
            element("h3", element("span", question.q, class_="number"), question.title or None),
            element("span", feedback.verdict(question), class_="pill"),
            element("span", feedback.points(question.points, question.max), class_="points"),
        ),
        element("p", *_prose(advice), class_="hint") if advice else None,
        _folded("What your answer gave", values, open_=not question.solved) if values else None,
        _folded("Your answer", question.answer) if question.answer.strip() else None,
        class_=f"question {_kind(question)}",
    )


def _values(question: Question) -> str:
    """What visible checks printed, without the name of the question and the hint, which stand above."""
    kept = []
    for check in question.checks:
        if check.role == "check":
            lines = check.printed.strip("\n").split("\n")
            kept += [line for line in lines if line.strip() and not line.startswith(question.q)]
    return textwrap.dedent("\n".join(kept))


def _prose(text: str) -> list[str]:
    """A hint as a sentence, with what stands between `` ` `` as code."""
    pieces = re.split(r"`([^`]+)`", _sentence(text))
    return [element("code", piece) if index % 2 else piece for index, piece in enumerate(pieces)]


def _folded(title: str, text: str, open_: bool = False) -> Markup:
    """A text that opens below its title."""
    return element("details", element("summary", title), _code(text, title), open=open_)


def _code(text: str, label: str) -> Markup:
    """A student's text, cut where it is very long."""
    return element("pre", element("code", "\n".join(_cut(text))), tabindex="0", role="region", aria_label=label)


def _cut(text: str) -> list[str]:
    """The lines of a text that are shown."""
    lines = text.strip("\n").split("\n")
    shown = [line if len(line) <= WIDTH else f"{line[:WIDTH]} … {len(line) - WIDTH} more characters" for line in lines]
    return shown if len(shown) <= LINES else [*shown[:LINES], f"… {len(shown) - LINES} more lines"]


def _sentence(text: str) -> str:
    """A hint with a capital and a full stop."""
    text = text[:1].upper() + text[1:] if re.match(r"[a-z]+[ ,;:.!?]", text) else text
    return text if text.endswith((".", "!", "?", ")")) else f"{text}."


# --- the class


def _chapter(
    chapter: str, results: list[Result], questions: dict[str, str], times: list[tuple[Result, float]], pairs: list[Pair]
) -> Markup:
    """One chapter on the class page."""
    scores = [result.score for result in results]
    most = max(result.max for result in results)
    full = sum(result.score >= result.max - 0.005 for result in results)
    middle = f"{amount(statistics.median(scores))} of {amount(most)}"
    tiles = {
        "submissions": str(len(results)),
        "median": middle,
        "full marks": str(full),
        "with a flag": str(sum(bool(result.flags) for result in results)),
        "pairs alike": str(len(pairs)),
    }
    if times:
        tiles["median time"] = _time(statistics.median(spent for _, spent in times))
    return element(
        "section",
        _warnings(results),
        element("dl", *(element("div", element("dt", key), element("dd", value)) for key, value in tiles.items()),
                class_="tiles"),
        _histogram(scores, most),
        element("p", "Points, and how many have them.", class_="quiet"),
        element("h2", "Questions"),
        _solved(results, questions),
        element("h2", "Misconceptions"),
        *_misconceptions(results, questions),
        element("h2", "Marks"),
        _marks(results, questions, {result.label: spent for result, spent in times}),
        *_flags(results),
        *_alike(pairs, {result.label: result.who for result in results}),
        *_times(times),
        id=_anchor(chapter),
    )  # fmt: skip


def _warnings(results: list[Result]) -> Markup | None:
    """What makes the marks of a class doubtful."""
    told = []
    unsafe = sum(not result.safe for result in results)
    if unsafe:
        told.append(f"{_count(unsafe, 'submission')} ran without a sandbox: these marks could have been tampered with.")
    if len({result.reference_sha256 for result in results}) > 1:
        told.append("Not all were marked against the same version of the chapter: grade again to make them comparable.")
    if len({result.grader for result in results}) > 1:
        told.append("Not all were marked by the same version of the grader: grade again to make them comparable.")
    nobodys = sum(result.student is None for result in results)
    if nobodys:
        told.append(f"{_count(nobodys, 'file')} could not be given to a student, and will be in no gradebook.")
    by_hand = sum(result.override is not None for result in results)
    if by_hand:
        told.append(f"{_count(by_hand, 'mark')} set by hand.")
    return element("div", *(element("p", line) for line in told), class_="note") if told else None


def _histogram(scores: list[float], most: float) -> Markup:
    """How many have how many points."""
    bins = max(1, min(12, int(most) if most >= 1 else 1))
    width = most / bins if most else 1.0
    counts = [0] * (bins + 1)  # the last is for full marks
    for score in scores:
        counts[bins if score >= most - 0.005 else min(int(score / width + 1e-9), bins - 1)] += 1
    tallest, step = max(counts), min(440 / (bins + 1), 60)
    shapes = []
    for index, count in enumerate(counts):
        x, height = 20 + index * step, 110 * count / tallest
        if count:
            kind = "hit" if index == bins else "bar"
            shapes.append(
                element("rect", class_=kind, x=f"{x + 3:.1f}", y=f"{130 - height:.1f}", width=f"{step - 6:.1f}",
                        height=f"{height:.1f}", rx=2)
            )  # fmt: skip
            shapes.append(element("text", str(count), x=f"{x + step / 2:.1f}", y=f"{124 - height:.1f}"))
        low = amount(index * width)
        shapes.append(
            element("text", low if width == 1 or index == bins else f"{low}–", x=f"{x + step / 2:.1f}", y=148)
        )
    shapes.append(element("rect", class_="rest", x=20, y=130, width=f"{step * (bins + 1):.1f}", height=1))
    words = "Points and how many have them: " + ", ".join(
        f"{'from ' if index < bins else ''}{amount(index * width)}: {count}"
        for index, count in enumerate(counts)
        if count
    )
    return element("svg", *shapes, class_="histogram", viewBox="0 0 480 156", role="img", aria_label=words)


def _solved(results: list[Result], questions: dict[str, str]) -> Markup:
    """Which questions were solved, the hardest first."""
    rows = []
    for q, title in questions.items():
        found = [question for result in results for question in result.questions if question.q == q]
        right = sum(question.solved for question in found)
        mean = statistics.fmean(question.points for question in found)
        rows.append((right / len(found), q, title, right, mean, max(question.max for question in found)))
    rows.sort(key=lambda row: (row[0], _natural(row[1])))
    items = []
    for share, q, title, right, mean, most in rows:
        nobody = element("span", "nobody", class_="pill wrong") if right == 0 else None
        what = element(
            "span",
            element("span", q, class_="number"),
            title,
            " ",
            nobody,
            element("span", f" mean {amount(mean)} of {amount(most)}", class_="quiet"),
            class_="what",
        )
        items.append(element("li", element("span", str(right), class_="count"), _bar(share, "hit"), what))
    of = element("p", f"How many of {len(results)} solved each question, hardest first.", class_="quiet")
    return join(of, element("ol", *items, class_="bars"))


def _misconceptions(results: list[Result], questions: dict[str, str]) -> list[Markup]:
    """What went wrong, by hint, the most common first."""
    blocks = []
    for q, title in questions.items():
        who: dict[str, list[str]] = {}
        for result in results:
            for question in result.questions:
                if question.q == q and not question.solved:
                    who.setdefault(_finding(question), []).append(result.who)
        if not who:
            continue
        ranked = sorted(who.items(), key=lambda item: (-len(item[1]), item[0]))
        tallest = len(ranked[0][1])
        items = []
        for hint, names in ranked[:HINTS]:
            what = element(
                "details",
                element("summary", *_prose(hint[:300])),
                element("p", *_listed(names)),
                class_="what",
            )
            items.append(
                element("li", element("span", str(len(names)), class_="count"), _bar(len(names) / tallest), what)
            )
        rest = ranked[HINTS:]
        more = sum(len(names) for _, names in rest)
        blocks.append(
            element(
                "section",
                element("h3", element("span", q, class_="number"), title),
                element("ol", *items, class_="bars"),
                element("p", f"{len(rest)} other hints, {_count(more, 'submission')}.", class_="quiet")
                if rest
                else None,
                class_="pair",
            )
        )
    return blocks or [element("p", "None: every answer is right.", class_="quiet")]


def _finding(question: Question) -> str:
    """What went wrong with an answer, in the words of the class page."""
    if question.hint and question.state != "missing":
        return question.hint
    if question.state != "graded":
        return feedback.verdict(question)
    failed = {check.role for check in question.checks if not check.passed}
    return "right on the visible inputs only" if failed == {"hidden"} else "wrong, without a hint"


def _marks(results: list[Result], questions: dict[str, str], times: Mapping[str, float]) -> Markup:
    """A table of everybody's points."""
    head = element(
        "tr",
        element("th", "Student", scope="col"),
        *(element("th", q.partition(".")[2] or q, scope="col", title=f"{q} {title}") for q, title in questions.items()),
        element("th", "Score", scope="col"),
        element("th", "Seconds", scope="col") if times else None,
        element("th", "Notes", scope="col"),
    )
    rows = []
    for result in results:
        by_name = {question.q: question for question in result.questions}
        link = element("a", element("bdi", result.who), href=f"feedback/{file_name(result.label)}")
        spent = times.get(result.label)
        facts = (("late", result.late), ("by hand", result.override is not None), ("unsafe", not result.safe))
        notes = [word for word, true in facts if true]
        notes += [_count(len(result.flags), "flag")] if result.flags else []
        rows.append(
            element(
                "tr",
                element("th", link, scope="row", title=result.who),
                *(_cell(by_name.get(q)) for q in questions),
                element("td", amount(result.score), class_="total"),
                element("td", "" if spent is None else f"{spent:.1f}") if times else None,
                element("td", ", ".join(notes), class_="quiet"),
            )
        )
    caption = element("caption", "Green: right. Blue: partly right. Orange: no points.")
    table = element("table", caption, element("thead", head), element("tbody", *rows))
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label="Marks")


def _cell(question: Question | None) -> Markup:
    """The points for one question in the table."""
    if question is None:
        return element("td", "–")
    state = {"crashed": "stop", "timeout": "time", "missing": "none"}.get(question.state)
    mark = element("span", state, class_="state") if state else None
    return element("td", amount(question.points), mark, class_=_kind(question))


def _flags(results: list[Result]) -> list[Markup]:
    """What a person should look at, by kind."""
    kinds: dict[str, list[Markup]] = {}
    for result in results:
        for flag in result.flags:
            where = f" {flag.q}" if flag.q else ""
            text = element("li", element("bdi", result.who), f"{where}: {flag.text}")
            kinds.setdefault(flag.kind, []).append(text)
    if not kinds:
        return []
    blocks = [
        element("details", element("summary", f"{kind} ({len(items)})"), element("ul", *items, class_="flags"))
        for kind, items in sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    told = element("p", "A flag never changes a mark: it asks you to look.", class_="quiet")
    return [element("h2", "Flags"), told, *blocks]


def _alike(pairs: list[Pair], names: Mapping[str, str]) -> list[Markup]:
    """Answers that look alike, side by side."""
    if not pairs:
        return []
    told = element(
        "p",
        "The same but for names, comments and layout, more or less. Short answers are alike by chance, and so are "
        "answers from the same textbook: you judge. Tinted lines differ.",
        class_="quiet",
    )
    blocks = []
    for pair in pairs:
        sides = _differences(*pair.answers)
        columns = [
            element(
                "div",
                element("h4", element("bdi", names.get(label, label))),
                element("pre", element("code", side), tabindex="0", role="region",
                        aria_label=f"Answer of {names.get(label, label)}"),
            )
            for label, side in zip(pair.students, sides)
        ]  # fmt: skip
        title = element("h3", element("span", pair.q, class_="number"), f"{pair.similarity:.0%} alike")
        blocks.append(element("article", title, element("div", *columns, class_="sides"), class_="pair"))
    return [element("h2", "Answers that look alike"), told, *blocks]


def _differences(left: str, right: str) -> tuple[Markup, Markup]:
    """Two sources, with the lines marked that the other has not."""
    lines = _cut(left), _cut(right)
    a, b = ([" ".join(line.split()) for line in side] for side in lines)
    same: tuple[set[int], set[int]] = (set(), set())
    for match in difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
        same[0].update(range(match.a, match.a + match.size))
        same[1].update(range(match.b, match.b + match.size))
    return (_marked(lines[0], same[0]), _marked(lines[1], same[1]))


def _marked(lines: list[str], same: set[int]) -> Markup:
    """Lines, those that are not the same marked."""
    shown = [line if index in same or not line.strip() else element("mark", line) for index, line in enumerate(lines)]
    return join(*(join(line, "\n") for line in shown))


def _times(times: list[tuple[Result, float]]) -> list[Markup]:
    """How long it took, and who took longest."""
    if not times:
        return []
    longest = sorted(times, key=lambda item: (-item[1], order(item[0])))[:5]
    most = longest[0][1] or 1.0
    items = [
        element("li", element("span", f"{spent:.0f}", class_="count"), _bar(spent / most),
                element("span", element("bdi", result.who), class_="what"))
        for result, spent in longest
    ]  # fmt: skip
    total = sum(spent for _, spent in times)
    told = f"Together {_time(total)} of computing, half of the submissions within "
    middle = _time(statistics.median(spent for _, spent in times))
    return [
        element("h2", "Time"),
        element("p", f"{told}{middle}. The longest, in seconds:", class_="quiet"),
        element("ol", *items, class_="bars"),
    ]


# --- small things


def _names(results: list[Result]) -> dict[str, str]:
    """The questions of a chapter with their titles, in order."""
    titles = {question.q: question.title for result in results for question in result.questions}
    return {q: titles[q] for q in sorted(titles, key=_natural)}


def _natural(q: str) -> list[int]:
    """`ch04.q10` comes after `ch04.q9`."""
    return [int(number) for number in re.findall(r"\d+", q)]


def _kind(question: Question) -> str:
    """The colour of a question."""
    return "right" if question.solved else "part" if question.points > 0 else "wrong"


def _bar(share: float, kind: str = "bar") -> Markup:
    """A bar that is filled to a share; the number stands beside it."""
    pieces = [_rect("rest", 0, 100), _rect(kind, 0, 100 * share)] if share > 0 else [_rect("rest", 0, 100)]
    return element("svg", *pieces, aria_hidden="true", preserveAspectRatio="none")


def _listed(names: list[str]) -> list[Markup]:
    """Names, with commas between them; the same hint from one person twice counts twice and is named once."""
    kept = list(Counter(names))
    return [join(element("bdi", name), ", " if index < len(kept) - 1 else "") for index, name in enumerate(kept)]


def _count(number: int, what: str) -> str:
    """A number of things."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _time(seconds: float) -> str:
    """A time to read."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _title(chapter: str) -> str:
    """A chapter's name to read: `04_minimax` is `Chapter 4 · minimax`."""
    found = re.fullmatch(r"0*(\d+)_(.+)", chapter)
    return f"Chapter {found[1]} · {found[2].replace('_', ' ')}" if found else chapter


def _anchor(chapter: str) -> str:
    """Where a chapter stands on the page."""
    return "chapter-" + re.sub(r"[^a-z0-9]+", "-", chapter.lower()).strip("-")
