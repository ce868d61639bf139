"""HTML that cannot be broken into: everything is text unless it was made here, and a page may load and run nothing."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from ganlib.grading.reports.results import printable


class Markup(str):
    """A piece of HTML that `element` has made."""

    __slots__ = ()


def element(name: str, /, *children: str | None, **attributes: str | int | bool | None) -> Markup:
    """An element of HTML or SVG.

    Parameters
    ----------
    name : str
        Such as `p`.
    *children : str or None
        In order: `Markup` as it is, any other text escaped, None left out.
    **attributes : str, int, bool or None
        `class_` is written `class` and `aria_label` is written `aria-label`; None and False are left out, and True
        stands alone.

    Returns
    -------
    Markup
        With a closing tag where it needs one.
    """
    opening = name
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        opening += f" {attribute}" if value is True else f' {attribute}="{escape(printable(str(value)))}"'
    if name in ("meta", "br", "hr", "col"):
        return Markup(f"<{opening}>")
    return Markup(f"<{opening}>{join(*children)}</{name}>")


def join(*children: str | None) -> Markup:
    """Pieces, one after the other.

    Parameters
    ----------
    *children : str or None
        As in `element`.

    Returns
    -------
    Markup
        Of all of them.
    """
    kept = (child for child in children if child is not None)
    return Markup("".join(child if isinstance(child, Markup) else escape(printable(child)) for child in kept))


def page(title: str, *body: str | None) -> bytes:
    """A page that is complete in itself.

    Parameters
    ----------
    title : str
        For the window.
    *body : str or None
        As in `element`.

    Returns
    -------
    bytes
        UTF-8. Its own policy forbids it to load, send or run anything; only its one style sheet, by its hash, applies.
    """
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex, nofollow"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        Markup(f"<style>{STYLE}</style>"),
    )
    whole = element("html", head, element("body", element("main", *body)), lang="en")
    return f"<!DOCTYPE html>\n{whole}\n".encode("utf-8", "replace")


STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --surface: #f7f8fa; --line: #dfe2e7; --ink: #1f2430; --quiet: #596273;
  --blue: #1f66ad; --blue-soft: #e6eff8; --orange: #a85400; --orange-soft: #fbeedf;
  --green: #1b6e5b; --green-soft: #e2f1ec; --bar: #7fa9d4; --rest: #e9ecf1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181e; --surface: #1b2027; --line: #343c47; --ink: #dfe4ea; --quiet: #a3adba;
    --blue: #90b8e5; --blue-soft: #1d2c3d; --orange: #f4b985; --orange-soft: #35281b;
    --green: #7fd1bb; --green-soft: #17302b; --bar: #4c7db1; --rest: #2a313b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
main:has(.class) { max-width: 64rem; }
h1, h2, h3 { margin: 0; font-weight: 600; line-height: 1.25; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 2rem; }
h2 { font-size: 1.45rem; margin-top: 3rem; }
h3 { font-size: 1.08rem; }
p { margin: 0.6rem 0; overflow-wrap: anywhere; }
a { color: var(--blue); text-underline-offset: 0.15em; }
a:hover { color: var(--orange); }
:focus-visible { outline: 2px solid var(--blue); outline-offset: 3px; border-radius: 3px; }
bdi { unicode-bidi: isolate; }
.quiet { color: var(--quiet); font-size: 0.92rem; }
.above { margin: 0 0 0.4rem; color: var(--quiet); font-size: 0.85rem; letter-spacing: 0.04em; }
.total { display: flex; align-items: baseline; gap: 0.5rem; margin: 1.2rem 0 0.5rem; }
.total strong { font-size: 2.6rem; font-weight: 600; line-height: 1; font-variant-numeric: tabular-nums; }
.strip { display: block; width: 100%; height: 0.6rem; border-radius: 0.3rem; overflow: hidden; }
.note { margin: 1rem 0; padding: 0.6rem 1rem; border-left: 3px solid var(--orange); background: var(--orange-soft);
  border-radius: 0 0.4rem 0.4rem 0; }
.note p { margin: 0.2rem 0; }
.question { margin: 1.1rem 0; padding: 1rem 1.2rem; border: 1px solid var(--line); border-left: 4px solid var(--line);
  border-radius: 0.5rem; background: var(--surface); break-inside: avoid; }
.question.right { border-left-color: var(--green); }
.question.part { border-left-color: var(--blue); }
.question.wrong { border-left-color: var(--orange); }
.question header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.2rem 0.8rem; }
.question h3 { flex: 1 1 12rem; }
.question .points { color: var(--quiet); font-size: 0.92rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.number { color: var(--quiet); font-weight: 400; margin-right: 0.35rem; }
.pill { display: inline-block; padding: 0.05rem 0.6rem; border-radius: 1rem; font-size: 0.82rem; font-weight: 600;
  white-space: nowrap; }
.right .pill { color: var(--green); background: var(--green-soft); }
.part .pill { color: var(--blue); background: var(--blue-soft); }
.wrong .pill, .pill.wrong { color: var(--orange); background: var(--orange-soft); }
.hint { margin: 0.7rem 0 0.3rem; font-size: 1.04rem; }
details { margin-top: 0.6rem; }
summary { width: max-content; max-width: 100%; padding: 0.1rem 0; color: var(--quiet); font-size: 0.92rem;
  cursor: pointer; }
summary:hover { color: var(--blue); }
pre { margin: 0.4rem 0 0; padding: 0.7rem 0.9rem; overflow-x: auto; border: 1px solid var(--line);
  border-radius: 0.4rem; background: var(--paper); tab-size: 4; unicode-bidi: isolate;
  font: 0.85rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.9em; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
footer code { overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.4rem 1.1rem; margin: 1rem 0 0; padding: 0; list-style: none; }
dl.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 0.8rem; margin: 1.4rem 0; }
dl.tiles div { padding: 0.8rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--surface); }
dl.tiles dt { color: var(--quiet); font-size: 0.88rem; }
dl.tiles dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; margin: 1rem 0; border: 1px solid var(--line); border-radius: 0.5rem; }
table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: 0.93rem;
  font-variant-numeric: tabular-nums; }
caption { padding: 0.6rem 0.8rem; color: var(--quiet); font-size: 0.88rem; text-align: left; }
th, td { padding: 0.4rem 0.8rem; border-top: 1px solid var(--line); text-align: right; white-space: nowrap; }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; }
caption + thead th { border-top: 1px solid var(--line); }
tbody tr:hover > * { background: var(--surface); }
th:first-child { position: sticky; left: 0; max-width: 17rem; overflow: hidden; background: var(--paper);
  text-align: left; text-overflow: ellipsis; font-weight: 400; }
thead th:first-child { font-weight: 600; }
td.right { background: var(--green-soft); }
td.part { background: var(--blue-soft); }
td.wrong { background: var(--orange-soft); }
td.total { display: table-cell; font-weight: 600; }
td .state { margin-left: 0.3rem; color: var(--quiet); font-size: 0.82rem; }
ol.bars { margin: 0.5rem 0 0; padding: 0; list-style: none; }
ol.bars > li { display: grid; grid-template-columns: 2.2rem 7rem 1fr; gap: 0 0.7rem; align-items: start;
  padding: 0.22rem 0; break-inside: avoid; }
ol.bars .count { text-align: right; font-weight: 600; font-variant-numeric: tabular-nums; }
ol.bars svg { width: 100%; height: 0.7rem; margin-top: 0.45rem; }
ol.bars .what { min-width: 0; overflow-wrap: anywhere; }
ol.bars details { margin: 0; }
ol.bars summary { width: auto; margin-left: 1.1rem; color: inherit; font-size: 1rem; list-style-position: outside; }
ol.bars details p { margin: 0.1rem 0 0.3rem 1.1rem; color: var(--quiet); font-size: 0.9rem; }
.histogram { display: block; width: 100%; max-width: 34rem; height: auto; margin-top: 1rem; }
.histogram text { fill: var(--quiet); font-size: 13px; text-anchor: middle; }
rect.rest { fill: var(--rest); } rect.bar { fill: var(--bar); } rect.hit { fill: var(--green); }
rect.some { fill: var(--blue); } rect.gap { fill: var(--paper); }
ul.flags { margin: 0.3rem 0; padding-left: 1.2rem; }
ul.flags li { margin: 0.25rem 0; overflow-wrap: anywhere; }
.pair { margin: 1.2rem 0; padding-top: 1rem; border-top: 1px solid var(--line); }
.sides { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem; }
.sides h4 { margin: 0.5rem 0 0; font-size: 0.95rem; font-weight: 600; overflow-wrap: anywhere; }
pre mark { display: inline-block; min-width: 100%; background: var(--orange-soft); color: inherit; }
@media (max-width: 36rem) {
  main { padding-top: 1.5rem; }
  h1 { font-size: 1.6rem; }
  .question { padding: 0.8rem 0.9rem; }
  .sides { grid-template-columns: minmax(0, 1fr); }
  th, td { padding: 0.4rem 0.55rem; }
  th:first-child { max-width: 9.5rem; }
  ol.bars > li { grid-template-columns: 1.8rem 4rem 1fr; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  :root { --paper: #fff; --surface: #fff; --line: #bbb; --ink: #000; --quiet: #444; --blue: #1f66ad; --orange: #a85400;
    --green: #1b6e5b; --blue-soft: #fff; --orange-soft: #fff; --green-soft: #fff; --rest: #e9ecf1; --bar: #7fa9d4; }
  body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, main:has(.class) { max-width: none; padding: 0; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; overflow: visible; }
  .scroll { overflow: visible; }
  th:first-child { position: static; }
  nav { display: none; }
  details::details-content { content-visibility: visible; height: auto; }
  summary { list-style: none; }
}
"""
