"""Rules for promotions: order, source, rules and values."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from tetra_es.errors import TetraEsError
from tetra_es.gate.rules.one.texts import check_text
from tetra_es.gate.rules.policy import Policy, policy_of, skipped_before
from tetra_es.gate.verdicts import Broken, Reason
from tetra_es.log import canonical
from tetra_es.names import SOURCE_OF_TRUTH
from tetra_es.profiles.carried import filled_layers, plain_layers, values_by
from tetra_es.profiles.load import effective_profile
from tetra_es.toml.flatten import same_values

if TYPE_CHECKING:
    from tetra_es.gate.bodies import Bodies
    from tetra_es.gate.entry import Entry
    from tetra_es.gate.lineage import StateAt
    from tetra_es.gate.state import State
    from tetra_es.profiles.rules import Rules
    from tetra_es.toml.document import ConfigDocument


def _promoted(entry: Entry, state: State, bodies: Bodies) -> None:
    name = entry.state["environment"]
    if name == SOURCE_OF_TRUTH:
        raise Broken(Reason.LOCAL, f"{name} is the source of truth: nothing is promoted to it")
    if state.manifest is None:
        raise Broken(Reason.MANIFEST, "there is no manifest")
    policy = _policy(bodies.text(state.manifest))
    if name not in policy.environments:
        raise Broken(Reason.ENVIRONMENT, f"the manifest has no environment {name}")
    source = _check_source(entry, state, policy)
    _check_order(entry, state, policy)
    layers = _check_rules(entry, state, policy, bodies)
    document = check_text(entry, state.environment(name).newest, bodies)
    local = bodies.text(source, f"{SOURCE_OF_TRUTH}.toml")
    try:
        same = same_values(values_by(layers, local), dict(document.values))
    except (TetraEsError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Broken(Reason.VALUES, f"its rules do not fit its source: {error}") from error
    if not same:
        raise Broken(
            Reason.VALUES,
            f"its values are not what its rules make of {SOURCE_OF_TRUTH}@{source.revision}",
        )


def compared_with(entry: Entry, state: State) -> list[StateAt | None]:
    """Return the texts that a promotion is compared with; nothing for other events."""
    if entry.topic != "environment.promoted":
        return []
    name = entry.state["environment"]
    return [
        state.environment(name).newest,
        state.environment(SOURCE_OF_TRUTH).find(entry.state["source_revision"]),
        state.manifest,
        state.file(name).newest,
    ]


def _policy(manifest: ConfigDocument) -> Policy:
    try:
        return policy_of(manifest.values)
    except TetraEsError:
        raise Broken(Reason.MANIFEST, "the manifest is not TOML") from None


def _check_source(entry: Entry, state: State, policy: Policy) -> StateAt:
    """Return the state that was promoted."""
    via, revision = entry.state["via"], entry.state["source_revision"]
    source = state.environment(SOURCE_OF_TRUTH)
    found = source.find(revision)
    if found is None:
        raise Broken(Reason.SOURCE_REVISION, f"there is no {SOURCE_OF_TRUTH}@{revision}")
    if found.digest in state.purged:
        raise Broken(
            Reason.SOURCE_REVISION,
            f"{SOURCE_OF_TRUTH}@{revision} was purged by #{state.purged[found.digest]}",
        )
    newest = state.environment(via).newest
    had = source.revision if via == SOURCE_OF_TRUTH else newest and newest.source
    if via not in policy.environments or had != revision:
        raise Broken(Reason.VIA, f"{via} does not have {SOURCE_OF_TRUTH}@{revision}")
    return found


def _check_order(entry: Entry, state: State, policy: Policy) -> None:
    name, revision = entry.state["environment"], entry.state["source_revision"]
    if policy.gradual != "required":
        return
    has = {
        each: newest.source
        for each in policy.environments
        if (newest := state.environment(each).newest)
    }
    if before := skipped_before(policy, name, revision, has):
        raise Broken(
            Reason.ORDER,
            f"{before} does not have {SOURCE_OF_TRUTH}@{revision} now, and the policy "
            'promotion.gradual is "required"',
        )


def _check_rules(entry: Entry, state: State, policy: Policy, bodies: Bodies) -> tuple[Rules, ...]:
    """Return the rules that a promotion carries, which are those of its profile then."""
    event = entry.state
    name = event["environment"]
    at = state.file(name).newest
    overlay = bodies.text(at, f"profiles/{name}.toml") if at else None
    try:
        carried = _carried(name, overlay, policy.name, policy.domain)
    except TetraEsError as error:
        raise Broken(Reason.PROFILE, f"{name} has no profile: {error.message}") from error
    if (event["profile"], event["shipped"]) != (carried.profile, carried.shipped):
        raise Broken(Reason.PROFILE, f"its profile is not the {carried.profile} that is shipped")
    if carried.digest.hex() != event["rules"]:
        raise Broken(
            Reason.RULES, "its rules are not those of the profile, the overlay and the manifest"
        )
    return carried.layers


class _Carried(NamedTuple):
    """What a promotion has to carry."""

    profile: str
    """Name of the built-in profile."""
    shipped: str
    """Digest of that profile's own rules."""
    layers: tuple[Rules, ...]
    """Its rules and the organization's, every placeholder replaced."""
    digest: bytes
    """SHA-256 of these, as canonical JSON."""


@lru_cache(maxsize=32)
def _carried(name: str, overlay: ConfigDocument | None, org: str, domain: str) -> _Carried:
    """Return what promotions to an environment carry, most of them the same as the one before."""
    profile = effective_profile(name, overlay)
    shipped = effective_profile(profile.name, None)
    layers = filled_layers(profile.layers, org=org, domain=domain, environment=name)
    plain = canonical.encode_any(plain_layers(layers))
    return _Carried(profile.name, shipped.digest, layers, sha256(plain).digest())


CHECKS: Final = {"environment.promoted": _promoted}
