"""A stand-in for ssh and the server behind it: one small program that answers as an agent does.

    python -I -S tests/servers/ssh.py FOLDER [OPTION ...] -- HOST COMMAND

Set TETRA_ES_SSH to the first part; `tetra-es` adds the rest. FOLDER keeps what each host has. What
a host is like, its name says, or an empty file FOLDER/HOST/WORD:

    down     it is not reached
    bare     it lacks the service's user
    full     its disk is full
    known    somebody changed its files with secrets
    sick     no service becomes healthy
    returned `tsm start` came back there, and nothing runs
    changed  somebody changed a file there by hand and stopped its units
    stopped  somebody stopped its units
    foreign  somebody else's files are where the release's would be
    lost     it has no record of what was deployed, and the units of it
    crowded  another environment has the folders and the port that dev has at first
    another  another organization has the same unit, too
    open     a deployment is under way that nobody has decided
    old      what runs before the switch fails; what it prints is in FOLDER/HOST/prints
    reverts  it put back what another session left undecided
    ended    it has that state of a deployment that it does not remember
    machine  it has the machine id that is in that file
    slow     it answers when that file is gone; FOLDER/HOST/asked says that somebody waits
    cut      its connection is lost when a deployment is to be confirmed: it is down from then on,
             and has reverted the deployment

Every other host does what it is told. A shell script FOLDER/HOST/on-VERB runs before a request with
that verb is answered. FOLDER/HOST/env is what it answers to who asks for a file. FOLDER/HOST/edited
has pairs of lines: a regular expression, and what somebody put in the place of its matches.

The commands of `tetra-es` are tested with it, never the agent: that is what tests/servers and
tests/server are for. Every deployment of a test starts some of these programs: what they import is
next to nothing, and ssh.py starts them.
"""

from __future__ import annotations

import os
import sys
import time
from binascii import a2b_base64, b2a_base64

SINCE = "Mon 2025-03-03 09:00:00 UTC"
ROOM = 1 << 30  # KiB


def text(value: str | bytes) -> str:
    """Return free text as a word of an answer."""
    data = value.encode() if isinstance(value, str) else value
    return "=" + b2a_base64(data, newline=False).decode()


def digest_of(data: bytes) -> str:
    """Return the SHA-256 by the interpreter's own module: OpenSSL takes longer than an answer."""
    try:
        if sys.version_info >= (3, 12):
            from _sha2 import sha256  # type: ignore[import-not-found]
        else:
            from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:  # an interpreter may be built without it
        from hashlib import sha256
    return str(sha256(data).hexdigest())


