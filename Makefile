# Two commands matter: `make book` and `make test`. Each sets up what it needs and says, last, where to look.
SHELL  := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
BIN    := .venv/bin
PAGE   := book/_build/html/index.html

.PHONY: help book test notebooks lab lint bars zoo gpu-day attacks clean check-notebooks unit nbval html
help:
	@echo "make book       run the chapters that changed, build the book"
	@echo "make test       everything: lint, layers, unit tests, notebooks under nbval, the book without a warning"
	@echo "make notebooks  run the chapters that changed (book/notebooks) and make the students' copies (book/student)"
	@echo "make lab        open your own copies of the students' notebooks in JupyterLab"
	@echo "make lint       the quick checks alone"
	@echo "make bars       the slow measurements, one seed a piece, resumable"
	@echo "make zoo        train and record what the zoo lacks, or what a changed recipe has made stale"
	@echo "make attacks    hostile notebooks against the sandbox of the grader (Linux, bubblewrap; some minutes)"
	@echo "make gpu-day    all that needs a GPU: its tests, the benchmarks, every recipe at full size; resumable"
	@echo "make clean      remove what was built"

# --- setting up -------------------------------------------------------------------------------------------------------
# A torch that is already installed is kept: the environment then sees the packages of the system.
.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "This needs Python 3.11 to 3.13, and '$(PYTHON)' is $$($(PYTHON) -V): try 'make PYTHON=python3.12 ...'."; exit 1; }
	@echo "== Setting up .venv (once; a few minutes, most of them for PyTorch)"
	@if [ ! -x $(BIN)/python ]; then \
	  if $(PYTHON) -c 'import torch' 2>/dev/null; then \
	    echo "   keeping the torch that is already there: $$($(PYTHON) -c 'import torch; print(torch.__version__)')"; \
	    $(PYTHON) -m venv --system-site-packages .venv; \
	  else $(PYTHON) -m venv .venv; fi; fi
	@if $(BIN)/python -c 'import torch' 2>/dev/null; then grep -v '^torch==' constraints.txt > .venv/constraints.txt; \
	  else cp constraints.txt .venv/constraints.txt; fi
	@# torch first and alone: `pip install torch==X` is the form that every kind of installation of torch understands
	@$(BIN)/python -c 'import torch' 2>/dev/null || $(BIN)/pip install -qq $$(grep '^torch==' constraints.txt)
	@$(BIN)/pip install -qq -c .venv/constraints.txt -e ".[notebooks,book,test,cluster]"
	@touch $@

# --- the book ---------------------------------------------------------------------------------------------------------
notebooks: .venv/.ready
	@$(BIN)/python -m ganlib.grading.execute chapters book/notebooks
	@$(BIN)/ganlib student chapters -o book/student
	@echo "== Notebooks: book/notebooks, and the students' in book/student"

html: .venv/.ready
	@$(BIN)/python book/build.py

book: notebooks html
	@echo "== The book: file://$(CURDIR)/$(PAGE)"

lab: .venv/.ready
	@$(BIN)/python -c 'import jupyterlab' 2>/dev/null || $(BIN)/pip install -qq -c .venv/constraints.txt -e ".[lab]"
	@$(BIN)/ganlib student chapters -o work
	@echo "== JupyterLab opens your own copies in work/; a notebook you have worked in is never overwritten"
	$(BIN)/jupyter lab --notebook-dir work

# --- the tests --------------------------------------------------------------------------------------------------------
test: lint unit nbval html
	@echo "== All passed. The book: file://$(CURDIR)/$(PAGE)"
	@echo "== NOT RUN: hostile notebooks against the sandbox of the grader. 'make attacks' does that (Linux, bubblewrap)."

lint: .venv/.ready check-notebooks
	@echo "== Lint, types, layers"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@echo "== Lint passed; the rules are in pyproject.toml"

check-notebooks: .venv/.ready
	@echo "== Notebooks are executed, follow their chapters, and hide nothing"
	@$(BIN)/python -m ganlib.grading.lint chapters book/notebooks book/student

unit: .venv/.ready
	@echo "== Unit tests, contract, docs"
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal

nbval: .venv/.ready
	@echo "== Every notebook once more under nbval"
	@$(BIN)/pytest -p ganlib.grading.nbval_plugin --nbval --nbval-current-env \
	  --nbval-sanitize-with ganlib/grading/sanitize.cfg --nbval-cell-timeout 300 -n 2 --dist loadfile -q book/notebooks

bars: .venv/.ready
	@echo "== Bars: a finished seed is not run again; stop and go on as you like"
	@$(BIN)/python tests/bars/run.py
	@echo "== Results: tests/bars/results"

zoo: .venv/.ready
	@echo "== Recorded runs: what is there stays, unless its recipe has changed; stop and go on as you like"
	@$(BIN)/python -m ganlib.zoo

gpu-day: .venv/.ready
	@echo "== GPU: a finished piece is not run again; stop and go on as you like"
	@$(BIN)/python tests/gpu/day.py

attacks: .venv/.ready
	@echo "== The sandbox: its walls, and hostile notebooks that try to cross them"
	@GANLIB_ATTACKS=1 OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal -m sandbox tests/attacks \
	  $$(grep -lE '^(@|import |from )(walls|boxed)' tests/test_*.py)

clean:
	rm -rf book/_build build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	@echo "== Clean. The environment is in .venv; remove that folder to set up afresh."
