"""The agent in every shell there is: steps, their undoing, and words that mean nothing to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import LONG_TAIL, examples
from tests.servers.fake_server import EACH_SHELL, EVERY_SHELL, SHELLS, FakeServer
from tetra_es.release.release import HealthSettings, RemoteFile, Service
from tetra_es.remote import codec
from tetra_es.remote.drift import drift
from tetra_es.remote.errors import ConnectionLost, Locked, StepFailed, Unreachable
from tetra_es.remote.facts import Outcome
from tetra_es.remote.plan import plan, readers
from tetra_es.remote.program import agent, shortened
from tetra_es.remote.server import Server

if TYPE_CHECKING:
    from tetra_es.release.release import Release

HEALTH = HealthSettings(deadline=5, interval=0, successes=2, stays_up=0)


@pytest.fixture(params=EACH_SHELL)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> FakeServer:
    return FakeServer(tmp_path / "server", SHELLS[request.param])


def deploy(server: Server, deployment: str, release: Release) -> None:
    server.lock("alice", "laptop")
    server.stage(deployment, release, "dev@1")
    server.arm(deployment, 60)
    server.switch(deployment)
    server.restart(deployment)
    server.wait_until_healthy(deployment, release.services, HEALTH, "direct")


@pytest.mark.parametrize("place", EVERY_SHELL, indirect=True)
def test_deploy_and_deploy_again(place: FakeServer) -> None:
    for number, release in enumerate((place.release(), place.release(more=True))):
        with place.open() as server:
            deploy(server, f"a{number}", release)
            server.confirm(f"a{number}")
            facts = server.inspect(release)
            assert plan(release, facts, now=facts.time).changes_nothing
            assert not drift(facts)
            assert facts.current
            assert facts.current.deployment == f"a{number}"
    for file in release.files:
        assert Path(file.path).stat().st_mode & 0o777 == file.mode
    assert (place.folder / "app/a b/c/'$(id)\\").read_bytes() == b"\x00\n"
    assert not (place.folder / "app/enabled").is_symlink()
    assert not [path for path in place.picture() if "tetra-es" in path]
    assert "start --no-block tetra.service" in place.said


def test_revert_is_exact(place: FakeServer) -> None:
    with place.open() as server:
        deploy(server, "a1", place.release())
        server.confirm("a1")
        before = place.picture()
        deploy(server, "a2", place.release(b"x = 2\n", more=True))
        assert place.picture() != before
        assert server.revert("a2") == Outcome("a2", "reverted", "request")
        assert server.result("a2") == Outcome("a2", "reverted", "request")
        assert server.result("none") == Outcome("none", "unknown")
        with pytest.raises(StepFailed, match="was confirmed"):
            server.revert("a1")
    assert place.picture() == before


def with_worker(release: Release, place: FakeServer, values: bytes) -> Release:
    """Add a service with a unit and an env file of its own."""
    mine = (place.user, place.group())
    env = RemoteFile(f"{place.folder}/app/worker.env", values, 0o600, *mine, True)
    unit = RemoteFile(f"{place.folder}/units/worker.service", b"[Service]\n", 0o644, *mine)
    main = replace(release.services[0], reads=(f"{place.folder}/app/env/dev.env",))
    worker = Service("worker", "worker.service", None, "/", (env.path, unit.path))
    return replace(
        release,
        files=(*release.files, env, unit),
        units=(*release.units, "worker.service"),
        services=(main, worker),
    )


def test_what_reads_nothing_that_changed_is_not_touched(place: FakeServer) -> None:
    """Neither by the deployment nor by its undoing."""
    first = with_worker(place.release(), place, b"A=1\n")
    with place.open() as server:
        deploy(server, "a1", first)
        server.confirm("a1")
        before, told = place.picture(), len(place.said)
        server.stage("a2", with_worker(place.release(), place, b"A=2\n"), "dev@2")
        armed = server.arm("a2", 60)
        assert armed.changes == {f"{place.folder}/app/worker.env"}
        assert [*readers(first, armed.changes)] == ["worker.service"]
        server.switch("a2")
        server.restart("a2", ["worker.service"])
        server.wait_until_healthy("a2", first.services, HEALTH, "direct")
        assert server.revert("a2") == Outcome("a2", "reverted", "request")
    assert place.picture() == before
    later = [line for line in place.said[told:] if "start" in line or "stop" in line]
    assert not [line for line in later if line.endswith(" tetra.service")]
    assert "stop --no-block worker.service" in later
    assert "restart --no-block worker.service" in later


@LONG_TAIL
def test_the_end_of_a_session_that_armed_starts_the_guard(place: FakeServer) -> None:
    with place.open() as server:
        deploy(server, "a1", place.release())
    assert place.said[-1] == "start --no-block tetra-es-revert:dev:acme:a1.service"
    guard = (place.folder / "units/tetra-es-revert:dev:acme:a1.service").read_text()
    (command,) = re.findall("ExecStart=(.*)", guard)
    assert command.startswith("/bin/sh ")
    settle = [f"{place.folder}/state/acme/dev/agent", "settle", "acme", "dev"]
    path = f"{place.folder}/bin:{os.environ['PATH']}"
    subprocess.run([*place.shell, *settle], check=True, env={"PATH": path})
    assert not (place.folder / "app/dev.toml").exists()
    assert not (place.folder / "app/env").exists()
    assert not [path for path in place.picture() if "tetra-es" in path]
    with place.open() as server:
        assert server.result("a1") == Outcome("a1", "reverted", "disconnected")


def test_the_end_of_a_session_that_staged_leaves_nothing(place: FakeServer) -> None:
    with place.open() as server:
        server.lock("alice", "laptop")
        server.stage("a1", place.release(), "dev@1")
    state = place.folder / "state/acme/dev"
    assert [path.name for path in (state / "deployments").iterdir()] == ["a1.discarded"]
    assert b"KEY" not in b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())


def test_what_is_staged_is_for_root_alone(place: FakeServer) -> None:
    with place.open() as server:
        server.lock("alice", "laptop")
        server.stage("a1", place.release(), "dev@1")
        state = place.folder / "state"
        modes = {path.stat().st_mode & 0o077 for path in (state, *state.glob("acme/dev/*"))}
        assert modes == {0}


def test_steps_need_the_lock_and_their_order(place: FakeServer) -> None:
    with place.open() as server:
        with pytest.raises(StepFailed, match="does not hold the lock"):
            server.stage("a1", place.release(), "dev@1")
        server.lock("alice", "laptop")
        with pytest.raises(StepFailed, match="nothing is staged"):
            server.arm("a1", 60)
        server.stage("a1", place.release(), "dev@1")
        with pytest.raises(StepFailed, match="staged"):
            server.switch("a1")
        with pytest.raises(StepFailed, match="is there already"):
            server.stage("a1", place.release(), "dev@1")


def test_one_deployment_at_a_time(place: FakeServer) -> None:
    with place.open() as one, place.open() as two:
        one.lock("alice's $(id)", "laptop; true")
        with pytest.raises(Locked, match=r"alice's \$\(id\) from laptop; true since 20"):
            two.lock("bob", "desk")
        with pytest.raises(StepFailed, match="does not hold the lock"):
            two.confirm("a1")
        one.unlock()
        two.lock("bob", "desk")


def test_a_killed_session_gives_the_lock_back(place: FakeServer) -> None:
    one = place.open()
    one.lock("alice", "laptop")
    os.kill(one.pid, signal.SIGKILL)
    with place.open() as two:
        two.lock("bob", "desk", wait=10)
    with pytest.raises(ConnectionLost):
        one.unlock()
    one.close()


def test_a_folder_in_the_way_changes_nothing(place: FakeServer) -> None:
    (place.folder / "app/dev.toml").mkdir()
    before = place.picture()
    with place.open() as server:
        server.lock("alice", "laptop")
        server.stage("a1", place.release(), "dev@1")
        with pytest.raises(StepFailed, match=r"dev\.toml is a folder"):
            server.arm("a1", 60)
        assert server.result("a1").state == "discarded"
    assert place.picture() == before


def test_what_a_command_says_is_passed_on(place: FakeServer) -> None:
    (place.folder / "state").write_text("a file")
    with place.open() as server, pytest.raises(StepFailed, match=r"mkdir: .*: Not a directory"):
        server.lock("alice", "laptop")


def test_a_file_that_arrives_changed_is_refused(place: FakeServer) -> None:
    with place.open() as server:
        server.lock("alice", "laptop")
        session = server._session
        manifest = b"file /x 644 root root 00 public 0\n"
        session.request("stage", "a1", body=codec.payload(manifest))
        session.request("put", "a1", "0", body=codec.payload(b"something"))
        with pytest.raises(StepFailed, match="did not arrive as it was sent"):
            session.request("staged", "a1")


def test_names_that_leave_the_folder_are_refused(place: FakeServer) -> None:
    with pytest.raises(Unreachable, match="not an organization and environment"):
        Server.open(place, "..", "dev", program=place.program)


def test_every_program_that_a_session_lacks_is_named_in_one_line(place: FakeServer) -> None:
    known, first = place.program, "every_session='"
    assert known.count(first) == 1
    program = known.replace(first, f"{first}no-such-awk no-such-flock ")
    with pytest.raises(Unreachable, match=r"server: no-such-awk, no-such-flock$") as caught:
        Server.open(place, "acme", "dev", program=program)
    assert caught.value.hint == "install no-such-awk, no-such-flock on the server"


@pytest.mark.parametrize("shell", EVERY_SHELL)
@settings(examples(2), suppress_health_check=[HealthCheck.too_slow])
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
        | st.text("a/ .", min_size=1, max_size=300),
        min_size=20,
        max_size=60,
    )
)
def test_a_word_is_read_back_by_every_shell(shell: str, texts: list[str]) -> None:
    script = """
