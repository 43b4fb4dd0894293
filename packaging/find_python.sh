#!/bin/sh
# Prints the interpreter to make the virtual environment with: the first Python >= 3.11 that can make one.
# PYTHON=... names another. Exits 1 if there is none.
set -eu

# Asked, not looked up in a package list: a Python from pyenv or Homebrew has no system package.
usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    if usable "$candidate"; then
        command -v "$candidate"
        exit 0
    fi
done
exit 1
