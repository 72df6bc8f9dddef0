"""An event as one line for a SIEM: JSON, OCSF or CEF. Its id is the hash of the event.

OCSF: class 3004, Entity Management, of schema 1.2.0 (https://schema.ocsf.io/1.2.0).
CEF: version 0 of ArcSight's Common Event Format.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tetra_es import __version__
from tetra_es.events.told import time_in
from tetra_es.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OCSF_VERSION: Final = "1.2.0"
_CREATE, _UPDATE, _DELETE, _OTHER = 1, 3, 4, 99
_NAMES: Final = {_CREATE: "Create", _UPDATE: "Update", _DELETE: "Delete", _OTHER: "Other"}
_ACTIVITIES: Final = {
    **dict.fromkeys(("created", "added", "imported"), _CREATE),
    **dict.fromkeys(("edited", "promoted", "rolled_back", "upgraded", "moved"), _UPDATE),
    **dict.fromkeys(("exception_added",), _UPDATE),
    **dict.fromkeys(("removed", "purged", "forgotten", "uninstalled"), _DELETE),
}
"""Last word of a topic to what it does; for the rest of those about secrets, that is an update."""
_FAILED: Final = ("deployment.failed", "deployment.reverted")
_HIGH: Final = ("bodies.purged", "secret.purged", "secret.compromised", "log.moved")
_MEDIUM: Final = (
    *("signer.added", "signer.removed", "recipient.added", "recipient.removed"),
    *("manifest.edited", "profile.edited", "scan.exception_added", "organization.upgraded"),
)
_SEVERITIES: Final = {1: ("Informational", 3), 3: ("Medium", 5), 4: ("High", 8)}
"""OCSF's number to its name, and CEF's."""
_UNMAPPED: Final = ("cursor", "verdict", "revision", "changes")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def jsonl(row: Mapping[str, Any], organization: str) -> str:
    """Return an event's row as JSON, with the organization's name."""
    return json.dumps({"organization": organization, **row}, ensure_ascii=False)


def ocsf(row: Mapping[str, Any], organization: str) -> str:
    """Return an event as OCSF has it."""
    topic = row["type"]
    rest = _UPDATE if topic.startswith("secret") else _OTHER
    activity = _ACTIVITIES.get(topic.rpartition(".")[2], rest)
    name = _NAMES[activity]
    failed, severity = _has_failed(row), _severity(row)
    value = {
        "activity_id": activity,
        "activity_name": row["type"] if activity == _OTHER else name,
        "category_uid": 3,
        "category_name": "Identity & Access Management",
        "class_uid": 3004,
        "class_name": "Entity Management",
        "type_uid": 300400 + activity,
        "type_name": f"Entity Management: {name}",
        "time": milliseconds(row["time"]),
        "severity_id": severity,
        "severity": _SEVERITIES[severity][0],
        "status_id": 2 if failed else 1,
        "status": "Failure" if failed else "Success",
        "message": row["summary"],
        "comment": row["reason"],
        "actor": {"user": {"name": row["actor"]}},
        "entity": {
            "name": row["environment"] or organization,
            "uid": row["stream"],
            "type": row["stream"].partition(":")[0],
            "version": str(row["version"]),
        },
        "metadata": {
            "version": OCSF_VERSION,
            "profiles": ["host"],  # which has the actor
            "product": {
                "name": "tetra-es",
                "vendor_name": "tetra-es",
                "version": __version__,
            },
            "uid": row["hash"],
            "sequence": row["event"],
            "event_code": row["type"],
            "log_name": organization,
            "log_provider": "tetra-es",
            "original_time": row["time"],
        },
        "unmapped": {name: row[name] for name in _UNMAPPED if name in row},
    }
    return json.dumps(value, ensure_ascii=False)


def cef(row: Mapping[str, Any], organization: str) -> str:
    """Return an event as CEF has it: a header of seven fields, then pairs.

    The header has no text that people type: not every reader knows how that is escaped there.
    """
    failed, level = _has_failed(row), _SEVERITIES[_severity(row)][1]
    name = row["type"].replace(".", " ").replace("_", " ")
    head = ("tetra-es", "tetra-es", __version__, row["type"], name, level)
    pairs = {
        "externalId": row["hash"],
        "rt": milliseconds(row["time"]),
        "suser": row["actor"],
        "outcome": "failure" if failed else "success",
        "msg": row["summary"],
        "reason": row["reason"],
        "cn1Label": "position",
        "cn1": row["event"],
        "cs1Label": "organization",
        "cs1": organization,
        "cs2Label": "environment",
        "cs2": row["environment"],
        "cs3Label": "revision",
        "cs3": row["revision"],
        "cs4Label": "stream",
        "cs4": row["stream"],
        "cs5Label": "verdict",
        "cs5": row["verdict"],
        "cs6Label": "cursor",
        "cs6": row["cursor"],
    }
    if row.get("changes"):
        text = json.dumps(row["changes"], ensure_ascii=False)
        pairs |= {"flexString1Label": "changes", "flexString1": text}
    header = "|".join(_header(str(field)) for field in head)
    told = {key: str(value) for key, value in pairs.items() if value not in (None, "")}
    return f"CEF:0|{header}|{' '.join(f'{key}={_value(told[key])}' for key in told)}"


def _header(text: str) -> str:
    """Return a field of the header: it has one line, and `|` ends it."""
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def _value(text: str) -> str:
    """Return a value of a pair: `=` is escaped, and a line end is written as `\\n`."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\\n".join(one_line(line).replace("\\", "\\\\").replace("=", "\\=") for line in lines)


def _has_failed(row: Mapping[str, Any]) -> bool:
    return row["verdict"] == "void" or row["type"] in _FAILED


def _severity(row: Mapping[str, Any]) -> int:
    """Return how much an event asks for a look, as OCSF numbers it.

    High is what takes away evidence, or tells of a secret that leaked; medium what changes who may
    sign or read, and by which policy, what failed, and what broke a rule.
    """
    if row["verdict"] != "void" and row["type"] in _HIGH:
        return 4
    return 3 if _has_failed(row) or row["type"] in _MEDIUM else 1


def milliseconds(time: str) -> int:
    """Return a time as events have it in milliseconds since 1970."""
    since = datetime.fromisoformat(time_in(time)) - _EPOCH
    return round(since.total_seconds() * 1000)


FORMATS: Final[Mapping[str, Callable[[Mapping[str, Any], str], str]]] = {
    "jsonl": jsonl,
    "ocsf": ocsf,
    "cef": cef,
}
"""Name to what makes a line of an event's row and the name of the organization."""
