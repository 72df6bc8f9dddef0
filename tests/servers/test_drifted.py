"""Files of ours that somebody changed on a server: refused with a diff, or copied and replaced."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.servers.fake_server import FakeServer
from tests.servers.test_rollout import fleet
from tetra_es.remote.drift import drift
from tetra_es.remote.drifted import Known, drifted, masked, masked_lines
from tetra_es.remote.errors import StepFailed
from tetra_es.remote.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.servers.test_rollout import Fleet
    from tetra_es.remote.server import Server

__all__ = ["fleet"]

SECRET = "swordfish-by-hand"  # noqa: S105 - a bait


@pytest.fixture
def place(tmp_path: Path) -> FakeServer:
    place = FakeServer(tmp_path / "server", ["sh"])
    with place.open() as server:
        go(server, place, "a1", b"x = 1\n")
        server.confirm("a1")
    return place


def go(
    server: Server, place: FakeServer, deployment: str, text: bytes, *, drift: bool = False
) -> Mapping[str, str]:
    """Deploy up to the restart."""
    server.lock("alice", "laptop")
    server.stage(deployment, place.release(text), "dev@1")
    copies = server.arm(deployment, 60, replace_drift=drift).copies
    server.switch(deployment)
    server.restart(deployment)
    return copies


def link_elsewhere(app: Path) -> None:
    (app / "enabled").unlink()
    (app / "enabled").symlink_to("by-hand")


def a_file_for_the_link(app: Path) -> None:
    (app / "enabled").unlink()
    (app / "enabled").write_text("by hand")


def a_link_for_the_file(app: Path) -> None:
    (app / "dev.toml").rename(app / "moved.toml")
    (app / "dev.toml").symlink_to("moved.toml")


HANDS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "content": ("dev.toml", lambda app: (app / "dev.toml").write_text("x = 3\n")),
    "mode": ("dev.toml", lambda app: (app / "dev.toml").chmod(0o600)),
    "secret": ("env/dev.env", lambda app: (app / "env/dev.env").write_text(f"KEY={SECRET}\n")),
    "link": ("enabled", link_elsewhere),
    "file for a link": ("enabled", a_file_for_the_link),
    "link for a file": ("dev.toml", a_link_for_the_file),
}


@pytest.mark.parametrize("by_hand", some(HANDS, 1))
def test_the_server_itself_refuses_it(place: FakeServer, by_hand: str) -> None:
    name, change = HANDS[by_hand]
    change(place.folder / "app")
    before = place.picture()
    with place.open() as server:
        found = plan(place.release(b"x = 2\n"), server.inspect(place.release(b"x = 2\n")), now=0)
        assert [one.path for one in found.drifted] == [f"{place.folder}/app/{name}"]
        with pytest.raises(StepFailed, match=f"{name} was changed on the server"):
            go(server, place, "a2", b"x = 2\n")
        assert server.result("a2").state == "discarded"
    assert place.picture() == before
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("by_hand", "end"), some([(hand, end) for hand in HANDS for end in ("confirm", "revert")], 2)
)
def test_a_copy_stays_or_all_comes_back(place: FakeServer, by_hand: str, end: str) -> None:
    name, change = HANDS[by_hand]
    change(place.folder / "app")
    path = place.folder / "app" / name
    mode, before = path.lstat().st_mode, place.picture()
    content = path.readlink() if path.is_symlink() else path.read_bytes()
    with place.open() as server:
        (copy,) = go(server, place, "a2", b"x = 2\n", drift=True).values()
        if end == "revert":
            server.revert("a2")
            assert place.picture() == before
            assert not Path(copy).exists()
            return
        server.confirm("a2")
    kept = Path(copy)
    assert kept == place.folder / f"state/acme/dev/kept/a2{path}"
    assert kept.lstat().st_mode == mode
    assert (kept.readlink() if kept.is_symlink() else kept.read_bytes()) == content
    assert (place.folder / "app/dev.toml").read_text() == "x = 2\n"


@LONG_TAIL
def test_what_is_neither_file_nor_folder(place: FakeServer) -> None:
    (place.folder / "app/dev.toml").unlink()
    os.mkfifo(place.folder / "app/dev.toml")
    with place.open() as server:
        found = drift(server.inspect())
    assert [(one.difference, one.by_hand) for one in found if one.subject.endswith("dev.toml")] == [
        ("is not a file", True)
    ]


def test_what_is_as_it_is_to_be_is_no_drift(place: FakeServer) -> None:
    """Somebody made by hand what is deployed now: the fix was adopted."""
    (place.folder / "app/dev.toml").write_text("x = 2\n")
    (place.folder / "units/tetra.service").unlink()
    with place.open() as server:
        assert tuple(drifted(place.release(b"x = 2\n"), server.inspect(place.release()))) == ()
        assert go(server, place, "a2", b"x = 2\n") == {}


@LONG_TAIL
def test_a_file_that_goes_and_was_changed(place: FakeServer) -> None:
    (place.folder / "app/dev.toml").write_text("x = 3\n")
    release = place.release()
    release = replace(release, files=(release.files[0], release.files[2]))
    with place.open() as server:
        (found,) = plan(release, server.inspect(release), now=0).drifted
        assert found.path == f"{place.folder}/app/dev.toml"


def test_the_difference_is_from_what_was_deployed(place: FakeServer) -> None:
    (place.folder / "app/dev.toml").write_text(f"x = 1\npassword = '{SECRET}'\n")
    (place.folder / "app/env/dev.env").write_text(f"KEY={SECRET}\nMORE={SECRET}\n")
    release = place.release(b"x = 2\n")
    known = Known({f"{place.folder}/app/dev.toml": b"x = 1\n"}, ["KEY", "GONE"])
    with place.open() as server:
        found = plan(release, server.inspect(release), now=0, known=known)
    env, toml = (one.diff.splitlines()[3:] for one in found.drifted)
    assert env == ["-GONE=…", " KEY=…", "+MORE=…"]
    assert toml == [" x = 1", "+password = …"]
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("MemoryMax=2048M", "MemoryMax=2048M"),
        ("ReadWritePaths=/var/lib/tetra /srv/uploads-of-our-customers", None),
        ("Environment=DEBUG=1", "Environment=DEBUG=…"),
        (f'Environment="A={SECRET}"', 'Environment="A=…"'),
        (f"Environment=A=1 B={SECRET}", "Environment=A=…"),
        (f"Environment={SECRET}", "Environment=…"),
        (f"Environment = A={SECRET}", "Environment = A=…"),
        (f"password = '{SECRET}'", "password = …"),
        (f"url = 'postgres://u:{SECRET}@db/x'", "url = 'postgres://…@db/x'"),
        ("key AKIAIOSFODNN7EXAMPL2 x", "key … x"),
    ],
)
def test_what_is_shown_of_a_line(line: str, shown: str | None) -> None:
    assert masked(line) == (line if shown is None else shown)


def test_what_is_shown_of_lines_that_are_joined() -> None:
    lines = ["Environment=A=1 \\", "B=2 \\", f"C={SECRET}", "MemoryMax=1G"]
    assert masked_lines(lines, ["B=2 \\"]) == ["Environment=A=…", "B=2 \\", "…", "MemoryMax=1G"]


def test_a_deployment_shows_what_changed_and_goes_on(fleet: Fleet) -> None:
    """The release that was deployed is rendered again from the events."""
    machine = fleet.machine
    assert fleet.deploy().code == 0
    machine.ok("set", "local", "ports.tetra=5001")
    machine.ok("promote", "dev")
    web1 = machine.home.parent / "servers/web1"
    (web1 / "changed").touch()
    refused, planned = fleet.deploy(), fleet.deploy("--dry-run")
    for done in (refused, planned):
        assert done.code == 3
        assert done.error().startswith("web1 has files that were changed there: /etc/systemd/")
        assert "tetra-dev.service (has other content), /root/tetra/org/acme/env" in done.error()
        assert "`tetra-es deploy dev --to web1 --replace-drift` keeps a copy" in done.hint()
    assert "tetra-es: web1: +++ there/etc/systemd/system/tetra-dev.service" in refused.err
    assert "tetra-es: web1: +# changed" in refused.err
    assert "tetra-es: web1: -tetra = 4444" in refused.err
    assert "5001" not in refused.err
    assert "  ! changed on the server: /etc/systemd/system/tetra-dev.service (has" in planned.out
    row = fleet.deploy("--dry-run", "-o", "json").json[0]["drifted"][0]
    assert list(row) == ["path", "what", "diff"]
    assert fleet.deploy("--replace-drift").code == 0
    assert fleet.events()[-1] == "healthy"


def test_uninstalling_keeps_copies_without_being_asked(fleet: Fleet) -> None:
    assert fleet.deploy().code == 0
    (fleet.machine.home.parent / "servers/web1/changed").touch()
    fleet.machine.ok("daemon", "uninstall", "dev", "--to", "web1")
