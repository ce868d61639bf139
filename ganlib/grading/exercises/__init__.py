"""The visible checks: one module per chapter, one function per exercise, `ch04.q2(answer)` for exercise 4.2.

Each is a single call of `ganlib.grading.check` with inputs, expected numbers and named misconceptions. None holds a
solution: expected numbers are literals, and the tests compare them with the theory.
"""
