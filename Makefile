# The commands a user types. The set-up comes first each time and returns at once when there is nothing to do.
.DEFAULT_GOAL := help
.PHONY: help talk rag books train test setup lint docs lock audit clean

help:   ## show this list
	@sed -n 's/^\([a-z]*\): *## \(.*\)/make \1\t\2/p' Makefile | expand -t 12

talk:   ## set up if needed, then talk; without a microphone the sample question is answered (ARGS="--plain" ...)
	@bash .ci/setup talk
	@.venv/bin/assistant talk --or-sample $(ARGS) || [ $$? = 130 ]  # Ctrl-C is how it ends

rag:    ## set up what `assistant rag` and `assistant talk --rag` need besides: Chroma, sentence-transformers, torch
	@bash .ci/setup rag
	@echo "Now add documents: .venv/bin/assistant rag add PATH, then talk: .venv/bin/assistant talk --rag"

books:  ## set up what `assistant read` needs besides: readers of EPUB, PDF and DOCX, ffmpeg
	@bash .ci/setup books
	@echo "Now: .venv/bin/assistant read BOOK.epub -o BOOK.m4b"

train:  ## set up what `assistant train` needs besides: torch, transformers, trl, peft (with a GPU, also: pip install -e ".[unsloth]")
	@bash .ci/setup train
	@echo "Now: .venv/bin/assistant train plan DATA; docs/TRAINING.md begins with when not to."

test:   ## set up if needed, then run all tests (ARGS="-k journal" runs some, ARGS="-m 'not slow'" the quick ones)
	@bash .ci/setup test
	@.venv/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

setup:  ## set up only: .venv, system packages, Python packages (PYTHON=python3.12 chooses the interpreter)
	@bash .ci/setup talk

lint:   ## check style, formatting, types and which package imports which
	@bash .ci/setup test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/python -m mypy
	@.venv/bin/lint-imports --no-logo

docs:   ## write the tables of settings and engines in docs/ again
	@bash .ci/setup talk
	@.venv/bin/python docs/tables.py

lock:   ## pin every package of the set-up again, as pyproject.toml allows (ARGS=--upgrade takes the newest)
	@bash .ci/setup tools
	@PATH="$(CURDIR)/.venv/tools/bin:$$PATH" .venv/tools/bin/python .ci/lock/renew.py $(ARGS)

audit:  ## ask whether a flaw is known of any package that the set-up takes
	@bash .ci/setup tools
	@.venv/tools/bin/python .ci/lock/audit.py

clean:  ## remove what the set-up made; models, journals and other data of yours stay
	rm -rf .venv build dist voice_assistant.egg-info .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	find assistant rag training tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
