"""The header of an age file, read before the age library sees the file (C2SP age.md, Header).

    age-encryption.org/v1
    -> TYPE ARGUMENT…        one or more stanzas, each the file key for one recipient
    BODY                     unpadded base64 in lines of 64, the last one shorter or empty
    --- MAC

The library accepts stanzas without their last line, and derives a key from a passphrase at
whatever cost the header asks for (minutes, gigabytes). Knowing the stanzas first prevents both.
"""

from __future__ import annotations

import re

from tetra_es.crypto.age import armor

FILE_LIMIT = 4 * 1024 * 1024
"""The most bytes that an age file may have, armored or not."""

LIMIT = 16 * 1024
"""The most bytes that a header may have: room for 160 x25519 or 20 RSA recipients."""

_STANZAS = 256  # more than fit with a real body; the library's time grows with their square
_VERSION = b"age-encryption.org/v1\n"
_STANZA = re.compile(rb"-> ([!-~]+(?: [!-~]+)*)\n((?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)")
_LAST = {
    1: (),
    2: [b"A", b"Q", b"g", b"w"],
    3: [b"%c" % character for character in b"AEIMQUYcgkosw048"],
}
"""The last characters of unpadded base64 that have no bits beyond the last byte, by how many
characters are left after groups of four."""
_MAC = re.compile(rb"--- ([A-Za-z0-9+/]{43})\n")


def read(data: bytes) -> tuple[bytes, list[str]]:
    """Return the binary form of the age file `data`, armored or not, and its `stanza_types`.

    Raises `ValueError` with the reason when it is malformed or too long.
    """
    if len(data) > FILE_LIMIT:
        raise ValueError(f"it is larger than {FILE_LIMIT // 1024**2} MiB")
    binary = armor.dearmor(data) if armor.is_armored(data) else data
    return binary, stanza_types(binary)


def stanza_types(data: bytes) -> list[str]:
    """Return the type of each recipient stanza of the binary age file `data`, in its order.

    Raises `ValueError` with the reason when the header breaks the format or is too long.
    """
    head = data[:LIMIT]
    if not head.startswith(_VERSION):
        raise ValueError("it does not begin as an age file of version 1 does")
    types = []
    offset = len(_VERSION)
    while stanza := _STANZA.match(head, offset):
        arguments, body = stanza.groups()
        _check_base64(body.replace(b"\n", b""))
        types.append(arguments.split(b" ")[0].decode("ascii"))
        offset = stanza.end()
    mac = _MAC.match(head, offset)
    if not mac:
        raise ValueError(
            f"its header is longer than {LIMIT // 1024} KiB or malformed"
            if len(data) > LIMIT
            else "its header is malformed or cut short"
        )
    if not 0 < len(types) <= _STANZAS:
        raise ValueError(f"its header has {len(types)} recipient stanzas")
    _check_base64(mac[1])
    return types


def _check_base64(encoded: bytes) -> None:
    """Raise `ValueError` where characters of base64 could not come from an encoder as they are."""
    rest = len(encoded) % 4
    if rest and encoded[-1:] not in _LAST[rest]:
        raise ValueError("its header is not base64 where it must be")
