"""Run the benchmarks: `python -m benchmarks [NAME ...] [--quick] [--folder FOLDER]`."""

from __future__ import annotations

import argparse
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import (
    append,
    database,
    deploy,
    large,
    query,
    rebuild,
    record,
    reencrypt,
    secrets,
    share,
    space,
    start,
    verify,
    web,
)
from benchmarks.report import show_comparison
from benchmarks.sizes import FULL, QUICK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.measure import Comparison
    from benchmarks.sizes import Sizes

BENCHMARKS: Mapping[str, Callable[[Path, Sizes], Iterator[Comparison]]] = {
    "start": start.run,
    "record": record.run,
    "share": share.run,
    "append": append.run,
    "database": database.run,
    "rebuild": rebuild.run,
    "query": query.run,
    "large": large.run,
    "secrets": secrets.run,
    "reencrypt": reencrypt.run,
    "space": space.run,
    "verify": verify.run,
    "deploy": deploy.run,
    "web": web.run,
}

NEEDS: Mapping[str, str] = {"reencrypt": reencrypt.NEEDS, "web": web.NEEDS}
"""Programs that not every machine has, by the benchmark that compares with them."""


def main() -> None:
    """Run what the command line asks for, and end with a summary of aims that are not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="small sizes: does it all still run?")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure on")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    sizes = QUICK if options.quick else FULL
    print(_machine())
    if options.quick:
        print("quick: small sizes and few rounds, so ratios and aims mean little")
    missed = []
    for name in options.names or BENCHMARKS:
        print(f"\n{name}: {sys.modules[BENCHMARKS[name].__module__].__doc__}".rstrip() + "\n")
        if shutil.which(NEEDS.get(name, "git")) is None:
            print(f"  skipped: {NEEDS[name]} is not installed")
            continue
        with tempfile.TemporaryDirectory(prefix="tetra-es-bench-", dir=options.folder) as folder:
            for comparison in BENCHMARKS[name](Path(folder), sizes):
                show_comparison(comparison)
                if not comparison.met:
                    missed.append(comparison)
    print(f"aims not met: {len(missed)}")
    for comparison in missed:
        print(f"  {comparison.ours}: {comparison.ratio:.3g}, aim {comparison.aim:g}")


def _machine() -> str:
    git = subprocess.check_output(["git", "--version"], text=True).strip()
    return (
        f"Python {platform.python_version()}, {git}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.system()} {platform.machine()}"
    )


if __name__ == "__main__":
    main()
