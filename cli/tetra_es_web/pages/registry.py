"""The pages by name, for the service and for a folder of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tetra_es_web.pages.compare import compare
from tetra_es_web.pages.environment import environment, manifest, profile
from tetra_es_web.pages.event import event
from tetra_es_web.pages.findings import findings
from tetra_es_web.pages.hosts import hosts
from tetra_es_web.pages.keys import key, keys
from tetra_es_web.pages.overview import overview
from tetra_es_web.pages.replay import replay
from tetra_es_web.pages.search import search
from tetra_es_web.pages.secrets import secrets
from tetra_es_web.pages.signers import signers
from tetra_es_web.pages.timeline import FILTERS, timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tetra_es_web.pages.view import View

PAGES: Mapping[str, Callable[[View, str, Mapping[str, str]], str]] = {
    "overview": overview,
    "timeline": timeline,
    "event": event,
    "environment": environment,
    "manifest": manifest,
    "profile": profile,
    "compare": compare,
    "key": key,
    "keys": keys,
    "secrets": secrets,
    "hosts": hosts,
    "signers": signers,
    "findings": findings,
    "search": search,
    "replay": replay,
}
"""Name to what makes the page; the name is the first part of its address."""
OF_SOMETHING = ("event", "environment", "profile", "key", "replay")
"""Pages that are of one thing each, which is named in their address."""

SEVERAL = ("kind",)
"""Parameters that may be given more than once."""

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "overview": ("at", "part"),
    "timeline": (*FILTERS, "before", "after", "n"),
    "event": ("part",),
    "environment": ("at", "part"),
    "manifest": ("at", "part"),
    "profile": ("at", "part"),
    "compare": ("a", "b", "part"),
    "key": ("at", "part", "before"),
    "keys": ("key", "at", "columns", "part"),
    "secrets": ("whom", "at", "part"),
    "hosts": ("host", "at", "part", "before"),
    "signers": ("at", "part", "before"),
    "findings": ("kind", "at", "after"),
    "replay": ("without", "at", "part"),
    "search": ("q", "environment", "kind", "at", "before"),
}
"""Page to the parameters that it has beside `tz`."""
