"""Archives that somebody changed: each change is found, and named.

`stranger` has no signer's key, and can change bytes alone. `exporter` has one and signs what he
made of the archive: what he leaves out or changes is found by the events and their proofs.
"""

from __future__ import annotations

import io
import json
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785

from tests.clocks import dated
from tests.examples import LONG_TAIL, THOROUGH, some
from tests.verify_alone.bundle import MANIFEST, SIGNATURE, Bundle, entry, key_of
from tests.verify_alone.clone import event_path, file_of, signed, verify
from tetra_es.gate.replica import AdmittedReplica
from tetra_es.integrity.merkle import MerkleTree
from tetra_es_projections.evidence import archive, selection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Machine
    from tetra_es.crypto.ssh.keys import SigningKey
    from tetra_es.log.replica import Replica
    from tetra_es_projections.evidence.selection import Filter, Selection

STEPS = 400 if THOROUGH else 12
DEV = "toml/environments/dev@1.toml"


@pytest.fixture(scope="module")
def exported(story: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Archives of the story: of all events, and with a filter."""
    folder = tmp_path_factory.mktemp("exported")
    last = story.last_position()
    times = [row["time"] for row in story.history("--reverse", "--steps")]
    words: dict[str, list[str]] = {
        "all": [],
        "dev": ["--env", "dev"],
        "part": ["--since", times[last // 3], "--until", times[2 * last // 3]],
        "chain": ["--env", "dev", "--chain"],
        "chain of a part": ["--since", times[last // 3], "--until", times[-4], "--chain"],
    }
    for name, more in words.items():
        story.ok("audit", "export", str(folder / name), *more)
    return {name: folder / name for name in words}


@pytest.fixture
def exporter(story: Machine) -> SigningKey:
    return key_of(story)


@pytest.fixture
def stranger(story: Machine) -> SigningKey:
    """The key of bob, who was a signer once."""
    return key_of(story, "bob-config")


def without(bundle: Bundle, position: int) -> None:
    """Leave an event out, everywhere."""
    del bundle.files[event_path(position)]

    def change(manifest: dict[str, Any]) -> None:
        for name in ("events", "context", "effective"):
            manifest[name] = [one for one in manifest[name] if one[0] != position]
        manifest["count"] = len(manifest["events"])
        manifest["purged"] = [one for one in manifest["purged"] if one["event"] != position]

    bundle.change(change)
    lines = bundle.files["proofs.jsonl"].splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["event"] != position]
    bundle.files["proofs.jsonl"] = b"".join(kept)


def event_of(bundle: Bundle, position: int) -> dict[str, Any]:
    found = json.loads(bundle.files[event_path(position)])
    assert isinstance(found, dict)
    return found


def replaced(bundle: Bundle, event: dict[str, Any]) -> None:
    """Put another event in the place of one."""
    position = event["event"]
    bundle.files[event_path(position)] = file_of(event)

    def change(manifest: dict[str, Any]) -> None:
        for name in ("events", "context"):
            for one in manifest[name]:
                if one[0] == position:
                    one[1] = event["hash"]

    bundle.change(change)


def update(manifest: dict[str, Any], **values: Any) -> None:
    manifest.update(values)


# --- by somebody without a key

BYTES: dict[str, tuple[Callable[[Bundle], object], str]] = {
    "an event": (
        lambda b: replace(b, event_path(3), b"nment.edited", b"nment.3dited"),
        "events/0000/00/00000003.json was changed",
    ),
    "a TOML": (lambda b: replace(b, DEV, b"5555", b"5556"), f"{DEV} was changed"),
    "the CSV": (lambda b: replace(b, "events.csv", b"alice", b"mallory"), "events.csv was changed"),
    "the changes": (
        lambda b: replace(b, "changes.csv", b"5555", b"5556"),
        "changes.csv was changed",
    ),
    "the signers": (
        lambda b: replace(b, "allowed_signers", b"alice", b"malice"),
        "allowed_signers was changed",
    ),
    "the signers' history": (
        lambda b: replace(b, "signers.csv", b"bob", b"eve"),
        "signers.csv was changed",
    ),
    "the README": (lambda b: replace(b, "README.txt", b"You need", b"You want"), "README.txt was"),
    "the verifier": (
        lambda b: b.files.update({"tetra-es-verify.py": b"print('verified')\n"}),
        "tetra-es-verify.py was changed",
    ),
    "a proof": (lambda b: replace(b, "proofs.jsonl", b'"proof": ["', b'"proof": ["ab'), "proofs"),
    "the checkpoint": (lambda b: replace(b, "checkpoint", b"/acme/", b"/evil/"), "checkpoint was"),
    "an event left out": (lambda b: b.files.pop(event_path(3)), "is missing"),
    "a file more": (lambda b: b.files.update({DEV.replace("1", "99"): b""}), "does not list it"),
    "the filter": (
        lambda b: b.change(lambda m: m["filter"].update(environment="dev")),
        "the signature of manifest.json is not valid",
    ),
    "the count": (lambda b: b.change(lambda m: m.update(count=3)), "says that it has 3 events"),
    "the order": (
        lambda b: b.change(lambda m: m["events"].reverse()),
        "its events are not in their order",
    ),
    "an event twice": (
        lambda b: b.change(lambda m: m.update(events=[m["events"][0], *m["events"]])),
        "one is there twice",
    ),
    "a void event that is not there": (
        lambda b: b.change(lambda m: m.update(void=[999])),
        "one after its head",
    ),
    "the head": (
        lambda b: b.change(lambda m: m["head"].update(position=m["head"]["position"] - 1)),
        "one after its head",
    ),
    "no signature": (lambda b: b.files.pop(SIGNATURE), "manifest.json is not signed"),
    "a signature of nothing": (
        lambda b: b.files.update({SIGNATURE: b"-----BEGIN SSH SIGNATURE-----\n"}),
        "is not an SSH signature",
    ),
    "no signer": (
        lambda b: b.change(lambda m: m.update(signer=None)),
        "names no signer, and something in the archive is signed",
    ),
    "no manifest": (lambda b: b.files.update({MANIFEST: b"{}"}), "is not in the form"),
    "a manifest with a name twice": (
        lambda b: replace(b, MANIFEST, b'{"context"', b'{"count":1,"context"'),
        "is not in the form",
    ),
}


def replace(bundle: Bundle, name: str, old: bytes, new: bytes) -> None:
    assert old in bundle.files[name]
    bundle.files[name] = bundle.files[name].replace(old, new, 1)


@pytest.mark.parametrize("what", some(BYTES, 8))
def test_bytes_that_somebody_changed(exported: dict[str, Path], tmp_path: Path, what: str) -> None:
    change, named = BYTES[what]
    bundle = Bundle.of(exported["all"])
    change(bundle)
    names_it(bundle, tmp_path, named)


def names_it(bundle: Bundle, tmp_path: Path, named: str) -> None:
    """Check that a change is found, and named."""
    done = bundle.verify(tmp_path / "forged.zip")
    assert done.code == 4, done
    assert named in done.out, done.out
    assert done.err.startswith("tetra-es-verify: error: verification failed: ")


def test_signed_again_by_somebody_who_is_no_signer(
    exported: dict[str, Path], stranger: SigningKey, exporter: SigningKey, tmp_path: Path
) -> None:
    bundle = Bundle.of(exported["all"])
    bundle.sign_again(exporter)
    assert bundle.verify(tmp_path / "same.zip").code == 0, "sealing alone changes nothing"
    bundle.sign_again(stranger)
    names_it(bundle, tmp_path, "which is not the key of alice@example.org")
    bundle.sign_again(stranger, "bob")
    names_it(bundle, tmp_path, "bob is not a signer at its head")


# --- by an exporter, who signs it again


def test_an_event_left_out_of_the_middle(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    for name in ("all", "dev", "part"):
        bundle = Bundle.of(exported[name])
        inner = [one for one in bundle.positions[1:-1] if not is_of_org(bundle, one)]
        without(bundle, inner[len(inner) // 2])
        bundle.sign_again(exporter)
        names_it(bundle, tmp_path, "was left out")


def is_of_org(bundle: Bundle, position: int) -> bool:
    return bool(event_of(bundle, position)["stream"] == "org")


def test_the_newest_left_out(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    """The head is said to be an earlier one: its tree is another."""
    for name in ("all", "dev"):
        bundle = Bundle.of(exported[name])
        last = bundle.manifest["head"]["position"]
        before = event_of(Bundle.of(exported["all"]), last)["previous"]
        without(bundle, last)
        head = {"position": last - 1, "hash": before}
        bundle.change(partial(update, head=head))
        bundle.sign_again(exporter)
        names_it(bundle, tmp_path, "proof")
    # The newest of one stream: the manifest names the last one of each.
    bundle = Bundle.of(exported["dev"])
    last = [one for one in bundle.positions if event_of(bundle, one)["stream"] == "env:dev"][-1]
    without(bundle, last)
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, "of env:dev was left out")


def test_an_older_archive(machine: Machine, tmp_path: Path) -> None:
    """It is sound, and what the auditor knows is newer."""
    machine.ok("audit", "export", str(tmp_path / "old.zip"))
    machine.ok("set", "local", "ports.tetra=1234")
    machine.ok("audit", "checkpoint", "-o", str(tmp_path / "known"))
    head = machine.history("-n", "1")[0]
    path = tmp_path / "old.zip"
    assert verify(path).code == 0
    done = verify(path, "--against", str(tmp_path / "known"))
    assert (done.code, "your checkpoint is of #" in done.out) == (4, True)
    done = verify(path, "--expect", f"{head['event']}:{head['hash']}")
    assert (done.code, "it is older than what you expect" in done.out) == (4, True)


@pytest.mark.parametrize("number", ["2", "10"])
def test_one_of_another_format(exported: dict[str, Path], tmp_path: Path, number: str) -> None:
    """A release that knows more files, or fewer, is no reason to speak of forgery."""
    bundle = Bundle.of(exported["all"])
    bundle.change(lambda manifest: manifest.update(format=f"tetra-es-evidence/{number}"))
    bundle.files["more.csv"] = b"x"
    del bundle.files["readers.csv"]
    bundle.write(tmp_path / "other.zip")
    done = verify(tmp_path / "other.zip")
    assert (done.code, done.out) == (1, "")
    assert f"the format tetra-es-evidence/{number}" in done.err
    assert "take the tetra-es-verify of the release that made it" in done.err


@pytest.mark.parametrize("odd", ["tetra-es-evidence/0", "tetra-es-evidence/x", "", 1, None])
def test_a_format_that_there_never_was(
    exported: dict[str, Path], tmp_path: Path, odd: object
) -> None:
    bundle = Bundle.of(exported["all"])
    bundle.change(lambda manifest: manifest.update(format=odd))
    bundle.write(tmp_path / "other.zip")
    assert verify(tmp_path / "other.zip").code == 4


@LONG_TAIL
def test_another_history(machine: Machine, tmp_path: Path) -> None:
    other = machine.copy(tmp_path / "other")
    other.ok("set", "local", "ports.tetra=4321")
    machine.ok("set", "local", "ports.tetra=1234")
    machine.ok("audit", "checkpoint", "-o", str(tmp_path / "known"))
    other.ok("set", "local", "ports.tetra=4322")
    other.ok("audit", "export", str(tmp_path / "e.zip"))
    done = verify(tmp_path / "e.zip", "--against", str(tmp_path / "known"))
    assert (done.code, "the history is another one" in done.out) == (4, True)


def test_a_filter_that_is_another(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    """Part of the history is passed off as all of it, or as all of an environment."""
    nothing = {"environment": None, "since": None, "until": None}
    for name, wanted in [
        ("part", nothing),
        ("dev", nothing),
        ("part", {**nothing, "environment": "dev"}),
        ("dev", {**nothing, "environment": "staging"}),
        ("all", {**nothing, "environment": "dev"}),
        ("all", {**nothing, "since": "2100-01-01T00:00:00.000000Z"}),
    ]:
        bundle = Bundle.of(exported[name])
        bundle.change(partial(update, filter=wanted))
        bundle.sign_again(exporter)
        done = bundle.verify(tmp_path / "forged.zip")
        assert done.code == 4, (name, wanted)
        assert "filter" in done.out or " left out" in done.out, done.out


def test_an_event_that_is_another_one(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    """Its reason is another, and it is signed again: the tree has not got it."""
    bundle = Bundle.of(exported["all"])
    event = event_of(bundle, 3)
    event["state"]["metadata"]["reason"] = "somebody else's"
    replaced(bundle, signed(event, exporter))
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, "#3: its proof is that of another tree")


def test_a_tree_of_other_events(
    exported: dict[str, Path], exporter: SigningKey, stranger: SigningKey, tmp_path: Path
) -> None:
    """The tree is made again over an event that its signer never signed."""
    bundle = Bundle.of(exported["all"])
    last = bundle.positions[-1]
    event = event_of(bundle, last)
    event["state"]["metadata"]["reason"] = "somebody else's"
    forged = signed(event, stranger)
    replaced(bundle, forged)
    tree = MerkleTree(bytes.fromhex(hash_) for _, hash_ in bundle.manifest["events"])
    lines = [json.loads(line) for line in bundle.files["proofs.jsonl"].splitlines()]
    for line, (position, hash_) in zip(lines, bundle.manifest["events"], strict=True):
        proof = [one.hex() for one in tree.inclusion(position - 1)]
        line.update(hash=hash_, proof=proof)
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    bundle.files["proofs.jsonl"] = text.encode()

    def change(manifest: dict[str, Any]) -> None:
        manifest["head"]["hash"] = forged["hash"]
        manifest["root"] = tree.root().hex()
        manifest["streams"][forged["stream"]]["hash"] = forged["hash"]

    bundle.change(change)
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, f"#{last}: its signature is not valid: SHA256:")


def test_who_could_sign_is_worked_out(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    bundle = Bundle.of(exported["dev"])
    last = [
        one
        for one, _ in [*bundle.manifest["context"], *bundle.manifest["events"]]
        if event_of(bundle, one)["topic"] == "signer.removed"
    ]
    without(bundle, last[-1])
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, "of org was left out")
    for name in ("allowed_signers", "signers.csv", "readers.csv", "events.csv", "changes.csv"):
        bundle = Bundle.of(exported["dev"])
        bundle.files[name] = bundle.files[name].replace(b"alice", b"mallory").replace(b"5555", b"1")
        bundle.sign_again(exporter)
        if bundle.files[name] != Bundle.of(exported["dev"]).files[name]:
            names_it(bundle, tmp_path, f"{name} is not what the events make it")


def test_the_page_says_what_the_manifest_says(
    story: Machine, exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    """Where its text is another version's, that is said, and no more."""
    unsigned = tmp_path / "unsigned.zip"
    story.ok("audit", "export", str(unsigned), "--unsigned", "--until", "2001-01-01")
    assert b"Nobody signed this archive" in Bundle.of(unsigned).files["README.txt"]
    for path in (*exported.values(), unsigned):
        done = verify(path)
        assert (done.code in {0, 3}, "README" in done.out) == (True, False), done
    bundle = Bundle.of(exported["dev"])
    count = bundle.manifest["count"]
    replace(bundle, "README.txt", b"has %d of" % count, b"has %d of" % (count + 1))
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, "README.txt is not what the manifest makes it")
    bundle = Bundle.of(exported["dev"])
    replace(bundle, "README.txt", b"is the word of who exported this", b"is certain")
    bundle.sign_again(exporter)
    done = bundle.verify(tmp_path / "forged.zip")
    said = "not checked: what README.txt says of what is missing"
    assert (done.code, said in done.out) == (3, True), done
    bundle.files["README.txt"] = b"Everything was approved by the board.\n"
    bundle.sign_again(exporter)
    done = bundle.verify(tmp_path / "forged.zip")
    assert (done.code, "not checked: README.txt" in done.out) == (3, True), done


