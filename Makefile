# The only commands that anyone must know. `make help` lists them.
VENV   := .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
SITE   := _build/html
PORT   ?= 8000
HOST   ?= 127.0.0.1
JB     := $(BIN)/jupyter-book build . -W -n --keep-going

# The book's matrices are small: threads inside of a product would cost more than they save.
export OPENBLAS_NUM_THREADS ?= 1
# Newer processors add in another order, and a long training shows it in its digits. The book's numbers are to be the same on
# all of them, and so all take the way that even the older ones know.
ifneq ($(filter x86_64 amd64,$(shell uname -m)),)
export OPENBLAS_CORETYPE ?= Haswell
export NPY_DISABLE_CPU_FEATURES ?= X86_V4 AVX512_ICL AVX512_SPR
endif

.DEFAULT_GOAL := help
.PHONY: help book html serve notebooks instructor assignments lab check test audit mutations bench clean browser dist pdf anchors links

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

$(VENV)/.book: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; this is " + sys.version)'
	@echo "Setting up $(VENV), a minute or two the first time …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.lab: $(VENV)/.book
	@echo "Adding JupyterLab …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check jupyterlab -c constraints.txt
	@touch $@

$(VENV)/.test: $(VENV)/.lab requirements-test.txt tests/node/package-lock.json
	@echo "Adding what the tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt -c constraints.txt
	@$(BIN)/python -c 'import pathlib; from booksite import node; node.install(pathlib.Path("tests/node"))'
	@touch $@

html: $(VENV)/.book ## build the site into _build/html
	@$(JB)

book: html ## build the site and serve it at a local address
	@$(BIN)/python -m booksite.serve $(SITE) --port $(PORT) --host $(HOST)

serve: $(VENV)/.book ## serve the built site as it is; HOST=0.0.0.0 lets a classroom's network read it
	@$(BIN)/python -m booksite.serve $(SITE) --port $(PORT) --host $(HOST)

notebooks: $(VENV)/.book ## derive notebooks/ from book/
	@$(BIN)/python -m booksite.notebooks

instructor: $(VENV)/.book ## the notebooks with their solutions, into _build/instructor/
	@$(BIN)/python -m booksite.notebooks --instructor

$(VENV)/.classroom: $(VENV)/.lab
	@echo "Adding nbgrader …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check nbgrader -c constraints.txt
	@touch $@

assignments: $(VENV)/.classroom ## make the students' notebooks of the assignments, in _build/assignments
	@$(BIN)/python -m normlib.classroom release --out _build/assignments

lab: $(VENV)/.lab ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab --ServerApp.root_dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

browser: $(VENV)/.test ## find a Chromium for the tests and the PDF, or install one
	@$(BIN)/python tests/browser.py

dist: html ## the site and the notebooks as zip files, in dist/
	@$(BIN)/python -m booksite.pack $(SITE) dist

pdf: $(VENV)/.test html browser ## the whole book as one PDF, in dist/
	@$(BIN)/python -m booksite.pdf $(SITE) dist/normalization-by-hand.pdf

anchors: $(VENV)/.test html ## list anew which addresses inside of pages must last
	@$(BIN)/python -m booksite.anchors $(SITE) --renew

links: html ## ask for every page of other hosts that the book links to
	@$(BIN)/python -m booksite.outside $(SITE)

check: $(VENV)/.test html ## lint, types, links, and whether notebooks/ is up to date
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m booksite.links $(SITE)
	@$(BIN)/python -m booksite.anchors $(SITE)
	@$(BIN)/python -m booksite.notebooks --check

test: check browser ## every test and every check
	@$(BIN)/python -m pytest -n logical --dist loadfile --no-loadscope-reorder

audit: $(VENV)/.test html browser ## what Lighthouse says of every page, three runs each; minutes
	@$(BIN)/python tests/audits.py

mutations: $(VENV)/.test ## plant faults in the library and see the tests catch each of them
	@$(BIN)/python -m tests.mutations

$(VENV)/.bench: $(VENV)/.test
	@echo "Adding what the library is compared with …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 -c constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps numpy-ml==0.1.2
	@touch $@

bench: $(VENV)/.bench html browser ## time the library, and what the pages cost; writes benchmarks/record.json
	@$(BIN)/python -m benchmarks.record
	@$(BIN)/python -m benchmarks.pages

clean: ## remove everything that was built; the virtual environment stays
	@rm -rf _build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
