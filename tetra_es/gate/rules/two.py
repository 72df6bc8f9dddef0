"""Rules 2: those of rules 1, and operations on hosts and what is known of a deployment's server.

Which topics and fields they use in addition is in the table of forms.
"""

from __future__ import annotations

from typing import Final

from tetra_es.gate.rules.one import One


class Two(One):
    """The rules of number 2."""

    number = 2


RULES: Final = Two()
