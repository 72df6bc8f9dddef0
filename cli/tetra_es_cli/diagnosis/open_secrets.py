"""Values of secrets that somebody left in the open, as the scripts of before kept them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tetra_es.layout import SECRETS
from tetra_es.usecases.check import Check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


def open_secrets(root: Path, environments: Collection[str]) -> Iterator[Check]:
    """Yield a finding for each `secrets/ENV.env` in an organization's folder, and what to do."""
    for file in sorted((root / SECRETS).glob("*.env")):
        if file.stem not in environments:
            continue
        name, place = file.stem, shlex.quote(str(file))
        yield Check(
            "secrets",
            "failed",
            f"{SECRETS}/{file.name} holds values in the open",
            f"`tetra-es secret import {name} {place}` takes them over, `rm {place}` removes it",
        )
