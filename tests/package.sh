#!/usr/bin/env bash
# Wheel and sdist, each installed into a clean environment and used away from the checkout. Not part of `make test`:
#     tests/package.sh python3.11 python3.12 python3.13
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${1:?name at least one python}" -m venv "$work/build"
"$work/build/bin/pip" install --quiet --disable-pip-version-check hatchling
(cd "$root" && "$work/build/bin/hatchling" build -d "$work/dist")
cd "$work"
for python in "$@"; do
    for package in dist/*.whl dist/*.tar.gz; do
        rm -rf clean
        "$python" -m venv clean
        clean/bin/pip install --quiet --disable-pip-version-check "$package"
        clean/bin/corridor check >check.txt
        clean/bin/corridor run pharma --no-reasons --out results >run.txt
        test -s results/index.html
        clean/bin/python -c 'import corridor, pathlib; assert (pathlib.Path(corridor.__file__).parent / "py.typed").is_file()'
        echo "$("$python" --version), $(basename "$package"): installed, checked, run"
        rm -rf results
    done
done
