"""`bisect ENV --run -- COMMAND`: the event that made the first bad state."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.examples import some

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machine import Machine

READS = "import sys; text = sys.stdin.read(); "


@pytest.fixture(scope="module")
def grown(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """local@2 (#3) to local@8 (#9), of which local@5 (#6) has the first port above 5000.

    For all tests: a bisection records nothing.
    """
    machine = founded.copy(tmp_path_factory.mktemp("grown") / "home")
    for port in (4001, 4002, 4003, 5001, 5002, 5003, 5004):
        machine.ok("set", "local", f"ports.tetra={port}", "-m", f"to {port}")
    return machine


def words(code: str, *options: str) -> tuple[str, ...]:
    return ("bisect", "local", *options, "--run", "--", sys.executable, "-c", code)


BAD_PORT = f"{READS}sys.exit('tetra = 5' in text)"


def test_the_first_bad_one(grown: Machine) -> None:
    done = grown.ok(*words(BAD_PORT))
    assert done.out.splitlines()[0] == "the first bad state is that of #6; local@4 is good"
    assert done.out.splitlines()[1].startswith(
        "#6 edit(local): ports.tetra -> local@5 (by alice at "
    )
    assert done.out.splitlines()[1].endswith(": to 5001)")
    assert done.err.splitlines()[:2] == [
        "tetra-es: local@8 (#9): bad",
        "tetra-es: local@1 (#2): good",
    ]
    assert grown.last_position() == 9


def test_between_two_that_are_named(grown: Machine) -> None:
    found = grown.ok(*words(BAD_PORT, "--good", "local@3", "--bad", "7", "-o", "json")).json
    assert [row["event"] for row in found["events"]] == [6]
    assert found["good"] == "local@4"
    assert {each["event"] for each in found["tried"]} <= {4, 5, 6, 7}


def test_the_file_and_the_name(grown: Machine, tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys; env = os.environ; path = pathlib.Path(env['TETRA_ES_STATE']); "
        "assert path.name == 'local.toml' and path.stat().st_mode & 0o77 == 0 or sys.exit(126); "
        f"open({str(tmp_path / 'refs')!r}, 'a').write(env['TETRA_ES_REF'] + chr(10)); "
        "print('looks at', env['TETRA_ES_REF']); sys.exit('tetra = 5' in path.read_text())"
    )
    done = grown.process(*words(code))
    assert (done.code, "#6;" in done.out, "looks at" in done.out) == (0, True, False)
    assert "looks at local@5" in done.err
    assert (tmp_path / "refs").read_text().split()[:2] == ["local@8", "local@1"]


def test_what_cannot_be_told_is_passed_over(grown: Machine) -> None:
    code = f"{READS}sys.exit(125 if '5001' in text or '4003' in text else 'tetra = 5' in text)"
    found = grown.ok(*words(code, "-o", "json")).json
    assert [row["event"] for row in found["events"]] == [5, 6, 7]
    assert found["good"] == "local@3"
    assert [each["result"] for each in found["tried"]].count("skipped") == 2


NOTHING = (
    ("raise SystemExit(0)", (), 3, "says that local@8 is good, not bad"),
    ("raise SystemExit(1)", (), 3, "says that local@1 is bad, not good"),
    ("raise SystemExit(125)", (), 3, "cannot tell whether local@8 is bad"),
    ("raise SystemExit(128)", (), 1, "ended with exit code 128 for local@8"),
    ("import os; os.kill(os.getpid(), 9)", (), 1, "ended with signal 9 for local@8"),
    (BAD_PORT, ("--good", "local@8"), 2, "it has to be older"),
    (BAD_PORT, ("--good", "99"), 1, "there is no event #99"),
    (BAD_PORT, ("--bad", "1"), 1, "had no state yet at #1"),
)


@pytest.mark.parametrize(("code", "options", "exit_code", "said"), some(NOTHING, 4))
def test_what_finds_nothing(
    grown: Machine, code: str, options: tuple[str, ...], exit_code: int, said: str
) -> None:
    done = grown.run(*words(code, *options))
    assert done.code == exit_code, done
    assert said in done.err


def test_what_cannot_be_run(grown: Machine) -> None:
    done = grown.run("bisect", "local", "--run", "--", "no-such-program")
    assert (done.code, "cannot run no-such-program" in done.err) == (1, True)
    assert "--run is missing" in grown.fails(2, "bisect", "local", "--", "true").error()
    assert "unknown environment: qa" in grown.fails(2, "bisect", "qa", "--run", "true").error()
    assert "has no state yet" in grown.fails(1, "bisect", "dev", "--run", "true").error()
