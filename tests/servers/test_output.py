"""What services write to files of theirs, which may be of any kind and any size."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.machine import until
from tests.server.processes import children
from tests.servers.fake_server import EACH_SHELL, SHELLS, FakeServer
from tetra_es.remote.codec import word

if TYPE_CHECKING:
    from collections.abc import Sequence

UNIT = "tetra.service"


class TsmServer(FakeServer):
    """A server on which services of tsm are deployed."""

    def deployed(self, *services: Sequence[str]) -> None:
        """Have what is deployed be these services, each a name and a port."""
        owner = (self.user, self.group())
        rows: list[Sequence[str]] = [
            ("folder", f"{self.folder}/app/{below}", "755", *owner)
            for below in ("tsm/runtime/processes", "logs")
        ]
        rows += [
            ("service", name, *(unit or [UNIT]), port, "/health") for name, port, *unit in services
        ]
        current = self.folder / "state/acme/dev/current"
        current.parent.mkdir(parents=True)
        current.write_text("".join(" ".join(map(word, row)) + "\n" for row in rows))
        for unit in {row[2] for row in rows if row[0] == "service"}:
            (self.folder / "units" / unit).write_text("[Service]\nPIDFile=/run/pid\n")

    def file(self, name: str) -> Path:
        """Return a file of tsm's, its folder made."""
        path = self.folder / "app/tsm/runtime/processes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def logs(self, lines: int = 3, units: Sequence[str] = (UNIT,)) -> list[str]:
        with self.open() as server:
            return list(server.logs(units, lines))


@pytest.fixture(params=EACH_SHELL)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> TsmServer:
    return TsmServer(tmp_path / "server", SHELLS[request.param])


def test_a_last_line_without_an_end(place: TsmServer) -> None:
    place.deployed(("tetra", "4444"))
    out, err = place.file("tetra-4444/current.out"), place.file("tetra-4444/current.err")
    out.write_text("one\ntwo\nthree\nlast words")
    err.write_text("Segmentation")
    assert place.logs() == [
        *(f"==> {out} <==", "two", "three", "last words"),
        *(f"==> {err} <==", "Segmentation"),
    ]


def a_large_one(place: TsmServer) -> Path:
    """Let a service have written 4 TiB without the end of a line, then one."""
    out = place.file("tetra-4444/current.out")
    with out.open("wb") as file:
        file.truncate(1 << 42)
        file.seek(0, os.SEEK_END)
        file.write(b"the end\n")
    return out


def test_a_file_that_is_nothing_but_a_line_without_end(place: TsmServer) -> None:
    """Its last lines are not looked for in all of it: that takes hours, and a deployment waits."""
    place.deployed(("tetra", "4444"))
    out = a_large_one(place)
    first, line = place.logs(1)
    assert first == f"==> {out} <=="
    assert line.endswith("the end")


def test_following_one_that_is_large_begins_with_its_end(place: TsmServer) -> None:
    place.deployed(("tetra", "4444"))
    out = a_large_one(place)
    with place.open() as server:
        lines = server.logs([UNIT], 1, follow=True)
        assert next(line for line in lines if line.endswith("the end"))
        with out.open("ab") as file:
            file.write(b"more\n")
        assert next(lines) == "more"


def test_each_service_has_files_of_its_own(place: TsmServer) -> None:
    worker = "tetra-worker.service"
    place.deployed(("tetra", "4444"), ("worker", "4500", worker))
    for name in ("tetra-4444", "worker-4500"):
        for lines, kind in ((50_000, "out"), (2, "err")):
            said = "".join(f"{name} {kind} {number}\n" for number in range(lines))
            place.file(f"{name}/current.{kind}").write_text(said)
    (place.folder / "app/logs").mkdir()
    (place.folder / "app/logs/worker.log").write_text("the worker's own\n")

    def of(name: str) -> list[str]:
        out, err = (place.file(f"{name}/current.{kind}") for kind in ("out", "err"))
        last = [f"{name} out 49998", f"{name} out 49999"]
        return [f"==> {out} <==", *last, f"==> {err} <==", f"{name} err 0", f"{name} err 1"]

    theirs = [f"==> {place.folder}/app/logs/worker.log <==", "the worker's own"]
    assert place.logs(2) == of("tetra-4444")
    assert place.logs(2, [worker]) == [*of("worker-4500"), *theirs]
    assert place.logs(2, [UNIT, worker]) == [*of("tetra-4444"), *of("worker-4500"), *theirs]


def test_what_is_no_file_is_not_read(place: TsmServer) -> None:
    place.deployed(("tetra", "4444"))
    os.mkfifo(place.file("tetra-4444/current.out"))
    place.file("tetra-4444/current.err").symlink_to("/dev/zero")
    assert place.logs() == []


def test_the_files_of_a_service_of_almost_that_name_are_not_its_own(place: TsmServer) -> None:
    """tsm calls the folder of one without a port NAME-NUMBER."""
    place.deployed(("web", "-"))
    for name in ("web-8000", "web-2-4444"):
        place.file(f"{name}/current.out").write_text(f"{name}\n")
    assert place.logs()[1:] == ["web-8000"]


def test_a_file_that_is_still_to_come_is_followed(place: TsmServer) -> None:
    """Where a service says why it fails, there is nothing until it does."""
    place.deployed(("tetra", "4444"))
    out, err = place.file("tetra-4444/current.out"), place.file("tetra-4444/current.err")
    out.write_text("up\n")
    with place.open() as server:
        lines = server.logs([UNIT], 3, follow=True)
        assert "up" in lines
        err.write_text("down\n")
        assert f"==> {err} <==" in lines
        assert next(lines) == "down"


def test_who_reads_as_another_user_has_nothing_of_the_session(place: TsmServer) -> None:
    """That user may look into it, and take what is open there."""
    place.deployed(("tetra", "4444"))
    place.file("tetra-4444/current.out").write_text("up\n")
    with place.open() as server:
        assert "up" in server.logs([UNIT], 3, follow=True)
        agent = Path(f"/proc/{server.pid}/fd")
        (tail,) = (pid for pid in children(server.pid) if name_of(pid) == "tail")
        requests, answers = ((agent / number).readlink() for number in "34")
        found = {path.name: path.readlink() for path in Path(f"/proc/{tail}/fd").iterdir()}
        assert requests not in found.values()
        assert [name for name, leads in found.items() if leads == answers] == ["1"]


def test_an_agent_that_is_told_to_end_leaves_nothing_running(place: TsmServer) -> None:
    place.deployed(("tetra", "4444"))
    place.file("tetra-4444/current.out").write_text("up\n")
    with place.open() as server:
        assert "up" in server.logs([UNIT], 3, follow=True)
        (tail,) = (pid for pid in children(server.pid) if name_of(pid) == "tail")
        os.kill(server.pid, 15)
        until(lambda: not Path(f"/proc/{tail}").exists())


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()
