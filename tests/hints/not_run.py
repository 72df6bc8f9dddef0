"""Texts that name a command and are not pasted, with the reasons. The lists only get shorter."""

from __future__ import annotations

_ASKS = "asks for a passphrase, on a terminal"
_AGENT = "asks an SSH agent, which tests/unit/crypto/test_own_key.py starts"
_ELSEWHERE = "is for another machine, with a terminal"
_HOST = "tests/servers/test_transport.py pastes it, with the host"
_OTHER_CASE = (
    "the same command as of the others that name `verify`, in a state that these find first"
)
_COPIED = "is for a person to copy"
_UPGRADE = "tests/cli/test_upgrade.py runs it, in a folder of the first edition"
_CLOCK = "takes another clock; tests/cli/test_clock.py has one"
_WEB = "for the service; tests/web/test_hints.py does what it says"
_PROXY = "names options of the service; tests/web/test_running.py gives them"
_HEAD = "the head of a generated file"
_OPENAPI = "a line of the OpenAPI document"
_FIRST = "a check that comes earlier explains it; this one is for what goes away in between"

NOT_RUN: dict[str, str] = {
    "ask for less with since and until, or use `tetra-es audit export`": _WEB,
    "ask for less, such as with `n`": _WEB,
    "send one as `Authorization: Bearer TOKEN`": _WEB,
    "leave out --socket": _WEB,
    "make a token: `tetra-es serve token new NAME`; or name a proxy with --proxy": _WEB,
    "another program may listen there: give another --port": _WEB,
    "give --proxy unix": _PROXY,
    "give --socket PATH with --proxy unix; or the proxy's address, such as --proxy 127.0.0.1": (
        _PROXY
    ),
    "`tetra-es status` admits what is new, on the account that the service runs on": "for a "
    "service; tests/web/test_answering.py runs it",
    "`tetra-es pull` puts it back, of somebody who may record there": (
        "for a database; tests/postgres/test_sharing.py runs it"
    ),
    "`tetra-es status` brings them up to date": "for a service; tests/web/test_not_now.py runs it",
    "`tetra-es rebuild` builds them": "for a service; tests/web/test_answering.py runs it",
    "`tetra-es rebuild` builds them again": "for a service; tests/web/test_answering.py runs it",
    "`rm {}`, then `tetra-es serve token new NAME` makes new ones": "tests/web/test_tokens.py runs "
    "both",
    "`tetra-es serve token rm {}` removes it": "tests/web/test_tokens.py runs it",
    "`tetra-es serve token list` lists them": "tests/web/test_tokens.py runs it",
    "ask for less, such as with --since or -n": "options of a question over HTTP",
    "`tetra-es status` shows which environments are behind": "tests/cli/test_terminal.py pastes it",
    "`tetra-es promote {}` generates it again": "tests/cli/test_terminal.py pastes it",
    "`tetra-es deploy {} --dry-run` shows what that changes on its servers": "is said on a "
    "terminal; tests/cli/test_help.py runs that command",
    "`{} {} --help`": "tests/cli/test_foreign.py runs it",
    "`{}` says, on the machine that has it, that you trust its owner": "takes another account; "
    "tests/unit/mirror/test_said_by_git.py pastes it",
    "{}`{} {}`": "reaches a registry; tests/unit/test_installed.py says what it is",
    "`{} --help`": "tests/cli/test_foreign.py runs it",
    "{} has no branch main: `git clone --branch main` makes a clone that has it": "is about "
    "another repository",
    "a state goes after {}; `{} --help` says how it is used": "tests/cli/test_help.py asks every "
    "command for its help",
    "interrupted; {} does not say whether it was recorded: `tetra-es pull` will tell": "an "
    "interrupted push; tests/sharing/test_lost_answers.py makes one",
    "protect main there against that; for a host of your own, `tetra-es share hook` prints a hook "
    "that does, and checks every push": _COPIED,
    "`tetra-es pull`, if a signer has added you since; else {}": "tests/sharing/test_sharing.py "
    "pulls then",
    "what only this copy has cannot be recorded there any more. To go on with what is there: "
    "`{}`, `{}`, then `{}`": "tests/sharing/test_two_histories.py pastes it",
    "where that line is right all the same, `tetra-es pull --rerecord -m WHY` says so": "takes two "
    "signers; tests/sharing/test_rerecord.py pastes it",
    "`tetra-es share URL` puts one there, where it is": "takes a database; "
    "docs/how-to/databases/share-by-postgresql.md does it",
    "a role with --purge does, with its next command: "
    "`tetra-es share URL --grant ROLE --purge`": "tests/postgres/test_sharing.py pastes it",
    "somebody who has the events runs `tetra-es share repair`; clone again after that": "takes "
    "somebody else: tests/postgres/test_repair.py",
    "somebody who signs in there as that role: `tetra-es share repair`": "tests/postgres/"
    "test_repair.py pastes it",
    "a spare key, to be kept offline: `XDG_CONFIG_HOME=FOLDER tetra-es identity line`, then "
    "`tetra-es member add spare -`": "docs/how-to/lost-keys.md does it",
    "; first, `{}` takes the variables": "takes an env file of a server; "
    "docs/how-to/servers/by-hand.md does it on one",
    "`{}` takes those that are there now": "tests/servers/test_rollout.py pastes it",
    "{}, or give it at a terminal with --ask-become-pass": "asks for a password, on a terminal",
    "tetra-es promote {}": "tests/servers/test_adoption.py pastes it with the commands before it",
    "{} --replace-drift": "tests/servers/test_adoption.py pastes it with the commands before it",
    "deploy there what should run, with `{} --at REF`": "what should run, only a person knows",
    "`age -d FILE` decrypts it; `tetra-es secret set ENV KEY` takes the value": _ASKS,
    "decrypt it first: `(umask 077; age -d {} > FILE)`": _ASKS,
    "`ssh-keygen -p -f {}` rewrites an older SSH key as OpenSSH's": _ASKS,
    "`ssh-keygen -p -f {}` writes it again as others read it": _ASKS,
    "`ssh-keygen -y -f {}` tells whether it is the right one": _ASKS,
    "`tetra-es recipient add ENV NAME RECIPIENT` adds one": _FIRST,
    "`tetra-es identity new` makes one; one of those whom `tetra-es recipient list {}` lists can "
    "add it": _FIRST,
    "its init was cut short: `tetra-es init ORG` goes on": _FIRST,
    "`tetra-es history {}` lists the revisions": _FIRST,
    "the newest is #{}; `tetra-es history {}` lists the states of {}": _FIRST,
    "`{}` has an SSH agent sign with it": _ASKS,
    "`{}` has the agent sign with it": "takes a hardware key",
    "`{}` tells whether it is the right one": _ASKS,
    "`ssh-add -L` lists what the agent of SSH_AUTH_SOCK holds": _AGENT,
    "SSH_AUTH_SOCK names it; `ssh-add -l` asks it, too": _AGENT,
    "`ssh-add -l` asks it, too; it may wait for you to confirm": _AGENT,
    "`ssh-add -l` lists its keys; it may have asked you to confirm": _AGENT,
    "use another with --identity FILE": "pyrage takes every key that we take",
    "for a file of the organization, `tetra-es verify` tells what changed and `tetra-es rebuild` "
    "writes it again": _OTHER_CASE,
    "pipe it in, or use --from-file": "is said on a terminal alone",
    "mount one at /dev/shm, or set secrets one by one: `tetra-es secret set ENV KEY`": "is said "
    "where nothing is mounted there",
    "a variable has room for 128 KiB: use --files": "an option before the words of a command",
    "set EDITOR, or change {} yourself, then `tetra-es record`": "leaves the change to a person",
    "make that folder writable, or replace the link by the file: `{}`": "permissions do not bind "
    "root; tests/cli/test_links.py runs it as somebody else",
    "wait until `systemctl is-system-running` says running or degraded": _ELSEWHERE,
    "let NTP set the one that is wrong: `timedatectl set-ntp true`": _ELSEWHERE,
    "somebody meant it: `systemctl unmask {}`": _ELSEWHERE,
    "find out why before anything else; `ssh HOST true` names the line with the old key": _HOST,
    "`ssh HOST true` has to work without a question; without --no-input, ssh may ask you": _HOST,
    "`ssh HOST true` shows it, for you to compare; or add the key to known_hosts": _HOST,
    "try `ssh HOST true` by hand": _HOST,
    "nothing was recorded; without --deploy, {} goes back and its servers do not": "leaves an "
    "option out; tests/servers/test_hosts.py does",
    "`{}` there": _ELSEWHERE,
    "`systemctl revert {}` there removes that; what should stay belongs in the TOML": _ELSEWHERE,
    "--dir or TETRA_DIR names another place": "which place, only a person knows",
    "such as 41: and the 64 hexadecimal digits that `tetra-es verify` prints": _COPIED,
    "void: #{} changed nothing (`tetra-es event {}`)": "no command records a void event; "
    "tests/gate makes them",
    "tetra-es share repair --newer": "tests/sharing/test_repair.py",
    "tetra-es repair": "part of a hint",
    "upgrade tetra-es; if there is no newer one, `{}` sets it aside": "tests/sharing/"
    "test_repair.py runs one of the two",
    "`tetra-es upgrade` goes on": _UPGRADE,
    "`tetra-es upgrade` goes on: the event is void then, and changes nothing": _UPGRADE,
    "a signer runs `tetra-es upgrade`": _UPGRADE,
    "`tetra-es upgrade` brings it to the rules of this one": _UPGRADE,
    "`tetra-es verify` looks at all of it; nothing was changed": _UPGRADE,
    "put its store back; to begin a new history here, say why with -m": "tests/cli/test_trust.py "
    "runs both ways",
    "`mv {} ~`": "two repairs within one second",
    "the old file is unchanged; `tetra-es verify` looks at all of it": _FIRST,
    "`tetra-es secret list {}` lists them": "takes secrets of more than 1 MiB; "
    "tests/rendering/test_variables.py has them",
    "set the clock; where it is right, a signer without limits runs this with --clock-was-wrong "
    "-m WHY": _CLOCK,
    "set the clock here; where it is right, a signer without limits runs a command with "
    "--clock-was-wrong -m WHY": _CLOCK,
    "{} dated it {}, which is in the future by the clock here: nobody can record a decision until "
    "a signer without limits runs a command with --clock-was-wrong -m WHY": _CLOCK,
    "--clock-was-wrong needs a reason": _CLOCK,
    "-m TEXT says why": _CLOCK,
    "leave out --clock-was-wrong": _CLOCK,
    "give one with -m": "tests/cli/test_trust.py runs both ways",
    "give --expect POSITION:HASH, or TETRA_EXPECT, as somebody says who knows it": _COPIED,
    "keep this copy, and run `tetra-es verify`": "two commands at the same instant; "
    "tests/gate/test_opening.py makes them",
    "{} joins with `{}`": "is for another machine; tests/secrets/test_members.py runs it there",
    "`tetra-es pull` will tell": "is said where the disk fails while an event "
    "is written; tests/log/test_deciding.py makes that",
    "this is a defect: run it again with --debug and report what it prints": "nothing prints it "
    "that we know",
}
"""Hints whose command only a person, or another machine, can run, or that nothing gets to print."""

