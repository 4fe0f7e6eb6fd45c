# Two commands do all the set-up: `make demo` and `make test` make .venv and install what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Each process has torch and a few networks in memory: two to four of them.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile

.PHONY: demo test test-all lint peers gallery bench fuzz wheel clean

demo: $(VENV)/demo
	$(BIN)/python docs/demo.py

test: $(VENV)/test
	$(BIN)/python -m pytest $(PARALLEL)

test-all: $(VENV)/test
	$(BIN)/python -m pytest $(PARALLEL) -m "slow or not slow"

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

peers: $(VENV)/test
	$(BIN)/python tests/zoo/compare.py > docs/zoo.md.new
	mv docs/zoo.md.new docs/zoo.md

gallery: $(VENV)/test
	$(BIN)/python docs/gallery.py

bench: $(VENV)/test
	$(BIN)/python benchmarks/startup.py

# MINUTES=60 make fuzz; the corpus stays in out/fuzz. atheris, where it is installed, chooses the texts.
fuzz: $(VENV)/test
	$(BIN)/python tests/attacks/mutation/fuzz.py --minutes $(or $(MINUTES),10)

wheel: $(VENV)/test
	$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps -w dist .

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# torch comes first and by itself: what else needs torch then finds it installed.
$(VENV)/torch: constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt torch numpy
	touch $@

$(VENV)/demo: pyproject.toml hatch_build.py grammars/netdsl.lark $(VENV)/torch
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[demo]"
	touch $@

# Other people's networks are the oracles of the zoo, whose tests fail without them. They come without
# their dependencies: beside a CPU torch those would pull another one.
$(VENV)/test: pyproject.toml hatch_build.py grammars/netdsl.lark $(VENV)/torch
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[test]" torchinfo pillow
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt --no-deps torchvision timm pytorchcv safetensors pyyaml tqdm
	touch $@

clean:
	rm -rf $(VENV) out build dist .pytest_cache .ruff_cache .hypothesis netdsl/syntax/tables.json
