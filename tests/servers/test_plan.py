"""Plans, problems and drift, decided from the facts of one server, which no test changes."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.servers.fake_server import FakeServer
from tetra_es.release.health import Check
from tetra_es.release.release import ReleaseCommand, ServiceSettings
from tetra_es.remote.drift import drift
from tetra_es.remote.facts import Entry, Listener, Space, Taken
from tetra_es.remote.plan import plan
from tetra_es.remote.programs import of_tsm

if TYPE_CHECKING:
    from collections.abc import Callable

    from tetra_es.release.release import Release
    from tetra_es.remote.facts import Facts


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> FakeServer:
    return FakeServer(tmp_path_factory.mktemp("plan") / "server", ["sh"])


@pytest.fixture(scope="module")
def release(place: FakeServer) -> Release:
    release = place.release()
    return replace(release, services=(replace(release.services[0], port=4444),))


@pytest.fixture(scope="module")
def facts(place: FakeServer, release: Release) -> Facts:
    """Of a server to which the release was deployed."""
    with place.open() as server:
        server.lock("alice", "laptop")
        server.stage("a1", release, "dev@1")
        server.arm("a1", 60)
        server.switch("a1")
        server.restart("a1")
        server.confirm("a1")
        found = server.inspect(release)
    space = Space("disk", 10 << 20)
    spaces = dict.fromkeys(found.spaces, space)
    return replace(found, systemd=252, state="running", listeners=(), taken=(), spaces=spaces)


def test_nothing_to_do(release: Release, facts: Facts) -> None:
    found = plan(release, facts, now=facts.time)
    assert found.changes_nothing
    assert found.problems == ()
    assert drift(facts) == ()


def test_units_that_were_deployed_to_not_start_at_boot_are_no_drift(
    release: Release, facts: Facts
) -> None:
    """As by a version for which a state without `system.auto_start` meant that."""
    assert facts.current is not None
    current = replace(facts.current, units=dict.fromkeys(facts.current.units, False))
    units = {name: replace(unit, enabled="disabled") for name, unit in facts.units.items()}
    there = replace(facts, current=current, units=units)
    assert drift(there) == ()
    assert plan(release, there, now=facts.time).enables == release.units


def test_a_plan_shows_texts_and_never_secrets(
    place: FakeServer, release: Release, facts: Facts
) -> None:
    secret, text, unit = release.files
    changed = replace(
        place.release(b"x = 2\n", more=True),
        files=(
            replace(secret, content=b"KEY='swordfish'\n", mode=0o400),
            replace(text, content=b"x = 2\n"),
        ),
        units=("other.service",),
    )
    facts = replace(
        facts,
        entries={**facts.entries, f"{place.folder}/app/a b/c": Entry("absent")},
        # The server sends what is not as the release wants it.
        texts={each.path: each.content for each in (text, unit)},
    )
    found = plan(changed, facts, now=facts.time)
    assert "swordfish" not in repr(found)
    rows = [(each.action, each.what, each.path) for each in found.changes]
    assert rows == [
        ("create", "folder", f"{place.folder}/app/a b/c"),
        ("replace", "file", secret.path),
        ("replace", "file", text.path),
        ("remove", "file", unit.path),
        ("remove", "link", f"{place.folder}/app/enabled"),
    ]
    assert found.changes[1].attributes.startswith("0600 ")
    assert found.changes[1].diff == ""
    assert found.changes[2].diff.splitlines()[-2:] == ["-x = 1", "+x = 2"]
    assert found.changes[3].diff.splitlines()[-1] == "-[Service]"
    assert found.stops == ("tetra.service",)
    assert found.enables == ("other.service",)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda f: replace(f, systemd=0), "systemd does not run"),
        (lambda f: replace(f, systemd=219), "systemd 219 is too old"),
        (lambda f: replace(f, state="starting"), "the server is starting"),
        (lambda f: replace(f, time=f.time + 301), "clock is 301 s ahead of the one here"),
        (lambda f: replace(f, time=f.time - 400), "clock is 400 s behind the one here"),
        (lambda f: replace(f, tools=frozenset()), "^programs are missing .* curl"),
        (lambda f: replace(f, users={}), "there is no user"),
        (lambda f: replace(f, groups={}), "there is no group"),
        (
            lambda f: replace(f, spaces=dict.fromkeys(f.spaces, Space("disk", 4096))),
            "4 KiB are free",
        ),
        (
            lambda f: replace(f, listeners=(Listener(4444, 12, "nginx", "nginx.service"),)),
            r"port 4444 of tetra is taken by process 12 \(nginx, nginx.service\)",
        ),
        (
            lambda f: replace(f, taken=(Taken("file", f.current.files[1].path, "other/dev"),)),
            "other/dev is deployed there, too, and has .*dev.toml",
        ),
        (
            lambda f: replace(f, units={n: replace(u, load="masked") for n, u in f.units.items()}),
            "is masked",
        ),
    ],
)
def test_problems(
    release: Release, facts: Facts, change: Callable[[Facts], Facts], what: str
) -> None:

    problems = plan(release, change(facts), now=facts.time).problems
    assert len(problems) == 1
    assert re.search(what, problems[0].what)
    assert problems[0].hint


def test_a_port_of_our_own_unit_is_free(release: Release, facts: Facts) -> None:
    ours = replace(facts, listeners=(Listener(4444, 12, "node", "tetra.service"),))
    assert plan(release, ours, now=facts.time).problems == ()


def test_a_user_to_create_is_no_problem(release: Release, facts: Facts) -> None:
    found = plan(release, replace(facts, users={}), now=facts.time, create_user=True)
    assert found.problems == ()
    assert found.creates_user == release.settings.user


def test_a_folder_of_somebody_else_is_given_to_a_user_who_may_not_exist_yet(
    release: Release, facts: Facts
) -> None:
    folder = release.folders[0]
    chown = f"chown {folder.owner}:{folder.group} {shlex.quote(folder.path)}"
    entries = {**facts.entries, folder.path: Entry("folder", 0o755, "nobody", "nobody")}
    theirs = replace(facts, entries=entries)
    for there, wanted in (
        (theirs, f"`{chown}` there"),
        (replace(theirs, users={}, groups={}), f" {folder.owner} && {chown}` there"),
    ):
        found = plan(release, there, now=facts.time, create_user=True)
        (problem,) = [one for one in found.problems if "belongs to" in one.what]
        assert (problem.hint or "").endswith(wanted)
        assert ("`groupadd --system" in (problem.hint or "")) == (there is not theirs)


@pytest.mark.parametrize(
    ("entry", "difference"),
    [
        (Entry("absent"), "is missing"),
        (Entry("folder"), "is not a file but a folder"),
        (Entry("file", 0o600, "nobody", "nobody", 1, "00"), "has other content"),
    ],
)
def test_drift(facts: Facts, entry: Entry, difference: str) -> None:
    assert facts.current
    path = facts.current.files[1].path
    found = drift(replace(facts, entries={**facts.entries, path: entry}))
    assert (path, difference) in [(each.subject, each.difference) for each in found]
    assert drift(replace(facts, current=None)) == ()


def test_what_a_check_needs(release: Release, facts: Facts) -> None:
    check = Check(scheme="https", ca="/etc/ca.pem")
    service = ServiceSettings(
        *("tetra", "x", release.settings.tetra_src, "env/dev.env", False, 4444), check=check
    )
    settings = replace(release.settings, services=(service,))
    facts = replace(facts, entries={**facts.entries, "/etc/ca.pem": Entry("absent")})
    found = plan(replace(release, settings=settings), facts, now=facts.time)
    assert [each.what for each in found.problems] == [
        "there is no file /etc/ca.pem, the CA for the services' health"
    ]
    facts = replace(facts, tools=facts.tools - {"curl"})
    facts.entries["/etc/ca.pem"] = Entry("file")  # type: ignore[index]  # a dict, made above
    found = plan(replace(release, settings=settings), facts, now=facts.time)
    assert [each.what for each in found.problems] == [
        "programs are missing on the server: curl (for the services' health as [health] says)"
    ]


def test_every_program_that_is_missing_is_named_in_one_line(release: Release, facts: Facts) -> None:
    """Those alone that this release needs."""
    command = ServiceSettings(
        *("tetra", "x", release.settings.tetra_src, "env/dev.env", False, None),
        check=Check("command", command="ask", user="tetra"),
    )
    settings = replace(
        release.settings, services=(command,), runner="tsm", user="tetra", group="tetra"
    )
    migrates = ReleaseCommand(("migrate",), 300)
    service = replace(release.services[0], port=None, command=migrates)
    wanted = replace(release, settings=settings, services=(service,))
    found = plan(wanted, replace(facts, tools=frozenset()), now=facts.time, create_user=True)
    (problem,) = [each for each in found.problems if "programs" in each.what]
    assert problem.what == (
        "programs are missing on the server: bash (for tsm), setsid (for tsm), systemd-run "
        "(for a release command), setpriv (for a health command as tetra), useradd (to create "
        "tetra)"
    )
    assert problem.hint == "install bash, setsid, systemd-run, setpriv and useradd on the server"

    assert of_tsm(wanted, {"lsof"}) == ["jq"]

    plain = replace(release, services=(replace(service, command=None),))
    assert plan(plain, replace(facts, tools=frozenset()), now=facts.time).problems == ()
    assert of_tsm(plain, ()) == []


def test_what_a_service_is_started_in_and_of(release: Release, facts: Facts) -> None:
    service = ServiceSettings("tetra", "bin/run a", "/srv/a", "env/dev.env", False, None, Check())
    settings = replace(release.settings, services=(service,), user="tetra", group="tetra")
    wanted = replace(release, settings=settings)

    def problems_of(folder: Entry, program: Entry) -> list[str]:
        entries = {**facts.entries, "/srv/a": folder, "/srv/a/bin/run": program}
        known = replace(facts, entries=entries, users={"tetra": True}, groups={"tetra": True})
        return [each.what for each in plan(wanted, known, now=facts.time).problems]

    folder, program = Entry("folder", 0o755, "root", "root"), Entry("file", 0o755, "root", "root")
    assert problems_of(folder, program) == []
    assert problems_of(Entry("absent"), Entry("absent")) == [
        "the folder of tetra, /srv/a, is not there",
        "the program of tetra, /srv/a/bin/run, is not there",
    ]
    assert problems_of(replace(folder, mode=0o750), replace(program, mode=0o644)) == [
        "tetra may not enter the folder of tetra, /srv/a, which is 0750 root:root",
        "tetra may not run the program of tetra, /srv/a/bin/run, which is 0644 root:root",
    ]
    assert problems_of(replace(folder, mode=0o750, group="tetra"), program) == []
    assert problems_of(folder, Entry("folder")) == [
        "the program of tetra, /srv/a/bin/run, is not a file"
    ]
