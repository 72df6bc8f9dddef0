"""A second, offline signer: `init` names it to a person, and to no script."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.examples import LONG_TAIL

if TYPE_CHECKING:
    from tests.conftest import Machine


@LONG_TAIL
def test_a_person_is_told_and_what_is_told_works(bare: Machine) -> None:
    primary, secondary = pty.openpty()
    done = subprocess.run(
        bare.argv("init", "shop"),
        env=bare.environment({"NO_COLOR": "1"}),
        stdin=secondary,
        stdout=subprocess.PIPE,
        stderr=secondary,
        check=True,
        text=True,
    )
    os.close(secondary)
    said = b""
    with suppress(OSError):  # which ends it
        while more := os.read(primary, 1024):
            said += more
    os.close(primary)
    assert "spare" not in done.stdout
    (told,) = re.findall(r"hint: a spare key, .*", said.decode())
    line, add = (found.split() for found in re.findall("`([^`]+)`", told))
    assert line[:2] == ["XDG_CONFIG_HOME=FOLDER", "tetra-es"]
    sent = bare.ok(*line[2:], env={"XDG_CONFIG_HOME": str(bare.home / "usb")}).out
    assert add[:3] == ["tetra-es", "--org", "shop"]
    assert "add signer: spare" in bare.ok(*add[1:], stdin=sent).out


def test_a_script_is_not_told(bare: Machine) -> None:
    assert "spare" not in bare.ok("init", "shop").err
