"""A clone of a mirror, and what somebody can do to it with git alone."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import rfc8785

import tetra_es_verify
from tests.conftest import HANG, ROOT, Result
from tests.machine import copy_folder
from tetra_es.crypto.ssh.sshsig import armor, sign
from tetra_es.log.chain import link, signed_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.conftest import Machine
    from tetra_es.crypto.ssh.keys import SigningKey

PROGRAM = ROOT / "cli" / "tetra_es_verify.py"


class Commit(NamedTuple):
    """A commit as it is put together again: files change by path, None takes one away."""

    message: str
    head: Sequence[str]
    """The lines after tree and parent."""
    files: Mapping[str, bytes | None]


def event_path(position: int) -> str:
    return f"events/{position // 10000:04}/{position // 100 % 100:02}/{position:08}.json"


@dataclass
class Clone:
    """A bare clone in a folder."""

    path: Path

    @classmethod
    def of(cls, machine: Machine, path: Path) -> Clone:
        mirror = str(machine.mirror)
        command = ["git", "clone", "-q", "--bare", "--no-hardlinks", mirror, str(path)]
        subprocess.run(command, check=True)
        return cls(path)

    def copy(self, path: Path) -> Clone:
        """Return a copy: that is quicker than another clone."""
        copy_folder(self.path, path)
        return Clone(path)

    def git(self, *words: str, data: bytes = b"") -> str:
        env = {"PATH": os.environ["PATH"], "GIT_DIR": str(self.path)}
        env |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *words], env=env, input=data, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def commits(self) -> list[str]:
        return self.git("rev-list", "--reverse", "main").split()

    def event(self, position: int) -> dict[str, Any]:
        return self.events(position, position)[0]

    def events(self, first: int, last: int) -> list[dict[str, Any]]:
        """Return the events from one to another, as the newest commit has them."""
        names = "".join(f"main:{event_path(n)}\n" for n in range(first, last + 1))
        listed = self.git("cat-file", "--batch=%(objectsize)", data=names.encode()).encode()
        found = []
        while listed:
            size, _, listed = listed.partition(b"\n")
            found.append(json.loads(listed[: int(size)]))
            assert isinstance(found[-1], dict)
            listed = listed[int(size) + 1 :]
        return found

    def rewrite(
        self,
        first: int,
        change: Callable[[int, Commit], Commit] = lambda _, commit: commit,
        order: Sequence[int] | None = None,
        parents: Callable[[str], Sequence[str]] = lambda parent: [parent],
    ) -> None:
        """Put the commits from the `first` one on together again, each on the one before."""
        commits = self.commits()
        above = [commits[first - 2]] if first > 1 else []
        wanted = "".join(f"{one}\n" for one in commits).encode()
        listed = self.git("cat-file", "--batch", data=wanted) + "\n"
        raw = listed.encode("utf-8", "surrogateescape")
        stream = b""
        for mark, position in enumerate(order or range(first, len(commits) + 1), 1):
            head, _, message = _object(raw, commits[position - 1]).partition("\n\n")
            tree, *lines = head.split("\n")
            lines = [line for line in lines if not line.startswith("parent ")]
            commit = change(position, Commit(message, lines, {}))
            stream += _imported(mark, tree[5:], commit, parents(above[0]) if above else [])
            above = [f":{mark}"]
        self.git("fast-import", "--quiet", "--force", data=stream)

    def verify(self, *more: str) -> Result:
        return verify(self.path, *more)


def _object(listed: bytes, commit: str) -> str:
    """Return a commit out of what `git cat-file --batch` printed."""
    _, _, rest = listed.partition(f"{commit} commit ".encode())
    size, _, rest = rest.partition(b"\n")
    return rest[: int(size)].decode("utf-8", "surrogateescape")


def _imported(mark: int, tree: str, commit: Commit, parents: Sequence[str]) -> bytes:
    """Return what makes `git fast-import` write a commit."""
    message = commit.message.encode("utf-8", "surrogateescape")
    lines = ["commit refs/heads/main", f"mark :{mark}", *commit.head]
    stream = "\n".join([*lines, f"data {len(message)}\n"]).encode() + message + b"\n"
    for word, parent in zip(["from", *["merge"] * len(parents)], parents, strict=False):
        stream += f"{word} {parent}\n".encode()
    stream += f'M 040000 {tree} ""\n'.encode()
    for path, content in commit.files.items():
        if content is None:
            stream += f"D {path}\n".encode()
        else:
            stream += f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
    return stream


def verify(folder: Path, *more: str) -> Result:
    """Run the verifier inside this process: to start one takes longer than to verify."""
    streams = [io.BytesIO(), io.BytesIO()]
    out, err = (io.TextIOWrapper(stream, "utf-8", write_through=True) for stream in streams)
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = tetra_es_verify.main([str(folder), *more])
        except SystemExit as end:  # how the library for arguments refuses them
            code = int(end.code or 0)
    return Result.of(code, *(stream.getvalue() for stream in streams))


def verify_by_process(folder: Path, *more: str) -> Result:
    """Run the verifier as a file alone, so that it cannot import anything else of ours."""
    done = subprocess.run(
        [sys.executable, "-I", str(PROGRAM), str(folder), *more],
        capture_output=True,
        cwd=folder if folder.is_dir() else None,
        check=False,
        timeout=HANG,
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return Result.of(done.returncode, done.stdout, done.stderr)


def file_of(event: Mapping[str, Any]) -> bytes:
    """Return the bytes of an event's file, whatever is in it."""
    names = ("event", "stream", "version", "topic", "previous", "hash", "signature")
    rows = "".join(f"  {json.dumps(name)}: {json.dumps(event[name])},\n" for name in names)
    return f'{{\n{rows}  "state": '.encode() + rfc8785.dumps(event["state"]) + b"\n}\n"


def signed(event: Mapping[str, Any], key: SigningKey, **changed: Any) -> dict[str, Any]:
    """Return an event with other values, hashed and signed again by a key."""
    made = {**event, **changed}
    parts = (made["event"], made["stream"], made["version"], made["topic"])
    hashed = link(bytes.fromhex(made["previous"]), *parts, rfc8785.dumps(made["state"]))
    made["hash"], made["signature"] = hashed.hex(), armor(sign(signed_bytes(hashed), key))
    return made


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