def test_texts_are_those_of_the_events(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    bundle = Bundle.of(exported["dev"])
    bundle.files[DEV] += b"x = 1\n"
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, f"{DEV} is not what the event has")
    bundle = Bundle.of(exported["dev"])
    del bundle.files[DEV]
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, f"{DEV} is missing, and no event purged it")
    bundle.change(
        lambda manifest: manifest["purged"].append(
            {"event": 3, "kind": "text", "digest": "00" * 32, "by": 5}
        )
    )
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, f"{DEV} is missing, and no event purged it")
    bundle = Bundle.of(exported["dev"])
    bundle.files[DEV.replace("@1", "@99")] = b""
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, "is not from any event")


def test_a_void_event_is_said_to_be_valid_and_the_other_way_round(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    bundle = Bundle.of(exported["all"])
    bundle.change(lambda manifest: manifest.update(void=[3]))
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, "#3: the manifest says that it is void: it is valid")


def forget_a_proof(bundle: Bundle) -> None:
    lines = bundle.files["proofs.jsonl"].splitlines(keepends=True)
    bundle.files["proofs.jsonl"] = b"".join(lines[:-1])


def say_purged(bundle: Bundle) -> None:
    """Say of a text that is there that it was purged."""
    text = event_of(bundle, bundle.positions[0])["state"]["text"]
    one = {"event": bundle.positions[0], "kind": "text", "digest": text, "by": 5}
    bundle.change(lambda manifest: manifest["purged"].append(one))


