"""tetra-es, the truth: events, aggregates, use cases and the store that holds them.

This package never prints, never prompts and never reads the environment outside `settings`.
What can be deleted and rebuilt lives in `tetra_es_projections`, what talks to people in
`tetra_es_cli`; both import this package, and it imports neither.
"""

__version__ = "0.1.0"
