"""What is counted, for Prometheus."""

from __future__ import annotations

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.answers = Counter(
            "tetra_es_http_answers",
            "Answers by path and status.",
            ("path", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "tetra_es_http_seconds",
            "Seconds until an answer was sent.",
            ("path",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self.running = Gauge(
            "tetra_es_http_running", "Requests that are being answered.", registry=self._registry
        )
        self.left = Counter(
            "tetra_es_http_left",
            "Connections that were closed since the client did nothing, read slowly, or was one "
            "of too many.",
            ("reason",),
            registry=self._registry,
        )
        self.lost = Counter(
            "tetra_es_log_lines_lost",
            "Lines of the log that could not be written in time.",
            registry=self._registry,
        )
        self.position = Gauge(
            "tetra_es_position",
            "Position of the newest event that an answer was as of.",
            registry=self._registry,
        )

        self.stopped = Gauge(
            "tetra_es_stopped",
            "1 where an event is stored that is refused, as of the last /healthz.",
            registry=self._registry,
        )

    def text(self) -> bytes:
        """Return them as Prometheus reads them."""
        return bytes(generate_latest(self._registry))
