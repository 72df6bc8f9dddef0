"""Verifies a clone of a mirror, or an archive of evidence: `tetra-es-verify FOLDER|FILE.zip`.

This one module, Python's standard library and `cryptography` are all that it needs, and for a clone
git. It shares no code with tetra-es, so a mistake there is not made again here. What it checks is
written down in docs/format.md. It has six parts, which build on each other:

1. Values: canonical JSON, TOML literals, SSH signatures.
2. The form of events, as a table.
3. The judge: from events and their bodies to verdicts.
4. The commit that an event has in the mirror.
5. The clone: read by git, judged, and compared with the commits that its events give.
6. The archive: evidence of some events, with proofs that they are all that were asked for.
"""

from __future__ import annotations

import argparse
import base64
import bisect
import contextlib
import copy
import csv
import functools
import hashlib
import io
import json
import math
import os
import re
import stat
import struct
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections import ChainMap
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

try:
    import resource
except ModuleNotFoundError:  # on Windows, where archives are verified as elsewhere
    resource = None  # type: ignore[assignment]

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_ssh_public_key,
    )

    HAS_CRYPTOGRAPHY = True
except ModuleNotFoundError:  # all but signatures is checked without it
    HAS_CRYPTOGRAPHY = False
    InvalidSignature = UnsupportedAlgorithm = type("Never", (Exception,), {})  # type: ignore[assignment,misc]

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, MutableMapping, Sequence

    State = dict[str, Any]
    Facts = MutableMapping[Any, Any]
    KeyPath = tuple[str, ...]

# --- 1. Values ------------------------------------------------------------------------------------

NAMESPACE = b"tetra-es-event"


def canonical(value: object) -> bytes:
    """Return the one encoding of a JSON value (RFC 8785). Raises `ValueError`."""
    fractions: list[float] = []  # numbers that are not whole: no lawful event has any

    def ordered(value: object) -> object:
        match value:
            case dict():
                keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
                return {key: ordered(value[key]) for key in keys}
            case list():
                return [ordered(item) for item in value]
            case int() if abs(value) >= 2**53:
                raise ValueError("an integer beyond 2^53")
            case float():
                fractions.append(value)
        return value

    value = ordered(value)
    if fractions:
        return written(value).encode()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def written(value: object) -> str:
    """Return the same for a value whose members are in order, and that may have any number."""
    match value:
        case dict():
            pairs = ",".join(f"{written(key)}:{written(one)}" for key, one in value.items())
            return f"{{{pairs}}}"
        case list():
            return f"[{','.join(map(written, value))}]"
        case float():
            return fraction(value)
    return json.dumps(value, ensure_ascii=False)


def fraction(value: float) -> str:
    """Return a number as JavaScript writes it, which RFC 8785 wants. Raises `ValueError`."""
    if value - value:  # neither infinite nor none at all
        raise ValueError("not a number")
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, rest = mantissa.partition(".")
    digits = (whole + rest).lstrip("0")
    point = len(digits) - len(rest) + int(exponent or 0)  # digits before it
    digits = digits.rstrip("0")
    sign, count = "-" if value < 0 else "", len(digits)
    if not digits:
        return "0"
    if count <= point <= 21:
        return f"{sign}{digits}{'0' * (point - count)}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    more = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{more}e{point - 1:+}"


def json_object(data: bytes) -> State | None:
    """Return the object that canonical JSON has; None where it is something else."""
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(data)
        if isinstance(value, dict) and not is_too_deep(data, value) and canonical(value) == data:
            return value
    return None


def is_too_deep(data: bytes, value: State) -> bool:
    """Return whether more than 100 objects and lists are inside each other."""
    if data.count(b"{") + data.count(b"[") <= 100:
        return False
    level: list[Any] = [value]
    for _ in range(100):
        inner = [one.values() if isinstance(one, dict) else one for one in level]
        level = [one for each in inner for one in each if isinstance(one, dict | list)]
        if not level:
            return False
    return True


@functools.lru_cache(maxsize=32)
def toml(text: bytes) -> State | None:
    """Return the values of a TOML text, not to be changed; None where it is not TOML."""
    with contextlib.suppress(ValueError, RecursionError):
        if has_long_key(words := text.decode()) or (READS_LATER and has_later(words)):
            return None
        level: list[Any] = [values := tomllib.loads(words)]
        for _ in range(DEEPEST):
            inner = [one.values() if isinstance(one, dict) else one for one in level]
            level = [one for each in inner for one in each if isinstance(one, dict | list)]
            if not level:
                return values
    return None


DEEPEST = 100  # levels of tables and lists that a text may have, and so parts of a key
STRING = r"""("{3}(?:[^"\\]++|\\[\s\S]|"(?!""))*+"{3,5}|'{3}(?:[^']++|'(?!''))*+'{3,5}"""
STRING += r"""|"(?!"")(?:[^"\\\n]++|\\.)*+"|'(?!'')[^'\n]*+')|#.*|["'][\s\S]*"""
KEY = rf"(?<![\w-])(?:[\w-]++[ \t]*+[.][ \t]*+){{{DEEPEST}}}"


def has_long_key(text: str) -> bool:
    """Return whether a text has a key that is too deep: `tomllib` takes the square of its parts."""
    if max(line.count(".") for line in text.split("\n")) < DEEPEST:
        return False
    return re.search(KEY, without_strings(text), re.ASCII) is not None


def without_strings(text: str) -> str:
    """Return a text without comments, and with a word for each string; one without an end, which
    is an error, takes the rest."""
    return re.sub(STRING, lambda found: "s" if found[1] else " ", text)


def reads_later() -> bool:
    """Return whether Python reads TOML 1.1, as from 3.15 on: no verdict may depend on that."""
    try:
        return bool(tomllib.loads(r'x = "\e"'))
    except ValueError:
        return False


READS_LATER = reads_later()


def has_later(text: str) -> bool:
    """Return whether a text has what came with TOML 1.1: escapes, times without seconds, and tables
    in one line that are in several or have a comma at the end."""
    for string in re.finditer(STRING, text):
        if string[0][0] == '"' and {"\\e", "\\x"} & {*re.findall(r"\\[\s\S]", string[0])}:
            return True
    plain = without_strings(text)
    if re.search("(?<![0-9:+-])[0-9]{2}:[0-9]{2}(?!:)|,[ \t]*}", plain):
        return True
    inside: list[str] = []
    for mark in re.findall(r"[][{}\n]", plain):
        if mark == "\n" and inside[-1:] == ["{"]:
            return True
        if mark in "[{":
            inside.append(mark)
        elif mark in "]}":
            del inside[-1:]
    return False


def flatten(table: State, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield key and literal of each value in a TOML table, as changes name them."""
    for key, value in table.items():
        name = prefix + key_part(key)
        if isinstance(value, dict) and value:
            yield from flatten(value, f"{name}.")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for index, item in enumerate(value):
                yield from flatten(item, f"{name}[{index}].")
        else:
            yield name, literal(value)


def literal(value: object) -> str:
    """Return a TOML value as changes have it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", r"\u007f")
        case int():
            return str(value) if value.bit_length() < 8192 else hex(value)
        case float() if math.isfinite(value):
            return repr(value) if re.search("[.e]", repr(value)) else f"{value!r}.0"
        case datetime() | date() | time():
            return value.isoformat()
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case dict():
            inner = ", ".join(f"{key_part(key)} = {literal(one)}" for key, one in value.items())
            return f"{{ {inner} }}" if inner else "{}"
    return str(value)  # inf, -inf, nan


def key_part(name: str) -> str:
    """Return one part of a dotted key, in quotes where TOML needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else literal(name)


def strings(data: bytes) -> list[bytes]:
    """Return the strings of SSH's wire format that `data` consists of. Raises `ValueError`."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        if len(data) < 4 + size:
            raise ValueError("it is cut off")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found


def sized(*parts: bytes, digits: int = 4) -> bytes:
    """Return parts with their lengths before them."""
    return b"".join(len(part).to_bytes(digits, "big") + part for part in parts)


KINDS = [b"ssh-ed25519", b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp521"]
KINDS += [b"ssh-rsa", b"sk-ssh-ed25519@openssh.com", b"sk-ecdsa-sha2-nistp256@openssh.com"]


def signing_key(blob: bytes, message: bytes, wanted: bytes = NAMESPACE) -> str:
    """Return the public key whose valid signature (SSHSIG) over `message` this is.

    Raises `ValueError`.
    """
    try:
        if blob[:10] != b"SSHSIG\0\0\0\1":
            raise ValueError("it is not an SSH signature")
        key, namespace, reserved, algorithm, signature = strings(blob[10:])
        if namespace != wanted or reserved or algorithm not in (b"sha256", b"sha512"):
            raise ValueError("it was made for something else")
        hashed = hashlib.new(algorithm.decode(), message).digest()
        _check_signature(key, signature, b"SSHSIG" + sized(namespace, b"", algorithm, hashed))
    except (InvalidSignature, UnsupportedAlgorithm):
        raise ValueError("it does not match") from None
    return f"{strings(key)[0].decode()} {base64.b64encode(key).decode()}"


def _check_signature(key: bytes, signature: bytes, data: bytes) -> None:
    kind, *parts = strings(key)
    if kind not in KINDS:
        raise ValueError("it is by a kind of key that cannot sign")
    if kind.startswith(b"sk-"):  # a hardware key: PROTOCOL.u2f of OpenSSH
        signature, trailer = signature[:-5], signature[-5:]
        if not trailer[0] & 1:
            raise ValueError("it is by a hardware key that nobody touched")
        application = hashlib.sha256(parts.pop()).digest()
        data = application + trailer + hashlib.sha256(data).digest()
    bare = kind.removeprefix(b"sk-").removesuffix(b"@openssh.com")
    line = bare + b" " + base64.b64encode(sized(bare, *parts))
    public = load_ssh_public_key(line)
    if public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) != line:
        raise ValueError("its key is not in the one form that it has")
    named, raw = strings(signature)
    if isinstance(public, Ed25519PublicKey) and named == kind:
        return public.verify(raw, data)
    if isinstance(public, ec.EllipticCurvePublicKey) and named == kind:
        r, s = (int.from_bytes(number, "big") for number in strings(raw))
        if raw != sized(*(n.to_bytes(n.bit_length() // 8 + 1, "big") for n in (r, s))):
            raise ValueError("its numbers are not in the one form that they have")
        hashing = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
        return public.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashing[public.key_size]))
    by_name = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}
    if isinstance(public, RSAPublicKey) and named in by_name and 2048 <= public.key_size <= 16384:
        return public.verify(raw, data, padding.PKCS1v15(), by_name[named])
    raise ValueError("it is of another kind than its key, or its key is too weak")


def fingerprint(key: str) -> str:
    """Return a public key's fingerprint, as ssh-keygen prints it; `not a key` for none."""
    try:
        digest = hashlib.sha256(base64.b64decode(key.split()[1], validate=True)).digest()
    except (ValueError, IndexError):
        return "not a key"
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def one_line(text: str) -> str:
    """Return `text` with every character escaped that could break or disguise a line."""

    def escape(match: re.Match[str]) -> str:
        code = ord(match[0])
        if match[0] in "\n\r\t":
            return {"\n": r"\n", "\r": r"\r", "\t": r"\t"}[match[0]]
        if code < 0x100:
            return f"\\x{code:02x}"
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return UNSAFE.sub(escape, text)


# --- 2. The form of events ------------------------------------------------------------------------

# Topics, stream, `class_version` under rules 1, and who may record it (- for signers without
# limits); then the fields. Those with + came with rules 1, those with - ended before, and what
# follows = is the type, where a field does not have one of its own. Topics with ! are for later
# rules; those with !2 came with rules 2, those with !3 with rules 3.
TABLE = """
organization.created         org 2 -  name=organization text changes signer key=public
organization.upgraded        org 1 -  +floor
manifest.edited              org 2 -  revision text changes +undoes +restores
profile.edited               org 2 -  environment revision text changes +undoes +restores
signer.added                 org 2 -  signer key=public +may
signer.removed               org 1 -  signer key=public
scan.exception_added         org 1 -  file key=any
environment.created          env 2 edit:{environment}  STATE
environment.edited           env 2 edit:{environment}  STATE +undoes
environment.promoted         env 2 promote:{environment}  STATE source_revision via profile \
-profile_digest +shipped +rules +generator
environment.rolled_back      env 2 rollback:{environment}  STATE to_revision to_position \
source_revision=maybe +paths
environment.imported         env 2 -  STATE origin=any kind
recipient.added              secrets 1 recipient:{environment}  READER
recipient.removed            secrets 1 recipient:{environment}  READER
secret.set                   secrets 2 secret:{environment}  VERSION digest recipients +origin \
+restores
secret.removed               secrets 1 secret:{environment}  VERSION
secrets.resealed             secrets 1 secret:{environment}  environment secrets recipients
secrets.restored             secrets 1 secret:{environment}  environment to_position secrets \
removed recipients kept_out
secret.compromised           secrets 1 secret:{environment}  VERSION
secret.purged                secrets 2 -  VERSION digests +named_by
bodies.purged                org 1 -  +digests +named_by
deployment.started           host 2 deploy:{environment}  DEPLOYMENT of_position=release runner \
secrets files +code +machine
deployment.step_done         host 2 deploy:{environment}  DEPLOYMENT step
deployment.healthy           host 2 deploy:{environment}  DEPLOYMENT
deployment.failed            host 2 deploy:{environment}  DEPLOYMENT step cause switched
deployment.reverted          host 2 deploy:{environment}  DEPLOYMENT cause
!2host.started !2host.stopped !2host.restarted !2host.enabled !2host.disabled !2host.uninstalled \
!2host.forgotten             host 1 deploy:{environment}  +environment +host +services
!3log.moved                  org 1 -  +address +before
!change.proposed             change 1 any  +change +scope +plan +ticket
!change.approved !change.rejected  change 1 approve:{scope}  +change +scope +plan +comment +tag
!change.unapproved           change 1 approve:{scope}  +change +scope +plan
!change.withdrawn            change 1 any  +change +scope +plan
!change.superseded           change 1 any  +change +scope +plan +by
!hold.set                    env 1 rollback:{environment}  +environment +source_revision \
+of_position
!hold.released               env 1 approve:{environment}  +environment +hold
!policy.bypassed             org 1 -  +scope +rule
!policy.reviewed             org 1 approve:{scope}  +scope +of_position +comment
"""
SHORT = {
    "STATE": "environment revision text -digest changes",
    "VERSION": "environment key version",
    "READER": "environment name recipient recipients=named",
    "DEPLOYMENT": "environment host deployment revision=release +observed",
}
STREAMS = {
    "org": "org",
    "env": "env:{environment}",
    "secrets": "secrets:{environment}",
    "host": "deployments:{environment}@{host}",
    "change": "change:{change}",
}
NO_LIMITS = "-"


class Form(NamedTuple):
    """What an event of a topic consists of."""

    stream: str
    version: int
    may: str
    fields: dict[str, str]
    """Name to type under rules 1."""
    old: dict[str, str]
    """The same in the first edition; nothing for topics that it did not have."""
    since: float
    """The lowest rules that it is recorded under."""


UNKNOWN = Form("", 0, NO_LIMITS, {}, {}, 0)


def _forms() -> Iterator[tuple[str, Form]]:
    for line in TABLE.strip().split("\n"):
        words = re.sub("|".join(SHORT), lambda match: SHORT[match[0]], line).split()
        start = next(at for at, word in enumerate(words) if word in STREAMS)
        stream, version, may, *fields = words[start:]
        types = [
            (name, of or name.lstrip("+-")) for name, _, of in (f.partition("=") for f in fields)
        ]
        new = {name.lstrip("+"): of for name, of in types if name[0] != "-"}
        old = {name.lstrip("-"): of for name, of in types if name[0] != "+"}
        for topic in words[:start]:
            mark = re.match("(![23]?)?", topic)
            since = {"": 1, "!": math.inf, "!2": 2, "!3": 3}[mark[0] if mark else ""]
            yield topic.lstrip("!23"), Form(STREAMS[stream], int(version), may, new, old, since)


FORMS = dict(_forms())


def fits(of: Any, value: Any) -> bool:
    """Return whether a value is of a type.

    A type is a pattern for strings, the least of numbers, a list with the type of its items, a
    tuple of those of each item, a dict of those of each member, or a function that says it.
    """
    match of:
        case str():
            return isinstance(value, str) and bool(re.fullmatch(of, value, re.DOTALL))
        case int():
            return type(value) is int and of <= value < 2**53
        case list():
            return isinstance(value, list) and all(fits(of[0], one) for one in value)
        case tuple():
            same = isinstance(value, list) and len(value) == len(of)
            return same and all(map(fits, of, value))
        case dict():
            same = isinstance(value, dict) and value.keys() == of.keys()
            return same and all(fits(of[name], value[name]) for name in of)
    return bool(of(value))


def maybe(of: Any) -> Callable[[Any], bool]:
    """Return the type of null, or what is of a type."""
    return lambda value: value is None or fits(of, value)


def mapping(of: str) -> Callable[[Any], bool]:
    """Return the type of objects from strings of a type to strings of it."""
    return lambda value: (
        isinstance(value, dict) and all(fits(of, one) for pair in value.items() for one in pair)
    )


DATES = (  # each with the character after it
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}.|[0-9]{8}.|[0-9]{4}-W[0-9]{2}(-[0-9][^0-9]|-|[^-])",
    r"[0-9]{4}W[0-9]{2}([0-9]?[^0-9]|[0-9]{1,2}(?=24([0-9]{2})*(?![0-9])))",
)
MIDNIGHT = rf"(?s:({'|'.join(DATES)})24)"
"""How a time begins that is none before Python 3.14: no verdict may depend on that."""


def is_moment(value: Any) -> bool:
    """Return whether a value is a time with its zone."""
    try:
        return not re.match(MIDNIGHT, value) and datetime.fromisoformat(value).tzinfo is not None
    except (ValueError, TypeError):
        return False


def is_time(value: Any) -> bool:
    """Return whether a value is a time as it is written under rules 1."""
    digits = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
    return fits(digits, value) and is_moment(value)


def is_flag(value: Any) -> bool:
    """Return whether a value is true or false."""
    return isinstance(value, bool)


