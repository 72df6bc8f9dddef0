"""`tetra-es serve` as people start it, on a port that is free."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.machine import HANG, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.machine import Machine

_ADDRESS = re.compile(r"http://[0-9.]+:[0-9]+/")


@contextmanager
def serving(machine: Machine, log: Path) -> Iterator[str]:
    """Serve an organization while the block runs; yield the address, with a slash at its end.

    What the service says is in the file `log`.
    """
    argv, env = machine.argv("serve", "--port", "0"), machine.environment()
    with (
        log.open("w") as said,
        subprocess.Popen(argv, env=env, stdout=said, stderr=said, cwd=machine.home) as service,
    ):
        try:
            until(lambda: service.poll() is not None or bool(_ADDRESS.search(log.read_text())))
            found = _ADDRESS.search(log.read_text())
            assert found, log.read_text()
            yield found[0]
        finally:
            service.terminate()
            service.wait(HANG)
