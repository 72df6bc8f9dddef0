"""The gate's state as JSON, and back."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tetra_es.gate.lineage import Lineage
from tetra_es.gate.state import Signer, State
from tetra_es.log.chain import Head
from tetra_es.log.counting import Reached
from tetra_es.model.secrets import Vault, Version, secrets_stream

if TYPE_CHECKING:
    from collections.abc import Mapping


def pack(state: State) -> dict[str, Any]:
    """Return a state as JSON types."""
    return {
        "head": [state.head.position, state.head.hash.hex()],
        "organization": state.organization,
        "name": state.name,
        "founder": state.founder,
        "floor": state.floor,
        "signers": {
            name: [signer.key, None if signer.may is None else sorted(signer.may)]
            for name, signer in state.signers.items()
        },
        "files": _pack_lineages(state.files),
        "environments": _pack_lineages(state.environments),
        "vaults": {name: _pack_vault(vault) for name, vault in state.vaults.items()},
        "owners": _other_owners(state),
        "purged": {digest.hex(): position for digest, position in state.purged.items()},
        "versions": state.versions,
        "reached": list(state.reached),
        "void": [[position, reason] for position, reason in state.void.items()],
    }


def unpack(packed: dict[str, Any]) -> State:
    """Return the state that `pack` gave, and take that apart: it may be large.

    Raises `ValueError`, `KeyError` or `TypeError`.
    """
    state = State()
    position, hash_ = packed["head"]
    state.set(
        head=Head(position, bytes.fromhex(hash_)),
        organization=packed["organization"],
        name=packed["name"],
        founder=packed["founder"],
        floor=packed["floor"],
        reached=Reached(*packed["reached"]),
    )
    for name, (key, may) in packed["signers"].items():
        state.signers[name] = Signer(key, None if may is None else frozenset(may))
    state.files.update(_unpack_lineages(packed["files"]))
    state.environments.update(_unpack_lineages(packed["environments"]))
    for name, vault in packed["vaults"].items():
        state.vaults[name] = _unpack_vault(name, vault)
    state.owners.update(_owners(state))
    for digest, (environment, key) in packed["owners"].items():
        state.owners[digest] = (environment, key)
    for digest, at in packed["purged"].items():
        state.purged[bytes.fromhex(digest)] = at
    state.versions.update(packed["versions"])
    state.void.update(dict(packed["void"]))
    return state


def _pack_vault(vault: Vault) -> list[Any]:
    """Return what `Vault.restore` needs, each list of recipients once: there may be thousands."""
    readers: dict[tuple[str, ...], int] = {}
    versions = {
        key: [
            [
                number,
                version.digests,
                readers.setdefault(version.recipients, len(readers)),
                [version.compromised, version.purged],
            ]
            for number, version in versions.items()
        ]
        for key, versions in vault.versions.items()
    }
    return [vault.version, vault.recipients, vault.present, list(readers), versions]


def _unpack_vault(environment: str, packed: list[Any]) -> Vault:
    vault = Vault(secrets_stream(environment))
    at, vault.recipients, vault.present, lists, keys = packed
    vault.skip_to(at)
    readers = [tuple(each) for each in lists]
    vault.versions = {
        key: {
            number: Version(tuple(digests), readers[reader], *marks)
            for number, digests, reader, marks in versions
        }
        for key, versions in keys.items()
    }
    return vault


def _owners(state: State) -> dict[str, tuple[str, str]]:
    """Return the owners of age files as the secrets tell them."""
    return {
        digest: (environment, key)
        for environment, vault in state.vaults.items()
        for key, versions in vault.versions.items()
        for version in versions.values()
        for digest in version.digests
    }


def _other_owners(state: State) -> dict[str, list[str]]:
    """Return those that are others: the first edition let secrets share an age file."""
    told = _owners(state)
    return {
        digest: list(owner) for digest, owner in state.owners.items() if told.get(digest) != owner
    }


def _pack_lineages(lineages: Mapping[str, Lineage]) -> dict[str, list[str]]:
    return {
        name: [base64.b64encode(part).decode() for part in lineage.packed()]
        for name, lineage in lineages.items()
    }


def _unpack_lineages(packed: Mapping[str, list[str]]) -> dict[str, Lineage]:
    return {
        name: Lineage.unpacked(*[base64.b64decode(parts.pop(0)) for _ in range(len(parts))])
        for name, parts in packed.items()
    }
