"""Start the stand-in of ssh and a server, which Python keeps compiled: see stand_in.py."""

import sys

sys.path.insert(0, __file__.rpartition("/")[0])

from stand_in import main  # type: ignore[import-not-found]

main()
