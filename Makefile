# make demo   two mail servers, a sample mailbox, and the window one click from the move
# make test   everything
# make simulation   10,000 histories of a move, from seeds; SEEDS=n as many, SEED=n tells one in plain words
# make run    the application alone
# make fuzz   random input for everything that reads what others wrote, MINUTES=10 for each of its parts
# make packages   only the system packages that are missing

export PATH := $(PATH):$(HOME)/.cargo/bin
.PHONY: demo test simulation run packages bench instructions faults fuzz rust

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

# What the engine does for one message, in instructions, of 20,000 and of 200,000 messages in memory (tests/bench/engine.rs).
instructions: rust
	@tests/packages.sh build bench
	cargo build --release -p mailferry-tests --bin bench
	target/release/bench instructions

# What the fuzzer learns stays in target/fuzz/corpus; what it finds is written to target/fuzz, named after its part, and
# tried again by: cargo fuzz run --fuzz-dir tests/fuzz --target-dir target/fuzz -s none PART FILE
MINUTES ?= 10
FUZZ = cargo fuzz run --fuzz-dir tests/fuzz --target-dir target/fuzz -s none
fuzz: rust
	@cargo fuzz --version >/dev/null 2>&1 || { echo "cargo-fuzz is missing: cargo install cargo-fuzz"; exit 1; }
	@set -e; for part in sieve:imap utf7:names mbox:archive index:archive; do \
	  words="$(CURDIR)/tests/fuzz/$${part#*:}.dict"; part=$${part%:*}; \
	  corpus="$(CURDIR)/target/fuzz/corpus/$$part"; mkdir -p "$$corpus"; \
	  $(FUZZ) $$part "$$corpus" -- -dict="$$words" -artifact_prefix="$(CURDIR)/target/fuzz/$$part-" \
	    -max_len=4096 -timeout=10 -rss_limit_mb=300 -max_total_time=$$(( $(MINUTES) * 60 )) -print_final_stats=1; \
	done
# Kills, cut lines, power cuts, full and failing disks by the hundred (tests/harness/faults); most need root. The whole
# takes half an hour; KILLS=20 CUTS=20 POWER=5 FULL=5 EIO=5 is a part, TRIAL=kill:17 one trial (see tests/faults/main.rs).
faults: rust
	@tests/packages.sh build faults
	cargo build -p mailferry-cli -p mailferry-tests --bin mailferry-cli --bin faults
	target/debug/faults

rust:
	@command -v cargo >/dev/null || { \
	  echo "Rust is missing. Get it with: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"; exit 1; }
