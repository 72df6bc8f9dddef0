"""A cluster that the tests of this folder have."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.nodes import Cluster

collect_ignore_glob = [] if os.environ.get("TETRA_ES_CLUSTER") == "1" else ["test_*"]
"""Without `make test-cluster` it is not installed."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Three nodes, of which one is the primary, and commits wait for another one."""
    from tests.cluster.nodes import Cluster
    from tests.needs import need

    need("etcd", *(["unshare"] if os.geteuid() == 0 else []))
    with (
        tempfile.TemporaryDirectory(prefix="tetra-es-", ignore_cleanup_errors=True) as folder,
        Cluster(folder) as started,
    ):
        yield started
