"""What other tools call our commands and options. Loaded for a word that is none of ours."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from click import Context

    from tetra_es.errors import UsageError

READING = frozenset(
    (
        *(
            "help",
            "status",
            "show",
            "get",
            "diff",
            "history",
            "event",
            "search",
            "blame",
            "bisect",
            "why",
            "replay",
            "orgs",
            "validate",
        ),
        *(
            "verify",
            "audit",
            "serve",
            "hosts",
            "health",
            "drift",
            "doctor",
            "completion",
            "list",
            "logs",
            "exposure",
        ),
    )
)
"""Commands that change nothing."""

_COMMANDS: Mapping[str, str] = {
    # our commands: what others call them
    "status": "st stat state info summary overview",
    "history": "log lg reflog events audit activity timeline tail watch",
    "search": "grep find look query",
    "show": "cat view print less more render template dump",
    "show, blame": "get read lookup",
    "blame": "annotate praise who",
    "why": "explain origin because reason",
    "replay": "what-if counterfactual without",
    "event": "describe inspect",
    "diff": "compare plan preview changes",
    "env list, orgs": "ls list dir",
    "env": "envs environment environments branch branches namespace workspace stage",
    "show, set": "config configure cfg settings options",
    "record": "commit save add amend ci-commit checkin stage-all",
    "set": "put write assign update modify change",
    "unset, secret rm": "rm del delete remove",
    "promote": "generate gen build compile",
    "show, rollback": "checkout switch use co",
    "undo, rollback": "revert",
    "rollback": "reset back downgrade",
    "deploy": "release ship publish rollout up",
    "daemon": "service services systemd systemctl start stop restart down reload enable disable",
    "daemon logs": "logs journal journalctl",
    "hosts": "ps servers nodes targets inventory machines",
    "verify": "fsck check prove attest",
    "validate, doctor": "lint test validate",
    "doctor": "diagnose debug clean prune gc",
    "identity show, signer list": "login logout signin auth whoami id me",
    "member": "user users team people invite members",
    "signer": "signers sign keys key",
    "secret": "secrets vault encrypt decrypt passwd password credentials env-vars",
    "recipient": "recipients access grant share-secrets",
    "backup": "export snapshot archive save-all",
    "init": "create new setup bootstrap start-project",
    "share": "connect link publish-to origin-add",
    "profile": "profiles overlay overlays",
    "event, history": "tag tags ref refs rev rev-parse commits",
    "history, show": "ui web gui dashboard browse serve open",
    "completion": "autocomplete completions",
    "--help": "man usage commands docs",
    "--version": "version ver",
}

_SUBCOMMANDS: Mapping[str, str] = {
    # what others call it: the first of these that the group has
    "ls": "list status",
    "all": "list",
    "show": "show get list status",
    "cat": "get show",
    "read": "get show",
    "view": "get show list",
    "print": "get show export",
    "reveal": "get",
    "decrypt": "get",
    "log": "logs",
    "journal": "logs",
    "info": "show status list",
    "delete": "rm uninstall forget",
    "del": "rm uninstall forget",
    "remove": "rm uninstall forget",
    "unset": "rm",
    "revoke": "rm",
    "create": "add new set",
    "put": "set add",
    "write": "set add",
    "update": "set",
    "rotate": "set",
    "invite": "add",
    "generate": "new",
    "init": "new add",
    "up": "start",
    "down": "stop",
    "reload": "restart",
    "ps": "status",
    "cp": "copy",
    "load": "import",
    "dump": "export",
    "leaked": "compromised",
    "sync": "push",
}

_OPTIONS: Mapping[str, str] = {
    # what others call it: the first of these that the command has
    **dict.fromkeys(("--message", "--comment", "--why", "--note", "--description"), "reason"),
    **dict.fromkeys(("--limit", "--max-count", "--count", "--lines", "--last", "--head"), "number"),
    **dict.fromkeys(("--format", "--json", "--jsonl", "--csv", "--yaml", "--text"), "output"),
    **dict.fromkeys(("--author", "--user", "--by", "--who", "--signer", "--committer"), "actor"),
    **dict.fromkeys(("--after", "--start", "--begin"), "since"),
    **dict.fromkeys(("--before", "--end"), "until"),
    **dict.fromkeys(
        ("--ref", "--rev", "--revision", "--commit", "--as-of", "--time", "--position"), "at to"
    ),
    "--at": "to",
    "--to-revision": "to",
    **dict.fromkeys(("--host", "--hosts", "--server", "--node", "--target", "--on"), "to"),
    **dict.fromkeys(
        ("--dryrun", "--plan", "--preview", "--simulate", "--just-print", "--no-act"), "dry-run"
    ),
    **dict.fromkeys(("--topic", "--kind", "--event-type"), "type"),
    **dict.fromkeys(("--path", "--grep", "--field"), "key"),
    **dict.fromkeys(("--file", "--input", "--stdin"), "from-file"),
    **dict.fromkeys(("--organization", "--namespace", "--project", "--workspace"), "org"),
    **dict.fromkeys(("--directory", "--folder", "--root", "--home"), "dir"),
    **dict.fromkeys(("--non-interactive", "--noninteractive", "--batch"), "no-input"),
    **dict.fromkeys(("--verbose", "--trace", "--traceback"), "debug"),
    **dict.fromkeys(("--ask-sudo-pass", "--sudo-password", "--ask-pass"), "ask-become-pass"),
    **dict.fromkeys(("--private-key", "--key-file"), "identity"),
}

_FORCING = frozenset(
    (
        *("--force", "--allow", "--allow-empty", "--yes", "--rollback-all", "--take-over"),
        *("--replace-unmanaged", "--replace-drift", "--create-user", "--restart", "--deploy"),
        *("--purge", "--promote"),
    )
)
"""Options that have something done that would be refused: offered for their own name alone."""

_NAMES = frozenset(
    (*_OPTIONS, *_FORCING, *(f"--{one}" for ours in _OPTIONS.values() for one in ours.split()))
)
"""Options that tools have: no value begins so, and they may be repeated."""

_LIKE = 0.8
"""From which likeness on, of 1, what was typed is that option, and no value."""


def no_such_command(
    ctx: Context, word: str, meant: Sequence[str], *, of_tetra_es: bool = False
) -> UsageError:
    """Return the error for a word that is not a command, with those that may be meant.

    They are commands of the context's group, or of `tetra-es` itself.
    """
    from tetra_es.errors import UsageError

    named = [name for name in meant if not name.startswith("--")]
    path = ctx.find_root().command_path if of_tetra_es else ctx.command_path
    helped = " and ".join(f"`{path} {name} --help`" for name in named) or f"`{path} --help`"
    say = "say" if len(named) > 1 else "says"
    group = f"{ctx.command_path} ".removeprefix("tetra-es ")
    asked = did_you_mean([f"{path} {name}".removeprefix("tetra-es ") for name in meant])
    return UsageError(
        f"no such command: {group}{word}{asked}", hint=f"{helped} {say} how it is used"
    )


def is_option_somewhere(name: str) -> bool:
    """Return whether a name is that of an option of ours or of another tool."""
    return name in _NAMES


def did_you_mean(meant: Sequence[str]) -> str:
    """Return a question after these words, empty without any."""
    return f" (did you mean {' or '.join(meant)}?)" if meant else ""


def commands_of_tsm(words: Sequence[str], ours: Collection[str]) -> Sequence[str]:
    """Return our command for words of the shell scripts, such as `org env show`; maybe none.

    >>> commands_of_tsm(["org", "env", "show", "dev"], ["env", "show"])
    ['show']
    >>> commands_of_tsm(["org", "env", "list"], ["env", "show"])
    ['env']
    """
    after = [word for word in words if word not in ("tsm", "org")]
    if after[:1] == ["env"] and after[1:2] and after[1] in ours:
        after = after[1:]
    return [name for name in after[:1] if name in ours]


def commands_for(word: str, ours: Collection[str]) -> Sequence[str]:
    """Return the commands that are meant by a word which is not among `ours`; maybe none."""
    for names, words in _COMMANDS.items():
        if word in words.split():
            every = names.split(", ")
            return [name for name in every if name.startswith("--") or name.split()[0] in ours]
    return _near(word, ours)


def subcommands_for(word: str, ours: Collection[str]) -> Sequence[str]:
    """Return the commands of a group that are meant by a word."""
    meant = [name for name in _SUBCOMMANDS.get(word, "").split() if name in ours]
    return meant[:1] or _near(word, ours)


def options_for(word: str, ours: Collection[str]) -> Sequence[str]:
    """Return the options that are meant by one which a command does not have; maybe none."""
    meant = [f"--{name}" for name in _OPTIONS.get(word, "").split() if f"--{name}" in ours]
    if meant:
        return meant[:1]
    near = get_close_matches(word, ours, cutoff=_LIKE)
    bare = word.lstrip("-")
    return [
        name
        for name in near
        if is_slip(bare, name.lstrip("-")) or (len(bare) > 4 and name not in _FORCING)
    ]


def _near(word: str, ours: Collection[str]) -> Sequence[str]:
    """Return what a word may be a slip of. A command that writes is never a guess."""
    near = get_close_matches(word, ours)
    slips = [name for name in near if len(word) > 3 and is_slip(word, name)]
    return slips or [name for name in near if name in READING]


def is_slip(typed: str, meant: str) -> bool:
    """Return whether one letter is wrong, missing, too many, or two changed places: not the first.

    >>> [is_slip(word, "promote") for word in ("promte", "promoet", "romote", "remote")]
    [True, True, False, False]
    """
    if typed[:1] != meant[:1]:
        return False
    while typed and meant and typed[0] == meant[0]:
        typed, meant = typed[1:], meant[1:]
    while typed and meant and typed[-1] == meant[-1]:
        typed, meant = typed[:-1], meant[:-1]
    return max(len(typed), len(meant)) <= 1 or (len(typed) == 2 and typed == meant[::-1])
