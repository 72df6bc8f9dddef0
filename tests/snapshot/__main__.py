"""Write the snapshot again: what every command prints today.

    python -m tests.snapshot [COMMAND ...]

Adds a file with `--help` for a command that has none. Look at what git says has changed: output may
change only where CHANGELOG.md says so.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.snapshot import script
from tests.snapshot.states import IN_PLACE
from tests.snapshot.take import FILES, Taker, commands, file_of, prepared


def main(chosen: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        taker = Taker(prepared(Path(folder) / "archive"), Path(folder))
        for command in commands():
            if chosen and command.removeprefix("tetra-es ") not in chosen:
                continue
            path = file_of(command)
            help_alone = [script.Example(IN_PLACE, [script.Step(f"$ {command} --help")])]
            sessions = script.read(path) if path.exists() else help_alone
            path.write_text(script.write(taker.take(sessions)), "utf-8")
    wanted = {file_of(command) for command in commands()}
    for path in set(FILES.glob("*.txt")) - wanted:
        path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