ANY = ".*"
LINE = r"[^\x00-\x1f\x7f]+"
HEX = "[0-9a-f]{64}"
ID = "[0-9a-f]{16}"
SIGNER = "[A-Za-z0-9][A-Za-z0-9._+@-]{0,127}"
SECRET = "[A-Za-z_][A-Za-z0-9_]{0,127}"  # noqa: S105
ENVIRONMENT = "(?!(manifest|profile|org|history|store)$)[a-z][a-z0-9-]{0,31}"
TYPES: dict[str, Any] = {  # under rules 1; any string for those that are not here
    "organization": r"(?!.*\.\.)[a-z0-9][a-z0-9._-]{0,62}",
    **dict.fromkeys(("environment", "via"), ENVIRONMENT),
    **dict.fromkeys(("floor", "revision", "to_revision", "source_revision", "version"), 1),
    **dict.fromkeys(("to_position", "of_position", "hold"), 1),
    **dict.fromkeys(("maybe", "undoes", "restores"), maybe(1)),
    "release": 0,  # 0 where everything is removed
    "switched": 0,
    **dict.fromkeys(("text", "changes", "digest", "shipped", "rules", "plan"), HEX),
    **dict.fromkeys(("deployment", "change", "by"), ID),
    **dict.fromkeys(("name", "recipient", "host", "profile", "address", "scope"), LINE),
    **dict.fromkeys(("before", "machine"), maybe(LINE)),
    "signer": SIGNER,
    "public": r"(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa|sk-ssh-ed25519@openssh\.com"
    r"|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+=*",
    "may": maybe(
        ["edit:local|(promote|rollback|secret|recipient|deploy|approve):[a-z][a-z0-9-]{0,31}"]
    ),
    "key": SECRET,
    "removed": [SECRET],
    "secrets": [(SECRET, 1, HEX)],
    "kept_out": [(SECRET, 1, HEX)],
    "digests": [HEX],
    "named_by": [{"position": 1, "verdict": "valid|void"}],
    "recipients": [LINE],
    "services": [LINE],
    "named": mapping(LINE),
    "files": [(LINE, f"({HEX})?")],
    "paths": maybe([ANY]),
    **dict.fromkeys(("ticket", "tag"), maybe(ANY)),
    "generator": {"tetra_es": LINE, "tomlkit": LINE},
    "origin": maybe({"environment": ENVIRONMENT, "key": SECRET, "version": 1}),
    "code": maybe({"commit": "[0-9a-f]{40}|" + HEX, "dirty": is_flag}),
    "observed": is_flag,
    "runner": "tsm|direct",
    "kind": "backup|pre_rollback|current",
}
OLD_TYPES: dict[str, Any] = {  # in the first edition
    **dict.fromkeys(("metadata", "named"), mapping(ANY)),
    **dict.fromkeys(("revision", "to_revision", "source_revision", "release", "version"), 0),
    **dict.fromkeys(("to_position", "of_position", "switched"), 0),
    "maybe": maybe(0),
    "timestamp": is_moment,
    "environment": ENVIRONMENT,
    "digest": HEX,
    "changes": [(ANY, maybe(ANY), maybe(ANY))],
    "secrets": [(ANY, 0, HEX)],
    "kept_out": [(ANY, 0, HEX)],
    "digests": [ANY],
    "removed": [ANY],
    "recipients": [ANY],
    "files": [(ANY, ANY)],
}
METADATA = {"actor": SIGNER, "reason": ANY, "correlation": LINE, "tool": LINE, "format": LINE}
METADATA_1 = METADATA | {"rules": 1, "batch": (1, 1)}
MORE_METADATA = {  # where it applies
    "caused_by": ("[a-z]+(:.+)?", 1),
    "clock": "corrected",
    "change": ID,
    "rerecorded_from": {"position": 1, "hash": HEX, "timestamp": is_time},
    "imported": ANY,
    "recorded": is_time,
}
UNUSED = {"undoes": None, "restores": None, "origin": None, "paths": None, "observed": False}
UNUSED |= {"code": None, "machine": None}  # what these fields have to hold under rules 1
SINCE = {2: {"observed", "code", "machine"}}  # what rules 2, and rules 3, use of them
SINCE[3] = {"undoes", "restores", "origin", "paths", "rerecorded_from"}


class Event(NamedTuple):
    """An event as it is in the log."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes
    previous: bytes
    hash: bytes
    signature: bytes


def hash_of(event: Event) -> bytes:
    """Return the hash that an event has to have."""
    text = (str(event.position), event.stream, str(event.version), event.topic)
    parts = sized(event.previous, *(one.encode() for one in text), event.state, digits=8)
    return hashlib.sha256(parts).digest()


def has_form(event: Event, state: State) -> bool:
    """Return whether an event has the form that its topic has under its rules."""
    form = FORMS.get(event.topic, UNKNOWN)
    if not rules_of(state):
        types = {"timestamp": "timestamp", "metadata": "metadata", **form.old}
        return (
            bool(form.old)
            and state.keys() == types.keys()
            and all(fits(OLD_TYPES.get(of, ANY), state[name]) for name, of in types.items())
            and event.stream == form.stream.format_map(state)
            and all(fits(SECRET, name) for name in secret_names(event.topic, state))
            and (
                "text" not in state or state.get("digest", sha(state["text"])) == sha(state["text"])
            )
        )
    more = {name: one for name, one in state["metadata"].items() if name not in METADATA_1}
    return (
        state.get("class_version", 1) == form.version
        and state.keys() - {"timestamp", "metadata", "class_version"} == form.fields.keys()
        and all(fits(TYPES.get(of, ANY), state[name]) for name, of in form.fields.items())
        and more.keys() <= MORE_METADATA.keys()
        and all(fits(MORE_METADATA[name], one) for name, one in more.items())
        and event.stream == form.stream.format_map(state)
    )


def secret_names(topic: str, state: State) -> list[str]:
    """Return the names of secrets in an event: they become names of files."""
    if not is_of_secrets(topic):
        return []
    rows = [row[0] for row in state.get("secrets", ())]
    return [*rows, *state.get("removed", ()), *([state["key"]] if "key" in state else ())]


def is_of_secrets(topic: str) -> bool:
    """Return whether a topic is about the secrets of an environment."""
    return FORMS.get(topic, UNKNOWN).stream == STREAMS["secrets"]


def rules_of(state: State) -> int:
    """Return the number of the rules of an event, 0 for the first edition."""
    number: int = state["metadata"].get("rules", 0)
    return number


def batch_of(state: State) -> tuple[int, int]:
    """Return which one of how many events of its batch an event is; (1, 1) in the first edition."""
    number, count = state["metadata"]["batch"] if rules_of(state) else (1, 1)
    return number, count


NO_TIME = "1970-01-01T00:00:00.000000Z"


def time_in(state: State) -> str:
    """Return the time that an event says, as under rules 1; `NO_TIME` for none that is one."""
    found: Any = state.get("timestamp")
    if is_time(found):
        return str(found)
    if not is_moment(found):
        return NO_TIME
    try:
        moment = datetime.fromisoformat(found).astimezone(UTC)
    except OverflowError:
        return NO_TIME
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def age_files(topic: str, state: State) -> list[tuple[str, int, str]]:
    """Return name, version and digest of the age files of an event of a lawful form."""
    if topic == "secret.set":
        return [(state["key"], state["version"], state["digest"])]
    return [tuple(row) for row in state.get("secrets", ())] if is_of_secrets(topic) else []


def bodies_of(event: Event, state: State) -> list[str]:
    """Return the digests of the bodies that an event names; none where it has no lawful form."""
    if not has_form(event, state):
        return []
    named = ("text", "changes", "rules", "plan") if rules_of(state) else ()
    found = [state[name] for name in named if name in state]
    return found + [digest for _, _, digest in age_files(event.topic, state)]


def path_of(topic: str, state: State) -> str:
    """Return the file that the text of an event is for."""
    folder = "profiles" if topic == "profile.edited" else "environments"
    return f"{folder}/{state['environment']}.toml" if "environment" in state else "manifest.toml"


def sha(data: bytes | str) -> str:
    """Return a SHA-256 in hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


# --- 3. The judge ---------------------------------------------------------------------------------

# A rule: whether an event breaks it, then the reason and words. Rules come in order, and the first
# that is broken counts, so that those after it can rely on it.
Rule: TypeAlias = "tuple[object, str, str]"
LOCAL = "environments/local.toml"
LIMITING = {"signer.added", "signer.removed", "organization.upgraded"}


class Rejected(Exception):
    """It was never an event (`refused`), or only a newer version knows it (`unknown`)."""

    def __init__(self, position: int, reason: str, words: str) -> None:
        super().__init__(words)
        self.position, self.reason = position, reason
        self.kind = "unknown" if reason.startswith("unknown-") else "refused"


class Lacking(Exception):
    """A rule has to look into a body that is not there."""


class Contested(Exception):
    """Several purge events list a body that is gone: which is valid has to be found out first."""


class Verdict(NamedTuple):
    """What an event is: `valid`, or `void` with the reason and words."""

    event: Event
    state: State
    kind: str
    reason: str = ""
    words: str = ""


class At(NamedTuple):
    """A revision of a text: the event that made it, its digest, and what it was made from."""

    revision: int
    position: int
    digest: str
    source: int | None


class Judge:
    """Gives every event its verdict, in order. `facts` are what follows from the valid ones."""

    def __init__(
        self, body: Callable[[str, int], bytes | None], purges: Callable[[], Iterable[Event]]
    ) -> None:
        """`body` returns a body of the event at a position, None where it is gone; `purges` all
        events, judged or not, whose topic ends in `.purged`."""
        self.facts: Facts = {"floor": 0, "signers": {}}
        self.position, self.hash = 0, bytes(32)
        self._body, self._purges = body, purges
        self._batch: list[tuple[Event, State]] = []
        self._may: frozenset[str] | None = None
        self._void: set[int] = set()
        self._needed: dict[str, list[int]] = {}
        """Digest to the events that cannot be judged without this body."""
        self._told: dict[str, list[tuple[int, dict[int, str]]]] | None = None
        """Digest to the purge events that list it, and what they say of events that need it."""
        self.relied: dict[int, int] = {}
        """Purge event to the first event that was judged by what it says."""
        self.void_purges: set[int] = set()
        """Purge events that would be relied on, and are void."""
        self.is_ahead = self.is_misled = False
        """Whether this is to find them out; whether it relied on one, and has to be done again."""
        self.events: Callable[[], Iterable[Event]] = tuple
        """All events from the first one on, to find them out."""
        self.is_settled, self.is_sure = False, True
        """Whether they were found out; while they are, whether the signers are as they were."""

    def admit(self, event: Event) -> Iterator[Verdict]:
        """Take the next event; yield the verdicts of its batch once that is whole.

        Raises `Rejected`: then neither this event nor one after it counts.
        """
        if whole := self.gather(event):
            try:
                yield from self._decide(whole)  # which changes nothing where it is contested
            except Contested:
                self._settle()
                yield from self._decide(whole)

    def gather(self, event: Event) -> list[tuple[Event, State]]:
        """Return the batch that is whole with the next event, an empty one where none is."""
        state = self._read(event)
        batch = state["metadata"]["batch"] if rules_of(state) else [1, 1]
        who = state["metadata"]["actor"], rules_of(state)
        if self._batch:
            first, before = self._batch[0][0], self._batch[-1][1]["metadata"]
            number, count = before["batch"]
            if (batch, *who) != ([number + 1, count], before["actor"], before["rules"]):
                raise Rejected(first.position, "batch", "the end of its batch is missing")
        elif batch[0] != 1:
            raise Rejected(event.position, "batch", "its batch does not begin with it")
        self._batch.append((event, state))
        self.position, self.hash = event.position, event.hash
        whole: list[tuple[Event, State]] = []
        if batch[0] == batch[1]:
            whole, self._batch = self._batch, []
        return whole

    def _settle(self) -> None:
        """Judge all events, until none is judged by what a void purge event says.

        Any signer can list any body in a purge event, which is void then, and another one may
        purge that body later. Those of signers with limits are left out first, all at once.
        """
        self.is_settled, is_misled = True, True
        judge = self._another()
        with contextlib.suppress(Rejected):  # what comes after it does not count
            for event in self.events():
                if batch := judge.gather(event):
                    self.void_purges |= judge.limited_purges(batch)
        while is_misled:
            judge = self._another()
            judge.is_settled, judge.is_ahead, judge.void_purges = True, True, self.void_purges
            try:
                for event in self.events():
                    for _ in judge.admit(event):
                        pass
            except Rejected as error:
                relied = [one for one, at in judge.relied.items() if at == error.position]
                judge.void_purges.update(relied)
                judge.is_misled |= bool(relied)
            is_misled = judge.is_misled

    def limited_purges(self, batch: list[tuple[Event, State]]) -> set[int]:
        """Return the purge events of a batch that are void because of who recorded them.

        Whether a batch is valid may depend on a body, unless it changes signers and the floor
        alone: after another one that adds or removes signers, limits can only be fewer.
        """
        signers, (first, state) = self.facts["signers"], batch[0]
        founder = state.get("signer"), state.get("key")
        if "founder" not in self.facts:
            if first.topic != "organization.created" or not fits([ANY], [*founder]):
                raise Rejected(first.position, "founding", "it founds no organization")
            signers = {founder[0]: (founder[1], None)}
            self.facts.update(founder=founder, floor=rules_of(state), signers=signers)
            self._add_limits(batch[1:])
            return set()
        actor = state["metadata"]["actor"]
        if actor not in signers:
            raise Rejected(first.position, "signer", f"{actor} was not a signer then")
        self._may = signers[actor][1]
        if self._may is not None:
            return {event.position for event, _ in batch if event.topic.endswith(".purged")}
        own = [event.topic in LIMITING for event, _ in batch]
        if self.is_sure and all(own):
            if not self._culprit(batch)[1]:
                for event, state in batch:
                    apply(event, state, self.facts)
        elif any(own):
            self.is_sure = False
            self._add_limits(batch)
        return set()

    def _add_limits(self, batch: list[tuple[Event, State]]) -> None:
        """Let signers record what a batch may let them, and take nothing away."""
        for event, state in batch:
            if event.topic == "signer.added" and has_form(event, state):
                _, before = self.facts["signers"].get(state["signer"], ("", frozenset()))
                may = state.get("may")
                may = None if may is None or before is None else before | set(may)
                signer = {state["signer"]: (state["key"], may)}
                self.facts["signers"] = {**self.facts["signers"], **signer}

    def _another(self) -> Judge:
        """Return another one that begins before the first event."""
        return type(self)(self._body, self._purges)

    def finish(self) -> None:
        """Say that there are no more events. Raises `Rejected`."""
        if self._batch:
            raise Rejected(self._batch[0][0].position, "batch", "the end of its batch is missing")

    def _read(self, event: Event) -> State:
        """Return the state of an event that follows the one before. Raises `Rejected`."""
        state = json_object(event.state)
        for broken, reason, words in self._entry_rules(event, state):
            if broken:
                raise Rejected(event.position, reason, words)
        return state or {}

    def _entry_rules(self, event: Event, state: Any) -> Iterator[Rule]:
        lawful = 0 < len(event.stream) <= 512 and 0 < len(event.topic) <= 512
        lawful = lawful and 0 < len(event.state) <= 64 << 20 and len(event.signature) <= 16 << 10
        yield not lawful, "size", "a part of it is empty or too large"
        last = f"#{self.position}"
        yield event.position != self.position + 1, "position", f"it comes after {last}"
        yield event.previous != self.hash, "previous", f"it does not follow from {last}"
        yield hash_of(event) != event.hash, "hash", "it was changed: its hash does not match"
        yield state is None, "canonical", "its state is not canonical JSON"
        metadata = state.get("metadata")
        rules = metadata.get("rules", 0) if isinstance(metadata, dict) else 0
        yield not fits(0, rules), "metadata", "its rules are not a number"
        yield rules > 3, "unknown-rules", f"it follows rules {rules}"
        if not rules:
            lawful = fits(mapping(ANY), metadata) and metadata.keys() >= METADATA.keys()
            yield not lawful, "metadata", "its metadata is not lawful"
            return
        lawful = isinstance(metadata, dict) and all(
            fits(of, metadata.get(name)) for name, of in METADATA_1.items()
        )
        lawful = lawful and metadata["batch"][0] <= metadata["batch"][1]
        lawful = (
            lawful and fits("[1-9][0-9]*", metadata["format"]) and is_time(state.get("timestamp"))
        )
        yield not lawful, "metadata", "its time or metadata is not lawful"
        number = metadata["format"]
        yield number not in ("1", "2"), "unknown-format", f"its format is {number:.20}"

    def _decide(self, batch: list[tuple[Event, State]]) -> Iterator[Verdict]:
        streams: dict[str, int] = {}
        for event, _ in batch:
            last: int = streams.get(event.stream) or self.facts.get(("stream", event.stream), 0)
            if event.version != last + 1:
                words = f"it is number {event.version} of {event.stream}, after {last}"
                raise Rejected(event.position, "stream-version", words)
            streams[event.stream] = event.version
        self._check_signatures(batch)
        culprit, reason, words = self._culprit(batch)
        for event, state in batch:
            for digest in bodies_of(event, state):
                if ("purged", digest) not in self.facts and self._find(
                    digest, event.position
                ) is None:
                    self._purge_of(digest, event.position)
        if reason and "founder" not in self.facts:
            raise Rejected(1, "founding", words)
        for event, state in batch:
            self._take(event, state, "" if not reason else reason if event is culprit else "batch")
            if not reason:
                yield Verdict(event, state, "valid")
            elif event is culprit:
                yield Verdict(event, state, "void", reason, words)
            else:
                other = f"#{culprit.position}, which is in its batch, is void"
                yield Verdict(event, state, "void", "batch-void", other)

    def _culprit(self, batch: list[tuple[Event, State]]) -> tuple[Event, str, str]:
        """Return the first event of a batch that is void, with reason and words, empty for none."""
        facts: Facts = ChainMap({}, self.facts)  # what the batch changes, until it is known valid
        for event, state in batch:
            for broken, reason, words in self._rules(event, state, facts):
                if broken:
                    return event, reason, words
            apply(event, state, facts)
        nobody = all(may is not None for _, may in facts["signers"].values())
        removed = any(one.topic == "signer.removed" and rules_of(state) for one, state in batch)
        if removed and nobody:
            return batch[-1][0], "last-signer", "no signer without limits would be left"
        return batch[-1][0], "", ""

    def _rules(self, event: Event, state: State, facts: Facts) -> Iterator[Rule]:
        """Yield all rules for an event; where a body is gone, what a purge event says of it."""
        rules, floor = rules_of(state), facts["floor"]
        yield rules < floor, "floor", f"it follows rules {rules}, and {floor} are the least now"
        try:
            yield from (self._rules_1 if rules else rules_0)(event, state, facts)
        except Lacking as lacking:
            purge, said = self._purge_of(str(lacking), event.position, needed=True)
            yield said != "valid", "purged", f"#{purge} purged what it needs, and says it is void"

    def _take(self, event: Event, state: State, reason: str) -> None:
        """Take in an event, void for a reason or valid for none."""
        for digest in needs(event, state, self.facts):
            self._needed.setdefault(digest, []).append(event.position)
        relied = self.relied.pop(event.position, None)
        if reason and self.is_ahead and event.topic.endswith(".purged"):
            certain = reason in {"floor", "topic", "form", "role", "unused"}
            if certain or (relied is not None and not self.is_misled):
                self.void_purges.add(event.position)
            self.is_misled |= relied is not None
        if not reason:
            apply(event, state, self.facts)
        elif relied is not None and not self.is_ahead:
            words = f"a body that it names is missing, and #{event.position} did not purge it"
            raise Rejected(relied, "body", words)
        else:
            self._void.add(event.position)
        self.facts["stream", event.stream] = event.version

    def _check_signatures(self, batch: list[tuple[Event, State]]) -> None:
        """Check that the signer who is named signed, by the signers before. Raises `Rejected`."""
        signers, (event, state) = self.facts["signers"], batch[0]
        if "founder" not in self.facts:
            name, key = state.get("signer"), state.get("key")
            if event.topic != "organization.created" or not fits([ANY], [name, key]):
                raise Rejected(event.position, "founding", "it founds no organization")
            signers = {name: (key, None)}
        last, actor = batch[-1][0], batch[-1][1]["metadata"]["actor"]
        if actor not in signers:
            raise Rejected(last.position, "signer", f"{actor} was not a signer then")
        key, self._may = signers[actor]
        for event, state in batch:
            if not event.signature and event is not last:
                continue  # the hash of the last one covers it
            try:
                signed = signing_key(event.signature, event.hash.hex().encode())
                if not rules_of(state) and not signed.startswith("ssh-ed25519 "):
                    raise ValueError("it is not by an Ed25519 key")
            except ValueError as error:
                words = f"its signature is not valid: {error}"
                raise Rejected(event.position, "signature", words) from None
            if signed.split()[1:] != key.split(" ")[1:2]:
                words = f"it is signed by {fingerprint(signed)}, which was not the key of {actor}"
                raise Rejected(event.position, "signer", f"{words} then")

    def _purge_of(
        self, digest: str, position: int, *, needed: bool = False
    ) -> tuple[int, str | None]:
        """Return the later event that purged a body, and what it says of the one at a position.

        Where that event needs it, a purge event that does not name it is void.
        """
        if self._told is None:
            self._told = {}
            for event in self._purges():
                with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                    state = json.loads(event.state)
                    named = {
                        one["position"]: str(one["verdict"]) for one in state.get("named_by", ())
                    }
                    for purged in [bytes.fromhex(one).hex() for one in state["digests"]]:
                        self._told.setdefault(purged, []).append((event.position, named))
        told = self._told.get(digest, ())
        found = [one for one in told if one[0] > position and one[0] not in self.void_purges]
        found = [one for one in found if not needed or position in one[1]]
        if len(found) > 1 and not self.is_settled:
            raise Contested
        for purge, named in found[:1]:
            self.relied.setdefault(purge, position)
            return purge, named.get(position)
        raise Rejected(position, "body", f"body {digest} is missing, and no event purged it")

    def _find(self, digest: str, position: int) -> bytes | None:
        body = self._body(digest, position)
        if body is not None and sha(body) != digest:
            raise Rejected(self.position, "body", f"body {digest} is not what its digest says")
        return body

    def _text(self, at: At) -> State | None:
        """Return the values of a text, None where it is not TOML. Raises `Lacking`."""
        body = self._find(at.digest, at.position)
        if body is None:
            raise Lacking(at.digest)
        return toml(body)

    # Rules 1

    def _form_rules(self, event: Event, state: State, facts: Facts) -> Iterator[Rule]:
        """Yield what rules 1 want of any event, whatever else was recorded before it."""
        topic, form = event.topic, FORMS.get(event.topic, UNKNOWN)
        old = "founder" in facts and not facts["floor"] and topic != "organization.upgraded"
        yield old, "floor", "the organization was not upgraded to rules 1 before"
        yield topic not in FORMS, "topic", f"there is no topic {topic!a:.80}"
        yield not has_form(event, state), "form", "it does not have the form of its topic"
        limited = self._may is not None and form.may.format_map(state) not in {"any", *self._may}
        yield limited, "role", f"{state['metadata']['actor']} may not record it"
        used = set().union(*(names for rules, names in SINCE.items() if rules <= rules_of(state)))
        unused = UNUSED.keys() - used
        own = [name for name in unused if form.fields.get(name) == name]
        later = form.since > rules_of(state) or any(state[name] != UNUSED[name] for name in own)
        later = later or ({"change", "rerecorded_from"} - used) & state["metadata"].keys()
        yield later, "unused", "a topic, field or value of it is for later rules"

    def _rules_1(self, event: Event, state: State, facts: Facts) -> Iterator[Rule]:
        topic = event.topic
        yield from self._form_rules(event, state, facts)
        gone = any(("purged", digest) in facts for digest in bodies_of(event, state))
        yield gone, "purged", "a body that it names was purged before"
        if topic == "organization.created":
            yield "founder" in facts, "founded-again", "it founds the organization a second time"
        if topic == "environment.promoted":
            yield from self._promotion_rules(event, state, facts)
        elif "text" in state:
            yield from self._file_rules(event, state, facts)
        elif is_of_secrets(topic):
            yield from secrets_rules(topic, state, facts)
            yield from secrets_rules_1(topic, state, facts)
        else:
            yield from organization_rules(topic, state, facts)
        if topic.endswith(".purged"):
            at = {
                position for digest in state["digests"] for position in self._needed.get(digest, ())
            }
            named = sorted((one, "void" if one in self._void else "valid") for one in at)
            listed = sorted((one["position"], one["verdict"]) for one in state["named_by"])
            yield named != listed, "purge", "it does not list the events that need these bodies"

    def _file_rules(self, event: Event, state: State, facts: Facts) -> Iterator[Rule]:
        topic, path = event.topic, path_of(event.topic, state)
        local, before = path == LOCAL, facts.get(path)
        if topic == "profile.edited":
            no_profile = state["environment"] == "local"
            yield no_profile, "local", "local is the source of truth: it has no profile"
        if topic in {"environment.created", "environment.edited"}:
            yield not local, "local", f"{state['environment']} is generated: nobody edits it"
        older = compared(event, state, facts)
        yield state.get("undoes") and not older, "target", "what it takes back is not in its file"
        if topic == "environment.rolled_back":
            target: Any = facts.get((path, state["to_revision"]))
            made: Any = (state["to_revision"], state["to_position"], state["text"])
            source, by_key = target and target.source, state.get("paths") is not None
            if by_key:
                target, made, source = target and target[:2], made[:2], before and before.source
            wrong = target is None or target[:3] != made or state["source_revision"] != source
            wrong = wrong or (by_key and not state["paths"])
            yield wrong, "target", f"it is not what revision {state['to_revision']} was"
        if (restores := state.get("restores")) is not None:
            target = facts.get((path, restores))
            wrong = target is None or target.digest != state["text"]
            yield wrong, "target", f"its text is not that of revision {restores}"
        gone = any(("purged", at.digest) in facts for at in older)
        yield gone, "target", "it takes back what was purged"
        if topic in {"environment.created", "environment.edited"}:
            wrong = (topic == "environment.created") != (before is None)
            yield wrong, "revision", "local has a state already, or has none yet"
        values = yield from self._text_rules(event, state, facts)
        if path == "manifest.toml":
            yield from manifest_rules(values)
            name = state.get("name", facts.get("name"))
            yield values["name"] != name, "manifest", "the manifest has another name"
        if older and before:
            texts = [self._text(at) for at in (before, *older)]
            read = [dict(flatten(text)) for text in texts if text is not None]
            wrong = len(read) < len(texts) or not takes_back(state, read, dict(flatten(values)))
            yield wrong, "values", "it changes more, or less, than it takes back"

    def _text_rules(self, event: Event, state: State, facts: Facts) -> Generator[Rule, None, State]:
        """Yield the rules for a text that follows the one before; return its values."""
        path = path_of(event.topic, state)
        before, revision = facts.get(path), state.get("revision", 1)
        last = before.revision if before else 0
        words = f"it makes revision {revision} of {path}, after {last}"
        yield revision != last + 1, "revision", words
        values = self._text(At(revision, event.position, state["text"], None))
        old = self._text(before) if before else {}
        yield values is None, "text", "its text is not TOML"
        values = values or {}
        if old is not None:  # the first edition may have recorded what is not TOML
            was, new = dict(flatten(old)), dict(flatten(values))
            changes = [[key, was.get(key), one] for key, one in new.items() if was.get(key) != one]
            changes += [[key, one, None] for key, one in was.items() if key not in new]
            wrong = sha(canonical(changes)) != state["changes"]
            yield wrong, "changes", "its changes are not the difference from the text before"
        return values

    def _promotion_rules(self, event: Event, state: State, facts: Facts) -> Iterator[Rule]:
        name, revision, via = state["environment"], state["source_revision"], state["via"]
        yield name == "local", "local", "nothing is promoted to local"
        yield "manifest.toml" not in facts, "manifest", "there is no manifest"
        manifest = self._text(facts["manifest.toml"]) or {}
        yield from manifest_rules(manifest)
        names = manifest["environments"]
        yield name not in names, "environment", f"the manifest has no environment {name}"
        source: Any = facts.get((LOCAL, revision))
        gone = source is None or ("purged", source.digest) in facts
        yield gone, "source-revision", f"there is no local@{revision}, or it was purged"
        newest = {one: facts.get(f"environments/{one}.toml") for one in names}
        has = {
            one: at.revision if one == "local" else at.source for one, at in newest.items() if at
        }
        yield has.get(via) != revision, "via", f"{via} does not have local@{revision}"
        before = names[names.index(name) - 1]
        early = before != "local" and has.get(before) != revision
        early = early and manifest.get("promotion", {}).get("gradual") == "required"
        yield early, "order", f"{before} does not have local@{revision} now"
        overlay = facts.get(f"profiles/{name}.toml")
        base, layers = profile_of(name, [self._text(overlay)] if overlay else [])
        shipped = sha(canonical([plain(layers[0])])) if layers else None
        wrong = (state["profile"], state["shipped"]) != (base, shipped)
        yield wrong, "profile", f"its profile is not the one that is shipped for {name}"
        places = {"{org}": manifest["name"], "{domain}": manifest["domain"], "{environment}": name}
        layers = [filled(layer, places) for layer in layers]
        wrong = sha(canonical([plain(layer) for layer in layers])) != state["rules"]
        yield wrong, "rules", "its rules are not those of profile, overlay and manifest"
        values = yield from self._text_rules(event, state, facts)
        made = promoted(layers, self._text(source) or {}, values)
        wrong = made is None or dict(flatten(made)) != dict(flatten(values))
        yield wrong, "values", f"its values are not what its rules make of local@{revision}"


