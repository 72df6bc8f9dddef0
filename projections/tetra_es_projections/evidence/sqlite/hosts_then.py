"""The SQL of what ran on which host: the rows of the command `hosts`, at any time.

One machine is one host, whatever names it was deployed to by. Stops and starts by hand since the
last deployment that was kept say whether services are stopped.
"""

from __future__ import annotations

from typing import Final

_MOMENT: Final = (
    "moment AS (SELECT coalesce(max(position), 0) AS position FROM events "
    "WHERE :at = '' OR effective <= :at)"
)
_KNOWN: Final = (
    "known AS (SELECT d.*, CASE WHEN d.ended <= m.position THEN d.outcome WHEN EXISTS "
    "(SELECT 1 FROM events e WHERE e.part_of = d.position AND e.type = 'deployment.failed' "
    "AND e.position <= m.position) THEN 'reverting' ELSE 'under way' END AS outcome_then "
    "FROM moment m JOIN deployments d ON d.position <= m.position WHERE NOT EXISTS "
    "(SELECT 1 FROM operations o WHERE o.environment = d.environment AND o.host = d.host "
    "AND o.word = 'forgotten' AND o.position > d.position AND o.position <= m.position))"
)
"""Deployments as they stood then, but for those to hosts that were forgotten since."""
_TOLD: Final = (
    "told AS (SELECT environment, host, max(position) AS machine_told FROM known "
    "WHERE machine IS NOT NULL GROUP BY environment, host)"
)
_NAMED: Final = (
    "named AS (SELECT k.environment, k.host, max(k.position) AS newest, "
    "coalesce('id ' || d.machine, 'name ' || k.host) AS same FROM known k "
    "LEFT JOIN told t ON t.environment = k.environment AND t.host = k.host "
    "LEFT JOIN deployments d ON d.position = t.machine_told "
    "GROUP BY k.environment, k.host)"
)
"""Each name, and what its machine is known by."""
_HOSTS: Final = (
    "hosts AS (SELECT environment, host, same, newest, row_number() OVER "
    "(PARTITION BY environment, same ORDER BY newest DESC) AS place FROM named)"
)
"""The names of a machine, the one that was used last first."""
_KEPT: Final = (
    "kept AS (SELECT n.environment, n.same, max(k.position) AS position FROM named n "
    "JOIN known k ON k.environment = n.environment AND k.host = n.host "
    "WHERE k.outcome_then = 'serving' GROUP BY n.environment, n.same)"
)
_BY_HAND: Final = (
    "by_hand AS (SELECT n.environment, n.same, o.position, o.word, o.services FROM moment m, "
    "kept c JOIN named n ON n.environment = c.environment AND n.same = c.same "
    "JOIN operations o ON o.environment = n.environment AND o.host = n.host "
    "WHERE o.position > c.position AND o.position <= m.position "
    "AND o.word IN ('started', 'stopped', 'restarted'))"
)
_AS_WHOLE: Final = (
    "as_whole AS (SELECT environment, same, max(position) AS position, word FROM by_hand "
    "WHERE services = '[]' GROUP BY environment, same)"
)
"""What was done last with all services; SQLite takes the word of the row with the maximum."""
_SERVICES: Final = (
    "services AS (SELECT b.environment, b.same, j.value AS service, max(b.position), b.word "
    "FROM by_hand b JOIN json_each(b.services) j LEFT JOIN as_whole w "
    "ON w.environment = b.environment AND w.same = b.same "
    "WHERE b.position > coalesce(w.position, 0) GROUP BY b.environment, b.same, j.value)"
)
_ROWS: Final = (
    "SELECT h.host, h.environment, h.environment || '@' || d.revision AS running, "
    "(SELECT h.environment || '@' || max(s.revision) FROM states s WHERE s.file = h.environment "
    "AND s.position <= m.position) AS configured, "
    "CASE WHEN d.position IS NULL THEN 'nothing' WHEN w.word = 'stopped' THEN 'stopped' "
    "ELSE 'running' END || iif(l.outcome_then = 'under way', ', under way', '') AS state, "
    "(SELECT json_group_array(service) FROM (SELECT v.service FROM services v "
    "WHERE v.environment = h.environment AND v.same = h.same AND v.word = 'stopped' "
    "ORDER BY v.service)) AS stopped, k.ended_time AS since, d.actor, d.reason, d.position, "
    "d.code, d.secrets, h.newest, iif(l.revision = 0, 'removal', l.environment || '@' "
    "|| l.revision) AS newest_what, l.outcome_then AS newest_outcome FROM moment m "
    "JOIN hosts h ON h.place = 1 JOIN known l ON l.position = h.newest "
    "LEFT JOIN kept c ON c.environment = h.environment AND c.same = h.same "
    "LEFT JOIN deployments k ON k.position = c.position "
    "LEFT JOIN deployments d ON d.position = c.position AND d.revision > 0 "
    "LEFT JOIN as_whole w ON w.environment = h.environment AND w.same = h.same "
    "WHERE (:environment = '' OR h.environment = :environment) AND (:host = '' OR EXISTS "
    "(SELECT 1 FROM named n WHERE n.environment = h.environment AND n.same = h.same "
    "AND n.host = :host)) ORDER BY h.host, h.environment"
)

_STEPS: Final = (
    _MOMENT, _KNOWN, _TOLD, _NAMED, _HOSTS, _KEPT, _BY_HAND, _AS_WHOLE, _SERVICES,
)  # fmt: skip

HOSTS_THEN: Final = f"WITH {', '.join(_STEPS)} {_ROWS}"
