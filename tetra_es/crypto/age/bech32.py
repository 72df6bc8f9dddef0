"""Bech32 (BIP 173) without its length limit, the encoding of age's own keys."""

from __future__ import annotations

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM = 6  # characters
_BITS = 5  # in a character


def decode(text: str) -> tuple[str, bytes]:
    """Return the prefix and the data of a lower-case Bech32 string.

    Raises `ValueError` without quoting `text`, which may be a private key.
    """
    prefix, separator, rest = text.rpartition("1")
    if not prefix or not separator or len(rest) < _CHECKSUM:
        raise ValueError("too few characters, or no prefix")
    if not all("!" <= character <= "~" and not character.isupper() for character in prefix):
        raise ValueError("a prefix with other characters than Bech32 has")
    if not all(character in _VALUES for character in rest):
        raise ValueError("a character that Bech32 does not have")
    values = [_VALUES[character] for character in rest]
    if _polymod([*_expand(prefix), *values]) != 1:
        raise ValueError("a wrong checksum: it is mistyped or cut short")
    return prefix, _regroup(values[:-_CHECKSUM])


def _expand(prefix: str) -> list[int]:
    return [ord(c) >> _BITS for c in prefix] + [0] + [ord(c) & 31 for c in prefix]


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << _BITS ^ value
        for bit, generator in enumerate(_GENERATORS):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum


def _regroup(values: list[int]) -> bytes:
    """Return five-bit values as bytes; the bits that are left over must be fewer than 5, and 0."""
    number = 0
    for value in values:
        number = number << _BITS | value
    size, padding = divmod(len(values) * _BITS, 8)
    if padding >= _BITS or number & ((1 << padding) - 1):
        raise ValueError("bits after the last byte")
    return (number >> padding).to_bytes(size, "big")
