"""A host that was set up by hand, as the guide says: nothing of it is lost on any path."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.machine import HANG
from tests.server.deploy.site import CANARY, PLACES, Site, kill, sha256, wait_for_step
from tests.server.deploy.test_apply import apply, clone, pull
from tests.server.processes import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine, Result
    from tests.server.host import Host

__all__ = ["clone"]

OLD = "canary-of-the-only-copy"
ENV = f"""\
# The only copy.
API_KEY={OLD}-1
export DATABASE_URL="postgres://{OLD}-2
{OLD}-3=x"
NODE_ENV=development
"""
UNIT = """\
[Service]
User={user}
WorkingDirectory={tetra_dir}
Environment=TETRA_DIR={tetra_dir} PASSWORD=canary-of-the-unit
ExecStart=/bin/bash -c 'source {tetra_dir}/tetra.sh && tsm start tetra'
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""
DEFINITION = """\
TSM_NAME="tetra"
TSM_COMMAND="node server/server.js --by-hand"
TSM_CWD="{tetra_src}"
TSM_ENV_FILE="env/{environment}.env"
TSM_PORT="4444"
"""
KEPT = "/var/lib/tetra-es/acme/{environment}/kept"


def by_hand(site: Site) -> dict[str, str]:
    """Do what the guide does with scp and sudo; return path to content of what is in our place."""
    user, tetra_dir, tetra_src, unit, _ = PLACES[site.environment]
    values = {"user": user, "tetra_dir": tetra_dir, "tetra_src": tetra_src}
    definition = f"{tetra_dir}/tsm/services-available/tetra.tsm"
    made = {
        f"/etc/systemd/system/{unit}": UNIT.format(**values),
        f"{tetra_src}/env/{site.environment}.env": ENV,
        f"{tetra_dir}/org/acme/environments/{site.environment}.toml": "# by scp\n",
        definition: DEFINITION.format(**values, environment=site.environment),
    }
    for path, content in made.items():
        site.host.write(path, content)
    enabled = f"{tetra_dir}/tsm/services-enabled"
    site.host.ok("mkdir", "-p", enabled)
    site.host.ok("ln", "-s", definition, f"{enabled}/tetra.tsm")
    site.host.ok("chown", "-R", f"{user}:{user}", tetra_dir, f"{tetra_src}/env")
    site.host.ok("chmod", "640", site.secret_file)
    site.host.ok("chgrp", "daemon", site.secret_file)
    site.host.ok("systemctl", "daemon-reload")
    site.host.ok("systemctl", "enable", "--now", unit)
    assert site.about()["environment"]["API_KEY"] == sha256(f"{OLD}-1")
    return made


def kept_in(site: Site) -> str:
    """Return the folder of the copies that were kept on the server; there is one."""
    folder = KEPT.format(environment=site.environment)
    (name,) = site.host.ok("ls", folder).split()
    return f"{folder}/{name}"


def kept_secret(*results: Result) -> None:
    for done in results:
        assert "canary" not in done.out + done.err


@pytest.fixture
def made(site: Site) -> dict[str, str]:
    return by_hand(site)


def test_it_is_refused_and_everything_is_named(site: Site, made: dict[str, str]) -> None:
    before, about = site.files(), site.about()
    link = "/root/tetra/tsm/services-enabled/tetra.tsm"
    refused = site.machine.fails(3, "deploy", "dev")
    error = refused.error()
    for path in (*made, link):
        assert path in error
    lost = f"{site.secret_file} (would lose DATABASE_URL, NODE_ENV; has other values of API_KEY)"
    assert lost in error
    planned = site.machine.fails(3, "deploy", "dev", "--dry-run")
    assert planned.error() == error
    assert f"  ! not deployed by tetra-es: {site.secret_file} (would lose DATA" in planned.out
    replacing = site.machine.ok("deploy", "dev", "--dry-run", "--replace-unmanaged")
    assert f"  keep a copy of {site.secret_file} (would lose DATABASE_URL" in replacing.out
    in_json = site.machine.fails(3, "deploy", "dev", "--dry-run", "-o", "json")
    assert {
        "path": site.secret_file,
        "lost": ["DATABASE_URL", "NODE_ENV"],
        "other": ["API_KEY"],
    } in in_json.json[0]["unmanaged"]
    installed = site.machine.fails(3, "daemon", "install", "dev")
    assert installed.error() == error

    doctor = site.machine.run("doctor", "dev", "-o", "json")
    assert doctor.code == 1
    rows = [row for row in doctor.json if row["name"] == f"{site.host.name} deploy"]
    assert {row["result"] for row in rows} == {"failed"}
    assert {row["what"].split()[4] for row in rows} == {*made, link}
    hint = "`tetra-es deploy dev --replace-unmanaged`"
    assert refused.hint().startswith(hint)
    first = f"`tetra-es secret import dev --from-host {site.host.name}` takes the variables"
    assert refused.hint().endswith(f"; first, {first}")
    assert all(row["remedy"].startswith(hint) for row in rows)

    kept_secret(refused, planned, replacing, in_json, installed, doctor)
    assert site.files() == before
    assert site.about()["pid"] == about["pid"]
    assert "canary" not in site.host.ok("journalctl", "--no-pager", "-o", "export")