NOT_HINTS: dict[str, str] = {
    "Pages of tetra-es. The next `audit site` into this folder replaces these files:": _HEAD,
    "The history is not as it was admitted: `tetra-es verify` says more.": _OPENAPI,
    "What `tetra-es` answers with `-o json`, over HTTP. Rows come as `application/x-ndjson` or\n"
    "`text/csv`, too, if `Accept` or the parameter `output` says so. Times are UTC; one without an "
    "offset\nin a parameter is of the zone `tz`. Nothing is changed by any request.\n": _OPENAPI,
    "The form of the answer, as `-o`: json, jsonl, csv or toml.": _OPENAPI,
    "tetra-es --tz {} ": "begins the command that a page of another zone prints",
    "An environment, `manifest`, or `profile ENV`.": _OPENAPI,
    "Not before it: a date, a time, or how long ago, such as `2h`.": _OPENAPI,
    "A recipient, by name or public key; or an environment, which is `@dev` too.": _OPENAPI,
    "A REF, or an environment, `manifest` or `profile ENV` as it is now.": _OPENAPI,
    "{} is about servers: it needs --deploy": "an error's own line",
    "--ask-become-pass needs a terminal to ask at": "an error's own line",
    "{} is about secrets: with --path, they stay": "an error's own line",
    "leave out --path, and the secrets go back too": "leaves an option out",
    "--secrets current leaves secrets as they are": "the beginning of a hint that is pasted",
    "--version and --at both say which value": "an error's own line",
    "missing option --from": "an error's own line",
    "options of `tetra-es run` come before ENV": "says where an option goes",
    "--run is missing: COMMAND says which states are good": "an error's own line",
    "--svg is for --graph": "an error's own line",
    "--graph goes without {}": "an error's own line",
    "--for is for --format dotenv": "an error's own line",
    "--shell and --read-as systemd differ": "an error's own line",
    "--for {}": "an option of a hint that is pasted",
    "# It runs `tsm start`. Where that returns, systemd goes on with the process that it": "the "
    "head of a generated file",
    "--observe goes with none of --to, --local, --at and --dry-run": "an error's own line",
    " --env dev": "what the profile dev appends",
    " --env staging": "what the profile staging appends",
    " --env production": "what the profile prod appends",
    "the clone borrows objects from another folder (objects/info/alternates): clone without "
    "--shared and --reference": "an error's own line",
    "  not checked: whose key that is. Ask the founder, or give --signer-key": "part of a result",
    "  not checked: whether there are newer events. Give --expect or --against": "part of a result",
    "the clone, bare or not, or the archive that `tetra-es audit export` wrote": "a help text",
    "take the events of a shorter time, with --since and --until": "tests/verify_alone/"
    "test_evidence.py gives these options; an archive of 2 GiB takes a while",
    "\nThat there are no newer ones, and which of them are void, is the word of who exported this. "
    "An\narchive made with --chain has the record of every event, and shows it.\n": "in a README",
    "\nThat no other event counts from that time is the word of who exported this, but for those "
    "just\nbefore and after. An archive made with --chain has the record of every event, and shows "
    "it.\n": "in a README",
    "nothing proves that the filter left no event out; --chain adds that proof": "a test of "
    "tests/verify_alone gives it",
    "{}. Ask for an archive with --chain": "for the one who exports",
    "{}. Ask for all of them, or for an archive with --chain": "for the one who exports",
    "--against is for archives; `tetra-es verify --against` takes clones": "an error's own line",
    "# Generated by tetra-es from {source} with profile {profile}. Do not edit this file: change\n"
    "# environments/local.toml or profiles/{environment}.toml, then "
    "`tetra-es promote {environment}`.\n\n": "the head of a generated file",
    "#!/bin/sh\n# Made by `tetra-es ci script {}`.\n": "the head of a generated file",
    "git cannot be run: {}": "an error's own line",
    "there is no `{}`: commands that record send by themselves where the organization is shared": (
        "an error's own line"
    ),
    "edit needs an editor, and --no-input forbids it": "an error's own line",
    "--signed-bytes or --signature, not both": "an error's own line",
    "--against names no copy": "an error's own line",
    "-m, -n and -i go with --rerecord": "an error's own line",
    "--local and --to exclude each other": "an error's own line",
    "{} has {}, and no deployment of it to {} is recorded: it came with `apply`, or under another "
    "name of the host": "says where a release came from",
    "{} has {} hosts: follow one of them with --to HOST": "an error's own line",
}
"""Texts that tell nobody what to do."""

STILL_TO_RUN: tuple[str, ...] = ("projections/tetra_es_projections/mirror/shared",)
"""Files and folders whose texts have no cases yet."""
