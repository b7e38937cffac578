#!/bin/sh
# Fetches axe-core, the accessibility checker, into build/. A package of the Python registry carries it.
set -eu
cd "$(dirname "$0")/.."
[ -s build/axe.min.js ] && exit 0
mkdir -p build/axe
python3 -m pip download --quiet --no-deps --only-binary :all: --dest build/axe axe-playwright-python==0.1.8
python3 - <<'PYTHON'
import glob, hashlib, zipfile
wheel = zipfile.ZipFile(glob.glob("build/axe/*.whl")[0])
octets = wheel.read("axe_playwright_python/axe.min.js")
found = hashlib.sha256(octets).hexdigest()
assert found == "84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc", "not the axe-core we know: " + found
open("build/axe.min.js", "wb").write(octets)
PYTHON
