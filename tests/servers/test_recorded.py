"""What `health`, `drift` and `doctor` say when a server has not what our history says."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Machine, Result
from tests.examples import LONG_TAIL, some
from tests.servers.fake_server import FakeServer
from tetra_es.usecases.deploy.journal import HostJournal
from tetra_es_cli.context.app import App
from tetra_es_cli.context.recording import Recording

if TYPE_CHECKING:
    from tetra_es.events.metadata import Context
    from tetra_es.model.host import HostState
    from tetra_es.release.release import Release

SSH = r"""
# Stands for ssh: a destination is a folder beside this file, with what would be on a server.
here=$(dirname "$0")
while [ "$1" != -- ]; do shift; done
place=$here/$2
if ! [ -d "$place" ]; then
    echo "ssh: Could not resolve hostname $2: Name or service not known" >&2
    exit 255
fi
PATH=$place/bin:$PATH
read -r agent
eval "$(printf %s "$agent" | base64 -d |
    sed "s|=/var/lib/tetra-es\$|=$place/state|; s|=/etc/systemd/system\$|=$place/units|
    s|/etc/machine-id|$place/machine-id|g")"
"""
TEXT = b"x = 1\n"


@dataclass
class Fleet:
    """An organization, and servers that its operator reaches by ssh."""

    machine: Machine
    folder: Path

    def server(self, host: str) -> FakeServer:
        """Put up a new server."""
        return FakeServer(self.folder / host, ["sh"], host=host)

    def place(self, host: str) -> FakeServer:
        """Return a server that is up."""
        return FakeServer(self.folder / host, ["sh"], host=host, new=False)

    def name(self, *hosts: str) -> None:
        """Have dev name its hosts."""
        listed = ", ".join(f'"{host}"' for host in hosts)
        self.machine.ok("set", "profile", "dev", f"deployment.hosts=[{listed}]")
        self.machine.ok("promote", "dev")

    def provenance(self) -> str:
        """What our history calls the present state of dev."""
        newest = self.machine.history("dev", "--type", "environment")[0]
        return f"dev@{newest['revision']} #{newest['event']} {newest['hash']}"

    def put(self, place: FakeServer, provenance: str, release: Release | None = None) -> Release:
        """Put a release on a server; our history hears nothing of it."""
        release = release or place.release(TEXT)
        each = token_hex(8)
        with place.open() as server:
            server.lock("somebody", "somewhere")
            server.stage(each, release, provenance)
            server.arm(each, 60)
            server.switch(each)
            server.restart(each)
            server.confirm(each)
        return release

    def record(self, host: str, release: Release, revision: int) -> None:
        """Record that a release was deployed."""
        files = [[file.path, "" if file.secret else file.digest] for file in release.files]

        def decide(target: HostState, context: Context) -> None:
            target.start(
                f"{revision:016}",
                context,
                revision=revision,
                of_position=1,
                runner="direct",
                secrets=[],
                files=files,
            )
            target.healthy(context)

        with App().workspace(Recording()) as workspace:
            HostJournal(workspace, "dev", host).claim(decide)
            workspace.catch_up()

    def deploy(self, host: str) -> FakeServer:
        """Put dev on a new server as a deployment does."""
        place = self.server(host)
        provenance = self.provenance()
        revision = int(provenance.split()[0].removeprefix("dev@"))
        self.record(host, self.put(place, provenance), revision)
        return place

    def doctor(self, host: str) -> dict[str, str]:
        """Return what `doctor` says of the release on a server."""
        return release_of(host, self.machine.run("doctor", "dev", "-o", "json"))


def release_of(host: str, done: Result) -> dict[str, str]:
    (row,) = [row for row in done.json if row["name"] == f"{host} release"]
    assert isinstance(row, dict)
    return row


@pytest.fixture
def surroundings(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet with no server in it."""
    return _fleet(machine, tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def kept(founded: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a fleet `now`, in which dev was deployed to web1, and that fleet `then`."""
    folder = tmp_path_factory.mktemp("kept")
    home = folder / "now" / "home"
    shutil.copytree(founded.home, home, symlinks=True)
    with pytest.MonkeyPatch.context() as patch:
        made = _fleet(Machine(home), folder / "now", patch)
        made.name("web1")
        made.deploy("web1")
    shutil.copytree(folder / "now", folder / "then", symlinks=True)
    return folder


@pytest.fixture
def fleet(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet that names web1, to which dev was deployed. Its paths are in what is there."""
    shutil.rmtree(kept / "now")
    shutil.copytree(kept / "then", kept / "now", symlinks=True)
    return _fleet(Machine(kept / "now" / "home"), kept / "now", monkeypatch)


def _fleet(machine: Machine, path: Path, patch: pytest.MonkeyPatch) -> Fleet:
    folder = path / "fleet"
    folder.mkdir(exist_ok=True)
    (folder / "ssh").write_text(SSH)
    machine.env["TETRA_ES_SSH"] = shlex.join(["sh", str(folder / "ssh")])
    for name, value in machine.environment().items():
        patch.setenv(name, value)
    return Fleet(machine, folder)


def test_servers_that_have_what_was_deployed(fleet: Fleet) -> None:
    fleet.name("web1", "web2")
    fleet.deploy("web2")
    fleet.record("web1", fleet.put(fleet.place("web1"), fleet.provenance()), 2)
    rows = fleet.machine.ok("health", "dev", "-o", "json").json
    assert {row["host"]: row["healthy"] for row in rows} == {"web1": True, "web2": True}
    done = fleet.machine.ok("drift", "dev")
    assert "the servers have what was deployed" in done.err
    assert fleet.doctor("web2")["result"] == "ok"


@pytest.mark.parametrize("command", [("health",), ("drift",), ("daemon", "status")], ids=" ".join)
def test_a_named_host_that_was_never_deployed(fleet: Fleet, command: tuple[str, ...]) -> None:
    fleet.name("web1", "web2")
    fleet.server("web2")
    failed = fleet.machine.fails(1, *command, "dev", "-o", "json")
    assert "deployed to web2" in failed.error()
    assert "tetra-es deploy dev --to web2" in failed.hint()
    assert {row["host"] for row in failed.json} <= {"web1"}
    if command != ("drift",):
        assert failed.json


def test_doctor_fails_for_a_host_that_was_never_deployed(fleet: Fleet) -> None:
    fleet.name("web1", "web2")
    fleet.server("web2")
    done = fleet.machine.run("doctor", "dev", "-o", "json")
    assert done.code == 1
    row = release_of("web2", done)
    assert row["result"] == "failed"
    assert row["what"] == "dev was never deployed to web2"
    assert row["remedy"] == "`tetra-es deploy dev --to web2` deploys it"
    assert release_of("web1", done)["result"] == "ok"


def test_a_named_host_that_does_not_answer(fleet: Fleet) -> None:
    fleet.name("web1", "web2")
    for command in ("health", "drift"):
        assert "web2" in fleet.machine.fails(1, command, "dev").error()


@LONG_TAIL
def test_a_host_that_is_named_no_more_is_still_looked_at(fleet: Fleet) -> None:
    fleet.name("web2")
    fleet.server("web2")
    failed = fleet.machine.fails(1, "health", "dev", "-o", "json")
    assert "web2" in failed.error()
    assert [row["host"] for row in failed.json] == ["web1"]
    assert fleet.doctor("web1")["result"] == "ok"


def test_a_server_that_lost_its_record(fleet: Fleet) -> None:
    place = fleet.place("web1")
    (place.folder / "state/acme/dev/current").unlink()
    for command in ("health", "drift"):
        error = fleet.machine.fails(1, command, "dev").error()
        assert error == "dev@1 was deployed to web1, which has no record of it"
    assert fleet.doctor("web1")["result"] == "failed"


@pytest.mark.parametrize(
    "provenance",
    some(["dev@1 #3 " + "0" * 64, "dev@1 #999 " + "1" * 64, "dev@1", "dev@1 #x y"], 1),
)
def test_a_release_of_another_history(fleet: Fleet, provenance: str) -> None:
    """Its files are as its own record says, which is not what we deployed."""
    place = fleet.place("web1")
    fleet.put(place, provenance)
    says = "the release on web1 is dev@1 of another history"
    failed = fleet.machine.fails(1, "health", "dev")
    assert failed.error() == says
    assert "--take-over" in failed.hint()
    failed = fleet.machine.fails(3, "drift", "dev", "-o", "json")
    another = {"subject": "release", "difference": "is dev@1 of another history"}
    assert failed.json == [{"host": "web1", **another, "adopt": []}]
    assert "--take-over" in failed.hint()
    row = fleet.doctor("web1")
    assert (row["result"], row["what"]) == ("failed", "is dev@1 of another history")


@LONG_TAIL
def test_a_release_of_another_history_where_nothing_was_deployed(surroundings: Fleet) -> None:
    surroundings.name("web1")
    surroundings.put(surroundings.server("web1"), "dev@1 #3 " + "0" * 64)
    assert "another history" in surroundings.machine.fails(1, "health", "dev").error()
    assert "another history" in surroundings.machine.fails(3, "drift", "dev").error()


@LONG_TAIL
def test_an_older_release_than_was_deployed_last(fleet: Fleet) -> None:
    fleet.name("web1")
    older = fleet.provenance()
    place = fleet.place("web1")
    fleet.machine.ok("set", "local", "ports.tetra=5555")
    fleet.machine.ok("promote", "dev")
    fleet.record("web1", place.release(TEXT), 2)
    fleet.put(place, older)
    says = "is dev@1, and dev@2 was deployed there last"
    assert says in fleet.machine.fails(1, "health", "dev").error()
    assert says in fleet.machine.fails(3, "drift", "dev").error()
    assert fleet.doctor("web1")["what"] == says


@LONG_TAIL
def test_a_record_that_was_replaced(fleet: Fleet) -> None:
    """Somebody put another file there, and made the server's record agree."""
    place = fleet.place("web1")
    release = fleet.put(place, fleet.provenance(), place.release(b"x = 666\n"))
    (path,) = [file.path for file in release.files if file.path.endswith("dev.toml")]
    failed = fleet.machine.fails(3, "drift", "dev", "-o", "json")
    (row,) = failed.json
    assert row == {**row, "host": "web1", "subject": path, "difference": "has other content"}
    assert "tetra-es deploy dev" in failed.hint()


@LONG_TAIL
def test_a_record_that_leaves_things_out(fleet: Fleet) -> None:
    place = fleet.place("web1")
    release = place.release(TEXT)
    less = replace(release, files=release.files[:-1], units=(), services=())
    fleet.put(place, fleet.provenance(), less)
    rows = fleet.machine.fails(3, "drift", "dev", "-o", "json").json
    assert {row["subject"] for row in rows} == {release.files[-1].path, "tetra.service"}
    assert {row["difference"] for row in rows} == {
        "was deployed, and the server has no record of it"
    }


def test_a_record_that_has_more(fleet: Fleet) -> None:
    place = fleet.place("web1")
    release = place.release(TEXT)
    extra = replace(release.files[1], path=f"{place.folder}/app/more")
    fleet.put(place, fleet.provenance(), replace(release, files=(*release.files, extra)))
    rows = fleet.machine.fails(3, "drift", "dev", "-o", "json").json
    assert [(row["subject"], row["difference"]) for row in rows] == [
        (extra.path, "was never deployed, and the server has a record of it")
    ]


@LONG_TAIL
def test_what_apply_put_there_is_ours_though_not_recorded(surroundings: Fleet) -> None:
    surroundings.name("web1")
    surroundings.put(surroundings.server("web1"), surroundings.provenance())
    done = surroundings.machine.ok("health", "dev", "-o", "json")
    assert [row["healthy"] for row in done.json] == [True]
    says = "web1 has dev@1, and no deployment of it to web1 is recorded"
    assert says in done.err
    assert says in surroundings.machine.ok("drift", "dev").err
    assert surroundings.doctor("web1")["result"] == "ok"


@LONG_TAIL
def test_what_was_removed_is_not_deployed(fleet: Fleet) -> None:
    place = fleet.place("web1")
    nothing = replace(place.release(TEXT), files=(), links=(), units=(), services=())
    fleet.put(place, "dev@0 ", nothing)
    fleet.record("web1", nothing, 0)
    assert fleet.machine.fails(1, "health", "dev").error() == "dev is not deployed to web1"


def test_a_changed_file_is_still_drift(fleet: Fleet) -> None:
    place = fleet.place("web1")
    (place.folder / "app/dev.toml").write_text("x = 2\n")
    (place.folder / "app/env/dev.env").chmod(0o644)
    rows = fleet.machine.fails(3, "drift", "dev", "-o", "json").json
    assert {Path(row["subject"]).name for row in rows} == {"dev.toml", "dev.env"}
