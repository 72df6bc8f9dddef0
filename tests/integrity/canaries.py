"""A git configuration in which every setting that can run a program runs a canary."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUNS = """\
[core]
    fsmonitor = {run}
    hooksPath = {hooks}
    sshCommand = {run}
    gitProxy = {run}
    pager = {run}
    editor = {run}
    askPass = {run}
    alternateRefsCommand = {run}
    attributesFile = {attributes}
[extensions]
    worktreeConfig = true
[include]
    path = {more}
[includeIf "gitdir:**"]
    path = {more}
[includeIf "onbranch:main"]
    path = {more}
[filter "evil"]
    clean = {filter}
    smudge = {filter}
    required = true
[filter "other"]
    process = {run}
[diff]
    external = {run}
    guitool = evil
    tool = evil
[diff "evil"]
    command = {run}
    textconv = {run}
[difftool "evil"]
    cmd = {run}
    path = {run}
[merge "evil"]
    driver = {run} %O
[merge]
    tool = evil
[mergetool "evil"]
    cmd = {run}
    path = {run}
[gpg]
    program = {run}
    format = ssh
[gpg "openpgp"]
    program = {run}
[gpg "x509"]
    program = {run}
[gpg "ssh"]
    program = {run}
    defaultKeyCommand = {run}
[log]
    showSignature = true
[commit]
    gpgSign = true
[push]
    gpgSign = true
    recurseSubmodules = on-demand
[submodule]
    recurse = true
[submodule "nested"]
    url = ext::{run}
    update = !{run}
    active = true
[interactive]
    diffFilter = {run}
[sequence]
    editor = {run}
[pager]
    log = {run}
    status = {run}
    config = {run}
[alias]
    log = !{run}
    status = !{run}
    x = !{run}
[credential]
    helper = {run}
[credential "https://example.org"]
    helper = !{run}
[trailer "Event"]
    command = {run}
    cmd = {run}
[hook "evil"]
    command = {run}
    event = pre-push
    event = reference-transaction
    event = post-index-change
[gc]
    recentObjectsHook = {run}
[uploadpack]
    packObjectsHook = {run}
[tar "x"]
    command = {run}
[browser "evil"]
    cmd = {run}
    path = {run}
[man "evil"]
    cmd = {run}
    path = {run}
[guitool "evil"]
    cmd = {run}
[instaweb]
    httpd = {run}
[imap]
    tunnel = {run}
[sendemail]
    toCmd = {run}
    ccCmd = {run}
    headerCmd = {run}
    sendmailCmd = {run}
[gitcvs]
    dbDriver = {run}
[init]
    templateDir = {hooks}
[ssh]
    variant = simple
[protocol]
    allow = always
[protocol "ext"]
    allow = always
[url "ext::{run} x "]
    insteadOf = https://
    insteadOf = /
    pushInsteadOf = /
"""
"""Every setting of git's documentation that names a program, or a file or an address that leads
to one. `{run}` is a program, `{more}` another file of settings."""

REMOTE = """\
[remote "origin"]
    url = {url}
    fetch = +refs/heads/*:refs/remotes/origin/*
    pushurl = ext::{run}
    receivepack = {run}
    uploadpack = {run}
    proxy = {run}
    vcs = ext
    promisor = true
    push = +refs/heads/*:refs/heads/*
[remote "evil"]
    url = ext::{run}
    promisor = true
[branch "main"]
    remote = evil
    pushRemote = evil
"""

HOOKS = (
    "pre-push", "pre-commit", "post-checkout", "post-index-change", "reference-transaction",
    "fsmonitor-watchman", "pre-auto-gc", "post-commit", "post-rewrite", "pre-receive", "update",
    "post-receive", "post-update", "push-to-checkout", "proc-receive",
)  # fmt: skip


class Canaries:
    """Programs in a folder; each that runs leaves its name in a file."""

    def __init__(self, folder: Path) -> None:
        self._sang = folder / "sang"
        self._hooks = folder / "hooks"
        self._hooks.mkdir(parents=True)
        (self._hooks / "hooks").symlink_to(self._hooks)  # as a template
        self._run = folder / "run"
        self._script(self._run)
        self._script(folder / "filter", "exec cat")
        for name in HOOKS:
            self._script(self._hooks / name)
        self.values = {
            "run": str(self._run),
            "filter": str(folder / "filter"),
            "hooks": str(self._hooks),
            "attributes": str(folder / "attributes"),
            "more": str(folder / "more"),
            "url": "ext::" + str(self._run),
        }
        (folder / "attributes").write_text(ATTRIBUTES)
        (folder / "more").write_text('[filter "third"]\n\tclean = {run}\n'.format_map(self.values))

    def _script(self, path: Path, then: str = "exit 0") -> None:
        path.write_text(f'#!/bin/sh\necho "$0" "$@" >>{self._sang}\n{then}\n')
        path.chmod(0o755)

    def sang(self) -> list[str]:
        """Return which of them ran, and forget it."""
        try:
            return self._sang.read_text().splitlines()
        except FileNotFoundError:
            return []
        finally:
            self._sang.unlink(missing_ok=True)

    def plant_hooks(self, git_dir: Path) -> None:
        (git_dir / "hooks").mkdir(exist_ok=True)
        for name in HOOKS:
            self._script(git_dir / "hooks" / name)

    def config(self, url: str | None = None) -> str:
        """Return the text of the configuration, with the remote `origin` at `url`."""
        values = self.values | ({"url": url} if url else {})
        return (RUNS + REMOTE).format_map(values)

    def every_key(self) -> Iterator[tuple[str, str]]:
        """Yield each setting that the installed git knows, and a value that leads to a canary."""
        printed = subprocess.run(["git", "help", "-c"], capture_output=True, text=True, check=True)
        for key in re.findall(r"^[a-z][A-Za-z0-9]*\.[^_\n]+$", printed.stdout, re.MULTILINE):
            name = re.sub(r"<[^>]*>|\*", "evil", key)
            value = self.values["run"]
            yield name, f"!{value}" if name.startswith("alias.") else value


ATTRIBUTES = "* filter=evil diff=evil merge=evil text eol=crlf ident\n"
