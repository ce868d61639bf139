"""What a person should look at, as submissions are read, compared, marked and reported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flag:
    """Something about a submission that a person should look at. It changes no mark.

    Attributes
    ----------
    kind : str
        `odd-format`, `other-version`, `unknown-question`, `not-answered`, `duplicate-answer`, `added-cell`,
        `edited-locked-cell`, `missing-cell` or `introspection`.
    q : str or None
        The question that it is about, if it is about one.
    text : str
        One sentence. It may quote the submission: whoever shows it escapes it.
    """

    kind: str
    q: str | None
    text: str
