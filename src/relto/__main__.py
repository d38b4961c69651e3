"""`python -m relto`: the command line, nothing else."""

from __future__ import annotations

import sys

from relto.faces.cli import main

if __name__ == "__main__":
    sys.exit(main())