def manifest_rules(manifest: State) -> Iterator[Rule]:
    """Yield what rules 1 want of a manifest."""
    names: Any = manifest.get("environments")
    promotion = manifest.get("promotion", {})
    lawful = fits([ANY], [manifest.get("name"), manifest.get("domain")])
    lawful = lawful and isinstance(promotion, dict)
    lawful = lawful and promotion.get("gradual", "off") in ("off", "advised", "required")
    lawful = lawful and fits([ENVIRONMENT], names) and names[:1] == ["local"]
    words = "the manifest lacks a name, a domain, environments or a lawful policy"
    yield not lawful or len(set(names)) != len(names), "manifest", words


def organization_rules(topic: str, state: State, facts: Facts) -> Iterator[Rule]:
    """Yield the rules for signers, the upgrade, a log that moved, and bodies that are purged."""
    signers, name, key = facts["signers"], state.get("signer"), state.get("key")
    if topic == "signer.added":
        taken = name in signers or key in {one for one, _ in signers.values()}
        yield taken, "signer-taken", f"there is a signer {name} or one with that key"
    if topic == "signer.removed":
        known = signers.get(name, ("", None))[0] == key
        yield not known, "signer-missing", f"there is no signer {name} with that key"
    if topic == "organization.upgraded":
        rises = facts["floor"] < state["floor"] <= rules_of(state)
        yield not rises, "upgrade", f"{state['floor']} cannot be the least rules now"
    if topic == "log.moved":
        alone = state["metadata"]["batch"] == [1, 1]
        yield not alone, "moved", "something is recorded together with it"
        yield state["address"] == state["before"], "moved", "the log was there before"
    if topic == "bodies.purged":
        present = {at.digest for path, at in facts.items() if str(path).endswith(".toml")}
        environments = {fact[1] for fact in facts if fact[0] == "present"}
        present = present.union(*(present_age_files(one, facts) for one in environments))
        yield present & set(state["digests"]), "purge", "a present state has such a body"


def present_age_files(environment: str, facts: Facts) -> set[str]:
    """Return the digests of the age files that an environment has."""
    present = facts.get(("present", environment), {})
    return {facts["version", environment, *secret][0][-1] for secret in present.items()}


def secrets_rules(topic: str, state: State, facts: Facts) -> Iterator[Rule]:
    """Yield the rules of either edition for secrets: each event follows from those before it."""
    environment, key, number = state["environment"], state.get("key"), state.get("version")
    present = facts.get(("present", environment), {})
    readers = facts.get(("readers", environment), {})
    digests, _ = facts.get(("version", environment, key, number), (None, False))
    rows = state.get("secrets", ())
    match topic:
        case "recipient.added":
            follows = state["recipients"] == {**readers, state["name"]: state["recipient"]}
        case "recipient.removed":
            others = {name: one for name, one in readers.items() if name != state["name"]}
            follows = state["recipients"] == others != readers
        case "secret.set":
            follows = number == facts.get(("newest", environment, key), 0) + 1
        case "secret.removed":
            follows = present.get(key) == number
        case "secrets.resealed":
            follows = {name: one for name, one, _ in rows} == present
        case "secrets.restored":
            follows = all(("version", environment, *row[:2]) in facts for row in rows)
        case _:  # compromised, purged
            follows = digests is not None and state.get("digests", digests) in (digests, [*digests])
    yield not follows, "secrets", f"{topic} does not follow from the secrets before it"
    wrong = topic in AGE_FILES and state["recipients"] != sorted(readers.values())
    yield wrong, "recipients", "it is encrypted for others than the recipients"


AGE_FILES = ("secret.set", "secrets.resealed", "secrets.restored")


def secrets_rules_1(topic: str, state: State, facts: Facts) -> Iterator[Rule]:
    """Yield the rules that only rules 1 have for secrets."""
    environment, files = state["environment"], age_files(topic, state)
    present, readers = (facts.get((of, environment), {}) for of in ("present", "readers"))
    keys = {key for key, _, _ in files}
    yield len(keys) != len(files), "secrets", "it names a secret twice"
    for key, _, digest in files:
        other = facts.get(("owner", digest), (environment, key)) != (environment, key)
        yield other, "ciphertext", f"the age file of {key} is that of another secret"
    if topic == "recipient.added":
        taken = state["name"] in readers or state["recipient"] in readers.values()
        yield taken, "recipients", "there is such a recipient already"
    if topic == "secrets.restored":
        wrong = sorted(present.keys() - keys) != state["removed"]
        yield wrong, "secrets", "the secrets that it says are gone are not those that are"
        for key, number, _ in files:
            _, bad = facts["version", environment, key, number]
            back = bad and present.get(key) != number
            yield back, "compromised", f"version {number} of {key} is compromised or purged"
    if topic == "secret.purged":
        is_present = present.get(state["key"]) == state["version"]
        is_present |= bool(present_age_files(environment, facts) & set(state["digests"]))
        yield is_present, "purge", "it is the present version, or has its age file"
    if topic == "secret.set" and "origin" in state:
        yield from secrets_rules_3(state, facts)


def secrets_rules_3(state: State, facts: Facts) -> Iterator[Rule]:
    """Yield the rules of where a value came from, which rules 3 have."""
    environment, origin, restores = state["environment"], state["origin"], state["restores"]
    both = origin is not None and restores is not None
    yield both, "secrets", "it is a copy, and brings back another value"
    own = origin is not None and origin["environment"] == environment
    found = [] if restores is None else [(environment, state["key"], restores)]
    if origin is not None:
        yield own, "secrets", "it is a copy of what its own environment has"
        found.append((origin["environment"], origin["key"], origin["version"]))
    for where, key, number in found:
        version = facts.get(("version", where, key, number))
        yield version is None, "secrets", f"{where} has no version {number} of {key}"
        back = version is not None and version[1]
        yield back, "compromised", f"version {number} of {key} is compromised or purged"


def rules_0(event: Event, state: State, facts: Facts) -> Iterator[Rule]:
    """Yield the rules of the first edition."""
    topic, signer = event.topic, state.get("signer")
    yield not FORMS.get(topic, UNKNOWN).old, "topic", f"there is no topic {topic!a:.80}"
    yield not has_form(event, state), "form", "it does not have the form of its topic"
    wrong = any(not fits(TYPES[of], state[name]) for name, of in old_lines(topic).items())
    yield wrong, "form", "a name or line of it is not lawful"
    words = "the format of its commit is not 1, which all of the first edition have"
    yield state["metadata"]["format"] != "1", "form", words
    again = topic == "organization.created" and "founder" in facts
    yield again, "founded-again", "it founds the organization a second time"
    signers = facts["signers"]
    missing = topic == "signer.removed" and signer not in signers
    yield missing, "signer-missing", f"there is no signer {signer}"
    taken = signer in signers or state.get("key") in [key for key, _ in signers.values()]
    yield topic == "signer.added" and taken, "signer-taken", "it is a signer's name or key already"
    last = topic == "signer.removed" and len(signers) == 1
    yield last, "last-signer", "no signer would be left"
    if "text" in state and topic != "organization.created":
        path, revision = path_of(topic, state), state["revision"]
        before = facts[path].revision if path in facts else 0
        words = f"it makes revision {revision} of {path}, after {before}"
        yield revision != before + 1, "revision", words
    if topic == "manifest.edited":
        values = toml(state["text"].encode())
        yield values is None, "text", "its text is not TOML"
        yield from manifest_rules(values or {})
        yield (values or {})["name"] != facts["name"], "manifest", "it has another name"
    keys = [key for key, _, _ in state.get("changes", ())]
    yield len(set(keys)) < len(keys), "changes", "it changes a key twice"
    if is_of_secrets(topic):
        for broken, _, words in secrets_rules(topic, state, facts):
            yield broken, "secrets", words


def old_lines(topic: str) -> dict[str, str]:
    """Return fields of the first edition that become names or lines of files, with their types."""
    if topic.startswith("deployment."):
        runner = {"runner": "runner"} if topic == "deployment.started" else {}
        return {"host": "host", "deployment": "deployment", **runner}
    if topic.startswith("recipient."):
        return {"recipients": "named"}
    name = {"name": "organization"} if topic == "organization.created" else {}
    return {"signer": "signer", "key": "public", **name} if topic in FOUNDING else {}


FOUNDING = {"organization.created", "signer.added"}


def needs(event: Event, state: State, facts: Facts) -> set[str]:
    """Return the digests of the bodies that an event cannot be judged without."""
    found = set(bodies_of(event, state))
    if found and rules_of(state) and event.topic != "organization.created" and "text" in state:
        paths: list[Any] = [path_of(event.topic, state)]
        if event.topic == "environment.promoted":
            overlay = f"profiles/{state['environment']}.toml"
            paths += ["manifest.toml", overlay, (LOCAL, state["source_revision"])]
        found |= {facts[path].digest for path in paths if path in facts}
        found |= {at.digest for at in compared(event, state, facts)}
    return found


def compared(event: Event, state: State, facts: Facts) -> list[At]:
    """Return the older texts of a rollback by path, or of an undo: after, and before if any."""
    path: Any = path_of(event.topic, state)
    if rules_of(state) < 3:
        return []
    if state.get("paths") is not None:
        target = facts.get((path, state["to_revision"]))
        return [target] if target else []
    after = facts.get((path, "by", state.get("undoes")))
    before = facts.get((path, after.revision - 1)) if after else None
    return [at for at in (after, before) if at]


def takes_back(state: State, texts: list[dict[str, str]], made: dict[str, str]) -> bool:
    """Return whether a text has the keys of a rollback by path, or of an undo, and no others.

    `texts` are the one before it, and those of `compared`. Empty tables do not count.
    """
    has, older, old = (*texts, {})[:3]
    if (paths := state.get("paths")) is not None:
        old, changed = older, {key for key in {*has, *older} if is_at(key, paths)}
    else:
        changed = {key for key in {*old, *older} if old.get(key) != older.get(key)}
    wanted = {key: one for key, one in has.items() if key not in changed}
    wanted |= {key: one for key, one in old.items() if key in changed}
    return all(wanted.get(key, "{}") == made.get(key, "{}") for key in {*wanted, *made})


def is_at(key: str, paths: list[str]) -> bool:
    """Return whether a key is one of the paths, or below one."""
    return any(key == path or key.startswith((f"{path}.", f"{path}[")) for path in paths)


def apply(event: Event, state: State, facts: Facts) -> None:
    """Change the facts as a valid event says."""
    topic, rules = event.topic, rules_of(state)
    if "text" in state:
        path, digest = path_of(topic, state), state["text"] if rules else sha(state["text"])
        at = At(state.get("revision", 1), event.position, digest, state.get("source_revision"))
        facts[path] = facts[path, at.revision] = facts[path, "by", event.position] = at
    if topic == "organization.created":
        founder = state["signer"], state["key"]
        facts.update({"name": state["name"], "founder": founder, "floor": rules})
    if topic == "organization.upgraded":
        facts["floor"] = state["floor"]
    if topic == "signer.removed":
        facts["signers"] = {k: v for k, v in facts["signers"].items() if k != state["signer"]}
    elif "signer" in state:
        may = state.get("may")
        signer = state["key"], None if may is None else frozenset(may)
        facts["signers"] = {**facts["signers"], state["signer"]: signer}
    if topic.endswith(".purged"):
        for digest in state["digests"]:  # another event may have purged it before
            facts.setdefault(("purged", digest), event.position)
    if is_of_secrets(topic):
        apply_secrets(topic, state, facts)


