"""The command line: `relto VERB …`. It translates between people's words and the use cases, and decides nothing.

Rules that every verb keeps, in order:

1. Exit status 0: done. 1: refused, or a check found something. 2: wrong usage or bad input. 3: the node or its database
   cannot be reached. 130: interrupted; 141: nobody read the answer to its end.
2. With `--json` standard output holds exactly one JSON document, whatever happens; people's words go to standard error.
3. An error is a code, a message and perhaps a remedy, and never a traceback (but for `RELTO_DEBUG=1`).
4. It asks only a person at a terminal, and `--yes` answers.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry one command out (that of the process unless given) and return its exit status."""
    from relto.faces.cli.app import run

    return run(arguments)