def tell_of_another_tree(bundle: Bundle) -> None:
    """Put another event in the place of one of the chain, in the tree alone."""
    listed = dict([*bundle.manifest["events"], *bundle.manifest["context"]])
    size = bundle.manifest["head"]["position"]
    leaves = [bytes.fromhex(listed.get(one, "ab" * 32)) for one in range(1, size + 1)]
    tree = MerkleTree(leaves)
    lines = [json.loads(line) for line in bundle.files["proofs.jsonl"].splitlines()]
    for line in lines:
        line["proof"] = [one.hex() for one in tree.inclusion(line["event"] - 1)]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    bundle.files["proofs.jsonl"] = text.encode()
    bundle.change(partial(update, root=tree.root().hex()))


def name_another_organization(bundle: Bundle) -> None:
    origin = bundle.manifest["origin"].replace("/acme/", "/evil/")
    bundle.change(partial(update, organization="evil", origin=origin))


WORDS: dict[str, tuple[str, Callable[[Bundle], object], str]] = {
    "no time of an event": (
        "all",
        lambda b: b.change(lambda m: m["effective"].pop()),
        "does not say from when on each event counts",
    ),
    "a proof fewer": ("all", forget_a_proof, "does not have one proof for each event"),
    "a text as purged": ("all", say_purged, "does not list what was purged as the events have it"),
    "another tree": ("chain", tell_of_another_tree, "is not that of the events"),
    "another organization": ("all", name_another_organization, "of another organization than"),
    "another key": (
        "dev",
        lambda b: b.change(partial(update, key=f"SHA256:{'A' * 43}")),
        "it names another key than that of alice@example.org",
    ),
}