def apply_secrets(topic: str, state: State, facts: Facts) -> None:
    """Change the facts about an environment's secrets."""
    environment = state["environment"]
    present = dict(facts.get(("present", environment), {}))
    if topic.startswith("recipient."):
        facts["readers", environment] = state["recipients"]
    elif topic == "secret.set":
        facts["newest", environment, state["key"]] = state["version"]
    elif topic == "secret.removed":
        del present[state["key"]]
    elif topic == "secrets.restored":
        present = {}
    elif topic in {"secret.compromised", "secret.purged"}:
        secret = "version", environment, state["key"], state["version"]
        facts[secret] = facts[secret][0], True
    for key, number, digest in age_files(topic, state):
        digests, bad = facts.get(("version", environment, key, number), ((), False))
        digests += () if digest in digests else (digest,)
        facts["version", environment, key, number] = digests, bad
        facts.setdefault(("owner", digest), (environment, key))
        present[key] = number
    facts["present", environment] = present


# Promotions by value: what a profile makes of the source of truth

# What the shipped profiles set, as TOML: for dev, staging and prod, or for all of them.
PROFILES = """
environment.name            "{environment}"
environment.type            "development"           "staging"               "production"
deployment.user             "root"                  "tetra"                 "tetra"
deployment.group            "root"                  "tetra"                 "tetra"
deployment.tetra_src        "/root/src/devops/tetra"  "/opt/tetra"          "/opt/tetra"
deployment.tetra_dir        "/root/tetra"           "/var/lib/tetra"        "/var/lib/tetra"
deployment.domain           "{environment}.{domain}"  "{environment}.{domain}"  "{domain}"
system.os                   "linux"
system.init_system          "systemd"
system.auto_start           true
services.*.env_file         "env/{environment}.env"
services.*.auto_restart     true
resources.memory_max        1024                    2048                    4096
resources.nofile            65536                   65536                   131072
resources.nproc             4096                    4096                    8192
security.firewall_enabled   true
security.allowed_ips        ["0.0.0.0/0"]           ["10.0.0.0/8"]          ["10.0.0.0/8"]
security.ssl_enabled        false                   true                    true
security.hsts_enabled       false                   false                   true
logging.level               "debug"                 "info"                  "warn"
logging.format              "json"
logging.destination         "syslog"
logging.retention_days      14                      30                      90
monitoring.enabled          true
monitoring.alert_on_failure  false                  true                    true
monitoring.apm_enabled      false                   false                   true
backup.enabled              false                   true                    true
backup.schedule             ""                      "0 3 * * *"             "0 1 * * *"
backup.retention_days       7                       14                      30
backup.offsite              false                   false                   true
"""
APPENDED = {"dev": " --env dev", "staging": " --env staging", "prod": " --env production"}


@functools.cache
def shipped(name: str) -> State:
    """Return the rules of a profile that is shipped."""
    command, column = APPENDED[name], list(APPENDED).index(name)
    rows = [re.split(" {2,}", line) for line in PROFILES.strip().split("\n")]
    return {
        "set": [
            (tuple(key.split(".")), tomllib.loads(f"x = {(values * 3)[column]}")["x"])
            for key, *values in rows
        ],
        "append": [(("services", "*", "command"), command, "env_flag")],
        "remove": [],
        "create": [("environment",)],
        "always_create": False,
    }


def profile_of(environment: str, overlays: list[State | None]) -> tuple[str, list[State]]:
    """Return which profile an environment has, and its layers of rules: those that are shipped,
    then those of its overlay, if it has one. No layers where one of the two is not lawful."""
    base, layers = environment, []
    known = {"set": dict, "append": dict, "remove": list, "create": list, "extends": str}
    for overlay in overlays:
        try:
            if overlay is None or not all(isinstance(overlay[key], known[key]) for key in overlay):
                return base, []
            base = overlay.get("extends", environment)
            own = {
                "set": list(leaves(overlay.get("set", {}))),
                "append": [appended(*row) for row in leaves(overlay.get("append", {}), "text")],
                "remove": [pattern(text) for text in overlay.get("remove", [])],
                "create": [pattern(text) for text in overlay.get("create", [])],
            }
        except (ValueError, KeyError):
            return base, []
        layers = [{**own, "always_create": True}]
    return base, [shipped(base), *layers] if base in APPENDED else []


def leaves(
    table: State, end: str | None = None, above: KeyPath = ()
) -> Iterator[tuple[KeyPath, Any]]:
    """Yield key and value of each rule in a table; inner tables with the key `end` are values."""
    for key, value in table.items():
        path = (*above, *pattern(key))
        if isinstance(value, dict) and end not in value:
            yield from leaves(value, end, path)
        else:
            yield path, value


def appended(path: KeyPath, value: Any) -> tuple[KeyPath, str, str | None]:
    """Return a rule that appends: key, text, and the key beside it that prevents it if false."""
    rule = {"text": value} if isinstance(value, str) else value
    if not fits(mapping(ANY), rule) or not rule.keys() <= {"text", "unless_false"}:
        raise ValueError("what it appends is not a string")
    return path, rule["text"], rule.get("unless_false")


STAR = re.compile(r"(?:(?<=\.)|^)\*(?=\.|$)")
PART = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""


def pattern(text: object) -> KeyPath:
    """Return the parts of a dotted key, which may have `*` for a part. Raises `ValueError`."""
    stand_in = "any-part-of-a-key"
    if not isinstance(text, str):
        raise ValueError("a key is not a string")
    key = STAR.sub(stand_in, text)
    if not re.fullmatch(rf"[ \t]*{PART}(?:[ \t]*\.[ \t]*{PART})*[ \t]*", key):
        raise ValueError(f"{text!r} is not a key")
    path = map(plain_part, re.findall(PART, key))
    return tuple("*" if part == stand_in else part for part in path)


def plain_part(part: str) -> str:
    """Return one part of a key without its quotes. Raises `ValueError` where it is not TOML."""
    if part[0] not in "\"'":
        return part
    if (values := toml(f"{part} = 0".encode())) is None:
        raise ValueError(f"{part} is not a part of a key")
    (name,) = values
    return name


def plain(rules: State) -> State:
    """Return rules as JSON, as they are hashed."""

    def text(path: KeyPath) -> str:
        return ".".join("*" if part == "*" else key_part(part) for part in path)

    return {
        "set": [[text(path), literal(value)] for path, value in rules["set"]],
        "append": [[text(path), *more] for path, *more in rules["append"]],
        "remove": [text(path) for path in rules["remove"]],
        "create": [text(path) for path in rules["create"]],
        "always_create": rules["always_create"],
    }


def filled(rules: State, places: dict[str, str]) -> State:
    """Return rules with the manifest's values in them."""

    def fill(value: Any) -> Any:
        if isinstance(value, list):
            return [fill(item) for item in value]
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        if isinstance(value, str):
            for place, word in places.items():
                value = value.replace(place, word)
        return value

    more = [(path, fill(text), unless) for path, text, unless in rules["append"]]
    return {**rules, "set": [(path, fill(one)) for path, one in rules["set"]], "append": more}


def matching(values: Any, path: KeyPath) -> list[tuple[KeyPath, Any]]:
    """Return path and value of the keys that a pattern stands for."""
    found: list[tuple[KeyPath, Any]] = [((), values)]
    for part in path:
        found = [
            ((*above, key), table[key])
            for above, table in found
            if isinstance(table, dict)
            for key in (table if part == "*" else [part] if part in table else [])
        ]
    return found


def promoted(layers: list[State], source: State, wanted: State) -> State | None:
    """Return the values that rules make of those of the source, None where a rule does not fit.

    A table that they leave empty stays where `wanted` has it: whether it does, the layout of the
    source's text says, and nothing else.
    """
    values = copy.deepcopy(source)
    with contextlib.suppress(ValueError):
        for rules in layers:
            for path in rules["remove"]:
                for found, _ in matching(values, path):
                    remove(values, found, wanted)
            for path, value in rules["set"]:
                for found in places_of(path, values, rules):
                    put(values, found, value)
            for path, text, unless in rules["append"]:
                for found, value in matching(values, path):
                    beside = matching(values, (*found[:-1], unless)) if unless else []
                    if not isinstance(value, str):
                        raise ValueError("nothing can be appended to what is not a string")
                    if not any(one is False for _, one in beside):
                        put(values, found, value + text)
        return values
    return None


def places_of(path: KeyPath, values: State, rules: State) -> list[KeyPath]:
    """Return the keys to set. What `*` stands for is never made, only what is below it."""
    makes = rules["always_create"] or any(path[: len(one)] == one for one in rules["create"])
    starred = max((n for n, part in enumerate(path, 1) if part == "*"), default=0)
    there = starred if makes else max(starred, len(path) - 1)
    return [
        (*found, *path[there:])
        for found, table in matching(values, path[:there])
        if there == len(path) or isinstance(table, dict)
    ]


def remove(values: State, path: KeyPath, wanted: State) -> None:
    """Remove a key, and the tables around it that are empty then and not wanted."""
    while True:
        ((_, table),) = matching(values, path[:-1])
        del table[path[-1]]
        path = path[:-1]
        if not path or table or matching(wanted, path):
            return


def put(values: State, path: KeyPath, value: object) -> None:
    """Set a key; tables on the way are made. Raises `ValueError` where something else is there, or
    no text could have that key."""
    if len(path) > DEEPEST:
        raise ValueError("it is too deep")
    table = values
    for part in path[:-1]:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise ValueError("there is a value on the way")
    old = table.get(path[-1])
    if any(isinstance(one, dict) for one in (old if isinstance(old, list) else [old])):
        raise ValueError("there is a table")
    table[path[-1]] = value


# --- 4. The commit that an event has --------------------------------------------------------------

RESTORED = {
    "manifest.edited": "rollback(manifest): manifest@{} -> manifest@{{revision}} "
    "(same as manifest@{})",
    "profile.edited": "rollback(profile {{environment}}): profile@{} -> profile@{{revision}} "
    "(same as profile@{})",
}
SUBJECTS = {
    "organization.created": "create(org): {name}",
    "organization.upgraded": "upgrade(org): rules {floor}",
    "log.moved": "move(log): {address}",
    "manifest.edited": "edit(manifest): {edit} -> manifest@{revision}",
    "profile.edited": "edit(profile {environment}): {edit} -> profile@{revision}",
    "signer.added": "add signer: {signer}{limits}",
    "signer.removed": "remove signer: {signer}",
    "scan.exception_added": "scan exception({file}): {key}",
    "environment.created": "create({environment}): {release}",
    "environment.edited": "edit({environment}): {edit} -> {release}",
    "environment.promoted": "promote({environment}): local@{source_revision}{through} -> {release}",
    "environment.rolled_back": "rollback({environment}): {environment}@{last} -> {release} "
    "({same} {environment}@{to_revision}, #{to_position})",
    "environment.imported": "import({environment}): {origin} -> {release}",
    "recipient.added": "add recipient({environment}): {name}",
    "recipient.removed": "remove recipient({environment}): {name}",
    "secret.set": "set secret({environment}): {key} version {version}",
    "secret.removed": "remove secret({environment}): {key}",
    "secrets.resealed": "re-encrypt({environment}): {counted}",
    "secrets.restored": "restore secrets({environment}): as of #{to_position}{without}",
    "secret.compromised": "compromised secret({environment}): {key} version {version}",
    "secret.purged": "purge secret({environment}): {key} version {version}",
    "bodies.purged": "purge(org): {bodies}",
    "deployment.started": "deploy({environment}): {begun}",
    "deployment.step_done": "deploy({environment}): {step} done on {host}",
    "deployment.healthy": "deploy({environment}): {done}",
    "deployment.failed": "deploy({environment}): failed at {step} on {host}",
    "deployment.reverted": "deploy({environment}): {host} is back at what it had ({cause})",
    "host.started": "start({environment}): {chosen}{host}",
    "host.stopped": "stop({environment}): {chosen}{host}",
    "host.restarted": "restart({environment}): {chosen}{host}",
    "host.enabled": "enable({environment}): {chosen}{host}",
    "host.disabled": "disable({environment}): {chosen}{host}",
    "host.uninstalled": "uninstall({environment}): {chosen}{host}",
    "host.forgotten": "forget({environment}): {chosen}{host}",
}
OLD_SUBJECTS = SUBJECTS | {  # of format 1
    "environment.rolled_back": "roll back({environment}): {environment}@{to_revision} "
    "(#{to_position}) -> {release}",
    "secrets.resealed": "reseal({environment}): {counted}",
}
WIDTH = 72
TOMBSTONES = (  # of format 1 and 2
    b"""\
This version of the secret was purged: its ciphertext no longer exists.
The event of the kind secret.purged tells when, by whom and why.
""",
    b"""\
This was purged: its content no longer exists.
The event secret.purged or bodies.purged that lists its digest tells when, by whom and why.
""",
)
NOT_TEXT = "(?im)^(?=---|(?:Event|Event-Hash|Topic|Environment|Revision|Actor%s)[ \t]*:)"
Changes: TypeAlias = "list[list[Any]] | None"  # None where they were purged


class Commit(NamedTuple):
    """A commit as it should be: None for files that go."""

    author: str
    committer: str
    message: str
    files: dict[str, bytes | None]


def count(number: int, one: str, more: str = "") -> str:
    """Return a number of things in words."""
    return f"{number} {one if number == 1 else more or one + 's'}"


def cut(text: str | None, limit: int) -> str:
    """Return a text of one line, with at most so many characters."""
    text = "(none)" if text is None else text
    return one_line(text if len(text) <= limit else text[: limit - 1] + "…")


