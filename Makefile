# Every target makes the checkout ready by itself (tools/bootstrap.sh); what is ready costs a fraction of a second.
# stdout belongs to the command: set-up speaks on stderr, so the last line of `make demo` is the demo's own.

MAKEFLAGS += --no-print-directory
BIN := .venv/bin
PYTHON_CODE := setup.py edge hal native simulators tests benches tools examples/driver

# Two workers, a file to one of them: tests of a file may share a browser or a broker.
PYTEST_ARGS ?= -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo test bench belt printers conformance golden fuzz misread torture link-torture link-bench lint format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## everything needed to run, test and measure, without running anything
	@tools/bootstrap.sh test

demo: ## a whole station on simulated hardware; options in ARGS, e.g. make demo ARGS="--help"
	@tools/bootstrap.sh demo
	@exec $(BIN)/pigeonhole-sim demo $(ARGS)

test: ## all tests; PYTEST_ARGS="-k journal" chooses
	@tools/bootstrap.sh test
	@exec $(BIN)/pytest $(PYTEST_ARGS)

bench: ## the benchmarks, measured (in `make test` they only run)
	@tools/bootstrap.sh test
	@exec $(BIN)/pytest benches --benchmark-enable --benchmark-only --benchmark-columns=min,median,rounds $(ARGS)

belt: ## a simulated belt read frame by frame; ARGS="--parcels 1000 --seed 1 --json"
	@tools/bootstrap.sh test
	@exec $(BIN)/python -m tools.read_belt $(ARGS)
printers: ## labels through every printer language, a 324 kB page on a slow line; the last line is one JSON object
	@tools/bootstrap.sh test
	@exec $(BIN)/python -m benches.printers $(ARGS)

conformance: ## every driver by its contract at its simulator, under every fault; the last line is one JSON object
	@tools/bootstrap.sh test
	@exec $(BIN)/pigeonhole conformance --all-simulators $(ARGS)

golden: ## counts the documents' worked examples and who is held to them; the last line is one JSON object
	@tools/bootstrap.sh test
	@exec $(BIN)/python -m tools.count_golden

fuzz: ## the C library against invented input, FUZZ_SECONDS=600 for each target; needs clang
	@exec tools/fuzz.sh $(ARGS)

misread: ## random pictures against the decoder, none may be misread; ARGS="50000 --save build/misread"
	@tools/bootstrap.sh test
	@exec $(BIN)/python -m tools.find_misreads $(ARGS)

torture: ## 32 boards on a noisy line, 20,000 unlocks and reads, judged by the simulated world; ARGS="--help"
	@tools/bootstrap.sh test
	@exec $(BIN)/python -m tools.torture_line $(ARGS)

link-torture: ## the service, a broker and a backend with everything going wrong between them; ARGS="--help"
	@tools/bootstrap.sh test
	@exec $(BIN)/python -m tools.link_torture $(ARGS)

link-bench: ## the link beside a bare client and a bare sync, p50, p99 and ratios; the last line is one JSON object
	@tools/bootstrap.sh test
	@exec $(BIN)/python -m benches.link $(ARGS)

lint: ## style, types, import contracts, C warnings, published contract
	@tools/bootstrap.sh test
	@exec tools/lint.sh $(PYTHON_CODE)

format: ## puts the Python code in its one form
	@tools/bootstrap.sh test
	@$(BIN)/ruff check --fix-only --quiet $(PYTHON_CODE)
	@$(BIN)/ruff format $(PYTHON_CODE)

clean: ## removes what was made here, except .venv and the stations' data in run
	@rm -rf build dist artefacts .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@rm -rf native/_barcode*.so native/_barcode.c pigeonhole.egg-info
	@find . -name .venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