PLACES_AND_RUNNERS = (("dev", "tsm"), ("dev", "direct"), ("prod", "direct"), ("prod", "tsm"))


@pytest.mark.parametrize(("environment", "runner"), some(PLACES_AND_RUNNERS, 2))
def test_what_the_hint_says_keeps_copies(
    machine: Machine, host: Host, environment: str, runner: str
) -> None:
    site = Site(machine, host, environment, runner)
    site.prepare()
    made = by_hand(site)
    user, tetra_dir, *_ = PLACES[environment]
    hint = machine.fails(3, "deploy", environment, "--to", host.name).hint()
    command = shlex.split(hint.split("`")[1])
    assert command[:3] == ["tetra-es", "deploy", environment]
    done = machine.ok(*command[1:], "-m", "the first one")
    takes = f"`tetra-es secret import {environment} --from-host {host.name}` takes those"
    assert takes in done.err
    kept = kept_in(site)
    for path, content in made.items():
        assert f"{host.name}: kept {path} as {kept}{path}" in done.err
        assert host.read(kept + path) == content
        assert host.read(path) != content
    kept_secret(done)
    stat = ("stat", "-c", "%a %U %G")
    assert host.ok(*stat, kept) == "700 root root\n"
    assert host.ok(*stat, kept + site.secret_file) == f"640 {user} daemon\n"
    assert host.ok(*stat, f"{kept}/etc/systemd/system/{site.unit}") == "644 root root\n"
    link = f"{tetra_dir}/tsm/services-enabled/tetra.tsm"
    assert host.ok("readlink", kept + link) == f"{tetra_dir}/tsm/services-available/tetra.tsm\n"
    about = site.about()
    assert about["environment"]["API_KEY"] == sha256(CANARY)
    assert "PASSWORD" not in about["environment"]
    machine.ok("drift", environment)
    assert "is there already" in site.deploy().err

    # From now on it is ours: a change by hand is drift, and uninstalling leaves the copies.
    host.write(site.secret_file, f"API_KEY={OLD}\nMORE={OLD}\n")
    machine.fails(3, "drift", environment)
    refused = machine.fails(3, "deploy", environment)
    assert refused.hint().startswith(
        f"`tetra-es deploy {environment} --replace-drift` keeps a copy"
    )
    assert f"{host.name}: +MORE=…" in refused.err
    replaced = site.deploy("--replace-drift", "-o", "json")
    (copy,) = replaced.json[0]["copies"].values()
    assert host.read(copy) == f"API_KEY={OLD}\nMORE={OLD}\n"
    kept_secret(refused, replaced)
    machine.ok("drift", environment)
    machine.ok("daemon", "uninstall", environment)
    assert host.read(kept + site.secret_file) == ENV


def test_the_service_sees_the_same_variables(site: Site, made: dict[str, str]) -> None:
    """With what the page says: the secrets first, then the files."""
    seen, names = site.about()["environment"], ("API_KEY", "DATABASE_URL", "NODE_ENV")
    before = {name: seen[name] for name in names if name in seen}
    assert before.keys() >= {"API_KEY", "DATABASE_URL"}
    imported = site.machine.ok("secret", "import", "dev", "--from-host", site.host.name)
    planned = site.machine.fails(3, "deploy", "dev")
    assert "would lose" not in planned.error()
    deployed = site.deploy("--replace-unmanaged")
    kept_secret(imported, planned, deployed)
    after = site.about()["environment"]
    assert {name: after[name] for name in before} == before
    assert site.host.read(kept_in(site) + site.secret_file) == made[site.secret_file]