@pytest.mark.parametrize("what", WORDS)
def test_what_a_manifest_says_that_is_not_so(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path, what: str
) -> None:
    name, change, named = WORDS[what]
    bundle = Bundle.of(exported[name])
    change(bundle)
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, named)


def test_the_checkpoint_is_that_of_the_archive(
    exported: dict[str, Path], exporter: SigningKey, stranger: SigningKey, tmp_path: Path
) -> None:
    bundle = Bundle.of(exported["dev"])
    honest = bundle.files[MANIFEST]
    bundle.change(partial(update, root="ab" * 32))
    bundle.sign_checkpoint(exporter)
    bundle.files[MANIFEST] = honest
    bundle.sign_manifest(exporter)
    names_it(bundle, tmp_path, "the checkpoint is not that of the manifest's head and root")
    bundle.sign_checkpoint(stranger)
    bundle.sign_manifest(exporter)
    names_it(bundle, tmp_path, "the signature of the checkpoint is not valid")


@pytest.mark.parametrize("name", some(["part", "all", "dev", "chain", "chain of a part"], 1))
@pytest.mark.parametrize("time", ["2001-01-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"])
def test_a_time_from_which_an_event_does_not_count(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path, name: str, time: str
) -> None:
    """So it would be in another period than it is.

    Of the event before it, the archive may have nothing.
    """
    bundle = Bundle.of(exported[name])
    there = [one for one, _ in (*bundle.manifest["events"], *bundle.manifest["context"])]
    middle = bundle.positions[len(bundle.positions) // 2]
    alone = (one for one in bundle.positions if one > 1 and one - 1 not in there)
    position = next(alone, middle)
    bundle.change(
        lambda manifest: next(
            one for one in manifest["effective"] if one[0] == position
        ).__setitem__(1, time)
    )
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, f"#{position}: the manifest says that it counts from another time")


