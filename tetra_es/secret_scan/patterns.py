"""The rules, read from rules.toml. Patterns are compiled when they are first needed, and `re` keeps
them.

Reading takes a millisecond or two, compiling everything would take fifty.
"""

# Annotations are not put off here: NamedTuple would compile each of them from its text, which takes
# longer than all the rest of the module.

import pkgutil
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple


class Detector(NamedTuple):
    """What one kind of token looks like."""

    name: str
    reason: str
    """Whose token it is, for people."""
    keywords: Sequence[str]
    """One of them, in lower case, is in every text that the pattern matches."""
    pattern: str
    random: bool = True
    """Whether it is made by a machine. What people choose may be simple."""
    comments: bool = True
    """Whether comments are searched for it, too."""

    @property
    def regex(self) -> re.Pattern[str]:
        """The compiled pattern. Its group `secret`, or else all of it, is the secret."""
        return re.compile(self.pattern)


class Exemption(NamedTuple):
    """The shapes of whole values that are not secrets."""

    pattern: str
    not_for: Sequence[str] = ()
    """Kinds of rules that it does not hold for: `detector`, `name`, `random`."""
    unless_random: bool = False
    """Whether it holds only for values of which no part looks random."""


class Names(NamedTuple):
    """Which names of keys say that the value is a secret."""

    reason: str
    keywords: Sequence[str]
    """One of them is in every such name."""
    passwords: tuple[str, ...]
    tokens: tuple[str, ...]
    keys: tuple[str, ...]
    words: str
    headers: str
    credentials: str
    users: str
    user: str
    pins: tuple[str, ...]
    pin: str
    tables: str
    texts: str
    hints: str
    harmless: frozenset[str]
    harmless_last: frozenset[str]
    digests: frozenset[str]

    @property
    def password(self) -> re.Pattern[str]:
        """Finds names of what people choose, in words joined by `_`."""
        return _words(self.passwords)

    @property
    def key(self) -> re.Pattern[str]:
        """Finds names of what machines make or people call something, in words joined by `_`."""
        return _words(self.keys)

    @property
    def code(self) -> re.Pattern[str]:
        """Finds names of what is made of digits, in words joined by `_`."""
        return _words(self.pins)

    @property
    def table(self) -> re.Pattern[str]:
        """Matches names of tables that hold secrets, in words joined by `_`."""
        return re.compile(self.tables)

    @property
    def hint(self) -> re.Pattern[str]:
        """Matches names whose values are secrets if they look random, in words joined by `_`."""
        return re.compile(self.hints)

    @property
    def token(self) -> re.Pattern[str]:
        """Finds names of what machines make, in words joined by `_`."""
        return _words(self.tokens)


class Random(NamedTuple):
    """From when on text looks random. Lengths are in characters, entropy is in bits a character."""

    reason: str
    part: str
    length: int
    hinted_length: int
    bits: float
    switches: float
    letters_switches: float
    hex_length: int
    hex_bits: float
    digest_lengths: Sequence[int]
    token_bits: float
    token_length: int

    @property
    def regex(self) -> re.Pattern[str]:
        """Finds the parts of a value that are long enough to detect."""
        return re.compile(self.part)


class Rules(NamedTuple):
    """All rules."""

    detectors: Sequence[Detector]
    names: Names
    random: Random
    exemptions: Sequence[Exemption]
    sample_pattern: str
    commented_pattern: str

    @property
    def sample(self) -> re.Pattern[str]:
        """Matches what comments show instead of a password, whole."""
        return re.compile(self.sample_pattern)

    @property
    def commented(self) -> re.Pattern[str]:
        """Finds lines of a comment that give a key a value."""
        return re.compile(self.commented_pattern)


@cache
def rules() -> Rules:
    """Return the rules that the package holds."""
    # Not with importlib.resources, which loads what reads archives as well: a tenth of `set`.
    text = (pkgutil.get_data(__package__, "rules.toml") or b"").decode()
    data: dict[str, Any] = tomllib.loads(text)
    names = data["names"]
    for words in ("passwords", "tokens", "keys", "pins"):
        names[words] = tuple(names[words])
    for words in ("harmless", "harmless_last", "digests"):
        names[words] = frozenset(names[words])
    return Rules(
        [Detector(name, **detector) for name, detector in data["detectors"].items()],
        Names(**names),
        Random(**data["random"]),
        [Exemption(**exemption) for exemption in data["exceptions"].values()],
        data["comments"]["sample"],
        data["comments"]["commented"],
    )


@cache
def exempt(kind: str, *, unless_random: bool) -> re.Pattern[str]:
    """Return the pattern of whole values that are exempt from the rules of one kind."""
    patterns = [
        f"(?:{exemption.pattern})"
        for exemption in rules().exemptions
        if kind not in exemption.not_for and exemption.unless_random is unless_random
    ]
    return re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)


@cache
def _words(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"(?:^|_)(?:{'|'.join(patterns)})\\d*(?=_|$)")
