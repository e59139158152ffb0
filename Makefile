# Longshore. `make` lists what there is; `make run` opens the app.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

APP := target/release/longshore-desktop
# All of it in one build, tests and binaries, so that no crate is compiled twice with other features.
EVERYTHING := --workspace --all-targets --locked

.PHONY: help install ui run build test pictures lint types bench soak fuzz package clean

help: ## This list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## What is missing to build: system packages, the UI's packages
	@scripts/install.sh build

ui: install ## The UI into ui/dist
	npm --prefix ui run build

run: build ## Install what is missing, build, open the app (WORKSPACE=DIR for another workspace)
	$(APP) $(if $(WORKSPACE),--workspace "$(WORKSPACE)")

build: ui ## longshore and longshore-desktop into target/release
	cargo build --release --locked -p longshore-cli -p longshore-desktop

# The tests' workspaces keep nothing of the disk free: they are small, and the machine's disk may be nearly full.
test: export LONGSHORE_FLOOR_PERCENT ?= 0
test: ui ## All tests: unit, property, UI, and end to end in a real window
	@scripts/install.sh test
	npm --prefix ui test
	npm --prefix ui run build:memory
	cargo build $(EVERYTHING)
	cargo test --workspace --locked --no-fail-fast

pictures: ui ## Every page as a picture, in both themes and at three sizes, into tests/output/pictures
	@scripts/install.sh test
	npm --prefix ui run build:memory
	LONGSHORE_PICTURES=1 cargo test --locked -p longshore-e2e --test pages

lint: ui ## Formatting, clippy, types, licences, sizes, arrows
	@scripts/install.sh lint
	cargo fmt --all --check
	cargo clippy $(EVERYTHING) -- -D warnings
	npm --prefix ui run lint
	cargo run --quiet --locked -p longshore-api --bin longshore-types -- --check ui/src/api/types.ts docs/errors.md docs/kinds.md ARCHITECTURE.md
	cargo deny --locked check licenses bans sources
	cargo test --quiet --locked -p longshore-tidy

types: ## What is made from Rust: the types of the UI, the document of error codes
	cargo run --quiet --locked -p longshore-api --bin longshore-types -- ui/src/api/types.ts docs/errors.md docs/kinds.md ARCHITECTURE.md

bench: build ## Speed, bytes and memory against cp, tar, rclone, s5cmd, sftp, curl, Prefect and Airflow; how soon the window answers
	@scripts/install.sh test peers bench
	cargo build --release --locked -p longshore-runner --example noops
	cargo run --release --locked -p longshore-bench

soak: build ## The long forms: 50 kills of a 3 GB archive, 200,000 files, a million names, a kill at each write of each flow, a program that writes a gigabyte, 4,000 works told of by a queue
	@scripts/install.sh test
	LONGSHORE_SOAK=1 cargo test --release --locked -p longshore-e2e --no-fail-fast -- --test-threads=1
	LONGSHORE_SOAK=1 cargo test --release --locked -p longshore-runner --test built_in
	LONGSHORE_SOAK=1 cargo test --release --locked -p longshore-flows --test shell
	LONGSHORE_SOAK=1 cargo test --release --locked -p longshore-cli --test library many_archives -- --nocapture

fuzz: ## Each parser of what others wrote under a fuzzer, for a minute (FUZZ_SECONDS=60; FUZZ="tar_index zip_index" for some)
	@scripts/install.sh fuzz
	scripts/fuzz.sh $(FUZZ)

package: build ## .deb and .rpm into target/release/bundle
	ui/node_modules/.bin/tauri bundle --bundles deb,rpm

clean: ## Everything that was made
	cargo clean
	rm -rf ui/dist gen tests/output
