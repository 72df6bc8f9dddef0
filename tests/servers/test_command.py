"""What a service runs before the switch: with what it is about to get, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rendering.texts import release
from tests.servers.fake_server import EACH_SHELL, SHELLS, FakeServer
from tetra_es.errors import ConfigError
from tetra_es.release.release import ReleaseCommand
from tetra_es.remote.errors import StepFailed
from tetra_es.usecases.deploy.mask import Mask

if TYPE_CHECKING:
    from pathlib import Path

SYSTEMD_RUN = r"""#!/bin/sh
echo "$*" >>"${0%/*}/ran"
while [ "$1" != -- ]; do
    case $1 in
        -p)
            case $2 in
                EnvironmentFile=*) set -a; . "${2#*=}"; set +a ;;
                WorkingDirectory=*) cd "${2#*=}" ;;
            esac
            shift 2
            ;;
        --setenv=*) export "${1#*=}"; shift ;;
        *) shift ;;
    esac
done
shift
exec "$@"
"""


@pytest.fixture(params=EACH_SHELL)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> FakeServer:
    found = FakeServer(tmp_path / "server", SHELLS[request.param])
    (found.folder / "bin/systemd-run").write_text(SYSTEMD_RUN)
    (found.folder / "bin/systemd-run").chmod(0o755)
    return found


def run(place: FakeServer, *words: str) -> list[str]:
    """Return what a command prints that runs before the switch."""
    said: list[str] = []
    command = ReleaseCommand(
        words,
        60,
        variables=("TETRA_DIR=/a b",),
        properties=(f"WorkingDirectory={place.folder}", "ReadWritePaths='/a b'"),
    )
    with place.open() as server:
        server.lock("alice", "laptop")
        server.stage("a1", place.release(), "dev@1")
        server.arm("a1", 60)
        server.command("a1", "tetra", command, 0, said.append)
        server.switch("a1")
    return said


def test_it_has_the_variables_that_the_service_is_about_to_get(place: FakeServer) -> None:
    script = 'printf "%s\\n" "$KEY" "$TETRA_DIR" "$PWD" "$1" "$2"; echo error >&2; printf end'
    said = run(place, "sh", "-c", script, "it", "it's \\ $(id) *", "")
    assert said == ["v", "/a b", str(place.folder), "it's \\ $(id) *", "", "error", "end"]
    ran = (place.folder / "bin/ran").read_text()
    assert "KEY" not in ran.split(" -- ")[0]
    assert "--unit=tetra-es-command:dev:acme:a1.service" in ran


def test_one_that_fails_changes_nothing(place: FakeServer) -> None:
    before = place.picture()
    with pytest.raises(StepFailed, match="the release command of tetra ended with 7"):
        run(place, "sh", "-c", "exit 7")
    with place.open() as server:
        server.lock("alice", "laptop")
        server.revert("a1")
    assert place.picture() == before
    # One that a lost session left is ended.
    assert "stop tetra-es-command:dev:acme:a1.service" in place.said


@pytest.mark.parametrize(
    ("value", "line", "shown"),
    [
        (b"s3cret", "url=postgres://me:s3cret@db", "url=postgres://me:***@db"),
        (b"a b&c", "?key=a%20b%26c", "?key=***"),
        (b'two "words"', '{"key": "two \\"words\\""}', '{"key": "***"}'),
        (b"first\nsecond\n", "second", "***"),
        (b"s3cret", "czNjcmV0", "***"),
        (b"", "nothing", "nothing"),
        (b" \n", "a b", "a b"),
    ],
)
def test_what_is_masked(value: bytes, line: str, shown: str) -> None:
    assert Mask([value, b"other"])(line) == shown


def test_the_longest_value_is_masked_first() -> None:
    assert Mask([b"abc", b"abcdef"])("abcdef") == "***"


COMMAND = ("services", "tetra", "release_command")


def test_it_may_do_what_the_service_may_do() -> None:
    found = release("staging", "direct", {COMMAND: "node migrate.js '$X 5%'"})
    command = found.services[0].command
    assert command
    assert command.words == ("node", "migrate.js", "$$X 5%")
    assert (command.env_file, command.timeout) == ("/opt/tetra/env/staging.env", 300)
    assert {"User=tetra", "ProtectSystem=strict", "RuntimeMaxSec=300"} <= {*command.properties}
    assert "PORT=4444" in command.variables


@pytest.mark.parametrize("runner", ["tsm", "direct"])
def test_one_that_needs_a_shell(runner: str) -> None:
    with pytest.raises(ConfigError, match=r"release_command.* cannot be run without a shell"):
        release("staging", runner, {COMMAND: "node migrate.js && echo done"})