def subject(topic: str, state: State, changes: Changes, *, today: bool = False) -> str:
    """Return the first line of the commit of a valid event; its summary, in the words of today."""
    environment, revision = state.get("environment", ""), state.get("revision", 1)
    release, host, via = f"{environment}@{revision}", state.get("host"), state.get("via", "local")
    secrets, recipients = (len(state.get(name, ())) for name in ("secrets", "recipients"))
    wording = (SUBJECTS if rules_of(state) or today else OLD_SUBJECTS)[topic]
    parts: State = {
        **state,
        "release": release,
        "last": revision - 1,
        "through": "" if via == "local" else f" via {via}",
        "counted": f"{count(secrets, 'secret')} for {count(recipients, 'recipient')}",
        "without": f", {len(state['kept_out'])} kept out" if state.get("kept_out") else "",
        "bodies": count(len(state.get("digests", ())), "body", "bodies"),
        "begun": f"{release} -> {host}" if revision else f"remove from {host}",
        "done": f"{release} serves on {host}" if revision else f"removed from {host}",
        "chosen": f"{', '.join(state['services'])} on " if state.get("services") else "",
        "same": "same as",
        "limits": "",
        "edit": "",
        "origin": "",
    }
    if undoes := state.get("undoes"):
        wording = f"undo #{undoes}{wording.removeprefix('edit')}"
    if topic in RESTORED and (restores := state.get("restores")):
        wording = RESTORED[topic].format(revision - 1, restores)
    if paths := state.get("paths"):
        parts["same"] = (
            f"{one_line(paths[0]) if len(paths) == 1 else count(len(paths), 'key')} as in"
        )
    room = WIDTH - len(wording.format_map(parts))
    if may := state.get("may"):
        listed = f" ({', '.join(may)})"
        parts["limits"] = listed if len(listed) <= room else f" ({count(len(may), 'limit')})"
    elif may is not None:
        parts["limits"] = " (0 limits)"
    if topic == "environment.imported":
        parts["origin"] = cut(one_line(state["origin"]), max(room, WIDTH // 3))
    if changes is None:
        parts["edit"] = "purged"
    elif changes:
        key = one_line(changes[0][0]) + (f" (+{len(changes) - 1} more)" if changes[1:] else "")
        parts["edit"] = key if len(key) <= room else count(len(changes), "key")
    else:
        parts["edit"] = "comments or layout"
    return one_line(wording.format_map(parts))


def description(state: State, changes: Changes, trailers: str = "") -> str:
    """Return the reason and the changed keys, as a commit has them below the subject."""
    reason = state["metadata"]["reason"].replace("\r\n", "\n").replace("\r", "\n")
    lines = [one_line(line.expandtabs(4).rstrip(" ")) for line in reason.split("\n")]
    rows = [
        f"{cut(key, 200)}: {cut(old, 80)} -> {cut(new, 80)}"
        for key, old, new in (changes or [])[:40]
    ]
    if len(changes or []) > 40:
        rows.append(f"… and {len(changes or []) - 40} more")
    both = ("\n".join(lines).strip("\n"), "\n".join(rows))
    text = "\n\n".join(part for part in both if part)
    return re.sub(NOT_TEXT % trailers, " ", text.replace("- >8 -", "- > 8 -"))


def seconds(moment: Any) -> int:
    """Return a time in seconds since 1970, 0 for what is earlier or no time."""
    try:
        text = moment if is_moment(moment) else ""
        since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, TypeError):
        return 0
    return max(0, since // timedelta(seconds=1))


def commit_of(verdict: Verdict, facts: Facts, find: Callable[[str], bytes | None]) -> Commit:
    """Return the commit of an event, given the facts after it and where its bodies are."""
    event, state, valid = verdict.event, verdict.state, verdict.kind == "valid"
    old = valid and not rules_of(state)
    metadata, tombstone = state["metadata"], TOMBSTONES[0 if old else 1]
    files = files_of(event, state, facts) if valid else {}
    found = {digest: find(digest) for digest in bodies_of(event, state)}
    bodies = {digest: tombstone if body is None else body for digest, body in found.items()}
    in_place = {digest for digest in files.values() if isinstance(digest, str)}
    contents = {
        path: bodies.get(one) if isinstance(one, str) else one for path, one in files.items()
    }
    contents["bodies"] = None  # those of the commit before, which may be of a void event
    if not old:
        left = bodies.keys() - in_place
        contents |= {f"bodies/{digest[:2]}/{digest}": bodies[digest] for digest in left}
    contents[event_path(event.position)] = event_file(event)
    changes: Changes = state.get("changes", []) if old else []
    if valid and not old and "changes" in state:
        body = bodies[state["changes"]]
        changes = None if body == tombstone else json.loads(body)
    name = re.sub(r"[^A-Za-z0-9._+@-]", "_", metadata["actor"])
    trailers = {
        "Event": event.position,
        "Event-Hash": event.hash.hex(),
        "Topic": one_line(event.topic),
        "Environment": state.get("environment") if valid else None,
        "Revision": state.get("revision") if valid else None,
        "Actor": name,
        "Verdict": None if valid else "void",
    }
    paragraphs = (
        subject(event.topic, state, changes) if valid else cut_void(event.topic),
        description(state, changes, "" if old else "|Verdict"),
        "\n".join(f"{key}: {one}" for key, one in trailers.items() if one is not None),
    )
    happened, recorded = state.get("timestamp"), metadata.get("recorded", state.get("timestamp"))
    if not old:  # format 2 takes the one form alone that rules 1 have
        happened, recorded = [one if is_time(one) else None for one in (happened, recorded)]
    address = name if "@" in name else f"{name}@tetra-es.invalid"
    return Commit(
        f"{name} <{address}> {seconds(happened)} +0000",
        f"tetra-es <tetra-es@tetra-es.invalid> {seconds(recorded)} +0000",
        "\n\n".join(part for part in paragraphs if part) + "\n",
        contents,
    )


def cut_void(topic: str) -> str:
    """Return the first line of the commit of a void event."""
    line = one_line(f"void: {topic}")
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def files_of(event: Event, state: State, facts: Facts) -> dict[str, bytes | str | None]:
    """Return the files of a valid event: bytes, the digest of a body, None for one that goes."""
    files: dict[str, bytes | str | None] = {}
    environment, topic = state.get("environment"), event.topic
    if "text" in state:
        text = state["text"]
        files[path_of(topic, state)] = text if rules_of(state) else text.encode()
    if "signer" in state:
        signers = sorted((name, key) for name, (key, _) in facts["signers"].items())
        lines = (f'{name} namespaces="{NAMESPACE.decode()}" {key}\n' for name, key in signers)
        files["allowed_signers"] = "".join(lines).encode()
    if topic.startswith("recipient."):
        pairs = sorted(state["recipients"].items())
        lines = (f"# {name}\n{recipient}\n" for name, recipient in pairs)
        files[f"secrets/{environment}.recipients"] = "".join(lines).encode()
    gone = [state["key"]] if topic == "secret.removed" else state.get("removed", [])
    files |= {f"secrets/{environment}/{key}.age": None for key in gone}
    named = age_files(topic, state)
    return files | {f"secrets/{environment}/{key}.age": digest for key, _, digest in named}


def event_path(position: int) -> str:
    """Return where an event is in its commit."""
    return f"events/{position // 10000:04}/{position // 100 % 100:02}/{position:08}.json"


def event_file(event: Event) -> bytes:
    """Return the file that an event is in."""
    encoded = base64.b64encode(event.signature).decode()
    lines = [encoded[at : at + 70] for at in range(0, len(encoded), 70)]
    armored = ["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]
    fields = {
        "event": event.position,
        "stream": event.stream,
        "version": event.version,
        "topic": event.topic,
        "previous": event.previous.hex(),
        "hash": event.hash.hex(),
        "signature": "\n".join(armored) if lines else "",
    }
    rows = "".join(f"  {json.dumps(key)}: {json.dumps(one)},\n" for key, one in fields.items())
    return f'{{\n{rows}  "state": '.encode() + event.state + b"\n}\n"


def read_event(position: int, data: bytes) -> Event:
    """Return the event at a position from its file. Raises `Rejected`."""
    try:
        head, _, state = data.partition(b'  "state": ')
        found = json.loads(head + b'  "state": 0}')
        f"{found['stream']}{found['topic']}".encode()  # raises for half of a surrogate pair
        armored = "".join(found["signature"].split("\n")[1:-2])
        event = Event(
            position,
            found["stream"],
            found["version"],
            found["topic"],
            state.removesuffix(b"\n}\n"),
            bytes.fromhex(found["previous"]),
            bytes.fromhex(found["hash"]),
            base64.b64decode(armored),
        )
        if event_file(event) == data and fits((ANY, 0, ANY), [*event[1:4]]):
            return event
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    raise Rejected(position, "file", "its file is not in the form that it has to have")


# --- 5. The clone ---------------------------------------------------------------------------------

LARGEST = 80 << 20  # bytes of an object that is read; an event's state has at most 64 MiB
MEMORY = 4 << 30  # bytes of address space that git gets
MOST = 100  # commits whose differences are named
CONFIG = """\
[core]
    repositoryformatversion = 0
    bare = true
    commitGraph = false
    multiPackIndex = false
    bigFileThreshold = 1m
    packedGitLimit = 1g
    fsync = none
"""


class Unreadable(Exception):
    """The clone cannot be read, or not any further."""


class Repository:
    """A clone that git reads under a configuration of ours, and beside it what it should be."""

    def __init__(self, folder: Path, own: Path) -> None:
        root = folder / ".git" if (folder / ".git").is_dir() else folder
        self.objects = root.absolute() / "objects"
        if not self.objects.is_dir():
            if (folder / "history" / "objects").is_dir():
                raise Unreadable(f"{folder} is an organization's folder: verify {folder}/history")
            raise Unreadable(f"{folder} is not a clone of a mirror: it has no {self.objects}")
        check_files(self.objects)
        self.own = own
        self.head = main_of(root)
        for name in ("refs", "objects"):
            (own / name).mkdir()
        (own / "HEAD").write_text("ref: refs/heads/main\n")
        (own / "config").write_text(CONFIG)
        self.reader = self.start("cat-file", "--batch")
        self.writer = self.start(
            "fast-import", "--quiet", GIT_OBJECT_DIRECTORY=str(own / "objects")
        )

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Start git."""
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "HOME": str(self.own),
            "GIT_DIR": str(self.own),
            "GIT_OBJECT_DIRECTORY": str(self.objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self.own / "objects"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_NO_LAZY_FETCH": "1",
        }
        pipe, null, own = subprocess.PIPE, subprocess.DEVNULL, self.own
        try:
            git = subprocess.Popen(
                ["git", *arguments], env=env | more, cwd=own, stdin=pipe, stdout=pipe, stderr=null
            )
        except OSError as error:
            raise Unreadable(f"cannot run git: {error.strerror}") from error
        with contextlib.suppress(OSError, AttributeError):  # it has ended, or this is not Linux
            resource.prlimit(git.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
        return git

    def run(self, *arguments: str, data: bytes = b"") -> bytes:
        """Return what git prints. Raises `Unreadable`."""
        git = self.start(*arguments)
        out, _ = git.communicate(data)
        if git.returncode:
            what = "the clone is incomplete (shallow?) or damaged"
            raise Unreadable(f"git {arguments[0]} cannot go through main: {what}")
        return out

    def commits(self, head: str) -> list[str]:
        """Return the ids of the commits up to one, the first one first."""
        out = self.run("rev-list", "--first-parent", "--reverse", head, "--")
        return out.decode("ascii").split()

    def read(self, name: str) -> bytes | None:
        """Return the object with an id, or at `id:path`, None where there is none."""
        stdin, stdout = self.reader.stdin, self.reader.stdout
        answer: list[bytes] = []
        with contextlib.suppress(BrokenPipeError):
            stdin.write(f"{name}\n".encode())  # type: ignore[union-attr]
            stdin.flush()  # type: ignore[union-attr]
            answer = stdout.readline(4096).split()  # type: ignore[union-attr]
        if answer[-1:] == [b"missing"]:
            return None
        if len(answer) == 3 and (size := int(answer[2])) <= LARGEST:
            data: bytes = stdout.read(size + 1)  # type: ignore[union-attr]
            if len(data) == size + 1:
                return data[:-1]
        raise Unreadable(f"git cannot read {name}: the clone is damaged, or it is too large")

    def write(self, commit: Commit) -> None:
        """Write a commit on top of those that were written before."""
        message = commit.message.encode()
        lines = [
            "commit refs/heads/main",
            f"author {commit.author}",
            f"committer {commit.committer}",
        ]
        data = "\n".join([*lines, f"data {len(message)}\n"]).encode() + message + b"\n"
        for path, content in commit.files.items():
            if content is None:
                data += f"D {path}\n".encode()
            else:
                data += f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
        self.writer.stdin.write(data)  # type: ignore[union-attr]

    def written(self) -> list[str]:
        """Return the ids of the commits that were written, once all are."""
        self.writer.communicate()
        head = read_file(self.own / "refs/heads/main").decode().strip()
        return self.commits(head) if head else []

    def close(self) -> None:
        """End git."""
        for git in (self.reader, self.writer):
            git.kill()
            git.communicate()


def check_files(objects: Path) -> None:
    """Raise `Unreadable` for what git would wait for, or follow to somewhere else."""
    if os.path.lexists(objects / "info" / "alternates"):
        raise Unreadable(
            "the clone borrows objects from another folder (objects/info/alternates): "
            "clone without --shared and --reference"
        )
    for folder, folders, files in os.walk(objects):
        for name in files + folders:
            mode = Path(folder, name).lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise Unreadable(f"{folder}/{name} is neither a file nor a folder")


def main_of(root: Path) -> str:
    """Return the commit that `main` is at."""
    for name, line in (("refs/heads/main", r"\s*$"), ("packed-refs", " refs/heads/main$")):
        text = read_file(root / name).decode("ascii", "replace")
        if match := re.search(r"^([0-9a-f]{40})" + line, text, re.MULTILINE):
            return match[1]
    raise Unreadable(
        f"{root} has no branch main: `git clone --branch main` makes a clone that has it"
    )


def read_file(path: Path) -> bytes:
    """Return a small file's bytes, none where there is no file. Nothing is waited for."""
    try:
        more = ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY")  # not all are there on each system
        number = os.open(path, sum((getattr(os, name, 0) for name in more), os.O_RDONLY))
    except (FileNotFoundError, NotADirectoryError):
        return b""
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise Unreadable(f"{path} is not a file")
    with os.fdopen(number, "rb") as file:
        return file.read(16 << 20)


class Finding(NamedTuple):
    """A problem with an event, or with its commit."""

    event: int
    problem: str
    commit: str | None = None


class Verifier:
    """Judges the events of a clone, and compares its commits with those that they should have."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.judge = Judge(self.body, self.purges)
        self.judge.events = self.events
        self.commits: list[str] = []
        self.verdicts: list[Verdict] = []
        self.findings: list[Finding] = []
        self.unfinished: list[Finding] = []
        """Bodies that are still there, and were purged."""
        self._there: dict[str, int] = {}
        """Digest of each body to the event that it was found at."""
        self._named: set[tuple[str, str]] = set()

    def walk(self) -> None:
        """Verify every commit on `main`. Raises `Unreadable`."""
        git = self.repository
        git.run("fsck", "--full", "--no-dangling", "--no-reflogs", "--no-progress", git.head)
        self.commits = git.commits(git.head)
        try:
            for event in self.events():
                for verdict in self.judge.admit(event):
                    self._take(verdict)
            self.judge.finish()
        except Rejected as error:
            if error.kind == "unknown":
                raise Unreadable(
                    f"#{error.position}: {error}: take a newer tetra-es-verify"
                ) from None
            self.findings.append(Finding(error.position, str(error)))
        finally:
            self._compare()
        for digest, position in self._there.items():
            if purge := self.judge.facts.get(("purged", digest)):
                words = f"body {digest} is still there, and #{purge} purged it"
                self.unfinished.append(Finding(position, words))

    def _take(self, verdict: Verdict) -> None:
        """Write the commit that an event should have."""
        position = verdict.event.position
        find = functools.partial(self.body, position=position)
        try:
            commit = commit_of(verdict, self.judge.facts, find)
        except (ValueError, TypeError, LookupError):
            raise Rejected(position, "file", "no commit can be made of what it holds") from None
        self.repository.write(commit)
        self.verdicts.append(verdict)

    @functools.lru_cache(maxsize=8)  # noqa: B019
    def event(self, position: int) -> Event:
        """Return the event that a commit holds. Raises `Rejected`."""
        path = event_path(position)
        data = self.repository.read(f"{self.commits[position - 1]}:{path}")
        if data is None:
            raise Rejected(position, "file", f"{path} is missing")
        return read_event(position, data)

    def events(self) -> Iterator[Event]:
        """Yield all events. Raises `Rejected`."""
        yield from map(self.event, range(1, len(self.commits) + 1))

    def purges(self) -> Iterator[Event]:
        """Yield all events whose topic ends in `.purged`."""
        with contextlib.suppress(Rejected):
            yield from (event for event in self.events() if event.topic.endswith(".purged"))

    @functools.lru_cache(maxsize=16)  # noqa: B019
    def body(self, digest: str, position: int) -> bytes | None:
        """Return a body of the event at a position, as its commit has it."""
        event, commit = self.event(position), self.commits[position - 1]
        state = json.loads(event.state)
        if not rules_of(state) and "text" in state:
            return state["text"].encode()  # type: ignore[no-any-return]
        paths = [f"bodies/{digest[:2]}/{digest}"]
        paths += [
            path for path, one in files_of(event, state, {"signers": {}}).items() if one == digest
        ]
        for path in paths:
            found = self.repository.read(f"{commit}:{path}")
            if found in TOMBSTONES:
                return None
            if found is not None:
                self._there.setdefault(digest, position)
                return found
        return None

    def _compare(self) -> None:
        """Compare the commits with those that they should be."""
        parent, named = "", 0
        written = self.repository.written()
        if len(written) != len(self.verdicts):
            raise Unreadable("git cannot write the commits that there should be")
        for position, (found, wanted) in enumerate(zip(self.commits, written, strict=False), 1):
            if found != wanted and named < MOST:
                named += 1
                for problem in self._differences(found, wanted, parent):
                    self.findings.append(Finding(position, problem, found))
            parent = found

    def _differences(self, found: str, wanted: str, parent: str) -> Iterator[str]:
        """Yield what is wrong with a commit, given what it should be but for its parent."""
        one, other = (self._parts(name) for name in (found, wanted))
        other["parents"] = [f"parent {parent}"] if parent else []
        for name in one:
            if name != "tree" and one[name] != other[name]:
                yield f"its commit has the wrong {name}"
        if one["tree"] != other["tree"]:
            trees = (each["tree"].removeprefix("tree ") for each in (other, one))
            listed = self.repository.run("diff-tree", "-r", "-z", "--name-status", *trees)
            words = listed.decode("utf-8", "replace").split("\0")
            for how, path in zip(words[::2], words[1::2], strict=False):
                if (how, path) not in self._named:
                    self._named.add((how, path))
                    yield f"{path} {DIFFERENCES.get(how, 'is not what the events make it')}"

    def _parts(self, commit: str) -> dict[str, Any]:
        data = (self.repository.read(commit) or b"").decode("utf-8", "surrogateescape")
        head, _, message = data.partition("\n\n")
        tree, *lines = head.split("\n")
        parents = [line for line in lines if line.startswith("parent ")]
        subject, _, text = message.partition("\n")
        people = lines[len(parents) :]
        return {"tree": tree, "parents": parents, PEOPLE: people, "subject": subject, "text": text}


DIFFERENCES = {"A": "is not from any event", "D": "is missing"}
PEOPLE = "author, committer, times or fields"


# --- 6. The archive -------------------------------------------------------------------------------

EVIDENCE, CHECKPOINT = b"tetra-es-evidence", b"tetra-es-checkpoint"
MANIFEST, MANIFEST_SIGNATURE = "manifest.json", "manifest.json.sig"
PROGRAM, CHAIN = "tetra-es-verify.py", "chain.jsonl"
TABLES = ("allowed_signers", "signers.csv", "readers.csv", "events.csv", "changes.csv")
ALWAYS = ("README.txt", PROGRAM, "checkpoint", "proofs.jsonl", *TABLES)
FILES = "|".join(re.escape(name) for name in (*ALWAYS, CHAIN, MANIFEST, MANIFEST_SIGNATURE))
FILES += rf"|events/[0-9]{{4,12}}/[0-9]{{2}}/[0-9]{{8,16}}\.json|bodies/{HEX}"
FILES += r"|toml/(manifest|(environments|profiles)/[a-z][a-z0-9-]{0,31})@[0-9]{1,16}\.toml"
EVENT_COLUMNS = "event,time,effective,actor,type,environment,revision,summary,reason,verdict"
EVENT_COLUMNS += ",stream,version,hash,purged"
CHANGE_COLUMNS = "event,file,key,before,after,purged"
READER_COLUMNS = "event,time,environment,key,version,readers,recipients"
SIGNER_COLUMNS = "signer,may,fingerprint,key,since,since_time,until,until_time"
README_REST = "d8d612787200a3c50fa4b767f6302153c2f162b40eeb182192cd9f4efb561cee"
"""Of what README.txt says of every archive, below what it says of this one."""
README = """\
Evidence of the configuration of {organization}
{line}

This archive has {chosen} of {size} events that were recorded up to #{size}:
{filter}.
Other events, as proof that none is missing and of who signed: {context}.
{doubts}
The newest event is #{size}, with the hash
{head}
"""
UNSIGNED_README = """
Nobody signed this archive: anybody could have made it, and left out what is newest. One that a
signer exports shows who says so.
"""
NOTHING_README = """
No event is of these.
"""
CHAIN_README = """
{} more have their record in chain.jsonl, without texts. With it the program sees by itself
that no event was left out, where each stream ends, and which events are void, but for what only
texts show that are not here.
"""
PART_README = """
That there are no newer ones, and which of them are void, is the word of who exported this. An
archive made with --chain has the record of every event, and shows it.
"""
TIME_README = """
That no other event counts from that time is the word of who exported this, but for those just
before and after. An archive made with --chain has the record of every event, and shows it.
"""
LARGEST_ARCHIVE = (1 << 31) - 1  # bytes; none is larger
LOOSE = 0  # the event of a finding that is about the archive
MOST_FINDINGS = 1000  # that are listed
ORG = "org"  # the stream that says who may sign; archives have all of it


def object_of(of: Any) -> Callable[[Any], bool]:
    """Return the type of objects from any name to what is of a type."""
    return lambda value: isinstance(value, dict) and all(fits(of, one) for one in value.values())


FORMAT = "tetra-es-evidence/1"
MANIFEST_FORM: dict[str, Any] = {
    "format": FORMAT,
    "organization": TYPES["organization"],
    "origin": LINE,
    "head": {"position": 1, "hash": HEX},
    "root": HEX,
    "filter": {"environment": maybe(ENVIRONMENT), "since": maybe(is_time), "until": maybe(is_time)},
    "order": "position",
    "count": 0,
    "events": [(1, HEX)],
    "context": [(1, HEX)],
    "streams": object_of({"version": 1, "position": 1, "hash": HEX}),
    "effective": [(1, is_time)],
    "void": [1],
    "purged": [{"event": 1, "kind": LINE, "digest": HEX, "by": maybe(1)}],
    "signer": maybe(SIGNER),
    "key": maybe(LINE),
    "tetra_es": LINE,
    "files": object_of(HEX),
}


PROOF = {"event": 1, "hash": HEX, "size": 1, "proof": [HEX]}
LINK = {"event": 1, "stream": ANY, "version": 0, "topic": ANY, "state": object_of(lambda _: True)}
LINK |= {"signature": "[A-Za-z0-9+/]*=*"}


class Term(NamedTuple):
    """A key that was a signer's: the events that added it and removed it."""

    signer: str
    key: str
    may: list[str] | None
    since: int
    until: int | None


ODD_ZIP = (EOFError, OverflowError, struct.error, ValueError)  # what zipfile says of odd ones


class Archive:
    """The files of an archive. Nothing of it is unpacked, and nothing in it is compressed."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            if self._file.seek(0, io.SEEK_END) > LARGEST_ARCHIVE:
                raise ValueError("it is larger than 2 GiB")
            self._zip = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, NotImplementedError, *ODD_ZIP) as error:
            self._file.close()
            raise Unreadable(f"{path} is not a ZIP archive: {error}") from None
        self.entries = self._zip.infolist()
        self.names = {entry.filename for entry in self.entries}

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()
        self._file.close()

    def problems(self) -> Iterator[str]:
        """Yield what is odd about the archive itself: no honest one has any of it."""
        named: set[str] = set()
        for entry in self.entries:
            name = entry.filename
            if name in named:
                yield f"{name} is in the archive twice"
            elif not re.fullmatch(FILES, entry.orig_filename):
                yield f"{name} does not belong in an archive of evidence"
            elif problem := entry_problem(entry):
                yield f"{name} {problem}"
            named.add(name)
        yield from (f"{name} is missing" for name in (*ALWAYS, MANIFEST) if name not in named)
        if not self._is_plain():
            yield "something is hidden between the files of the archive, before or after them"

    def _is_plain(self) -> bool:
        """Return whether its bytes are those of its files, and of the one way to list them."""
        end, listed = 0, b""
        if sum(entry.file_size for entry in self.entries) > LARGEST_ARCHIVE:
            return False
        for entry in self.entries:
            name, size = entry.orig_filename.encode(), entry.file_size
            both = (0, 0, 0, 33, entry.CRC, size, size, len(name), 0)  # 33: 1980-01-01
            local = struct.pack("<4s2B4H3L2H", b"PK\3\4", 20, 0, *both) + name
            more = (0, 0, 0, 0o100644 << 16, end)
            listed += struct.pack("<4s4B4H3L5H2L", b"PK\1\2", 20, 3, 20, 0, *both, *more) + name
            self._file.seek(end)
            if self._file.read(len(local)) != local:
                return False
            end += len(local) + size
        self._file.seek(end)
        return self._file.read() == listed + ending_of_zip(len(self.entries), end, len(listed))

    def read(self, name: str) -> bytes:
        """Return the content of a file, nothing where there is none. Raises `Unreadable`."""
        try:
            return self._zip.read(name)
        except KeyError:
            return b""
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, *ODD_ZIP) as error:
            raise Unreadable(f"{name} cannot be read: {error}") from None


def ending_of_zip(count: int, start: int, size: int) -> bytes:
    """Return what a ZIP archive ends with, after the list of its files."""
    more, few = b"", min(count, 0xFFFF)
    if few < count:
        more = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        more += struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    return more + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, few, few, size, start, 0)


def entry_problem(entry: zipfile.ZipInfo) -> str:
    """Return what is wrong with a file of an archive, empty for nothing."""
    if entry.external_attr != 0o100644 << 16 or entry.create_system != 3:
        return "is not a plain file"
    if entry.compress_type or entry.flag_bits or entry.file_size != entry.compress_size:
        return "is compressed or encrypted"
    one = "/" in entry.filename  # a list of all events has no limit but the archive's
    return "is too large" if one and entry.file_size > LARGEST else ""


class LeftOut(Exception):
    """A rule has to look into a text that is not in the archive, since nobody asked for it."""


class EvidenceJudge(Judge):
    """Judges a history from its beginning, without ciphertexts: an archive has none.

    Where it lacks texts of events that the filter does not take, it takes the manifest's word.
    """

    ciphertexts: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    """Digests of texts that are not in the archive, and were not purged."""
    void: frozenset[int] | set[int] = frozenset()
    """The events that the manifest says are void."""

    def __init__(
        self, body: Callable[[str, int], bytes | None], purges: Callable[[], Iterable[Event]]
    ) -> None:
        super().__init__(body, purges)
        self.undecided: set[int] = set()
        """Events that break none of the rules that could be checked, and not all could."""

    def _another(self) -> EvidenceJudge:
        judge = type(self)(self._body, self._purges)
        judge.void, judge.ciphertexts, judge.left_out = self.void, self.ciphertexts, self.left_out
        return judge

    def _find(self, digest: str, position: int) -> bytes | None:
        found = super()._find(digest, position)
        elsewhere = digest in self.ciphertexts or digest in self.left_out
        return b"" if found is None and elsewhere else found

    def _text(self, at: At) -> State | None:
        if at.digest in self.left_out:
            raise LeftOut
        return super()._text(at)

    def _rules(self, event: Event, state: State, facts: Facts) -> Iterator[Rule]:
        try:
            yield from super()._rules(event, state, facts)
        except LeftOut:
            self.undecided.add(event.position)

    def _culprit(self, batch: list[tuple[Event, State]]) -> tuple[Event, str, str]:
        found = super()._culprit(batch)
        here = {event.position for event, _ in batch} & self.undecided
        if found[1]:  # a rule that could be checked decides on the whole batch
            self.undecided -= here
        elif said := [event for event, _ in batch if event.position in here & self.void]:
            return said[0], "said", "the manifest says so"
        return found

    def _check_signatures(self, batch: list[tuple[Event, State]]) -> None:
        if HAS_CRYPTOGRAPHY:
            return super()._check_signatures(batch)
        state = batch[-1][1]
        signers = self.facts["signers"] or {state.get("signer"): ("", None)}
        self._may = signers.get(state["metadata"]["actor"], ("", None))[1]
        return None


class PartJudge(EvidenceJudge):
    """Judges events of which not all that came before is there, as far as that goes.

    The stream `org` is always whole, and its events follow from each other: who may sign is
    decided here, not said. Of other events their form, and whether their signer might record them.
    """

    def decide(self, batch: list[tuple[Event, State]]) -> tuple[str, bool]:
        """Return why a batch is void, empty where it is not, and whether that is certain.

        Raises `Rejected`.
        """
        event, state = batch[0]
        self._may = self.facts["signers"].get(state["metadata"]["actor"], ("", None))[1]
        size = batch_of(state)[1]
        facts: Facts = ChainMap({}, self.facts)
        for event, state in batch:
            self.position = event.position
            for broken, _, words in self._rules(event, state, facts):
                if broken:
                    return words, True
            if event.stream == ORG:
                apply(event, state, facts)
        nobody = all(may is not None for _, may in facts["signers"].values())
        removed = any(one.topic == "signer.removed" and rules_of(state) for one, state in batch)
        if removed and nobody:
            return "no signer without limits would be left", True
        here = {event.position for event, _ in batch}
        if len(batch) == size and not here & self.undecided:
            return "", True
        return "the manifest says so" if here & self.void else "", False

    def take(self, batch: list[tuple[Event, State]]) -> None:
        """Take a valid batch in."""
        for event, state in batch:
            if event.stream == ORG:
                apply(event, state, self.facts)

    def _rules(self, event: Event, state: State, facts: Facts) -> Iterator[Rule]:
        if event.stream == ORG and not event.topic.endswith(".purged"):
            yield from super()._rules(event, state, facts)
            return
        yield rules_of(state) < facts["floor"], "floor", "it follows rules that are too old now"
        if rules_of(state):
            yield from self._form_rules(event, state, facts)
        else:
            yield not has_form(event, state), "form", "it does not have the form of its topic"
        self.undecided.add(event.position)


class Times:
    """Works out from when on events count, one after the other; see Times in the formats.

    Where events between are not here, what the manifest says has to be possible by those that are.
    """

    def __init__(self) -> None:
        self.is_known = True
        """Whether it is known what the times of the next event rise from."""
        self._reached, self._command, self._founding = "", "", True
        self._own: list[str] = []
        self.imported: set[int] = set()
        """The states that an imported organization begins with."""

    def take(self, of: Evidence, position: int, told: str | None, *, known: bool) -> str | None:
        """Return from when on the next event counts; None where that is not what is told."""
        state, void = of.states[position], position in of.void
        metadata = state["metadata"]
        command = "" if rules_of(state) else metadata["correlation"]
        is_old, number = not rules_of(state), batch_of(state)[0]
        goes_on = position > 1 and (command == self._command if is_old else number > 1)
        self._founding = position == 1 or (self._founding and (goes_on or not known))
        own = utc_time(metadata.get("recorded")) or utc_time(state.get("timestamp"))
        if of.events[position].topic == "environment.imported" and self._founding and not void:
            happened = utc_time(state.get("timestamp"))
            if known or command or number == position:
                self._command = command
                self.imported.add(position)
                return happened if told in (None, happened) else None
        corrects = metadata.get("clock") == "corrected" and not goes_on and not void
        corrects = corrects and of.may_correct(position, metadata["actor"])
        if known:
            least = self._reached if goes_on else next_time(self._reached)
            time = own if corrects and own < least else max(least, own)
            if told not in (None, time):
                return None
        elif told is None or not (told == own or self._is_possible(position, told, own)):
            return None
        else:
            time = told
        if not void:
            self._reached, self._command, self.is_known = time, command, True
            bisect.insort(self._own, own)
        elif not known:
            self.is_known = False
        return time

    def _is_possible(self, position: int, told: str, own: str) -> bool:
        """Return whether an earlier event shows that one counts from later than its own time."""
        at = bisect.bisect(self._own, told) - 1  # of the times before, the nearest
        return told > own and at >= 0 and told <= next_time(self._own[at], position)


def utc_time(value: Any) -> str:
    """Return a time as it is written under rules 1, empty for anything else."""
    if not is_moment(value):
        return ""
    try:
        return in_utc(datetime.fromisoformat(value))
    except OverflowError:
        return ""


def next_time(time: str, microseconds: int = 1) -> str:
    """Return the time so much later, or the last one that there is."""
    try:
        moment = datetime.fromisoformat(time) if time else None
        return in_utc(moment + timedelta(microseconds=microseconds)) if moment else time
    except OverflowError:
        return time


def in_utc(moment: datetime) -> str:
    """Return a time with its zone as it is written under rules 1."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class Evidence:
    """Verifies an archive: every part of it against the others, and those against its signers."""

    def __init__(self, archive: Archive, known: Known) -> None:
        self.archive, self.known = archive, known
        self.findings: list[Finding] = []
        self._found: set[tuple[int, str]] = set()
        self.is_signed = False
        """Whether the one who is said to have exported it signed the manifest."""
        self.more = 0
        """How many findings are not listed, as there are too many."""
        self.trusted = ""
        """What the exporter says, and nothing in the archive shows."""
        self.unchecked: list[str] = []
        """What could not be checked though it could be: then nobody may call it verified."""
        self.notes: list[str] = []
        self.manifest: State = {}
        self.events: dict[int, Event] = {}
        self.states: dict[int, State] = {}
        self.chained: set[int] = set()
        """The events that have no file of their own: their texts are not in the archive."""
        self._gone: dict[tuple[int, str], int] = {}
        """Event and kind of a body to the event that purged it."""
        self.void: set[int] = set()
        self.said: set[int] = set()
        """Those of them that only the manifest says are void."""
        self.terms: list[Term] = []
        self._purges: dict[str, int] | None = None
        """Digest to the event that purged it."""
        self._keys: dict[int, str | ValueError] = {}
        """Position of a signed event to the key that signed it, or why none did."""
        self.effective: dict[int, str] = {}
        """Position to the effective time of the event by those before it."""
        self.counts: dict[int, str] = {}
        """Position to the time from which on the event counts, by those after it, too."""
        self.digests: dict[str, str] = {}
        """Name to digest of each file, as it is."""

    def find(self, problem: str, event: int = LOOSE) -> None:
        """Note a finding, once."""
        if (event, problem) in self._found:
            return
        if len(self.findings) >= MOST_FINDINGS:
            self.more += 1
            return
        self._found.add((event, problem))
        self.findings.append(Finding(event, problem))

    def walk(self) -> None:
        """Verify all of it. The first steps that fail end it: the others build on them."""
        self._check_format()
        for problem in self.archive.problems():
            self.find(problem)
        if self.findings or not self._read_manifest():
            return
        self._compare_files()
        self._read_events()
        if not self.findings and CHAIN in self.archive.names:
            self._read_chain()
        if self.findings:
            return
        self.void = set(self.manifest["void"])
        self._compare_head()
        self._check_proofs()
        self._check_chain()
        self._check_streams()
        self._check_terms()
        self._check_times()
        self._check_filter()
        self._check_who_signed()
        self._judge()
        if not self.findings:
            try:
                self._compare_texts()
                self._compare_tables()
                self._compare_readme()
            except (ValueError, TypeError, LookupError, AttributeError):
                self.find("an event or a body has nothing of which a table can be made")
        self._compare_known()
        if self.trusted:
            self.unchecked.append(self.trusted)

    # The manifest, and the files that it lists

    def _check_format(self) -> None:
        """Raise `Unreadable` for an archive of another format, with which nothing is wrong."""
        listed = [one for one in self.archive.entries if one.filename == MANIFEST]
        plain = all(one.compress_type == zipfile.ZIP_STORED for one in listed)
        found = json_object(self.archive.read(MANIFEST)) if plain else None
        of = (found or {}).get("format")
        if of != FORMAT and fits("tetra-es-evidence/[1-9][0-9]{0,8}", of):
            words = f"the archive is of the format {of}, and this program knows {FORMAT} alone"
            raise Unreadable(f"{words}: take the tetra-es-verify of the release that made it")

    def _read_manifest(self) -> bool:
        data = self.archive.read(MANIFEST)
        found = json_object(data)
        if found is None or not fits(MANIFEST_FORM, found):
            self.find(f"{MANIFEST} is not in the form that it has to have")
            return False
        self.manifest = found
        for name in ("events", "context", "void"):
            listed = [one if name == "void" else one[0] for one in found[name]]
            if listed != sorted(set(listed)):
                self.find(f"{MANIFEST}: its {name} are not in their order, or one is there twice")
        if found["count"] != len(found["events"]):
            words = count(len(found["events"]), "event")
            self.find(f"{MANIFEST} says that it has {found['count']} events, and lists {words}")
        last = found["head"]["position"]
        both = [*(one for one, _ in found["events"]), *(one for one, _ in found["context"])]
        newest = max([*both, *found["void"]], default=0)
        if len(set(both)) != len(both) or newest > last:
            self.find(f"{MANIFEST} lists an event twice, or one after its head")
        return not self.findings

    def _compare_files(self) -> None:
        listed = self.manifest["files"]
        for name in sorted(self.archive.names - {MANIFEST, MANIFEST_SIGNATURE}):
            self.digests[name] = sha(self.archive.read(name))
            if name not in listed:
                self.find(f"{name} is in the archive, and the manifest does not list it")
            elif listed[name] != self.digests[name]:
                self.find(f"{name} was changed: the manifest has another digest")
        for name in sorted(listed.keys() - self.digests.keys()):
            self.find(f"{name} is missing: the manifest lists it")

    def _read_events(self) -> None:
        manifest = self.manifest
        listed = dict(tuple(one) for one in (*manifest["events"], *manifest["context"]))
        for name in sorted(self.archive.names):
            if name.startswith("events/"):
                self._read_event(int(name[-13:-5].lstrip("0") or 0), name, listed)
        for position in sorted(listed.keys() - self.events.keys()):
            self.find("its file is missing: the manifest lists it", position)

    def _read_event(self, position: int, name: str, listed: dict[int, str]) -> None:
        try:
            event = read_event(int(Path(name).stem), self.archive.read(name))
            if name != event_path(event.position):
                raise Rejected(event.position, "file", "its file has no lawful name")
            state = lawful_state(event)
            if hash_of(event) != event.hash:
                raise Rejected(event.position, "hash", "it was changed: its hash does not match")
            if listed.get(event.position) != event.hash.hex():
                raise Rejected(event.position, "hash", "it is not the one that the manifest lists")
        except Rejected as error:
            self.find(str(error), error.position or position)
        else:
            self.events[event.position], self.states[event.position] = event, state

    def _read_chain(self) -> None:
        """Read the events that have no file of their own: what their hashes are over."""
        lines = iter(self.archive.read(CHAIN).split(b"\n"))
        hash_ = bytes(32)
        for position in range(1, self.manifest["head"]["position"] + 1):
            if position not in self.events:
                try:
                    event = chained(position, hash_, next(lines, b""))
                    self.states[position] = lawful_state(event)
                except (Rejected, ValueError) as error:
                    return self.find(f"{CHAIN} does not have it: {error}", position)
                if event.stream == ORG:  # it says who could sign, and what its texts are
                    self.find(f"it is in {CHAIN} alone, and not in a file of its own", position)
                self.events[position] = event
                self.chained.add(position)
            hash_ = self.events[position].hash
        if [*lines] != [b""]:
            self.find(f"{CHAIN} has more than the events that have no file of their own")
        return None

    # The head, and the tree

    def _compare_head(self) -> None:
        """Compare what is said of the newest event with that event, which is always there."""
        manifest = self.manifest
        last, wanted = manifest["head"]["position"], manifest["head"]["hash"]
        if last not in self.events or self.events[last].hash.hex() != wanted:
            self.find("the newest event is not in the archive, or it is another one", last)
        if 1 not in self.events:
            self.find("the event that founds the organization is not in the archive", 1)
        else:
            name = self.states[1].get("name")
            origin = f"tetra-es.invalid/{name}/{self.events[1].hash.hex()}"
            if (manifest["organization"], manifest["origin"]) != (name, origin):
                self.find("the manifest is of another organization than event 1", 1)
        text = self._checkpoint_text()
        if self.archive.read("checkpoint").partition(b"\n\n")[0] + b"\n" != text:
            self.find("the checkpoint is not that of the manifest's head and root")

    def _is_whole(self) -> bool:
        """Return whether every event is here, if only what its hash is over."""
        last: int = self.manifest["head"]["position"]
        return len(self.events) == last

    def _checkpoint_text(self) -> bytes:
        root = base64.b64encode(bytes.fromhex(self.manifest["root"])).decode()
        lines = (self.manifest["origin"], self.manifest["head"]["position"], root)
        return "".join(f"{line}\n" for line in lines).encode()

    def _check_proofs(self) -> None:
        size, root = self.manifest["head"]["position"], self.manifest["root"]
        lines = self.archive.read("proofs.jsonl").decode("utf-8", "replace").splitlines()
        proved = []
        for line in lines:
            one = json_line(line)
            if not fits(PROOF, one) or one["event"] not in self.events.keys() - self.chained:
                self.find("proofs.jsonl has a line that proves none of the events")
                return
            position, proof = one["event"], [bytes.fromhex(each) for each in one["proof"]]
            event = self.events[position]
            found = root_of(position - 1, size, event.hash, proof)
            if [one["hash"], one["size"], found] != [event.hash.hex(), size, bytes.fromhex(root)]:
                self.find("its proof is that of another tree, or of another event", position)
            proved.append(position)
        if proved != sorted(self.events.keys() - self.chained):
            self.find("proofs.jsonl does not have one proof for each event, in their order")
        if self._is_whole():
            leaves = [event.hash for _, event in sorted(self.events.items())]
            if tree_root(leaves).hex() != root:
                self.find(f"the root in {MANIFEST} is not that of the events")

    def _check_chain(self) -> None:
        for position, event in sorted(self.events.items()):
            before = self.events.get(position - 1)
            wanted = bytes(32) if position == 1 else before and before.hash
            if wanted is not None and event.previous != wanted:
                self.find(f"it does not follow from #{position - 1}", position)

    # Whether these are all

    def _check_streams(self) -> None:
        """Compare the numbers of events in their streams with the last one of each."""
        streams, head = self.manifest["streams"], self.manifest["head"]
        newest: State = max(streams.values(), key=lambda one: one["position"], default={})
        if {**newest, "version": 0} != {**head, "version": 0}:
            self.find("no stream of the manifest ends with its head")
        seen: dict[str, int] = {}
        for position, event in sorted(self.events.items()):
            last = streams.get(event.stream, {"version": 0})
            if event.version <= seen.get(event.stream, 0):
                self.find(f"its number in {event.stream} does not rise", position)
            seen[event.stream] = event.version
            if event.version > last["version"]:
                self.find(f"it comes after the last event of {event.stream}", position)
            is_last = [position, event.hash.hex()] == [last.get("position"), last.get("hash")]
            if event.version == last["version"] and not is_last:
                self.find(f"it is not the last event of {event.stream}", position)
        if self._is_whole():
            for stream, last in streams.items():
                if seen.get(stream, 0) < last["version"]:
                    self.find(f"{MANIFEST} says that {stream} goes on to number {last['version']}")
        self._check_ends()

    def _check_ends(self) -> None:
        """Compare what is said of the last events of streams with each other, and with these."""
        streams, head = self.manifest["streams"], self.manifest["head"]["position"]
        together = sum(one["version"] for one in streams.values())
        if together != head:
            words = f"the streams of {MANIFEST} have {count(together, 'event')}"
            self.find(f"{words}, and its head is #{head}")
        for stream, last in streams.items():
            event = self.events.get(last["position"])
            if event and (event.stream, event.version) != (stream, last["version"]):
                self.find(f"it is not the last event of {stream}", event.position)
        numbers = {event.version for event in self.events.values() if event.stream == ORG}
        self._find_gaps(1, streams.get(ORG, {"version": 0})["version"], numbers, ORG)

    def _find_gaps(self, first: int, last: int, there: Iterable[int], stream: str = "") -> None:
        """Find the positions, or the numbers of a stream, that are wanted and not there."""
        of = f" of {stream}" if stream else ""
        for begin, end in gaps(first, last, there):
            if begin == end:
                number = f"number {begin}{of}" if stream else f"#{begin}"
                self.find(f"{number} was left out")
            else:
                numbers = f"numbers {begin} to {end}{of}" if stream else f"#{begin} to #{end}"
                self.find(f"{numbers} were left out")

    def _check_times(self) -> None:
        """Check from when on events count: by those before, where they are here."""
        told = dict(tuple(one) for one in self.manifest["effective"])
        there = sorted(self.events.keys() - self.chained)
        if [one for one, _ in self.manifest["effective"]] != there:
            self.find(f"{MANIFEST} does not say from when on each event counts")
        before = 0
        times = Times()
        for position in sorted(self.events):
            known = position == before + 1 and times.is_known
            before = position
            time = times.take(self, position, told.get(position), known=known)
            if time is None:
                self.find("the manifest says that it counts from another time", position)
            self.effective[position] = time or told.get(position, "")
        least = "~"  # after every time; an event is known as soon as a later one counts
        for position in sorted(self.events, reverse=True):
            self.counts[position] = min(least, self.effective[position] or least)
            if position not in times.imported:
                least = self.counts[position]

    def may_correct(self, position: int, name: str) -> bool:
        """Return whether a signer had no limits before an event."""
        return any(
            one.may is None and one.signer == name
            for one in self.terms
            if one.since < position and (one.until is None or one.until >= position)
        )

    def _check_filter(self) -> None:
        """Check that the events are those that the filter takes, and all of these."""
        wanted = self.manifest["filter"]
        chosen = {position for position, _ in self.manifest["events"]}
        for position, state in self.states.items():
            takes = self._takes(wanted, state, self.counts[position])
            if takes and position not in chosen:
                self.find("the filter takes it, and it is not among the events", position)
            if not takes and position in chosen:
                self.find("the filter does not take it, and it is among the events", position)
        if wanted["environment"] is None:
            last = self.manifest["head"]["position"]
            self._check_run(sorted(chosen), last, wanted, self.events.keys())
            return
        of = f"(env|secrets):{wanted['environment']}|deployments:{wanted['environment']}@.*"
        numbers: dict[str, list[tuple[int, bool]]] = {}
        for position, event in self.events.items():
            numbers.setdefault(event.stream, []).append((event.version, position in chosen))
        for stream, ends in self.manifest["streams"].items():
            if re.fullmatch(of, stream):
                there = numbers.get(stream, [])
                run = sorted(number for number, is_chosen in there if is_chosen)
                listed = [number for number, _ in there]
                self._check_run(run, ends["version"], wanted, listed, stream)

    def _takes(self, wanted: State, state: State, time: str) -> bool:
        environment = state.get("environment")
        environment = environment if fits(ENVIRONMENT, environment) else None
        return (
            wanted["environment"] in (None, environment)
            and (wanted["since"] is None or time >= wanted["since"])
            and (wanted["until"] is None or time <= wanted["until"])
        )

    def _check_run(
        self, chosen: list[int], last: int, wanted: State, there: Iterable[int], stream: str = ""
    ) -> None:
        """Check that nothing is missing between the first and the last of some numbers.

        Without a time that they begin or end with, they have to begin and end with all.
        """
        first = 1 if wanted["since"] is None else max(1, chosen[0] - 1) if chosen else 0
        end = last if wanted["until"] is None else min(last, chosen[-1] + 1) if chosen else 0
        if not chosen and wanted["since"] is None is wanted["until"]:
            first, end = 1, last
        elif not chosen:
            return  # none is said to be of that time; the signature says so, and nothing else
        self._find_gaps(first, end, there, stream)

    # Who signed

    def _check_terms(self) -> None:
        """Work out who could sign when, from the events that say so."""
        for position, event in sorted(self.events.items()):
            state = self.states[position]
            if event.stream != "org" or position in self.void or not has_form(event, state):
                continue
            if event.topic in {"organization.created", "signer.added", "signer.removed"}:
                self.terms = [
                    one._replace(until=position)
                    if one.signer == state["signer"] and one.until is None
                    else one
                    for one in self.terms
                ]
            if event.topic in {"organization.created", "signer.added"}:
                key, may = state["key"], state.get("may")
                self.terms.append(Term(state["signer"], key, may, position, None))

    def signers_before(self, position: int) -> dict[str, str]:
        """Return who could sign an event: name to key."""
        return {
            one.signer: one.key
            for one in self.terms
            if one.since < max(position, 2) and (one.until is None or one.until >= position)
        }

    def _check_who_signed(self) -> None:
        if not HAS_CRYPTOGRAPHY:
            words = (
                "signatures: Python's package cryptography is missing (pip install cryptography)"
            )
            self.unchecked.append(words)
            return
        last = 0
        for position in sorted(self.events, reverse=True):  # the event that is signed comes first
            if self.events[position].signature:
                last = position
            elif position + 1 not in self.events:
                last = position + 1
            self._check_event(position, last)
        self._check_manifest()

    def _check_event(self, position: int, last: int) -> None:
        """Check the signature of an event, which may be that of the last one of its batch."""
        number, size = batch_of(self.states[position])
        actor = self.states[position]["metadata"]["actor"]
        last = min(last, position + size - number)
        if last not in self.events:
            self.find(f"#{last}, whose signature covers it, was left out", position)
            return
        key = self.signers_before(position - number + 1).get(actor)
        try:
            signed = self._signed_by(last)
            if key is None:
                raise ValueError(f"{actor} was not a signer then")
            if signed.split()[1:] != key.split()[1:2]:
                raise ValueError(f"{fingerprint(signed)} was not the key of {actor} then")
            if self.states[last]["metadata"]["actor"] != actor:
                raise ValueError(f"#{last}, which ends its batch, is by another signer")
        except ValueError as error:
            self.find(f"its signature is not valid: {error}", position)

    def _signed_by(self, position: int) -> str:
        """Return the key that signed an event. Raises `ValueError`."""
        if position not in self._keys:
            event = self.events[position]
            try:
                self._keys[position] = signing_key(event.signature, event.hash.hex().encode())
            except ValueError as error:
                self._keys[position] = error
        found = self._keys[position]
        if isinstance(found, ValueError):
            raise found
        return found

    def _check_manifest(self) -> None:
        """Check the signatures over manifest and checkpoint: by a signer of now, or not at all."""
        manifest, signed = self.manifest, MANIFEST_SIGNATURE in self.archive.names
        name, last = manifest["signer"], manifest["head"]["position"]
        note = self.archive.read("checkpoint").partition(b"\n\n")[2]
        if name is None:
            if signed or note or manifest["key"]:
                self.find(f"{MANIFEST} names no signer, and something in the archive is signed")
            self.unchecked.append("the manifest: nobody signed it, so anybody could have made it")
            return
        key = self.signers_before(last + 1).get(name)
        if not signed or key is None:
            words = "is not signed" if not signed else "is not a signer at its head"
            self.find(f"{MANIFEST}: {name} {words}" if signed else f"{MANIFEST} {words}")
            return
        try:
            blob = dearmored(self.archive.read(MANIFEST_SIGNATURE))
            by = signing_key(blob, self.archive.read(MANIFEST), EVIDENCE)
            if by.split()[1:] != key.split()[1:2]:
                raise ValueError(f"it is by {fingerprint(by)}, which is not the key of {name}")
            if manifest["key"] != fingerprint(key):
                raise ValueError(f"it names another key than that of {name}")
        except ValueError as error:
            self.find(f"the signature of {MANIFEST} is not valid: {error}")
        else:
            self.is_signed = True
        if not signs_checkpoint(note, self._checkpoint_text(), key):
            self.find(f"the signature of the checkpoint is not valid: it is not by {name}")

    # What the events make

    def _judge(self) -> None:
        """Have the history judged as far as it is whole from the beginning."""
        whole = next((one for one in range(1, len(self.events) + 2) if one not in self.events), 1)
        bodies = {digest: name for name, digest in self.digests.items() if name not in ALWAYS}

        def body(digest: str, position: int) -> bytes | None:
            inline = self.states.get(position, {}).get("text")
            if isinstance(inline, str) and sha(inline) == digest:
                return inline.encode()
            return self.archive.read(bodies[digest]) if digest in bodies else None

        events = [event for _, event in sorted(self.events.items())]
        purges = [event for event in events if event.topic.endswith(".purged")]
        judge = EvidenceJudge(body, lambda: purges)
        judge.events = lambda: [self.events[position] for position in range(1, whole)]
        judge.void = self.void
        judge.void_purges = {one for one in self.void if one >= whole}  # which it cannot judge
        judge.ciphertexts = frozenset(
            digest
            for event in events
            if has_form(event, self.states[event.position])
            for _, _, digest in age_files(event.topic, self.states[event.position])
        )
        judge.left_out = frozenset(self._left_out() - bodies.keys() - judge.ciphertexts)
        verdicts: dict[int, str] = {}
        try:
            for position in range(1, whole):
                for verdict in judge.admit(self.events[position]):
                    verdicts[verdict.event.position] = verdict.kind
                    self._compare_verdict(verdict.event.position, verdict.kind, verdict.words)
        except Rejected as error:
            if error.kind == "unknown":
                raise Unreadable(
                    f"#{error.position}: {error}: take a newer tetra-es-verify"
                ) from None
            self.find(str(error), error.position)
        undecided, judged = judge.undecided, max(verdicts, default=0)
        if judged < self.manifest["head"]["position"] and not self.findings:
            part = PartJudge(body, lambda: purges)
            part.void, part.void_purges = self.void, set(self.void)
            part.is_settled = True
            undecided = undecided | self._judge_part(part, verdicts)
            words = "the rules of tetra-es, for events whose history is not in the archive"
            self.notes.append(f"{words} (up to #{judged} they were)" if judged else words)
            words = "the exporter's word on which events are void, and that all are here"
            self.trusted = f"{words}. Ask for an archive with --chain"
        self._say_undecided(undecided, judge.undecided)

    def _judge_part(self, judge: PartJudge, verdicts: dict[int, str]) -> set[int]:
        """Have decided what can be of events after those that were; return those that are not."""
        batches: dict[int, list[tuple[Event, State]]] = {}
        for position, event in sorted(self.events.items()):
            state = self.states[position]
            number = batch_of(state)[0]
            batches.setdefault(position - number, []).append((event, state))
        undecided: set[int] = set()
        for _, batch in sorted(batches.items()):
            first, here = batch[0][0].position, {event.position for event, _ in batch}
            is_void = verdicts.get(first) == "void"
            if first not in verdicts:
                try:
                    words, certain = judge.decide(batch)
                except Rejected as error:
                    self.find(str(error), error.position)
                    return undecided
                is_void = bool(words)
                undecided |= set() if certain else here
                for position in sorted(here):
                    self._compare_verdict(position, "void" if is_void else "valid", words)
            if not is_void:
                judge.take(batch)
        return undecided

    def _left_out(self) -> set[str]:
        """Return the digests of texts of events that have no file of their own, but what was
        purged."""
        found: set[str] = set()
        purged: set[str] = set()
        for position, event in self.events.items():
            state = self.states[position]
            if position in self.chained and rules_of(state):
                found.update(bodies_of(event, state))
            if event.topic.endswith(".purged") and position not in self.void:
                digests: Any = state.get("digests")
                purged.update(digests if fits([ANY], digests) else ())
        return found - purged

    def _say_undecided(self, undecided: set[int], unread: set[int]) -> None:
        """Say of which events only the exporter says whether they are void.

        Of `unread` a text is not in the archive.
        """
        chosen = {position for position, _ in self.manifest["events"]}
        self.said = self.void & undecided
        for position in sorted(self.said):
            if position in chosen or self.events[position].stream == ORG:
                words = "the exporter says that it is void, and what shows it is not in the archive"
                self.unchecked.append(f"#{position}: {words}")
        if valid := sorted((chosen & unread) - self.void):
            some = ", ".join(f"#{position}" for position in valid[:5])
            more = f" and {len(valid) - 5} more" if valid[5:] else ""
            words = f"{some}{more} against earlier texts"
            self.notes.append(f"{words}, which are not in the archive")

    def _compare_verdict(self, position: int, kind: str, words: str) -> None:
        if (kind == "void") != (position in self.void):
            said = "void" if position in self.void else "valid"
            why = f" ({words})" if words else ""
            self.find(f"the manifest says that it is {said}: it is {kind}{why}", position)

    def _compare_texts(self) -> None:
        """Compare the bodies and TOML files with what the events name."""
        named, purged = set(), []
        for position, event in sorted(self.events.items()):
            state = self.states[position]
            texts = () if position in self.chained else self._texts_of(event, state)
            for kind, digest, name in texts:
                if self.digests.get(name) == digest:
                    named.add(name)
                elif name in self.digests:
                    self.find(f"{name} is not what the event has", position)
                elif by := self._purge_of(digest, position):
                    purged.append({"event": position, "kind": kind, "digest": digest, "by": by})
                    self._gone[position, kind] = by
                else:
                    self.find(f"{name} is missing, and no event purged it", position)
        listed = [{**one, "by": one["by"] or 0} for one in self.manifest["purged"]]
        order = functools.partial(sorted, key=lambda one: (one["event"], one["kind"]))
        if order(listed) != order(purged):
            self.find(f"{MANIFEST} does not list what was purged as the events have it")
        for name in sorted(self.digests):
            if name.startswith(("toml/", "bodies/")) and name not in named:
                self.find(f"{name} is not from any event")

    def _texts_of(self, event: Event, state: State) -> list[tuple[str, str, str]]:
        """Return kind, digest and file of each text and body that an event has."""
        if not has_form(event, state):
            return []
        is_void, found = event.position in self.void, []
        if "text" in state and not is_void:
            text = state["text"] if rules_of(state) else sha(state["text"])
            found.append(("text", text, toml_path(event.topic, state)))
        if rules_of(state):
            kinds = [kind for kind in ("text", "changes", "rules", "plan") if kind in state]
            kinds = kinds if is_void else [kind for kind in kinds if kind != "text"]
            found += [(kind, state[kind], f"bodies/{state[kind]}") for kind in kinds]
        return found

    def _purge_of(self, digest: str, position: int) -> int | None:
        """Return the event that purged a body which one names: the first valid one that lists it.

        None where it was purged before, unless the one that names it is void.
        """
        if self._purges is None:
            self._purges = {}
            for other, event in sorted(self.events.items()):
                if event.topic.endswith(".purged") and other not in self.void:
                    for one in self.states[other].get("digests", ()):
                        self._purges.setdefault(one, other)
        purge = self._purges.get(digest, 0)
        return purge if purge > position or (purge and position in self.void) else None

    def _compare_tables(self) -> None:
        """Compare the tables with those that the events make."""
        for name, wanted in self.tables().items():
            if self.archive.read(name) != wanted:
                self.find(f"{name} is not what the events make it")

    def tables(self) -> dict[str, bytes]:
        """Return the tables that the events make, by file."""
        chosen = [position for position, _ in self.manifest["events"]]
        rows = [row for position in chosen for row in self._change_rows(position)]
        times = {position: time_in(state) for position, state in self.states.items()}
        return {
            "events.csv": csv_of(EVENT_COLUMNS, map(self._event_row, chosen)),
            "changes.csv": csv_of(CHANGE_COLUMNS, rows),
            "readers.csv": csv_of(READER_COLUMNS, self._reader_rows({*chosen})),
            "signers.csv": csv_of(SIGNER_COLUMNS, (signer_row(one, times) for one in self.terms)),
            "allowed_signers": allowed_signers(self.terms),
        }

    def _event_row(self, position: int) -> list[Any]:
        event, state = self.events[position], self.states[position]
        is_void = position in self.void
        environment = state.get("environment")
        line = cut_void(event.topic)
        if not is_void:
            line = subject(event.topic, state, self._changes(state), today=True)
        return [
            *(position, time_in(state), self.counts[position]),
            *(state["metadata"]["actor"], event.topic),
            environment if fits(ENVIRONMENT, environment) else None,
            None if is_void else state.get("revision"),
            *(line, state["metadata"]["reason"], "void" if is_void else "valid"),
            *(event.stream, event.version, event.hash.hex()),
            None if is_void else self._purge_of_event(position),
        ]

    def _purge_of_event(self, position: int) -> int | None:
        """Return the event that purged what one changed, or its text."""
        text = self._gone.get((position, "text"))
        return self._gone.get((position, "changes"), text)

    def _changes(self, state: State) -> Changes:
        """Return what an event changed by key, None where that was purged."""
        found: Any = state.get("changes", [])
        if isinstance(found, str):
            data = self.archive.read(f"bodies/{found}")
            found = json.loads(data) if data else None
        return found if found is None else [*found]

    def _change_rows(self, position: int) -> Iterator[list[Any]]:
        state = self.states[position]
        if position not in self.void:
            file = path_of(self.events[position].topic, state).removesuffix(".toml")
            file = file.replace("profiles/", "profile ").replace("environments/", "")
            changes = self._changes(state)
            by = self._gone.get((position, "changes"))
            for change in [[None] * 3] if changes is None else changes:
                yield [position, file, *change, by]

    def _compare_readme(self) -> None:
        """Compare what the page for people says of this archive with the manifest."""
        manifest, size = self.manifest, self.manifest["head"]["position"]
        title = f"Evidence of the configuration of {manifest['organization']}"
        wanted = manifest["filter"]
        words = [f"those of {wanted['environment']}" if wanted["environment"] else "all of them"]
        words += [f"{name} {wanted[name]}" for name in ("since", "until") if wanted[name]]
        doubts = "" if manifest["signer"] else UNSIGNED_README
        doubts += "" if manifest["events"] else NOTHING_README
        if len(self.events) - len(self.chained) < size:
            part = TIME_README if wanted["environment"] is None else PART_README
            doubts += CHAIN_README.format(len(self.chained)) if self.chained else part
        page = README.format(
            organization=manifest["organization"],
            line="=" * len(title),
            chosen=manifest["count"],
            size=size,
            filter=", ".join(words),
            context=len(manifest["context"]),
            doubts="\0",
            head=manifest["head"]["hash"],
        )
        text = self.archive.read("README.txt").decode("utf-8", "replace")
        said, mark, rest = text.partition("\nHow to verify it\n")
        signed = "" if manifest["signer"] else " (nobody signed this one)"
        end = ".sig     its signature"
        other = "not as this version writes it"
        if sha(mark + rest.replace(f"{end}{signed}", end)) != README_REST:
            self.notes.append(f"README.txt: it is {other}")
            return
        above, _, below = page.partition("\0")
        if not said.startswith(above) or not said.endswith(below):
            self.find("README.txt is not what the manifest makes it")
        elif said != f"{above}{doubts}{below}":
            self.notes.append(f"what README.txt says of what is missing: it is {other}")

    def _reader_rows(self, chosen: set[int]) -> Iterator[list[Any]]:
        """Yield who could read what a chosen event encrypted, by the names in the archive."""
        names: dict[str, dict[str, str]] = {}
        for position, event in sorted(self.events.items()):
            state, topic = self.states[position], event.topic
            of_recipients = topic in {"recipient.added", "recipient.removed"}
            is_one = of_recipients or topic in AGE_FILES
            if not is_one or position in self.void or position in self.chained:
                continue
            environment, found = state["environment"], state["recipients"]
            if of_recipients:
                names[environment] = {one: name for name, one in found.items()}
                found = [one for _, one in sorted(found.items())]
            known = names.get(environment, {})
            versions: list[Any] = [(None, None, None)] if of_recipients else age_files(topic, state)
            for key, number, _ in versions if position in chosen else ():
                readers = ", ".join(known.get(one, one) for one in found)
                yield [
                    position,
                    time_in(state),
                    environment,
                    key,
                    number,
                    readers,
                    ", ".join(found),
                ]

    # What the auditor knows

    def _compare_known(self) -> None:
        known, last = self.known, self.manifest["head"]["position"]
        for position, wanted in known.expected:
            if position > last:
                self.find(f"the archive ends at #{last}: it is older than what you expect", last)
            elif position not in self.events:
                self.unchecked.append(f"#{position}: the archive does not have it")
            elif self.events[position].hash.hex() != wanted:
                self.find(f"its hash is not {wanted}", position)
        founder = self.terms[0].key if self.terms else None
        if known.key is not None and known.key != founder:
            self.find("the key of the founder is not the one that was given", 1)
        if known.checkpoint is not None:
            self._compare_checkpoint(known.checkpoint)

    def _compare_checkpoint(self, file: Path) -> None:
        """Compare the archive with a checkpoint that the auditor has."""
        file.stat()
        data = read_file(file)
        try:
            origin, size, root, text, lines = checkpoint_of(data)
        except ValueError:
            if data.startswith(b"tetra-es.invalid/"):
                return self.find(
                    "your checkpoint is damaged: it is not in the form that it has to have"
                )
            raise Unreadable(f"{file} is not a checkpoint") from None
        last = self.manifest["head"]["position"]
        if origin != self.manifest["origin"]:
            return self.find(f"the checkpoint that you have is of {origin}")
        if problem := self._problem_of(text, lines, min(size, last), is_newer=size > last):
            return self.find(f"your checkpoint of #{size}: {problem}")
        other = f"the history is another one than that of your checkpoint of #{size}"
        if size > last:
            self.find(f"the archive ends at #{last}: your checkpoint is of #{size}", last)
        elif size == last and root != self.manifest["root"]:
            self.find(other, size)
        elif all(position in self.events for position in range(1, size + 1)):
            if tree_root([self.events[one].hash for one in range(1, size + 1)]).hex() != root:
                self.find(other, size)
        elif size != last:
            words = f"your checkpoint of #{size}: the archive does not have all events before"
            self.unchecked.append(f"{words}. Ask for all of them, or for an archive with --chain")
        return None

    def _problem_of(self, text: bytes, lines: list[bytes], size: int, *, is_newer: bool) -> str:
        """Return what is wrong with the signatures of a checkpoint, empty for nothing."""
        if not HAS_CRYPTOGRAPHY:
            self.unchecked.append("who signed your checkpoint")
            return ""
        is_signed = False
        for name, key in self.signers_before(size + 1).items():
            for line in lines:
                if names_key(line, text, key):
                    if not signs_checkpoint(line, text, key):
                        return f"the signature of {name} does not fit it: somebody changed it"
                    is_signed = True
        return "" if is_signed or is_newer else f"nobody who was a signer at #{size} signed it"


def gaps(first: int, last: int, there: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of numbers, between two, that are not there."""
    for number in sorted({one for one in there if first <= one <= last}):
        if first < number:
            yield first, number - 1
        first = number + 1
    if first <= last:
        yield first, last


def lawful_state(event: Event) -> State:
    """Return the state of an event, in which archives look for who, why and when.

    Raises `Rejected`.
    """
    state = json_object(event.state) or {}
    metadata = state.get("metadata")
    if not isinstance(metadata, dict):
        raise Rejected(event.position, "metadata", "its state is not lawful")
    if not fits((SIGNER, ANY), [metadata.get("actor"), metadata.get("reason")]):
        raise Rejected(event.position, "metadata", "it does not say who and why")
    rules = metadata.get("rules", 0)
    if not fits(0, rules) or (rules and not fits((1, 1), metadata.get("batch"))):
        raise Rejected(event.position, "metadata", "its rules or batch are not lawful")
    return state


def chained(position: int, previous: bytes, line: bytes) -> Event:
    """Return the event in a line of the chain, after the one before. Raises `ValueError`."""
    found = json_object(line)
    if found is None or not fits(LINK, found) or found["event"] != position:
        raise ValueError("its line is missing, or not in the form that it has to have")
    named = (position, found["stream"], found["version"], found["topic"])
    signature = base64.b64decode(found["signature"], validate=True)
    if base64.b64encode(signature).decode() != found["signature"]:
        raise ValueError("its signature is not in the one form that it has")
    event = Event(*named, canonical(found["state"]), previous, b"", signature)
    return event._replace(hash=hash_of(event))


class Known(NamedTuple):
    """What the auditor knows from elsewhere."""

    expected: Sequence[tuple[int, str]] = ()
    key: str | None = None
    """Of the founder."""
    checkpoint: Path | None = None


def json_line(line: str) -> Any:
    """Return the value in a line, None where there is none."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(line)
    return None


def root_of(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes | None:
    """Return the root that an inclusion proof leads to (RFC 9162, 2.1.3.2), None for no proof."""
    at, last = index, size - 1
    found = hashlib.sha256(b"\0" + leaf).digest()
    for one in proof:
        if not last:
            return None  # it is too long
        if at & 1 or at == last:
            found = hashlib.sha256(b"\1" + one + found).digest()
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\1" + found + one).digest()
        at, last = at >> 1, last >> 1
    return None if last else found  # it is too short


def tree_root(leaves: list[bytes]) -> bytes:
    """Return the root of the tree over some leaves (RFC 6962, 2.1)."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [hashlib.sha256(b"\1" + a + b).digest() for a, b in pairs] + odd
    return level[0]


def dearmored(data: bytes) -> bytes:
    """Return the signature in an armored file. Raises `ValueError`."""
    text = data.decode("ascii", "replace")
    begin, end = "-----BEGIN SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\n"
    if not text.startswith(begin) or not text.endswith(end):
        raise ValueError("it is not an SSH signature")
    return base64.b64decode(text[len(begin) : -len(end)].replace("\n", ""), validate=True)


def checkpoint_of(data: bytes) -> tuple[str, int, str, bytes, list[bytes]]:
    """Return origin, size and root of a checkpoint, what is signed of it, and its signatures.

    Line ends may be those of mails. Raises `ValueError`.
    """
    note = data.decode().replace("\r\n", "\n")
    text, blank, below = note.rpartition("\n\n")
    origin, size, root, *more = text.split("\n")
    digest = base64.b64decode(root, validate=True)
    lines = below.removesuffix("\n").split("\n") if below else []
    number = re.fullmatch("[1-9][0-9]{0,15}", size)
    lawful = bool(blank and origin and all(more) and number)
    lawful = lawful and base64.b64encode(digest).decode() == root and len(digest) == 32
    if not lawful or not all(re.fullmatch("— [^ +]+ [A-Za-z0-9+/]+=*", line) for line in lines):
        raise ValueError("it is not a checkpoint")
    signed = f"{text}\n".encode()
    return origin, int(size), digest.hex(), signed, [line.encode() for line in lines]


def names_key(line: bytes, text: bytes, key: str) -> bool:
    """Return whether a line of a checkpoint says that it is a key's signature."""
    origin = text.split(b"\n")[0]
    try:  # what was recorded need not be a key that there is
        blob = base64.b64decode(key.split()[1], validate=True)
        kind, *parts = strings(blob)
        encoded = b"\x01" + parts[0] if kind == b"ssh-ed25519" else PREFIX + blob
        named = hashlib.sha256(origin + b"\n" + encoded).digest()[:4]
        dash, name, signature = line.removesuffix(b"\n").split(b" ")
        data = base64.b64decode(signature, validate=True)
    except (ValueError, IndexError):
        return False
    return (dash, name, data[:4]) == ("—".encode(), origin, named)


PREFIX = b"\xfftetra-es.invalid/sshsig"
"""Of a key in a note, where its kind is not Ed25519."""


def signs_checkpoint(line: bytes, text: bytes, key: str) -> bool:
    """Return whether a line of a checkpoint is a key's signature over its text."""
    if not names_key(line, text, key):
        return False
    kind, *parts = strings(base64.b64decode(key.split()[1]))
    data = base64.b64decode(line.split(b" ")[2])
    try:
        if kind == b"ssh-ed25519":
            Ed25519PublicKey.from_public_bytes(parts[0]).verify(data[4:], text)
            return True
        return signing_key(data[4:], text, CHECKPOINT).split()[1] == key.split()[1]
    except (ValueError, InvalidSignature):
        return False


def toml_path(topic: str, state: State) -> str:
    """Return where an archive has the text of an event."""
    path = path_of(topic, state).removesuffix(".toml")
    return f"toml/{path}@{state.get('revision', 1)}.toml"


def signer_row(term: Term, times: dict[int, str]) -> list[Any]:
    """Return the row of a key that may sign, or might."""
    may = "everything" if term.may is None else ", ".join(term.may)
    until = None if term.until is None else times[term.until]
    key = (term.signer, may, fingerprint(term.key), term.key)
    return [*key, term.since, times[term.since], term.until, until]


def allowed_signers(terms: list[Term]) -> bytes:
    """Return who may sign at the end, as ssh-keygen takes it."""
    spaces = b",".join((NAMESPACE, EVIDENCE, CHECKPOINT)).decode()
    now = sorted((one.signer, one.key) for one in terms if one.until is None)
    return "".join(f'{name} namespaces="{spaces}" {key}\n' for name, key in now).encode()


def csv_of(columns: str, rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as CSV, in which no cell is a formula, wherever a spreadsheet ends cells."""
    starts = "[=+\\-@＝＋－＠]"  # noqa: RUF001

    def cell(value: Any) -> Any:
        number = r"-[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
        if not isinstance(value, str) or re.fullmatch(number, value):
            return value
        value = re.sub(rf'([;|\t\r\n][;| "\t\r\n]*)(?={starts})', r"\1'", value)
        return f"'{value}" if re.match(rf" *{starts}|[\t\r\n]", value) else value

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns.split(","))
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode()


def verify_archive(file: Path, known: Known) -> State:
    """Verify an archive; return what was found. Raises `Unreadable`, `OSError`."""
    with contextlib.closing(Archive(file)) as archive:
        evidence = Evidence(archive, known)
        evidence.walk()
    manifest, findings = evidence.manifest, evidence.findings
    ours = sha(Path(__file__).read_bytes())
    if manifest and evidence.digests.get(PROGRAM) not in (None, ours):
        evidence.notes.append(f"{PROGRAM} in the archive is another version than this one")
    founder = evidence.terms[0] if evidence.terms else None
    listed = sorted(findings, key=lambda one: one.event)
    listed += [Finding(LOOSE, f"and {evidence.more} more")] if evidence.more else []
    return {
        "clean": False if findings else None if evidence.unchecked else True,
        "organization": manifest.get("organization"),
        "events": manifest.get("count"),
        "context": len(manifest.get("context", ())),
        "filter": manifest.get("filter"),
        "head": manifest.get("head"),
        "signed": evidence.is_signed,
        "signer": manifest.get("signer"),
        "key": manifest.get("key"),
        "founder": founder.signer if founder else None,
        "fingerprint": fingerprint(founder.key) if founder else None,
        "findings": [one._asdict() for one in listed],
        "purged": manifest.get("purged"),
        "chain": len(evidence.chained),
        "void": sorted(evidence.void & (evidence.events.keys() - evidence.chained)),
        "said_void": sorted(evidence.said & (evidence.events.keys() - evidence.chained)),
        "unchecked": evidence.unchecked,
        "notes": evidence.notes,
    }


def report_archive(found: State, known: Known) -> Iterator[str]:
    """Yield what was found in an archive, for people."""
    yield from map(worded, found["findings"])
    if found["clean"] is not False:
        yield from _summary(found)
    if found["signed"]:
        yield f"  head #{found['head']['position']} {found['head']['hash']}"
        yield f"  exported by {found['signer']}, key {found['key']}"
    elif found["head"]:
        yield f"  it says: head #{found['head']['position']} {found['head']['hash']}"
        yield f"  it says: exported by {found['signer'] or 'nobody'}"
    if found["founder"]:
        yield f"  founded by {found['founder']}, key {found['fingerprint']}"
    if found["clean"] is not False:
        said = set(found["said_void"])
        for position in found["void"]:
            words = "is void: it changed nothing"
            words = "is void, says the exporter" if position in said else words
            yield f"  #{position} {words}"
        for one in found["purged"]:
            were = "were" if one["kind"] in ("changes", "rules") else "was"
            yield f"  #{one['event']}: its {one['kind']} {were} purged by #{one['by']}"
    yield from (f"  not verified: {words}" for words in found["unchecked"])
    yield from (f"  not checked: {words}" for words in found["notes"])
    if known.key is None:
        yield "  not checked: whose key that is. Ask the founder, or give --signer-key"
    if not known.expected and known.checkpoint is None:
        yield "  not checked: whether there are newer events. Give --expect or --against"


def _summary(found: State) -> Iterator[str]:
    """Yield what is verified, or would be if all could be checked."""
    events = count(found["events"], "event")
    more = f", and {found['context']} that prove them" if found["context"] else ""
    more += f", in the chain of all {found['head']['position']}" if found["chain"] else ""
    words = "verified" if found["clean"] else "not verified, as not all could be checked:"
    yield f"{words} {events} of {found['organization']}{more}"
    wanted = {name: one for name, one in found["filter"].items() if one is not None}
    filters = ", ".join(f"{name} {one}" for name, one in wanted.items())
    none = "none, these are all events" if found["clean"] else "none"
    yield f"  {'' if found['signed'] else 'it says: '}filter: {filters or none}"


def worded(finding: State) -> str:
    """Return a finding in words."""
    event = finding["event"]
    return f"#{event}: {finding['problem']}" if event else str(finding["problem"])


# --- The command ----------------------------------------------------------------------------------


def anchor(text: str) -> tuple[int, str]:
    """Return position and hash of `N:HASH`."""
    match = re.fullmatch(r"#?([1-9][0-9]{0,15}):([0-9a-fA-F]{64})", text)
    if match is None:
        raise argparse.ArgumentTypeError("not a position and a hash, such as 41:<64 digits>")
    return int(match[1]), match[2].lower()


def public_key(file: Path) -> str:
    """Return the key in a `.pub` file, without its comment."""
    if not file.exists():
        raise Unreadable(f"{file} is not there")
    lines = [
        line for line in read_file(file).decode("utf-8", "replace").splitlines() if line.split()
    ]
    if len(lines) > 1:
        raise Unreadable(f"{file} has {len(lines)} lines, and a founder has one key")
    words = lines[0].split() if lines else []
    if len(words) < 2 or words[0].encode() not in KINDS:
        raise Unreadable(f"{file} is not the public key of a founder")
    return " ".join(words[:2])


def verify(
    folder: Path, expected: Sequence[tuple[int, str]], key: str | None, *, unfinished: bool = False
) -> State:
    """Verify a clone; return what was found. Raises `Unreadable`, `OSError`.

    With `unfinished`, what was purged may still be there.
    """
    stopped = None
    with tempfile.TemporaryDirectory(prefix="tetra-es-verify-") as scratch:
        repository = Repository(folder, Path(scratch))
        verifier = Verifier(repository)
        try:
            verifier.walk()
        except Unreadable as error:
            if not verifier.findings:
                raise
            stopped = str(error)
        finally:
            repository.close()
    findings, verdicts = verifier.findings, verifier.verdicts
    if not unfinished:
        findings += verifier.unfinished
    for position, wanted in expected:
        hashes = [one.event.hash.hex() for one in verdicts[position - 1 : position]]
        if hashes != [wanted]:
            problem = f"its hash is not {wanted}" if hashes else "there is no such event"
            findings.append(Finding(position, problem))
    name, founder = verifier.judge.facts.get("founder", (None, None))
    if key is not None and key != founder:
        findings.append(Finding(1, "the key of the founder is not the one that was given"))
    void = [one for one in verdicts if one.kind == "void"]
    old = [one for one in verdicts if one.kind == "valid" and not rules_of(one.state)]
    return {
        "clean": not findings,
        "events": len(verdicts),
        "head": verdicts[-1].event.hash.hex() if verdicts else None,
        "founder": name,
        "fingerprint": fingerprint(founder) if founder else None,
        "findings": [one._asdict() for one in sorted(findings, key=lambda one: one.event)],
        "unfinished": [one._asdict() for one in verifier.unfinished if unfinished],
        "void": [
            {"event": one.event.position, "reason": one.reason, "problem": one.words}
            for one in void
        ],
        "stopped": stopped,
        "unchecked_promotions": sum(one.event.topic == "environment.promoted" for one in old),
    }


def report(found: dict[str, Any], known: bool) -> Iterator[str]:
    """Yield what was found, for people."""
    yield from (f"#{one['event']}: {one['problem']}" for one in found["findings"])
    if found["clean"]:
        events = count(found["events"], "event")
        yield f"verified {events}: chain, signatures, commits and files agree"
    if found["stopped"]:
        yield f"stopped: {found['stopped']}"
    yield from (f"  #{one['event']} is void: {one['problem']}" for one in found["void"])
    yield from (f"  #{one['event']}: {one['problem']}" for one in found["unfinished"])
    yield f"  head #{found['events']} {found['head']}"
    yield f"  founded by {found['founder']}, key {found['fingerprint']}"
    if not known:
        yield "  not checked: whose key that is. Ask the founder, or give --signer-key"
    if number := found["unchecked_promotions"]:
        yield f"  not checked: the values of {count(number, 'promotion')} of the first edition"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="tetra-es-verify",
        description="Verify a clone of a mirror, or an archive of evidence, without tetra-es.",
        epilog="Exit codes: 0 verified, 1 cannot be read, 2 usage, 3 nothing is wrong with what "
        "could be checked, and something could not be, 4 something is wrong.",
    )
    text = "the clone, bare or not, or the archive that `tetra-es audit export` wrote"
    parser.add_argument("folder", metavar="FOLDER|FILE.zip", type=Path, help=text)
    add = parser.add_argument
    text = "event N must have this hash; can be given several times"
    add("--expect", metavar="N:HASH", type=anchor, action="append", default=[], help=text)
    add("--signer-key", metavar="FILE", type=Path, help="the founder's public key, as you know it")
    text = "of an archive: a checkpoint that you have; the archive must extend it"
    add("--against", metavar="FILE", type=Path, help=text)
    text = "of a clone: what was purged may still be there, as a purge is under way"
    add("--purge-unfinished", action="store_true", help=text)
    add("-o", "--output", choices=("text", "json"), default="text", help="how to print")
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # which need not be UTF-8
        sys.stdout.reconfigure(errors="backslashreplace")
    is_clone = not options.folder.is_file()
    if options.folder.is_dir() and options.against:
        parser.error("--against is for archives; `tetra-es verify --against` takes clones")
    try:
        if is_clone and not options.folder.is_dir():
            there = os.path.lexists(options.folder)
            what = "is neither a file nor a folder" if there else "is not there"
            raise Unreadable(f"{options.folder} {what}")
        key = None if options.signer_key is None else public_key(options.signer_key)
        if is_clone:
            if not HAS_CRYPTOGRAPHY:
                raise Unreadable(
                    "Python's package cryptography is missing: pip install cryptography"
                )
            found = verify(options.folder, options.expect, key, unfinished=options.purge_unfinished)
            lines = report(found, key is not None)
        else:
            known = Known(options.expect, key, options.against)
            found = verify_archive(options.folder, known)
            lines = report_archive(found, known)
        text = json.dumps(found, indent=2) if options.output == "json" else ""
        print(text or "\n".join(map(one_line, lines)), flush=True)  # noqa: T201
    except (Unreadable, OSError, MemoryError) as error:
        words = one_line(str(error)) or "there is not enough memory"
        if isinstance(error, OSError) and error.filename is not None:
            words = one_line(f"{error.filename}: {error.strerror}")
        print(f"tetra-es-verify: error: {words}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    return ending(found)


def ending(found: State) -> int:
    """Return the exit code for what was found; say on standard error where it is not 0."""
    if found["clean"]:
        return 0
    is_open = found["clean"] is None
    first = one_line(found["unchecked"][0] if is_open else worded(found["findings"][0]))
    what = "not all was checked" if is_open else "verification failed"
    print(f"tetra-es-verify: error: {what}: {first}", file=sys.stderr)  # noqa: T201
    return 3 if is_open else 4


if __name__ == "__main__":
    sys.exit(main())
