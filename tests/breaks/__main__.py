"""Break one line after another; say which break the tests catch."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.breaks.breaking import breaks, is_caught


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(names: list[str]) -> int:
    every = breaks()
    if unknown := set(names) - set(every):
        say(f"no such break: {', '.join(sorted(unknown))}; there are: {', '.join(every)}")
        return 2
    missed = 0
    for name in names or every:
        with tempfile.TemporaryDirectory() as folder:
            caught = is_caught(every[name], Path(folder))
        missed += not caught
        say(f"{'caught' if caught else 'MISSED'}  {name}: {every[name].what}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