# --- by an exporter whose archive has the record of every event

CHAIN = "chain.jsonl"
WORD = "the exporter's word on which events are void, and that all are here"


def liar(monkeypatch: pytest.MonkeyPatch, stream: str, *, hidden: bool) -> None:
    """Have archives written that leave out the newest event of a stream; hidden, in the chain."""
    real, others = selection.select, archive._Archive._others
    left: set[int] = set()

    def select(log: Replica, upto: int, wanted: Filter) -> Selection:
        every = list(log.records(upto=upto))
        found = real(log, upto, wanted)
        *_, before, newest = (one.position for one in every if one.stream == stream)
        left.add(newest)
        chosen, context = ([one for one in each if one != newest] for each in found[:2])
        effective = {one: time for one, time in found.effective.items() if one != newest}
        streams = {**found.streams, stream: before}
        return found._replace(chosen=chosen, context=context, streams=streams, effective=effective)

    monkeypatch.setattr(archive, "select", select)
    if hidden:
        monkeypatch.setattr(
            archive._Archive,
            "_others",
            lambda self, found: [one for one in others(self, found) if one not in left],
        )


def test_what_was_dated_in_the_future_cannot_be_left_out_of_when_it_was_recorded(
    machine: Machine, tmp_path: Path
) -> None:
    machine.ok("promote", "dev")
    with dated("2098-01-01T00:00:00Z"):
        machine.ok("set", "local", "ports.tetra=1", "-m", "hidden")
    hidden = machine.last_position()
    machine.ok("promote", "dev", "--clock-was-wrong", "-m", "back to now")
    path = tmp_path / "e.zip"
    machine.ok("audit", "export", str(path), "--since", "1h", "--until", "now")
    bundle = Bundle.of(path)
    assert hidden in bundle.positions

    def leave_out(manifest: dict[str, Any]) -> None:
        one = next(one for one in manifest["events"] if one[0] == hidden)
        manifest["events"].remove(one)
        manifest["context"] = sorted([*manifest["context"], one])
        manifest["count"] -= 1

    bundle.change(leave_out)
    bundle.sign_again(key_of(machine))
    names_it(bundle, tmp_path, "the filter takes it, and it is not among the events")


