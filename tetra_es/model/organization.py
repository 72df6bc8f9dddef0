"""The organization: its manifest, its overlays on profiles, and who may sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tetra_es.errors import Refused, UsageError
from tetra_es.events.config import (
    ORG_STREAM,
    LogMoved,
    ManifestEdited,
    OrganizationCreated,
    OrganizationUpgraded,
    ProfileEdited,
    ScanExceptionAdded,
    SignerAdded,
    SignerRemoved,
)
from tetra_es.events.secrets import BodiesPurged
from tetra_es.layout import MANIFEST, profile_file
from tetra_es.model.aggregate import Aggregate
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.schema.manifest import Manifest, read_manifest
from tetra_es.schema.near import did_you_mean
from tetra_es.toml.document import ConfigDocument
from tetra_es.toml.written import changes_as_written

if TYPE_CHECKING:
    from tetra_es.events.base import Event
    from tetra_es.events.metadata import Context
    from tetra_es.events.secrets import NamedBy


class Organization(Aggregate):
    """One organization, the aggregate of the stream `org`."""

    def __init__(self, stream: str = ORG_STREAM) -> None:
        super().__init__(stream)
        self.name = ""
        self.text = ""
        """The manifest's TOML."""
        self.revision = 0
        """Of the manifest."""
        self.profiles: dict[str, str] = {}
        """Environment to the text of the org's overlay."""
        self.profile_revisions: dict[str, int] = {}
        self.signers: dict[str, str] = {}
        """Name to public key line of those who may sign the next event."""
        self.limits: dict[str, list[str]] = {}
        """What a signer with limits may do, such as `promote:dev`; others may do everything."""
        self.scan_exceptions: set[tuple[str, str]] = set()
        """File and key whose values look like secrets and are false positives."""

    @property
    def document(self) -> ConfigDocument:
        """The manifest's TOML."""
        return ConfigDocument(MANIFEST, self.text)

    @property
    def manifest(self) -> Manifest:
        """What the manifest says."""
        return read_manifest(self.document)

    def profile(self, environment: str) -> ConfigDocument | None:
        """Return the organization's overlay for an environment, None where it has none."""
        text = self.profiles.get(environment)
        return None if text is None else ConfigDocument(profile_file(environment), text)

    def environment_named(self, name: str) -> str:
        """Return `name` if the manifest has such an environment, else raise `UsageError`."""
        environments = self.manifest.environments
        if name not in environments:
            raise UsageError(
                f"unknown environment: {name}",
                hint=f"{did_you_mean(name, environments)}this organization has "
                f"{', '.join(environments)}; "
                f"`tetra-es env add {name} --profile dev` adds it",
            )
        return name

    def signer_with(self, key: str) -> str | None:
        """Return the name of the signer that has this public key line, or None."""
        return next((name for name, line in self.signers.items() if line == key), None)

    def create(
        self, name: str, manifest: ConfigDocument, context: Context, *, key: str
    ) -> OrganizationCreated:
        """Create the organization, with its first signer."""
        if self.name:
            raise Refused(f"the organization {self.name} exists already")
        self._check_manifest(name, manifest)
        return self._decide(
            OrganizationCreated,
            context,
            name=name,
            text=manifest.text,
            changes=_changes(None, manifest),
            signer=context.actor,
            key=key,
        )

    def edit_manifest(
        self,
        manifest: ConfigDocument,
        context: Context,
        *,
        undoes: int | None = None,
        restores: int | None = None,
    ) -> ManifestEdited | None:
        """Record a changed manifest, None when nothing changed; `undoes` as in an environment.

        `restores` is the revision that had this text, where it comes back.
        """
        if manifest.text == self.text:
            return None
        self._check_manifest(self.name, manifest)
        return self._decide(
            ManifestEdited,
            context,
            revision=self.revision + 1,
            text=manifest.text,
            changes=_changes(self.document, manifest),
            undoes=undoes,
            restores=restores,
        )

    def edit_profile(
        self,
        environment: str,
        overlay: ConfigDocument,
        context: Context,
        *,
        undoes: int | None = None,
        restores: int | None = None,
    ) -> ProfileEdited | None:
        """Record a changed overlay, None when nothing changed. It is checked before."""
        if environment == SOURCE_OF_TRUTH:
            raise Refused(
                f"{environment} is the source of truth: it has no profile",
                hint=f"edit environments/{environment}.toml itself",
            )
        self.environment_named(environment)
        before = self.profile(environment)
        if before is not None and overlay.text == before.text:
            return None
        return self._decide(
            ProfileEdited,
            context,
            environment=environment,
            revision=self.profile_revisions.get(environment, 0) + 1,
            text=overlay.text,
            changes=_changes(before, overlay),
            undoes=undoes,
            restores=restores,
        )

    def add_signer(
        self, name: str, key: str, context: Context, *, may: list[str] | None = None
    ) -> SignerAdded:
        """Let another key sign from the next event on, all or within limits."""
        if name in self.signers:
            raise Refused(
                f"there is a signer {name} already",
                hint="remove the old key first, or use a new name",
            )
        if owner := self.signer_with(key):
            raise Refused(f"that key already belongs to signer {owner}")
        return self._decide(SignerAdded, context, signer=name, key=key, may=may)

    def remove_signer(self, name: str, context: Context) -> SignerRemoved:
        """Let a key no longer sign; what it signed before stays valid."""
        if name not in self.signers:
            raise UsageError(
                f"no signer {name}", hint=f"the signers are {', '.join(sorted(self.signers))}"
            )
        if len(self.signers) == 1:
            raise Refused(
                f"{name} is the last signer: nobody could record anything any more",
                hint="add another signer first",
            )
        if not self.signers.keys() - self.limits.keys() - {name}:
            raise Refused(
                f"{name} is the last signer without limits: nobody could add one any more",
                hint="add another signer without limits first",
            )
        return self._decide(SignerRemoved, context, signer=name, key=self.signers[name])

    def upgrade(self, floor: int, context: Context) -> OrganizationUpgraded:
        """Let events of lower rules than `floor` be void from the next one on."""
        return self._decide(OrganizationUpgraded, context, floor=floor)

    def move_log(self, address: str, before: str | None, context: Context) -> LogMoved:
        """Record that the log goes on at another address."""
        return self._decide(LogMoved, context, address=address, before=before)

    def add_scan_exception(self, file: str, key: str, context: Context) -> ScanExceptionAdded:
        """Record that what looks like a secret at a key is a false positive."""
        if (file, key) in self.scan_exceptions:
            raise Refused(f"{key} of {file} is an exception already")
        return self._decide(ScanExceptionAdded, context, file=file, key=key)

    def purge_bodies(
        self, digests: list[str], context: Context, named_by: list[NamedBy]
    ) -> BodiesPurged:
        """Record that bodies are destroyed; `named_by` has the events that need one of them."""
        return self._decide(BodiesPurged, context, digests=digests, named_by=named_by)

    def apply(self, event: Event) -> None:
        """Change the state as `event` says."""
        super().apply(event)
        match event:
            case OrganizationCreated():
                self.name, self.text, self.revision = event.name, event.text, 1
                self.signers[event.signer] = event.key
            case ManifestEdited():
                self.text, self.revision = event.text, event.revision
            case ProfileEdited():
                self.profiles[event.environment] = event.text
                self.profile_revisions[event.environment] = event.revision
            case SignerAdded():
                self.signers[event.signer] = event.key
                if event.may is not None:
                    self.limits[event.signer] = event.may
            case SignerRemoved():
                del self.signers[event.signer]
                self.limits.pop(event.signer, None)
            case ScanExceptionAdded():
                self.scan_exceptions.add((event.file, event.key))

    def snapshot(self) -> dict[str, Any]:
        """Return the state as JSON types."""
        return {
            "name": self.name,
            "text": self.text,
            "revision": self.revision,
            "profiles": dict(self.profiles),
            "profile_revisions": dict(self.profile_revisions),
            "signers": dict(self.signers),
            "limits": dict(self.limits),
            "scan_exceptions": sorted(list(each) for each in self.scan_exceptions),
        }

    def restore(self, version: int, state: dict[str, Any]) -> None:
        """Take over a state that `snapshot` returned."""
        self._version = version
        self.name = state["name"]
        self.text = state["text"]
        self.revision = state["revision"]
        self.profiles = dict(state["profiles"])
        self.profile_revisions = dict(state["profile_revisions"])
        self.signers = dict(state["signers"])
        self.limits = dict(state["limits"])
        self.scan_exceptions = {(file, key) for file, key in state["scan_exceptions"]}

    def _check_manifest(self, name: str, manifest: ConfigDocument) -> None:
        if read_manifest(manifest).name != name:
            raise Refused(
                f"manifest.toml: name: an organization keeps its name, {name!r}",
                hint="`tetra-es init NAME` makes another organization",
            )


def _changes(before: ConfigDocument | None, after: ConfigDocument) -> list[list[str | None]]:
    return changes_as_written(before, after)
