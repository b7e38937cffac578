#!/bin/sh
# Builds everything once and runs every test; ends with the totals. Further arguments go to cargo test.
set -eu
began=$(date +%s)
log=target/test.log
mkdir -p target
sh tests/cyrus.sh
sh tests/axe.sh || echo "The accessibility checker could not be fetched: those checks are left out."
# One build for programs and tests: the same features, so that nothing is compiled twice.
cargo build --workspace --all-targets
built=$(date +%s)
# The style and the banned calls (clippy.toml) are part of what must hold.
cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1 || {
  echo "clippy or rustfmt is missing: rustup component add clippy rustfmt"; exit 1; }
cargo fmt --all --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
{
  if cargo test --workspace --no-fail-fast "$@" -- --show-output; then status=0; else status=$?; fi
  echo "$status" >target/test.status
} 2>&1 | tee "$log"
status=$(cat target/test.status)
ended=$(date +%s)
awk -v build=$((built - began)) -v run=$((ended - built)) '
  /^test result:/ { passed += $4; failed += $6; ignored += $8 }
  END {
    printf "\n%d tests passed, %d failed, %d ignored; built in %d s, tested in %d s\n", passed, failed, ignored, build, run
    if (passed == 0 || ignored > 0) exit 1
  }' "$log"
exit "$status"
