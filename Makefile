# What one does with weir. `make` alone lists the targets.
SHELL := /bin/bash
# rustup's folder, for a shell that has not read its profile since the installation.
export PATH := $(PATH):$(HOME)/.cargo/bin
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
WEIR := $(TARGET_DIR)/release/weir
PREFIX ?= /usr/local
CARGO ?= cargo

# Suites that wait for servers most of the time: more of their tests at once than there are processors.
WAITING := live gst
OTHERS := $(filter-out $(WAITING),$(basename $(notdir $(wildcard tests/*.rs))))

.DEFAULT_GOAL := help
.PHONY: help deps test-deps build demo check test test-mediamtx soak fate install bench clean

help: ## this list
	@echo "weir: a transcoding engine on FFmpeg's libraries that takes ffmpeg's own command line"
	@echo
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what a build needs, when something is missing (Debian's packages, by apt)
	@scripts/deps build

test-deps: ## install what the tests need as well
	@scripts/deps test

build: ## the release binary: target/release/weir
	@scripts/deps --check build
	$(CARGO) build --release --locked

demo: deps ## build, then transcode assets/bbb.mp4 to FLV at half size
	$(CARGO) build --release --locked
	@scripts/demo $(WEIR)

check: ## what one runs while writing: format, clippy, the pure parts' tests
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked --lib

test: test-deps ## everything: format, clippy, rustdoc, all tests
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps
	$(CARGO) test --locked --no-run
	$(CARGO) test --locked --no-fail-fast $(addprefix --test ,$(WAITING)) -- --test-threads 4; waited=$$?; \
	$(CARGO) test --locked --no-fail-fast --lib --bins $(addprefix --test ,$(OTHERS)) && exit $$waited

test-mediamtx: test-deps ## the live suite against a real MediaMTX: MEDIAMTX=/path/to/mediamtx
	@scripts/mediamtx "$(MEDIAMTX)"
	MEDIAMTX="$(abspath $(MEDIAMTX))" $(CARGO) test --locked --test mediamtx -- --nocapture

soak: test-deps ## an hour of push and relay against servers that come and go (SOAK_SECONDS=, SOAK_SEED=)
	SOAK_SECONDS=$${SOAK_SECONDS:-3600} $(CARGO) test --locked --test soak -- --nocapture

fate: build ## FFmpeg's own tests (FATE) with weir as ffmpeg, from Debian's source package (ARGS="lavf filter-overlay")
	@scripts/fate $(WEIR) $(ARGS)

install: build ## binary, man page, completions and README under PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/doc/weir
	install -m 755 $(WEIR) $(DESTDIR)$(PREFIX)/bin/weir
	$(WEIR) man > $(DESTDIR)$(PREFIX)/share/man/man1/weir.1
	$(WEIR) completions bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/weir
	install -m 644 README.md $(DESTDIR)$(PREFIX)/share/doc/weir/README.md

bench: test-deps ## weir beside ffmpeg, as a table (ARGS="--quick", "--case NAME", "--runs N")
	$(CARGO) bench --locked --bench compare -- $(ARGS)

clean: ## remove what was built and made
	$(CARGO) clean
	rm -rf out
