"""Marks leave the house: gradebooks for Canvas and Moodle, results for Gradescope, JUnit, and pages of feedback.

Every report is made from the `results.json` files that grading has written, and from nothing else. What students wrote,
their names included, is treated as hostile wherever it goes: spreadsheets get no formulas, pages get no markup.
"""

from ganlib.grading.reports import canvas, gradescope, html, junit, moodle, results

__all__ = ["canvas", "gradescope", "html", "junit", "moodle", "results"]
