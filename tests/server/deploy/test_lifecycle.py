"""From the first deployment to the last, as systemd and the service tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.examples import some
from tests.server.deploy.site import CANARY, PLACES, Site, sha256

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Machine
    from tests.server.host import Host


LIVES = (
    *(("dev", "tsm"), ("dev", "direct"), ("staging", "direct"), ("staging", "tsm")),
    *(("prod", "tsm"), ("prod", "direct")),
)


@pytest.mark.parametrize(("environment", "runner"), some(LIVES, 3))
def test_the_whole_life(machine: Machine, host: Host, environment: str, runner: str) -> None:
    site = Site(machine, host, environment, runner)
    site.prepare()
    user, tetra_dir, tetra_src, unit, env = PLACES[environment]

    site.deploy()
    about = site.about()
    assert about["uid"] == int(host.ok("id", "-u", user))
    assert about["cwd"] == tetra_src
    assert about["argv"][1:] == ["server/server.js", "--env", env]
    assert about["environment"]["API_KEY"] == sha256(CANARY)
    assert site.active() == "active"
    assert site.events() == ["started", *["step_done"] * 7, "healthy"]
    assert host.ok("systemctl", "is-enabled", unit).strip() == "enabled"
    assert site.ran() == (1, "running")

    # The tree is the guide's.
    toml = f"{tetra_dir}/org/acme/environments/{environment}.toml"
    assert host.read(toml) == machine.ok("show", environment).out
    definition = f"{tetra_dir}/tsm/services-available/tetra.tsm"
    assert f'TSM_COMMAND="node server/server.js --env {env}"' in host.read(definition)
    link = f"{tetra_dir}/tsm/services-enabled/tetra.tsm"
    assert host.ok("readlink", link).strip() == "../services-available/tetra.tsm"
    assert host.ok("stat", "-c", "%a %U", site.secret_file).split() == [
        "600", "root" if runner == "direct" else user
    ]  # fmt: skip

    (row,) = machine.ok("health", environment, "-o", "json").json
    assert (row["host"], row["healthy"], row["status"]) == (host.name, True, "200")
    (row,) = machine.ok("daemon", "status", environment, "-o", "json").json
    assert (row["unit"], row["active"], row["enabled"]) == (unit, "active", "enabled")
    assert machine.ok("daemon", "logs", "20", environment).out.strip()
    assert machine.ok("drift", environment, "-o", "json").json == []

    machine.ok("daemon", "restart", environment)
    assert site.about()["pid"] != about["pid"]
    machine.ok("daemon", "stop", environment)
    assert (site.active(), *site.ran()) == ("inactive", 1, "stopped")
    assert "is not healthy" in machine.fails(1, "health", environment).error()
    machine.ok("daemon", "start", environment)
    site.about()
    host.reboot()
    site.about()

    site.set_port(5555)
    site.deploy()
    assert site.about()["port"] == 5555
    assert host.run("curl", "-fsS", "http://127.0.0.1:4444/health").returncode != 0
    machine.ok("rollback", environment, "--deploy")
    site.port = 4444
    assert site.about()["port"] == 4444
    assert site.serving()["revision"] == 3
    machine.ok("verify")
    machine.ok("rebuild", "--check")

    machine.ok("daemon", "uninstall", environment)
    assert site.active() in {"inactive", "unknown"}
    assert host.run("test", "-e", f"/etc/systemd/system/{unit}").returncode == 1
    assert host.run("test", "-e", site.secret_file).returncode == 1
    assert site.serving()["revision"] is None


def test_a_second_deployment_of_the_same_does_nothing(served: Site) -> None:
    pid, last = served.about()["pid"], served.machine.last_position()
    assert "is there already" in served.deploy().err
    assert served.about()["pid"] == pid
    assert served.machine.last_position() == last


def test_a_dry_run_shows_the_plan_and_changes_nothing(site: Site) -> None:
    before, last = site.files(), site.machine.last_position()
    done = site.deploy("--dry-run")
    assert "+ /etc/systemd/system/tetra-dev.service (file)" in done.out
    assert f"{site.secret_file} (file, secrets)" in done.out
    assert "canary" not in done.out + done.err
    assert "restart tetra-dev.service" in done.out
    assert (site.files(), site.machine.last_position()) == (before, last)
    assert site.host.run("test", "-e", "/var/lib/tetra-es").returncode == 1
    plan = site.machine.ok("deploy", "dev", "--dry-run", "-o", "json").json[0]
    assert (plan["host"], plan["problems"]) == (site.host.name, [])


def test_an_earlier_state_can_be_deployed(served: Site) -> None:
    served.set_port(5555)
    served.deploy()
    served.deploy("--at", "dev@1")
    assert served.about(4444)["port"] == 4444
    assert served.serving()["revision"] == 1


def test_hosts_that_the_environment_does_not_name(machine: Machine, host: Host) -> None:
    site = Site(machine, host)
    site.prepare()
    machine.ok("unset", "profile", "dev", "deployment.hosts")
    machine.ok("promote", "dev")
    machine.fails(2, "deploy", "dev")
    site.deploy("--to", host.name)
    # From now on they are those that it runs on.
    machine.ok("health", "dev")
    site.set_port(5555)
    machine.ok("rollback", "dev", "--deploy")
    assert site.about(4444)["port"] == 4444
    machine.ok("set", "profile", "dev", 'deployment.hosts=["elsewhere.invalid"]')
    machine.ok("promote", "dev")
    assert machine.run("deploy", "dev").code == 1


def test_a_server_that_lost_its_record(served: Site) -> None:
    served.host.ok("rm", "-rf", "/var/lib/tetra-es")
    error = served.machine.fails(3, "daemon", "uninstall", "dev").error()
    assert "tetra-dev.service is there" in error
    served.deploy()
    served.machine.ok("health", "dev")
    served.machine.ok("drift", "dev")
    served.machine.ok("daemon", "uninstall", "dev")
    assert served.active() == "inactive"


def test_a_server_that_was_made_anew(served: Site) -> None:
    served.host.ok("sh", "-c", f"systemctl disable --now {served.unit}; rm -rf /var/lib/tetra-es")
    served.host.ok("sh", "-c", f"rm /etc/systemd/system/{served.unit}; systemctl daemon-reload")
    served.machine.ok("daemon", "uninstall", "dev")


def test_what_another_history_put_there(served: Site, tmp_path: Path) -> None:
    served.machine.folder.rename(tmp_path / "the-first")
    served.machine.ok("init", "acme", "--domain", "acme.example", "-m", "begun again")
    served.machine.ok("promote", "dev")
    host = ("--to", served.host.name)
    for command in (("deploy", "dev"), ("daemon", "uninstall", "dev")):
        error = served.machine.fails(3, *command, *host).error()
        assert "of another history of acme" in error
    assert served.active() == "active"
    says = "is dev@1 of another history"
    assert says in served.machine.fails(1, "health", "dev", *host).error()
    failed = served.machine.fails(3, "drift", "dev", *host, "-o", "json")
    assert [(row["subject"], row["difference"]) for row in failed.json] == [("release", says)]
    served.machine.ok("daemon", "uninstall", "dev", *host, "--take-over")
    assert served.active() == "inactive"


def test_where_it_runs_counts_more_than_where_it_should(served: Site) -> None:
    served.machine.ok("set", "profile", "dev", 'deployment.hosts=["elsewhere.invalid"]')
    served.machine.ok("promote", "dev")
    served.machine.ok("daemon", "restart", "dev")
    done = served.machine.fails(1, "health", "dev")
    assert "elsewhere.invalid" in done.error()
    assert served.host.name in done.out
    served.machine.ok("daemon", "stop", "dev")
    assert served.active() == "inactive"


def test_a_host_that_does_not_answer_hides_no_other(served: Site) -> None:
    served.host.ok("rm", served.secret_file)
    hosts = ("--to", "gone.invalid", "--to", served.host.name, "--to", "lost.invalid")
    for command in ("health", "drift", "daemon status", "deploy --dry-run"):
        verb, *options = command.rsplit(" --", 1)
        code = 3 if verb == "drift" else 1  # what differs comes first
        done = served.machine.fails(
            code, *verb.split(), "dev", *hosts, *(f"--{option}" for option in options)
        )
        assert served.host.name in done.out
        assert (served.secret_file if verb == "drift" else "gone.invalid") in done.error()
        assert "gone.invalid" in done.err
        assert "and: " in done.err
        assert "lost.invalid" in done.err


def test_drift_on_the_server_is_found_and_put_right(served: Site) -> None:
    unit = f"/etc/systemd/system/{served.unit}"
    served.host.write(unit, served.host.read(unit) + "# by hand\n")
    done = served.machine.fails(3, "drift", "dev")
    assert unit in done.error()
    refused = served.machine.fails(3, "deploy", "dev")
    assert f"{served.host.name}: +# by hand" in refused.err
    served.deploy("--replace-drift")
    served.machine.ok("drift", "dev")
    assert "by hand" not in served.host.read(unit)


def test_a_user_is_created_where_it_is_wanted(machine: Machine, host: Host) -> None:
    site = Site(machine, host, "prod", "direct")
    host.install_tetra("/opt/tetra", "/opt/tetra")
    site.organize()
    for options in ((), ("--dry-run",)):
        done = machine.run("deploy", "prod", *options)
        assert done.code == 5
        assert ": there is no user tetra; there is no group tetra" in done.error()
        assert "--create-user" in done.err
    site.deploy("--create-user")
    assert host.ok("id", "-nG", "tetra").strip() == "tetra"
    assert site.about()["uid"] == int(host.ok("id", "-u", "tetra"))


def test_staging_and_production_are_locked_in(machine: Machine, host: Host) -> None:
    site = Site(machine, host, "prod")
    site.prepare()
    site.deploy()
    pid = host.ok("systemctl", "show", "-P", "MainPID", site.unit).strip()
    status = host.read(f"/proc/{pid}/status")
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert "CapEff:\t0000000000000000" in status
    score = host.run("systemd-analyze", "security", "--no-pager", site.unit).stdout
    assert float(score.split("tetra.service:")[1].split()[0]) < 3.0
