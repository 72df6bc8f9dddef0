"""Whether the reason for an event has a secret in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es.errors import Refused
from tetra_es.secret_scan.detectors import detect, detections_in, detectors_for

if TYPE_CHECKING:
    from tetra_es.secret_scan.detectors import Detection


def refuse_in_reason(reason: str) -> None:
    """Raise `Refused` where a reason has what looks like a secret, in prose as people write it."""
    detectors = detectors_for([reason])
    in_prose = {detector.name for detector in detectors if detector.comments}
    found = detect("", reason, [one for one in detectors if one.name in in_prose])
    if found is None:
        chosen = [one for one in detectors if one.name not in in_prose]
        found = next((one for one in detections_in(reason, chosen) if _is_no_word(one)), None)
    if found:
        raise Refused(
            f"the reason looks as if it had a secret in it ({found.reason})",
            hint="leave it out; if it is one, take another: the shell's history has this one now",
        )


def _is_no_word(detection: Detection) -> bool:
    """Return whether it is more than what follows "password: " in a sentence."""
    return not detection.secret.rstrip(".!?)").isalpha()
