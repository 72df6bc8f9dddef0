"""Made the organization of tests/data/first-edition, once, with the code of the first edition.

    python -m tests.first_edition.make FOLDER

It ran when the first edition was the present one, in November 2026. What it made is kept as it
is: later versions must read it, so it is never made again, and this script need not run on later
code. It is here to say what is in the archive, and why.

It drives `tetra-es` by its command line alone. Clocks are set by standing in for `datetime` where
a command asks for the time; servers are those of tests/servers/stand_in.py. Keys are made for
this archive and used nowhere else.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = os.pathsep.join(str(ROOT / folder) for folder in (".", "projections", "cli"))
STAND_IN = ROOT / "tests" / "servers" / "ssh.py"

WITH_CLOCK = """\
import datetime, itertools, os
import tetra_es.usecases.session as session

seconds = itertools.count()

class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        begin = datetime.datetime.fromisoformat(os.environ["MAKE_NOW"])
        return begin + datetime.timedelta(seconds=next(seconds))

session.datetime = Clock
from tetra_es_cli.main import main
main()
"""

OLD_LOCAL = """\
# my-company, by hand since 2022
[environment]
name = "local"
type = "local"

[deployment]
user = "mricos"
group = "mricos"
tetra_src = "~/src/devops/tetra"
tetra_dir = "~/tetra"
domain = "localhost"

[system]
os = "linux"
init_system = "none"
auto_start = false

[ports]
tetra = 4444

[services.tetra]
command = "node server/server.js"
env_file = "env/local.env"
auto_restart = false

[resources]
memory_max = 0 # MB
nofile = 1024
"""

OLD_FILES = {
    # path: (text, time at which it was last changed)
    "environments/local.toml": (OLD_LOCAL, "2023-06-01T08:00:00+00:00"),
    "environments/dev.toml": (
        OLD_LOCAL.replace('"local"', '"dev"').replace("4444", "4445"),
        "2023-06-01T08:05:00+00:00",
    ),
    "history/local_20230105_101500.toml": (
        OLD_LOCAL.replace("4444", "3000"),
        "2023-01-05T10:15:00+00:00",
    ),
    "history/dev_20230106_120000.toml": (
        "[ports]\ntetra = 3000\n",
        "2023-01-06T12:00:00+00:00",
    ),
    "history/dev_pre_rollback_20230110_093000.toml": (
        "[ports]\ntetra = 3001\n",
        "2023-01-10T09:30:00+00:00",
    ),
    "history/dev_20230110_093001.toml": (
        "[ports]\ntetra = 3000 # again\n",
        "2023-01-10T09:30:01+00:00",
    ),
    "secrets/local.env": ("API_KEY=left-behind\n", "2023-01-05T10:15:00+00:00"),
}


@dataclass
class Maker:
    """The machine on which it is made, and its clock."""

    home: Path
    now: datetime = datetime(2025, 3, 3, 9, tzinfo=UTC)
    people: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.home / "tetra" / "org" / "acme"

    def run(self, line: str, *, by: str = "alice", stdin: str = "", code: int = 0) -> str:
        """Run a command line at the clock's time, by somebody, and let seven minutes pass."""
        stand_in = (sys.executable, "-I", "-S", str(STAND_IN), str(self.home / "servers"))
        env = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": PACKAGES,
            "TETRA_ORG": "acme",
            "TETRA_ACTOR": by,
            "USER": by,
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "TETRA_ES_SSH": shlex.join(stand_in),
            "MAKE_NOW": self.now.isoformat(),
        }
        if by != "alice":
            env["XDG_CONFIG_HOME"] = str(self.home / f"config-of-{by}")
        done = subprocess.run(
            [sys.executable, "-c", WITH_CLOCK, *shlex.split(line)],
            env=env,
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.home,
            check=False,
        )
        print(f"$ {line}\n{done.stdout}{done.stderr}", end="")  # noqa: T201 - to watch
        if done.returncode != code:
            raise SystemExit(f"exit code {done.returncode}")
        self.now += timedelta(minutes=7)
        return done.stdout.strip()

    def day(self, year: int, month: int, day: int) -> None:
        self.now = datetime(year, month, day, 9, tzinfo=UTC)