def content_of(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def lines_of(path: str) -> list[str]:
    """Return the lines of a file; none where there is no file."""
    return content_of(path).decode().splitlines() if os.path.exists(path) else []


def write(path: str, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def unword(word: str) -> str:
    """Return what a word of a request says."""
    first, *rest = word.split("\\0")
    return first + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)


def read() -> str:
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return line.rstrip("\n")


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def body() -> list[str]:
    """Return the lines of a request's body, up to the full stop."""
    lines = []
    while (line := read()) != ".":
        lines.append(line)
    return lines


class Host:
    """One environment of one organization on a host."""

    def __init__(self, folder: str, name: str, organization: str, environment: str) -> None:
        self.name = name
        self.folder = f"{folder}/{name}"
        self.like = marks(folder, name)
        self.place = f"{self.folder}/{organization}-{environment}"
        self.staged = ""
        self.fates: dict[str, str] = {}

    @property
    def manifest(self) -> list[list[str]]:
        """What was confirmed last, as rows of words."""
        if "lost" in self.like:
            return []
        return [line.split() for line in lines_of(f"{self.place}/manifest")]

    def files(self) -> dict[str, list[str]]:
        return {row[1]: row for row in self.manifest if row[0] == "file"}

    def content(self, path: str) -> str:
        return f"{self.place}/{digest_of(path.encode())[:16]}"

    def public(self, word: str) -> bytes:
        """Return what is at the path of a file without secrets."""
        if "changed" in self.like:
            return b"# changed\n"
        content = content_of(self.content(word))
        if "edited" in self.like:
            import re  # which few hosts need

            lines = content_of(f"{self.folder}/edited").splitlines()
            for pattern, new in zip(lines[::2], lines[1::2], strict=True):
                content = re.sub(pattern, new, content, flags=re.MULTILINE)
        return content

    def answer(self, verb: str, *words: str) -> None:
        """Answer one request."""
        script = f"{self.folder}/on-{verb}"
        if os.path.exists(script):
            import subprocess  # which takes longer than most answers

            subprocess.run(["sh", script], check=True, stdin=subprocess.DEVNULL)
        method = getattr(self, f"on_{verb}", None)
        if method:
            method(*words)
        say("ok")

    def on_lock(self, *_words: str) -> None:
        if "full" in self.like:
            say("no", text("cannot write there"), text("free some space on the server"))
            raise NotDone

    def on_inspect(self) -> None:
        say("system", "252", "running", str(int(time.time())))
        if "machine" in self.like:
            say("machine", text(content_of(f"{self.folder}/machine")))
        for tool in ("curl", "bash", "setsid", "jq", "lsof", "systemd-run", "setpriv", "useradd"):
            say("tool", tool)
        asked = [line.split() for line in body()]
        for kind, word, *_ in asked:
            self._about(kind, word)
        for row in self.manifest:
            say("current", *row)
            if row[0] in ("file", "link"):
                self._entry(row[1])
            if row[0] == "file":
                self._text(row[1])
            if row[0] == "unit":
                self._unit(row[1])
        if "open" in self.like:
            say("deployment", "0" * 16, "armed")

    def _about(self, kind: str, word: str) -> None:
        match kind:
            case "port" if word == "4444" and {"crowded", "another"} & self.like:
                say("taken", "port", text(word), text("other/dev"))
            case "taken" if self._is_taken(unword(word)):
                say("taken", "file", text(unword(word)), text("other/dev"))
            case "user" | "group":
                say(kind, text(unword(word)), "-" if "bare" in self.like else "990")
            case "space":
                say("space", text(unword(word)), "1", str(ROOM))
            case "path":
                self._entry(word)
            case "text":
                self._text(word)
            case "names" if {"foreign", "env"} <= self.like:
                lines = lines_of(f"{self.folder}/env")
                say("names", text(unword(word)), *(line.partition("=")[0] for line in lines))
            case "unit":
                self._unit(word)
            case "code" if "code" in self.like:
                say("code", content_of(f"{self.folder}/code").decode().strip())

    def _is_taken(self, path: str) -> bool:
        if "another" in self.like and path.endswith("/tetra-dev.service"):
            return True
        crowded = {"crowded", "another"} & self.like
        return bool(crowded) and path.startswith("/root/tetra/tsm/") and path.endswith(".tsm")

    def _entry(self, word: str) -> None:
        path = text(unword(word))
        rows = {row[1]: row for row in self.manifest if row[0] in ("file", "link", "folder")}
        match rows.get(word):
            case ["file", _, mode, owner, group, digest, kind, _]:
                if kind == "public":
                    digest = digest_of(self.public(word))
                elif "known" in self.like:
                    digest = "1" * 64
                say("entry", path, "file", mode, text(owner), text(group), "1", digest)
            case ["link", _, target, _, _]:
                say("entry", path, "link", text(unword(target)))
            case ["folder", _, mode, owner, group]:
                say("entry", path, "folder", mode, text(owner), text(group))
            case None if "foreign" in self.like and word.endswith((".toml", ".env")):
                say("entry", path, "file", "644", text("root"), text("root"), "1", "0" * 64)
            case _ if word.endswith("/tetra.sh"):
                say("entry", path, "file", "755", text("root"), text("root"), "1", "0" * 64)
            case _ if word in ("/", "/opt/tetra", "/root/src/devops/tetra"):
                say("entry", path, "folder", "755", text("root"), text("root"))
            case _:
                say("entry", path, "absent")

    def _text(self, word: str) -> None:
        row = self.files().get(word)
        if row and row[6] == "public":
            say("text", text(unword(word)), text(self.public(word)))

    def _unit(self, word: str) -> None:
        state = next((row[2] for row in self.manifest if row[:2] == ["unit", word]), None)
        state = "on" if "lost" in self.like else state
        if state is None:
            known = ("not-found", "inactive", "dead", "-", "0", "0", "success", "0", "no")
            say("unit", text(unword(word)), *known, text(""), text(""))
            return
        down = {"changed", "stopped"} & self.like
        up = ("inactive", "dead") if down else ("active", "running")
        enabled = "enabled" if state == "on" else "disabled"
        known = ("loaded", *up, enabled, "4242", "0", "success", "8388608", "no")
        say("unit", text(unword(word)), *known, text(SINCE), text(""))

    def on_status(self, *units: str) -> None:
        for unit in units:
            self._unit(unit)

    def on_health(self, _timeout: str, *words: str) -> None:
        for _ in range(0, len(words), 4):
            if "stopped" in marks(os.path.dirname(self.folder), self.name):
                say("health", words[0], "no", text("the unit is inactive (dead)"))
            elif {"sick", "changed"} & self.like:
                say("health", words[0], "no", text("503"))
            else:
                say("health", words[0], "yes", text("200"))

    def on_daemon(self, verb: str, *_units: str) -> None:
        if verb in ("start", "restart") and os.path.exists(path := f"{self.folder}/stopped"):
            os.unlink(path)

    def on_logs(self, lines: str, _follow: str, *_units: str) -> None:
        say("ok")
        for number in range(min(int(lines), 3)):
            say(f"2025-03-03T09:00:0{number}+0000 {self.name} node[4242]: line {number}")
        sys.exit(0)

    def on_read(self, _path: str) -> None:
        path = f"{self.folder}/env"
        say("content", text(content_of(path) if os.path.exists(path) else b""))

    def on_stage(self, deployment: str) -> None:
        self.staged = a2b_base64("".join(body())).decode()
        os.makedirs(self.place, exist_ok=True)
        self.fates[deployment] = "staged"

    def on_put(self, _deployment: str, number: str) -> None:
        content = a2b_base64("".join(body()))
        for row in map(str.split, self.staged.splitlines()):
            if row[0] == "file" and row[7] == number:
                # A value is not kept, not even in tests.
                write(self.content(row[1]), content if row[6] == "public" else b"")

    def on_arm(self, deployment: str, *_more: str) -> None:
        self.fates[deployment] = "armed"

    def on_command(self, _deployment: str, *_words: str) -> None:
        for line in lines_of(f"{self.folder}/prints"):
            say("tick", "output", text(line))
        if "old" in self.like:
            say("no", text("the release command of tetra ended with 1"), text(""))
            raise NotDone

    def on_healthy(self, _deployment: str, *words: str) -> None:
        services = words[6:]  # after five limits and the runner
        if "returned" in self.like and words[5] == "tsm":
            say("no", text("tsm start returned and nothing is running"), text(""))
            raise NotDone
        if "sick" in self.like and services:
            say("tick", "0", text(f"{services[0]}: 503"))
            say("journal", text("tetra[4242]: cannot open the database"))
            say("no", text(f"{services[0]}: 503"), text(""))
            raise NotDone
        say("tick", "1")
        for at in range(0, len(services), 4):
            say("health", services[at], "yes", text("200"))

    def on_adopt(self, deployment: str) -> None:
        self.on_confirm(deployment)

    def on_confirm(self, deployment: str) -> None:
        if "cut" in self.like:
            os.rename(f"{self.folder}/cut", f"{self.folder}/down")
            write(f"{self.folder}/ended", b"reverted")
            sys.exit(255)
        write(f"{self.place}/manifest", self.staged.encode())
        for word in {"foreign", "lost", "open", "changed", "stopped", "edited"} & self.like:
            if os.path.exists(path := f"{self.folder}/{word}"):
                os.unlink(path)
        self.fates[deployment] = "confirmed"

    def on_revert(self, deployment: str, _seconds: str) -> None:
        self.fates[deployment] = "reverted"
        say("deployment", deployment, "reverted", "request")

    def on_result(self, deployment: str) -> None:
        otherwise = "reverted" if "reverts" in self.like else "unknown"
        if os.path.exists(ended := f"{self.folder}/ended"):
            otherwise = content_of(ended).decode()
        say("deployment", deployment, self.fates.get(deployment, otherwise))


class NotDone(Exception):
    """The answer was no."""


def marks(folder: str, name: str) -> set[str]:
    """Return the words that say what a host is like."""
    here = f"{folder}/{name}"
    return {name, *os.listdir(here)} if os.path.isdir(here) else {name}


def main() -> None:
    at = sys.argv.index("--")
    folder, name = sys.argv[1], sys.argv[at + 1]
    if "down" in marks(folder, name):
        sys.stderr.write("ssh: connect to host down port 22: Connection refused\n")
        sys.exit(255)
    read()  # the agent's program
    if "slow" in marks(folder, name):
        write(f"{folder}/{name}/asked", b"")
        while "slow" in marks(folder, name):
            time.sleep(0.01)
    _, nonce, organization, environment, _ = read().split()
    say(f"\ntetra-es agent 2 {nonce}")
    host = Host(folder, name, organization, environment)
    say("ok")
    while True:
        verb, *words = read().split()
        if verb != "beat":
            try:
                host.answer(verb, *words)
            except NotDone:
                continue