while read -r line; do
    set -f; set -- $line; set +f
    [ $# = 1 ] || echo "$# words"
    decode "$1"; encode "$decoded"; printf '%s\n' "$encoded"
done
"""
    base = agent().partition("# What is known about deployments")[0]
    done = subprocess.run(
        [*SHELLS[shell], "-c", base + script],
        input="".join(codec.word(text) + "\n" for text in texts).encode(),
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )
    assert [codec.answer_text(line) for line in done.stdout.decode().splitlines()] == texts
    assert [codec.unword(codec.word(text)) for text in texts] == texts


@pytest.mark.parametrize("shell", EACH_SHELL)
@pytest.mark.parametrize("awkward", [False, True])
def test_what_is_at_paths_is_seen_whatever_they_are_called(
    shell: str, awkward: bool, tmp_path: Path
) -> None:
    """Where a line is not what one of them is like, they are looked at one by one."""
    names = ["a", "b c", "back\\slash", "'$(id)*", *(["two\nlines"] if awkward else [])]
    for name in names:
        (tmp_path / name).write_text(name)
    (tmp_path / "folder").mkdir(mode=0o750)
    (tmp_path / "link").symlink_to("b c")
    os.mkfifo(tmp_path / "fifo")
    words = [codec.word(f"{tmp_path}/{each}") for each in (*names, "folder", "link", "fifo", "no")]
    base = agent().partition("# What systemd knows of units")[0]
    done = subprocess.run(
        [*SHELLS[shell], "-c", f'{base}\nlook_at "$@"; printf %s "$seen"', "sh", *words, *words],
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )
    seen = {codec.unword(row[0]): row[1:] for row in map(str.split, _lines(done.stdout))}
    assert len(seen) == len(_lines(done.stdout)) == len(words)
    for name in names:
        digest = sha256(name.encode()).hexdigest()
        kind, _, _, _, size, found = seen[f"{tmp_path}/{name}"]
        assert (kind, size, found) == ("file", str(len(name)), digest)
    assert seen[f"{tmp_path}/folder"][:2] == ["folder", "750"]
    assert seen[f"{tmp_path}/link"] == ["link", codec.word("b c")]
    assert seen[f"{tmp_path}/fifo"] == ["other"]
    assert seen[f"{tmp_path}/no"] == ["absent"]


def _lines(output: bytes) -> list[str]:
    return [line for line in output.decode().splitlines() if line]


def test_one_process_looks_at_all_files_and_one_at_all_units(tmp_path: Path) -> None:
    place = FakeServer(tmp_path / "server", SHELLS["sh"])
    release = replace(place.release(more=True), units=("tetra.service", "other.service"))
    with place.open() as server:
        deploy(server, "a1", release)
        server.confirm("a1")
    for name in ("stat", "sha256sum", "systemctl"):
        program = place.folder / "bin" / name
        is_ours = program.exists()
        real = program.rename(program.with_name(f"{name}-real")) if is_ours else which(name)
        note = f'echo {name} "$*" >>{place.folder}/ran'
        program.write_text(f'#!/bin/sh\n{note}\nexec {real} "$@"\n')
        program.chmod(0o755)
    with place.open() as server:
        facts = server.inspect(release)
    assert {each.kind for each in facts.entries.values()} == {"file", "folder", "absent"}
    assert {*facts.units} == {*release.units}
    assert facts.texts == {}, "they are as the release wants them"
    ran = (place.folder / "ran").read_text().splitlines()
    assert sum(each.startswith("stat -c %a/%U/%G/%s ") for each in ran) == 1
    assert sum(each.startswith("sha256sum ") for each in ran) == 1
    assert sum("-p ActiveState" in each for each in ran) == 1


def test_units_are_stopped_by_one_command_and_started_by_one(tmp_path: Path) -> None:
    place = FakeServer(tmp_path / "server", SHELLS["sh"])
    with place.open() as server:
        deploy(server, "a1", with_worker(place.release(), place, b"A=1\n"))
    said = [line for line in place.said if "revert" not in line]
    assert said.count("stop -- tetra.service worker.service") == 1
    assert said.count("reset-failed tetra.service worker.service") == 1
    assert said.count("start --no-block tetra.service worker.service") == 1


@LONG_TAIL
def test_how_a_unit_ended_that_is_deployed_no_more_is_forgotten(tmp_path: Path) -> None:
    """Its file is gone when it is stopped, and so is the line by which 143 is not a failure."""
    place = FakeServer(tmp_path / "server", SHELLS["sh"])
    with place.open() as server:
        deploy(server, "a1", with_worker(place.release(), place, b"A=1\n"))
        server.confirm("a1")
        told = len(place.said)
        deploy(server, "a2", place.release())
    later = place.said[told:]
    assert "reset-failed tetra.service worker.service" in later
    assert "start --no-block tetra.service" in later


def test_what_is_sent_of_the_agent_has_no_comments() -> None:
    sent = shortened(agent())
    assert len(sent) < 0.7 * len(agent())
    assert not [line for line in sent.splitlines() if not line or line[0] in " #"]
    assert "\nverb_inspect() {\n" in sent


def test_the_agent_needs_no_space_of_its_own() -> None:
    assert "<<" not in agent()
    assert "mktemp" not in agent()
