"""The event-sourcing library's application, as both editions of the store set it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventsourcing.application import Application
from eventsourcing.utils import Environment as Settings

from tetra_es.log.mapper import CanonicalTranscoder

if TYPE_CHECKING:
    from eventsourcing.persistence import Transcoder


class CanonicalApplication(Application[str]):
    """Keeps canonical JSON, and follows no setting but those that it is given."""

    def construct_env(self, name: str, env: Any = None) -> Settings:
        """Return only what we pass: the library would read the process's environment, where
        a stray CIPHER_TOPIC or COMPRESSOR_TOPIC would change what is stored."""
        return Settings(name, dict(env))

    def construct_transcoder(self) -> Transcoder:
        """Return what makes canonical JSON."""
        return CanonicalTranscoder()
