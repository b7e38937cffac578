# make demo   two mail servers, a sample mailbox, and the window one click from the move
# make test   everything
# make simulation   10,000 histories of a move, from seeds; SEEDS=n as many, SEED=n tells one in plain words
# make run    the application alone
# make packages   only the system packages that are missing

export PATH := $(PATH):$(HOME)/.cargo/bin
.PHONY: demo test simulation run packages bench rust

demo: rust
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	  tests/packages.sh build window demo && cargo build --bin mailferry --bin mailferry-cli --bin demo; \
	else \
	  tests/packages.sh build demo && cargo build -p mailferry-cli -p mailferry-tests --bin mailferry-cli --bin demo; \
	fi
	@target/debug/demo

test: rust
	@tests/packages.sh build window demo test
	@tests/all.sh

SEEDS ?= 10000
simulation: rust
	@tests/packages.sh build
	SEEDS=$(SEEDS) cargo test -p mailferry-transfer --lib simulation:: -- --nocapture --test-threads=1

run: rust
	@tests/packages.sh build window
	cargo run --bin mailferry

packages:
	@tests/packages.sh build window demo test

# The figures that hang on the machine, beside other programs and a pump without any thought (tests/bench). Everything
# takes an hour; CELLS=many,50ms,plain RUNS=1 measures a part (see tests/bench/main.rs), DISK=1 on the disk.
bench: rust
	@tests/packages.sh build bench
	cargo build --release -p mailferry-cli -p mailferry-tests --bin mailferry-cli --bin bench
	target/release/bench

rust:
	@command -v cargo >/dev/null || { \
	  echo "Rust is missing. Get it with: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"; exit 1; }
