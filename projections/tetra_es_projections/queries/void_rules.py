"""Why an event is void, in words that need no list of the rules."""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "floor": "it goes by other rules than the organization did then",
    "topic": "there is no such type of event",
    "form": "its fields, stream or version are not those of its type",
    "role": "its signer may not record that",
    "unused": "it has a type, field or value of later rules",
    "purged": "it would bring back what was purged, or needs it",
    "founded-again": "the organization exists already",
    "local": "it is not lawful for the source of truth, or edits a generated environment",
    "environment": "the manifest has no such environment",
    "source-revision": "there is no such revision of local, or it was purged",
    "via": "the environment that it was taken from does not have that revision",
    "order": "the environment before did not have the revision, and the manifest requires it",
    "profile": "it has another profile than the environment",
    "rules": "it has other rules than profile and overlay gave then",
    "target": "it does not bring back what it names",
    "revision": "its revision is not the next one",
    "text": "its text is not TOML",
    "changes": "it changes something else than it says",
    "manifest": "the manifest would not be lawful",
    "values": "its values are not what the rules make of the source, or what it brings back",
    "secrets": "it does not follow from the secrets before it",
    "recipients": "it has other recipients than the environment, or adds one that is there already",
    "ciphertext": "its encrypted file belongs to another secret",
    "compromised": "a compromised or purged version of a secret would come back",
    "signer-taken": "there is a signer with this name or key already",
    "signer-missing": "there is no such signer",
    "last-signer": "no signer without limits would be left",
    "upgrade": "it does not raise the rules, or raises them above its own",
    "purge": "a state still had what it purges, or it names the wrong events",
    "moved": "the log is at that address already, or something was recorded together with that",
    "batch-void": "another event that was recorded together with it is void",
}
"""The names of the rules, which never change, and what an event did that breaks one."""


def why_void(rule: str) -> str:
    """Return why an event changed nothing, with the name of the rule that it breaks."""
    words = _WORDS.get(rule)
    return f"{words} (rule {rule})" if words else f"it breaks the rule {rule}"