def test_a_copy_of_before_stays(site: Site, made: dict[str, str]) -> None:
    site.deploy("--replace-unmanaged")
    site.machine.ok("daemon", "uninstall", "dev")
    site.host.write(site.secret_file, "API_KEY=made again\n")
    site.machine.fails(3, "deploy", "dev")
    before = kept_in(site)
    row = site.deploy("--replace-unmanaged", "-o", "json").json[0]
    (copy,) = row["copies"].values()
    assert copy != before + site.secret_file
    assert site.host.read(before + site.secret_file) == made[site.secret_file]
    assert site.host.read(copy) == "API_KEY=made again\n"


def restored(site: Site, before: dict[str, str]) -> None:
    """Check that every file has its bytes, mode and owner, that no copy is left, and what runs."""
    for _ in until():
        if site.files() == before:
            break
    assert site.files() == before
    about = site.about()
    assert about["argv"][1:] == ["server/server.js", "--by-hand"]
    assert about["environment"]["API_KEY"] == sha256(f"{OLD}-1")
    assert about["environment"]["PASSWORD"] == sha256("canary-of-the-unit")
    assert site.active() == "active"


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_a_failed_deployment_puts_it_back(machine: Machine, host: Host, environment: str) -> None:
    site = Site(machine, host, environment)
    site.prepare()
    by_hand(site)
    before = site.files()
    site.set_port(5555)
    site.behave("exit 0")
    done = machine.run("deploy", environment, "--replace-unmanaged")
    assert done.code == 5, done.err
    assert "it has its previous state again" in done.error()
    assert "/kept" not in done.err
    assert site.host.run("test", "-e", KEPT.format(environment=environment)).returncode == 1
    kept_secret(done)
    site.port = 4444
    restored(site, before)
    # It is as foreign as it was.
    machine.fails(3, "deploy", environment)


@pytest.mark.parametrize("how", ["killed", "power"])
def test_so_does_the_server_by_itself(site: Site, made: dict[str, str], how: str) -> None:
    before = site.files()
    assert made
    site.set_port(5555)
    site.behave("unhealthy")
    deploying = site.start_deploying("--replace-unmanaged")
    wait_for_step(deploying, "health")
    assert site.host.read(kept_in(site) + site.secret_file) == ENV
    site.host.kill() if how == "power" else kill(deploying.pid)
    deploying.communicate(timeout=HANG)
    site.port = 4444
    restored(site, before)


def test_a_rollback_and_the_pull_way_refuse_too(
    site: Site, clone: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    machine = site.machine
    site.set_port(5555)
    by_hand(Site(machine, site.host))
    before = site.files()
    done = machine.run("rollback", "dev", "--deploy")
    assert done.code == 3
    command = shlex.split(done.hint().split("`")[1])
    assert done.hint().startswith("the rollback itself stays recorded; `tetra-es deploy dev ")
    machine.fails(2, "rollback", "dev", "--replace-unmanaged")

    pull(clone)
    assert apply(clone) == 3
    said = capfd.readouterr().err
    assert f"{site.secret_file} (would lose DATABASE_URL, NODE_ENV; has other values of" in said
    assert "--replace-unmanaged`" in said
    assert apply(clone, "--dry-run") == 3
    assert site.files() == before
    capfd.readouterr()
    assert apply(clone, "--replace-unmanaged") == 0
    kept = kept_in(site)
    assert f"kept {site.secret_file} as {kept}{site.secret_file}" in capfd.readouterr().err
    assert site.host.read(kept + site.secret_file) == ENV
    machine.ok(*command[1:])


def test_a_new_service_in_the_place_of_something(served: Site) -> None:
    """Some of it is ours, and some is not."""
    path = "/root/tetra/tsm/services-available/worker.tsm"
    served.host.write(path, "TSM_NAME=theirs\n")
    served.machine.ok("set", "local", "services.worker.command=sh -c 'sleep 600'")
    served.machine.ok("promote", "dev")
    error = served.machine.fails(3, "deploy", "dev").error()
    assert error.endswith(f"has files that tetra-es did not deploy: {path}")
    served.deploy("--replace-unmanaged")
    assert served.host.read(kept_in(served) + path) == "TSM_NAME=theirs\n"
