"""The first sentence of each command's help, for lists of commands: those import none of them.

Tests hold them against the commands themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORT_HELP: Mapping[str, str] = {
    "init": "Create the organization ORG: manifest, local.toml, signing key, store and mirror.",
    "orgs": "List the organizations in the folder.",
    "status": "Show unrecorded edits, drift, and what each environment was generated from.",
    "edit": "Open a file in $VISUAL or $EDITOR and record what was changed.",
    "set": "Set keys of an edited file and record the change.",
    "unset": "Remove keys from an edited file and record the change.",
    "record": "Record what was changed by hand in local.toml, manifest.toml and the profiles.",
    "validate": (
        "List all that is wrong with the edited files, with file, line and key; record nothing."
    ),
    "show": "Print the recorded TOML of WHERE, byte for byte.",
    "get": "Print the recorded value of KEY in WHERE.",
    "diff": "Show what promoting ENV would change, or what differs between two states.",
    "promote": "Generate ENV from the source of truth through its profile.",
    "rollback": "Give WHERE the state it had at REF, as a new event.",
    "undo": "Take back what EVENT changed, by key, as a new event.",
    "purge": (
        "Destroy a value that got into TOML, in store, views and mirror; there is no way back."
    ),
    "history": "List the events, newest first; those that concern WHERE where it is given.",
    "event": (
        "Show one event: what it holds, its hash, its signature and its commit in the mirror."
    ),
    "search": "Find TEXT in keys, values, reasons, summaries, and names of people and secrets.",
    "blame": "Show, for each key of WHERE, its value and the event that gave it: who, when, why.",
    "bisect": (
        "Find the event that made ENV go wrong, by halving the states between a good and a bad one."
    ),
    "why": "Explain the value of KEY in ENV: the rule, the edit behind it, and where it runs.",
    "replay": "Show what ENV would be if EVENT had not been recorded; record nothing.",
    "findings": "List what an auditor should look at; exit 3 where there is something.",
    "audit": (
        "Take the history home in a form that others can check: checkpoints, evidence, tables."
    ),
    "serve": (
        "Show the history in a browser, and answer programs: read-only, until it is interrupted."
    ),
    "rebuild": "Build the files, the query views and the mirror again from the events.",
    "verify": "Prove the history: exit 4 and the first bad event where something is wrong.",
    "trust": "Accept the history here as the right one, where another one was known.",
    "repair": "Move refused events out of the store, into a file of their own.",
    "upgrade": "Bring an organization of the first edition up to the rules of this one.",
    "clone": "Make a replica of the organization that is shared at URL.",
    "share": "Share the organization by the git repository, or the PostgreSQL database, at URL.",
    "unshare": "Stop sharing the organization; all of its events stay here.",
    "pull": "Receive what others recorded.",
    "mirror": "Manage copies of history/ elsewhere, for review and as a backup.",
    "backup": "Copy all events, with the encrypted secrets, to FILE.",
    "restore": "Restore ORG from a backup or a copy of its mirror.",
    "env": "List, add and remove environments.",
    "profile": "Look at profiles; `edit profile ENV` and `set profile ENV` change them.",
    "member": "Add and remove people and machines: what they sign, and which secrets they read.",
    "signer": "Manage the keys that sign events.",
    "deploy": "Deploy ENV to its servers; one where that fails goes on with what it had (exit 5).",
    "apply": "Deploy ENV on this machine from a clone of the mirror, which a timer can do.",
    "daemon": "Manage the units of ENV on its servers, or with --local on this machine.",
    "hosts": (
        "List what our history says runs on each host: state, secrets, code, who deployed it."
    ),
    "host": "Manage the hosts that environments were deployed to; `hosts` lists them.",
    "health": "Ask every service of ENV on its servers; exit 1 when one is not healthy.",
    "drift": "Compare ENV's servers with what our history says was deployed there.",
    "secret": "Manage secrets: encrypted with age, recorded as events, never in TOML.",
    "recipient": (
        "Manage who can read the secrets of an environment: access to dev gives none to prod."
    ),
    "identity": "Manage your own key for reading secrets.",
    "run": "Run COMMAND with the secrets of ENV as variables, in place of this process.",
    "doctor": (
        "Check tools, keys, permissions, store and files, and say what to do about what is wrong."
    ),
    "ci": "Write files for CI systems: keys from their secrets, host keys pinned, nothing asked.",
    "import": "Create an organization from the FOLDER of one that tsm managed.",
    "completion": "Print the completion script for a shell.",
    "help": "Show the help of a command, or about ref, exit-codes, environment or formatting.",
}
"""Command to sentence, in the order in which a person meets them."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Change": (
        *("edit", "set", "unset", "record", "promote", "rollback", "undo", "purge"),
        *("env", "profile"),
    ),
    "Look": (
        *("status", "show", "get", "diff", "history", "event", "search", "blame"),
        *("bisect", "why", "replay", "validate", "orgs"),
    ),
    "Secrets": ("secret", "recipient", "identity", "run"),
    "Share": ("share", "unshare", "pull", "clone", "member", "signer", "mirror"),
    "Servers": ("deploy", "apply", "hosts", "host", "health", "drift", "daemon"),
    "Prove and repair": (
        "verify",
        "findings",
        "audit",
        "serve",
        "rebuild",
        "trust",
        "repair",
        "backup",
        "restore",
    ),
    "Set up": ("init", "import", "upgrade", "doctor", "ci", "completion", "help"),
}
"""The commands as `--help` lists them."""