def test_the_newest_of_a_stream_left_out_is_seen_by_the_chain(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it, that is the exporter's word, and the verifier says so."""
    story = machine
    story.ok("promote", "staging")
    path = tmp_path / "forged.zip"
    export = ("audit", "export", str(path), "--force", "--env", "dev")
    with monkeypatch.context() as patch:
        liar(patch, "env:dev", hidden=False)
        story.ok(*export)
        bundle = Bundle.of(path)
        names_it(bundle, tmp_path, "the streams of manifest.json have ")
        # Only if another stream is said to be longer is it as long as its head says.
        bundle.change(longer("env:local"))
        bundle.sign_again(key_of(story))
        done = bundle.verify(path)
        assert (done.code, WORD in done.out) == (3, True), done
        story.ok(*export, "--chain")
        done = verify(path)
        assert done.code == 4, done
        assert "the filter takes it, and it is not among the events" in done.out
    liar(monkeypatch, "env:dev", hidden=True)
    story.ok(*export, "--chain")
    done = verify(path)
    assert (done.code, "chain.jsonl does not have it" in done.out) == (4, True), done


def longer(stream: str) -> Callable[[dict[str, Any]], None]:
    """Return what makes a stream of a manifest one event longer."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["streams"][stream]["version"] += 1

    return change


def chained(event: dict[str, Any]) -> bytes:
    """Return an event as a line of the chain."""
    found = {name: event[name] for name in ("event", "stream", "version", "topic", "state")}
    armored = "".join(event["signature"].split("\n")[1:-2])
    return bytes(rfc8785.dumps({**found, "signature": armored})) + b"\n"


def lines_of(bundle: Bundle) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bundle.files[CHAIN].splitlines()]


def relink(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(bytes(rfc8785.dumps(line)) + b"\n" for line in lines)


def otherwise(encoded: str) -> str:
    """Return Base64 that has the same bytes: the last digit before `=` has bits of no use."""
    text, padding = encoded.rstrip("="), encoded.count("=")
    assert padding
    return text[:-1] + chr(ord(text[-1]) + 1) + "=" * padding


LIES: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "left out": (lambda lines: lines.pop(2), "chain.jsonl does not have it"),
    "the last left out": (lambda lines: lines.pop(), "chain.jsonl does not have it"),
    "one more": (lambda lines: lines.append(lines[0]), "has more than the events"),
    "another order": (lambda lines: lines.reverse(), "chain.jsonl does not have it"),
    "a reason": (
        lambda lines: lines[1]["state"]["metadata"].update(reason="as agreed"),
        "it does not follow from #",
    ),
    "another environment": (
        lambda lines: next(x for x in lines if x["stream"] == "env:local")["state"].update(
            environment="qa"
        ),
        "it does not follow from #",
    ),
    "no state": (lambda lines: lines[0].update(state={}), "its state is not lawful"),
    "a field more": (lambda lines: lines[0].update(note="x"), "not in the form"),
    "a signature": (
        lambda lines: lines[1].update(signature=lines[0]["signature"]),
        "its signature is not valid",
    ),
    "a signature in another form": (
        lambda lines: lines[-1].update(signature=otherwise(lines[-1]["signature"])),
        "its signature is not in the one form that it has",
    ),
    "no signature": (lambda lines: lines[-1].update(signature=""), "its signature is not valid"),
}


@pytest.mark.parametrize("how", some(LIES, 4))
def test_a_chain_that_is_another(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path, how: str
) -> None:
    for name in ("chain", "chain of a part"):
        bundle = Bundle.of(exported[name])
        change, named = LIES[how]
        lines = lines_of(bundle)
        change(lines)
        bundle.files[CHAIN] = relink(lines)
        bundle.sign_again(exporter)
        names_it(bundle, tmp_path, named)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b'{"event":1,"event":1}',
        b'{"event":NaN}',
        b'{"event":1' + b"0" * 5000 + b"}",
        b"\xff",
    ],
    ids=["empty", "nothing", "deep", "twice", "nan", "huge", "bytes"],
)
def test_lines_of_a_chain_that_are_none(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path, line: bytes
) -> None:
    bundle = Bundle.of(exported["chain"])
    lines = bundle.files[CHAIN].split(b"\n")
    bundle.files[CHAIN] = b"\n".join([line, *lines[1:]])
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, "chain.jsonl does not have it: its line is missing")


def test_an_event_of_the_organization_has_its_texts_with_it(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    """Without them, less of what follows could be judged."""
    bundle = Bundle.of(exported["chain"])
    edited = next(
        position
        for position, _ in bundle.manifest["context"]
        if event_of(bundle, position)["topic"] == "profile.edited"
    )
    line = chained(event_of(bundle, edited))
    without(bundle, edited)
    lines = [*bundle.files[CHAIN].splitlines(keepends=True), line]
    lines.sort(key=lambda one: int(json.loads(one)["event"]))
    bundle.files[CHAIN] = b"".join(lines)
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, f"#{edited}: it is in chain.jsonl alone")


def test_where_streams_end_is_worked_out(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    bundle = Bundle.of(exported["chain"])
    bundle.change(lambda manifest: manifest["streams"]["env:local"].update(version=99))
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, "manifest.json says that env:local goes on to number 99")
    bundle = Bundle.of(exported["chain"])
    bundle.change(lambda manifest: manifest["streams"].pop("env:local"))
    bundle.sign_again(exporter)
    names_it(bundle, tmp_path, "it comes after the last event of env:local")


@pytest.mark.parametrize("name", ["chain", pytest.param("chain of a part", marks=LONG_TAIL)])
def test_what_is_void_is_worked_out(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path, name: str
) -> None:
    """But for what texts decide that are not there: nobody may call that verified."""
    honest = Bundle.of(exported[name])
    last = honest.manifest["head"]["position"]
    for position in range(last, 0, -1 if THOROUGH else -3):
        bundle = Bundle.of(exported[name])
        bundle.change(partial(update, void=[position]))
        bundle.sign_again(exporter)
        done = bundle.verify(tmp_path / "forged.zip")
        if position in honest.positions:
            named = done.code == 4 or f"not verified: #{position}: the exporter says" in done.out
            assert (done.code in {3, 4}, named) == (True, True), done
        elif done.code == 0:  # the newest state of another environment, which is not asked for
            (line,) = (one for one in lines_of(honest) if one["event"] == position)
            assert line["topic"] in {"environment.edited", "environment.promoted"}
        else:
            assert done.code == 4, (position, done)


def test_a_valid_event_that_is_called_void(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the archive fits that: of the newest state, a text that is not there decides."""
    machine.ok("promote", "dev")
    machine.ok("set", "local", "ports.tetra=1")
    machine.ok("promote", "dev")
    newest, before = (
        row["event"] for row in machine.history("dev", "-n", "2", "--type", "environment.promoted")
    )
    real = AdmittedReplica.void
    export = ("audit", "export", str(tmp_path / "e.zip"), "--force", "--env", "dev")
    for lie, more, code, named in [
        (newest, ("--chain",), 3, f"#{newest}: the exporter says that it is void"),
        (newest, (), 3, f"#{newest}: the exporter says that it is void"),
        (before, (), 3, f"#{before}: the exporter says that it is void"),
        (before, ("--chain",), 4, f"#{newest}: the manifest says that it is valid: it is void"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(
                AdmittedReplica,
                "void",
                lambda log, at, lie=lie: "so" if at == lie else real(log, at),
            )
            machine.ok(*export, *more)
        done = verify(tmp_path / "e.zip")
        assert (done.code, named in done.out) == (code, True), done
        assert done.out.startswith("verified") == (code == 0)


# --- what a ZIP can be


def written(path: Path, bundle: Bundle, *more: tuple[zipfile.ZipInfo, bytes]) -> Path:
    bundle.write(path)
    with zipfile.ZipFile(path, "a") as archive:
        for info, data in more:
            archive.writestr(info, data)
    return path


def packed(name: str) -> zipfile.ZipInfo:
    info = entry(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


TRICKS: dict[str, tuple[zipfile.ZipInfo, bytes, str]] = {
    "an absolute name": (entry("/etc/passwd"), b"x", "/etc/passwd does not belong"),
    "a name above": (entry("../../x"), b"x", "../../x does not belong"),
    "a name with backslashes": (entry("toml\\x"), b"x", "does not belong"),
    "a folder": (entry("toml/"), b"", "toml/ does not belong"),
    "a name that looks the same": (entry("bodies\u2215" + "a" * 64), b"", "does not belong"),
    "a name of other letters": (entry("\u0435vents.csv"), b"", "does not belong"),
    "a name with a line end": (entry("README.txt\n"), b"", "does not belong"),
    "a link": (entry("bodies/" + "a" * 64, 0o120777), b"/etc/passwd", "is not a plain file"),
    "a bomb": (packed("bodies/" + "a" * 64), bytes(50_000_000), "is compressed or encrypted"),
}


@pytest.mark.parametrize("how", some(TRICKS, 3))
def test_odd_files(exported: dict[str, Path], tmp_path: Path, how: str) -> None:
    info, data, named = TRICKS[how]
    path = written(tmp_path / "e.zip", Bundle.of(exported["all"]), (info, data))
    done = verify(path)
    assert (done.code, named in done.out) == (4, True), done
    assert len(done.out.splitlines()) == len(done.out.split("\n")) - 1


@pytest.mark.parametrize("name", ["events.csv", "events.csv\0hidden"])
def test_two_files_of_one_name(exported: dict[str, Path], tmp_path: Path, name: str) -> None:
    bundle = Bundle.of(exported["all"])
    with pytest.warns(UserWarning, match="Duplicate"):
        path = written(tmp_path / "e.zip", bundle, (entry(name), b"other"))
    done = verify(path)
    assert (done.code, "events.csv is in the archive twice" in done.out) == (4, True), done


def test_what_is_hidden_between_files(exported: dict[str, Path], tmp_path: Path) -> None:
    data = exported["all"].read_bytes()
    (tmp_path / "before").write_bytes(b"#!/bin/sh\n" + data)
    (tmp_path / "commented").write_bytes(data[:-2] + b"\x05\0hello")
    for name in ("before", "commented"):
        done = verify(tmp_path / name)
        assert (done.code, "hidden" in done.out) == (4, True), done


def commented(data: bytes, extra: bytes = b"") -> bytes:
    """Return an archive with a comment, or more fields, at its first file, as others write them."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for number, one in enumerate(old.infolist()):
            if not number:
                one.comment, one.extra = b"" if extra else b"approved", extra
            new.writestr(one, old.read(one.orig_filename))
    return made.getvalue()


def streamed(data: bytes) -> bytes:
    """Return an archive as it is written to a pipe: sizes come after the files."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

    made = Pipe()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for one in old.infolist():
            new.writestr(entry(one.filename), old.read(one))
    return made.getvalue()


def packed_again(data: bytes, how: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for one in old.infolist():
            info = entry(one.filename)
            info.compress_type = how
            new.writestr(info, old.read(one))
    return made.getvalue()


def listed_twice(data: bytes) -> bytes:
    """Return an archive with another list of files, which readers from the front would take."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.start_dir
    return data[:start] + data[start:] + data[start:]


def encrypted(data: bytes) -> bytes:
    return data.replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0").replace(
        b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"
    )


def named_otherwise(data: bytes) -> bytes:
    """Return an archive whose first file has another name where it lies than in the list."""
    return data.replace(b"README.txt", b"REALME.txt", 1)


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "a comment": commented,
    "more fields": lambda data: commented(data, b"\x99\x99\x04\0hide"),
    "sizes behind": streamed,
    "deflated": lambda data: packed_again(data, zipfile.ZIP_DEFLATED),
    "bzip2": lambda data: packed_again(data, zipfile.ZIP_BZIP2),
    "lzma": lambda data: packed_again(data, zipfile.ZIP_LZMA),
    "two lists": listed_twice,
    "encrypted": encrypted,
    "two names": named_otherwise,
    "something behind": lambda data: data + b"more",
    "two archives": lambda data: data + data,
}


@pytest.mark.parametrize("how", some(WAYS, 3))
def test_an_archive_that_is_written_in_another_way(
    exported: dict[str, Path], tmp_path: Path, how: str
) -> None:
    """Other programs would find other files in it, or find them in another place."""
    data = exported["chain"].read_bytes()
    changed = WAYS[how](data)
    assert changed != data
    (tmp_path / "e.zip").write_bytes(changed)
    done = verify(tmp_path / "e.zip")
    assert done.code in {1, 4}, done
    assert done.out or "cannot be read" in done.err or "not a ZIP archive" in done.err


def test_numbers_that_are_too_large_to_count_to(
    exported: dict[str, Path], exporter: SigningKey, tmp_path: Path
) -> None:
    """Missing events are not counted one by one."""
    for name in ("all", "dev", "chain"):
        for change in (
            lambda m: m["streams"]["org"].update(version=2**53 - 1),
            lambda m: m["head"].update(position=2**53 - 1),
            lambda m: m["streams"]["env:dev"].update(version=2**53 - 1),
        ):
            bundle = Bundle.of(exported[name])
            bundle.change(change)
            bundle.sign_again(exporter)
            done = bundle.verify(tmp_path / "forged.zip")
            assert done.code == 4
            assert len(done.out.splitlines()) < 400


def test_what_cannot_be_read(exported: dict[str, Path], tmp_path: Path) -> None:
    for name, named in (("nosuch.zip", "is not there"), ("/dev/null", "neither a file nor")):
        done = verify(tmp_path / name)
        assert (done.code, named in done.err) == (1, True), done
    data = exported["all"].read_bytes()
    with (tmp_path / "large").open("wb") as file:
        file.seek(1 << 31)
        file.write(data)  # what is before it is a hole
    done = verify(tmp_path / "large")
    assert (done.code, "larger than 2 GiB" in done.err) == (1, True), done
    for number, one in enumerate([b"", b"PK", data[:-30], data[: len(data) // 2], bytes(1000)]):
        (tmp_path / f"{number}").write_bytes(one)
        done = verify(tmp_path / f"{number}")
        assert (done.code, done.out) == (1, ""), done


def test_no_byte_can_be_changed(exported: dict[str, Path], tmp_path: Path) -> None:
    """A sample of all bytes: each is in a digest, a checksum, or where one thing alone may be."""
    data = exported["dev"].read_bytes()
    path = tmp_path / "e.zip"
    for at in range(0, len(data), len(data) // STEPS):
        changed = bytearray(data)
        changed[at] ^= 0x10
        path.write_bytes(changed)
        assert verify(path).code in {1, 4}, at


def test_no_byte_of_the_list_of_files_can_be_changed(
    exported: dict[str, Path], tmp_path: Path
) -> None:
    data = exported["dev"].read_bytes()
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.start_dir
    for at in range(start, len(data) - 22, (len(data) - start) // STEPS):
        changed = bytearray(data)
        changed[at] ^= 0xFF
        path.write_bytes(changed)
        assert verify(path).code in {1, 4}, at


@LONG_TAIL
def test_an_archive_of_more_files_than_zip_once_had(tmp_path: Path) -> None:
    """Its end is another one: it has to be known byte for byte, too."""
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        for number in range(0x10000):
            archive.writestr(entry(f"bodies/{number:064x}"), b"")
    done = verify(tmp_path / "e.zip")
    assert (done.code, "hidden" in done.out) == (4, False), done
    assert "manifest.json is missing" in done.out
