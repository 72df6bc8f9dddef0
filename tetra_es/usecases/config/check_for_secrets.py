"""Refuse secrets in TOML before they are in an event, where nothing takes them out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import UsageError
from tetra_es.secret_scan.detectors import detect, detectors_for
from tetra_es.secret_scan.scan import may_recur, refuse, scan_changes

if TYPE_CHECKING:
    from collections.abc import Collection

    from tetra_es.events.metadata import Context
    from tetra_es.model.organization import Organization
    from tetra_es.secret_scan.scan import Finding
    from tetra_es.toml.document import ConfigDocument


def check_for_secrets(
    organization: Organization,
    file: str,
    before: ConfigDocument | None,
    after: ConfigDocument,
    context: Context,
    *,
    allow: Collection[str] = (),
) -> None:
    """Raise `Refused` where `after` has new values that look like secrets.

    `file` is what exceptions call it, `before` is what is recorded. What is found at a key in
    `allow` becomes an exception, decided on `organization`, which the caller saves.
    """
    found = refuse_secrets(organization, file, before, after, allow=allow)
    if found and not context.reason:
        raise UsageError("an exception needs a reason", hint="say why it is not a secret, with -m")
    for path in sorted({finding.path for finding in found}):
        organization.add_scan_exception(file, path, context)


def refuse_secrets(
    organization: Organization,
    file: str,
    before: ConfigDocument | None,
    after: ConfigDocument,
    *,
    allow: Collection[str] = (),
) -> list[Finding]:
    """Raise `Refused` as `check_for_secrets` does; return what is allowed, and decide nothing."""
    known = {key for of, key in organization.scan_exceptions if of == file}
    found = [
        finding
        for finding in scan_changes(before, after)
        if not (finding.path in known and may_recur(finding))
    ]
    refuse([finding for finding in found if finding.path not in allow], after.path)
    return found


def secret_in(text: str) -> str | None:
    """Return the part of a text that looks like a secret, None where nothing does."""
    detection = detect("", text, detectors_for([text]))
    return detection.secret if detection else None
