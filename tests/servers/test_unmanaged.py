"""What somebody else has put on a server: refused, or copied, and put back to the byte."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.examples import LONG_TAIL, some
from tests.servers.fake_server import EACH_SHELL, SHELLS, FakeServer
from tetra_es.release.env_file import env_file
from tetra_es.release.health import Check
from tetra_es.release.release import ServiceSettings
from tetra_es.remote import codec
from tetra_es.remote.errors import StepFailed
from tetra_es.remote.plan import plan
from tetra_es.remote.program import agent
from tetra_es.remote.requests import inspection
from tetra_es.remote.unmanaged import Unmanaged

if TYPE_CHECKING:
    from tetra_es.release.release import Release
    from tetra_es.remote.server import Server

AWKS = [
    [path, *more]
    for name, more in {"mawk": [], "gawk": [], "busybox": ["awk"], "original-awk": []}.items()
    if (path := shutil.which(name))
]


@pytest.fixture(params=EACH_SHELL)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> FakeServer:
    return FakeServer(tmp_path / "server", SHELLS[request.param])


@pytest.fixture
def foreign(place: FakeServer) -> dict[str, bytes]:
    """What somebody has put in the place of each file and link of the release."""
    made = {"env/dev.env": b"KEY=old\nLOST=swordfish\n", "dev.toml": b"theirs", "enabled": b"x"}
    (place.folder / "app/env").mkdir()
    for name, content in made.items():
        path = place.folder / "app" / name
        path.write_bytes(content)
        path.chmod(0o640)
    (place.folder / "app/enabled").unlink()
    (place.folder / "app/enabled").symlink_to("elsewhere")
    (place.folder / "units/tetra.service").write_text("[Service]\nEnvironment=A=swordfish\n")
    return made


def stage(server: Server, deployment: str, release: Release) -> None:
    server.lock("alice", "laptop")
    server.stage(deployment, release, "dev@1")


@pytest.mark.usefixtures("foreign")
def test_what_is_not_ours_is_refused(place: FakeServer) -> None:
    before = place.picture()
    with place.open() as server:
        stage(server, "a1", place.release())
        with pytest.raises(StepFailed, match=r"dev\.env was not deployed by tetra-es"):
            server.arm("a1", 60)
        assert server.result("a1").state == "discarded"
    assert place.picture() == before


@LONG_TAIL
def test_copies_stay_in_a_folder_of_roots_own(place: FakeServer, foreign: dict[str, bytes]) -> None:
    app, release = place.folder / "app", place.release()
    kept = place.folder / "state/acme/dev/kept"
    paths = [
        *(app / name for name in ("env/dev.env", "dev.toml")),
        place.folder / "units/tetra.service",
        app / "enabled",
    ]
    with place.open() as server:
        stage(server, "a1", release)
        copies = server.arm("a1", 60, replace_unmanaged=True).copies
        assert copies == {str(path): f"{kept}/a1{path}" for path in paths}
        server.switch("a1")
        server.restart("a1")
        server.confirm("a1")
        assert plan(release, server.inspect(release), now=0).unmanaged == ()
    for path, copy in copies.items():
        assert Path(copy).is_relative_to(kept / "a1"), path
    for folder in (kept, *(each for each in kept.rglob("*") if each.is_dir())):
        assert folder.is_symlink() or folder.stat().st_mode & 0o777 == 0o700
    secret, toml = (Path(copies[str(path)]) for path in paths[:2])
    assert (secret.read_bytes(), secret.stat().st_mode & 0o777) == (foreign["env/dev.env"], 0o640)
    assert (toml.read_bytes(), toml.stat().st_mode & 0o777) == (foreign["dev.toml"], 0o640)
    assert Path(copies[str(app / "enabled")]).readlink() == Path("elsewhere")
    assert (app / "dev.toml").read_bytes() == release.files[1].content
    assert sorted(place.picture()) == [
        *("app/dev.toml", "app/enabled", "app/env", "app/env/dev.env"),
        *("units/multi-user.target.wants", "units/tetra.service"),
    ]


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("last", some(["restart", "arm", "switch"], 1))
def test_a_revert_puts_back_what_was_theirs(place: FakeServer, last: str) -> None:
    before = place.picture()
    with place.open() as server:
        stage(server, "a1", place.release())
        server.arm("a1", 60, replace_unmanaged=True)
        if last != "arm":
            server.switch("a1")
            assert place.picture() != before
        if last == "restart":
            server.restart("a1")
        server.revert("a1")
    assert place.picture() == before
    assert not (place.folder / "state/acme/dev/kept").exists()


def test_what_we_deployed_is_ours_whoever_changed_it(place: FakeServer) -> None:
    app = place.folder / "app"
    by_hand = [str(app / "dev.toml"), str(app / "enabled")]
    with place.open() as server:
        for deployment, copied in (("a1", []), ("a2", by_hand)):
            stage(server, deployment, place.release())
            armed = server.arm(deployment, 60, replace_drift=True)
            assert list(armed.copies) == copied
            server.switch(deployment)
            server.confirm(deployment)
            (app / "dev.toml").write_text("by hand")
            (app / "enabled").unlink()
            (app / "enabled").symlink_to("by-hand")
            facts = server.inspect(place.release())
            assert plan(place.release(), facts, now=0).unmanaged == ()
        stage(server, "a3", place.release())
        with pytest.raises(StepFailed, match=r"dev\.toml was changed on the server"):
            server.arm("a3", 60, replace_unmanaged=True)


def test_what_is_there_as_it_would_be_deployed_is_not_replaced(place: FakeServer) -> None:
    release = place.release()
    (place.folder / "app/env").mkdir()
    for file in release.files:
        Path(file.path).write_bytes(file.content)
        Path(file.path).chmod(file.mode)
    with place.open() as server:
        facts = server.inspect(release)
        assert plan(release, facts, now=0).unmanaged == ()
        stage(server, "a1", release)
        assert server.arm("a1", 60).copies == {}


@pytest.mark.usefixtures("foreign")
def test_a_plan_names_files_and_variables_and_shows_neither(place: FakeServer) -> None:
    app, release = place.folder / "app", place.release()
    with place.open() as server:
        found = plan(release, server.inspect(release), now=0)
        answer = server._session.request("inspect", body=inspection(release))
    assert found.unmanaged == (
        Unmanaged(f"{app}/env/dev.env", ("LOST",)),
        Unmanaged(f"{app}/dev.toml"),
        Unmanaged(f"{place.folder}/units/tetra.service"),
        Unmanaged(f"{app}/enabled"),
    )
    assert [change.diff for change in found.changes if change.action == "replace"] == [""] * 4
    # Not on the wire either.
    words = [codec.answer_bytes(word) for row in answer.rows for word in row]
    assert b"LOST" in words
    assert b"swordfish" not in b"\n".join(words)


@LONG_TAIL
@pytest.mark.usefixtures("foreign")
def test_a_variable_that_all_services_set_plainly_is_not_lost(place: FakeServer) -> None:
    release = place.release()
    path = place.folder / "app/env/dev.env"
    path.write_text("KEY=old\nPLAIN=1\nONCE=2\n")

    def lost(*services: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
        made = tuple(
            ServiceSettings(
                *(f"s{number}", "node x.js", str(place.folder / "app"), "env/dev.env"),
                auto_restart=True,
                port=None,
                check=Check(),
                variables=variables,
            )
            for number, variables in enumerate(services)
        )
        wanted = replace(release, settings=replace(release.settings, services=made))
        with place.open() as server:
            found = plan(wanted, server.inspect(wanted), now=0).unmanaged
        return next(one.lost for one in found if one.path == str(path))

    plain, once = ("PLAIN", "1"), ("ONCE", "2")
    assert lost((plain, once)) == ()
    assert lost((plain, once), (plain,)) == ("ONCE",)
    assert lost(()) == ("ONCE", "PLAIN")


@pytest.mark.parametrize("awk", AWKS, ids=lambda argv: Path(argv[0]).name)
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ""),
        ("A=1\nexport B=2\n  C = 3\nD_1=", "A B C D_1"),
        ("# A=1\n; B=2\n\nC=3", "C"),
        ("A=1\r\nB=\r\n", "A B"),
        ("\ufeffA=1", "A"),
        ("A=1\nA=2", "A"),
        ("A=\"1\nB=2\n\"\nC='3\nD=4'\nE=5", "A C E"),
        ('A="1\\"\nB=2"\nC=3', "A C"),
        ("A=1\\\nB=2\\\nC=3\nD=4", "A D"),
        ("A=1\\\\\nB=2", "A B"),
        ("A=it's\nB=2\nC=it's", "A B C"),
        ('A="" # "\nB=2', "A B"),
        # Not in an env file's grammar, and the last line of a key looks like a variable.
        ("A=-----BEGIN KEY-----\nc2VjcmV0c2Vj\nkQ==\n-----END KEY-----\nB=2\nC=", "A B"),
        ("A=-----BEGIN KEY-----\nc2VjcmV0c2V=\n-----END KEY-----", "A"),
        ('A="never closed\nkQ=\nB=2', "A B"),
        ("A=1\n" + "x" * 65 + "=2", "A"),
        ("1A=1\nA-B=2\n$C=3\nA=4", "A"),
    ],
)
def test_names_and_nothing_of_a_value(awk: list[str], text: str, names: str) -> None:
    assert names_of(awk, text.encode()) == names.split()


@pytest.mark.parametrize("awk", AWKS, ids=lambda argv: Path(argv[0]).name)
def test_names_of_what_we_write_ourselves(awk: list[str]) -> None:
    values = [b"", b"x", b"a\nB=c\n", b"'", b'"', b"\\", b'\\"\nQ=1', b"kQ==\nx", b"# x\n=\n"]
    secrets = {f"KEY_{number}": value for number, value in enumerate(values)}
    assert names_of(awk, env_file(secrets)) == list(secrets)


def names_of(awk: list[str], text: bytes) -> list[str]:
    program = agent().partition("names_of='")[2].partition("\n'\n")[0]
    done = subprocess.run(
        [*awk, program], input=text, capture_output=True, check=True, env={"LC_ALL": "C"}
    )
    assert done.stderr == b""
    return done.stdout.decode().split()