def import_the_old_one(make: Maker) -> None:
    """An organization of the shell scripts from before, with its own times."""
    old = make.home / "old"
    for name, (text, time) in OLD_FILES.items():
        path = old / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        seconds = datetime.fromisoformat(time).timestamp()
        os.utime(path, (seconds, seconds))
    make.run("import old --as acme --domain acme.example --utc -m 'taken over from the scripts'")
    shutil.rmtree(old)


def edit_and_promote(make: Maker) -> None:
    """The main job, by two signers; one key that looks secret; a rollback; files by hand."""
    make.run("set local ports.tetra=5555 -m 'the old port is taken'")
    make.run("promote dev")
    make.run("promote staging")
    public = make.run("signer new", by="bob")
    make.run(f"signer add bob '{public}' -m 'bob joins'")
    make.run("set local resources.nofile=2048 logging.level=debug", by="bob")
    make.run("promote dev", by="bob")
    make.run("rollback dev -m 'it was slower'")
    make.run(
        "set local 'oauth.client_secret=not-secret-8f3a1c' --allow oauth.client_secret -m demo"
    )
    make.run("unset local oauth -m 'it is gone again'")
    local = make.folder / "environments/local.toml"
    local.write_text(local.read_text() + '\n# by hand\n[features]\nbanner = "héllo"\n')
    make.run("record -m 'written by hand'")


def change_profiles(make: Maker) -> None:
    """Overlays, an environment of our own, and hosts that nobody should have accepted."""
    make.day(2025, 3, 10)
    make.run("set profile staging logging.level=warn")
    make.run("set profile dev 'deployment.hosts=[\"a;b\"]' -m 'a slip that was recorded'")
    make.run("promote dev -m 'and promoted'")
    make.run('set profile dev \'deployment.hosts=["web1", "web2"]\'')
    make.run("set profile dev deployment.runner=direct")
    make.run("promote dev")
    make.run("env add qa --profile dev --after dev", by="bob")
    make.run("set profile qa 'deployment.hosts=[\"sick\"]' deployment.runner=direct", by="bob")
    make.run("promote qa", by="bob")
    make.run("set manifest domain=acme.test")


def keep_secrets(make: Maker) -> None:
    """Every kind of event about secrets, for an age and an ssh recipient."""
    make.day(2025, 3, 17)
    recipient = make.run("identity new")
    key = make.home / "ci" / "id_ed25519"
    key.parent.mkdir()
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ci", "-f", key], check=True
    )
    for environment in ("dev", "staging"):
        make.run(f"recipient add {environment} alice {recipient}")
        make.run(f"recipient add {environment} ci {key}.pub")
    make.run("secret set dev DB_PASSWORD -m first", stdin="first password")
    make.run("secret set dev API_KEY", stdin="first api key")
    make.run("secret set dev TOKEN", stdin="a token")
    make.run("promote dev --from local -m 'with secrets'", code=0)
    make.run("set local resources.nofile=4096")
    make.run("promote dev")
    make.run("secret set dev DB_PASSWORD -m rotated", stdin="second password")
    make.run("secret set dev API_KEY --expect 1", stdin="second\napi\nkey\n")
    make.run("secret copy dev TOKEN --to staging")
    make.run("secret rm dev TOKEN -m 'not used'")
    make.run("secret compromised dev DB_PASSWORD --version 1 -m 'it was in a chat'")
    make.run("rollback dev -m 'back, with the secrets of then'")
    make.run("secret set dev API_KEY -m 'the newest again'", stdin="third api key")
    make.run("secret purge dev API_KEY --version 1 -m 'must not be anywhere'")
    make.run("recipient rm dev ci -m 'ci reads no more'")


