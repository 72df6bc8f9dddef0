"""`python -m tetra_es_cli` is `tetra-es`."""

from tetra_es_cli.main import main

main()
