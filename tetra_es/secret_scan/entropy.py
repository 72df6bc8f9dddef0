"""Whether text looks like what a machine drew at random, and not like words."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tetra_es.secret_scan.patterns import Random

_SEPARATORS = re.compile(r"[._~/+=-]+")
# Addresses of blockchains are hex digests with 0x, in which upper and lower case are a checksum.
_HEX = re.compile(r"(?:0x)?(?:[0-9a-f]+|[0-9A-F]+)|0x[0-9a-fA-F]+")
_FRAGMENT = 8
"""Characters between separators, on average: names and addresses have fewer, base64 has more."""


def bits(text: str) -> float:
    """Return the Shannon entropy of a text's characters, in bits a character."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values())


def looks_random(part: str, limits: Random, *, hinted: bool = False) -> bool:
    """Return whether a part without spaces looks random. A path does if one of its parts does.

    With a key's name that hints at a secret, less is enough, and digests count, too.
    """
    if part[:1] in ("/", "~", "."):
        return any(_drawn(segment, limits) for segment in part.split("/"))
    return _drawn(part, limits, hinted=hinted)


def has_random_part(value: str, limits: Random) -> bool:
    """Return whether anything between slashes, spaces or other marks looks random."""
    return any(
        _drawn(segment, limits)
        for match in limits.regex.finditer(value)
        for segment in match[0].split("/")
    )


def _drawn(part: str, limits: Random, *, hinted: bool = False) -> bool:
    fragments = [fragment for fragment in _SEPARATORS.split(part) if fragment]
    core = "".join(fragments)
    least = limits.hinted_length if hinted else limits.length
    if len(core) < least or len(core) < _FRAGMENT * len(fragments):
        return False
    if _HEX.fullmatch(core):
        return _drawn_hex(core.removeprefix("0x"), limits, hinted=hinted)
    kinds = [char.isdigit() + 2 * char.isupper() for char in core]
    if len(set(kinds)) < 2 or core.isdigit():
        return False
    switches = sum(one != other for one, other in pairwise(kinds)) / len(core)
    enough = limits.letters_switches if core.isalpha() else limits.switches
    return switches >= enough and bits(core) >= limits.bits


def _drawn_hex(digits: str, limits: Random, *, hinted: bool) -> bool:
    if len(digits) in limits.digest_lengths and not hinted:
        return False
    least = limits.hinted_length if hinted else limits.hex_length
    return len(digits) >= least and not digits.isdigit() and bits(digits) >= limits.hex_bits