def deploy(make: Maker) -> None:
    """Deployments that were kept, that failed, and that were put back."""
    make.day(2025, 3, 24)
    make.run("promote dev")
    make.run("deploy dev -m release")
    make.run("deploy qa -m 'does it work?'", code=5)
    make.run("set profile staging deployment.runner=direct")
    make.run("promote staging")
    make.run("deploy staging --to bare", code=5)
    make.run("deploy staging --to web3")
    make.run("deploy staging --to down", code=1)
    make.run("daemon uninstall staging --to web3")
    make.run("secret set dev DB_PASSWORD", stdin="third password")
    make.run("deploy dev --to web1")


def go_wrong(make: Maker) -> None:
    """A clock 12 years ahead, and a revision that was rolled back and promoted on all the same."""
    make.day(2037, 3, 31)
    make.run("set local resources.nproc=1024 -m 'the clock of this machine is wrong'", by="bob")
    make.run("promote qa -m 'and here'", by="bob")
    make.day(2025, 3, 31)
    make.run("set manifest promotion.gradual=required")
    make.run("set local logging.level=info")
    make.run("promote dev")
    make.run("rollback dev -m 'it logs too little'")
    make.run("promote qa -m 'dev had it once'")
    make.run("promote staging")
    make.run("promote prod")


def end(make: Maker) -> None:
    """Bob leaves; alice goes on."""
    make.day(2025, 4, 7)
    make.run("signer rm bob -m 'bob leaves'")
    make.run("set local logging.retention_days=14", by="bob", code=3)
    make.run("set local logging.retention_days=14")
    make.run("promote dev -m 'what dev has today'")
    make.run("mirror add backup https://git.example/acme.git")
    make.run("verify")


def golden(make: Maker) -> dict[str, object]:
    """Return the digests that every later version must come to."""
    with closing(sqlite3.connect(make.folder / "store/events.db")) as store:
        rows = store.execute(
            "SELECT e.rowid, e.topic, hex(p.hash) FROM stored_events e "
            "JOIN event_proofs p ON p.position = e.rowid ORDER BY e.rowid"
        ).fetchall()
    log = ["git", "-C", str(make.folder / "history"), "log", "--reverse", "--format=%H", "main"]
    commits = subprocess.run(log, capture_output=True, text=True, check=True).stdout.split()
    files = {
        str(path.relative_to(make.folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(make.folder.rglob("*"))
        if path.is_file() and path.relative_to(make.folder).parts[0] not in ("store", "history")
    }
    return {
        "events": [[number, topic, digest.lower()] for number, topic, digest in rows],
        "commits": commits,
        "files": files,
    }


def archive(home: Path) -> bytes:
    """Return the folder as a compressed archive that depends on nothing but its content."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(home.rglob("*")):
            info = tar.gettarinfo(path, arcname=str(path.relative_to(home)))
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mtime = int(datetime(2025, 4, 8, tzinfo=UTC).timestamp())
            if path.is_file():
                with path.open("rb") as file:
                    tar.addfile(info, file)
            else:
                tar.addfile(info)
    return packed.getvalue()


def main(folder: str) -> None:
    home, data = Path(folder).absolute(), ROOT / "tests" / "data" / "first-edition"
    home.mkdir()
    make = Maker(home)
    for part in (
        import_the_old_one,
        edit_and_promote,
        change_profiles,
        keep_secrets,
        deploy,
        go_wrong,
        end,
    ):
        part(make)
    for database in ("events", "views"):
        with closing(sqlite3.connect(make.folder / f"store/{database}.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (data / "golden.json").write_text(json.dumps(golden(make), indent=1) + "\n")
    (data / "home.tar.gz").write_bytes(archive(home))


if __name__ == "__main__":
    main(sys.argv[1])
