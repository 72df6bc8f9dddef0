"""The columns of answers as CSV; of the table that people get, where that has the same ones."""

from typing import Final

HISTORY: Final = (
    "event", "environment", "revision", "type", "actor", "time", "reason", "hash", "summary",
    "purged",
)  # fmt: skip
CHANGED: Final = (*HISTORY[:-1], "key", "before", "after", "purged")
"""Of `history` by key."""
BLAME: Final = (
    "key", "value", "revision", "event", "actor", "time", "reason", "purged", "one_of"
)  # fmt: skip
ENVIRONMENTS: Final = ("environment", "revision", "event", "source_revision", "time")
SECRETS: Final = ("key", "version", "actor", "time", "recipients", "compromised")
SIGNERS: Final = ("signer", "may", "fingerprint", "key")
RECIPIENTS: Final = ("name", "recipient")
HOSTS: Final = (
    "environment", "host", "names", "machine", "running", "configured", "behind", "state", "since",
    "actor", "reason", "deployment", "event", "runner",
)  # fmt: skip
FINDINGS: Final = ("kind", "environment", "event", "subject", "what")
EXPOSED_TO: Final = ("environment", "key", "version", "name", "since", "reads", "rotated", "purged")
EXPOSURE: Final = (*EXPOSED_TO, "event", "recipient")
CHANGES: Final = ("key", "before", "after")
SEARCH: Final = (
    "event", "time", "actor", "kind", "where", "key", "before", "after", "in_force", "hosts",
    "summary", "reason", "purged", "one_of",
)  # fmt: skip
