"""Evidence: what a node writes into its log, what the log shows to whom, and how it is checked.

`faults`, `expected` and `walking` are the floor of the rooms: what may be wrong, what a leaf says, how leaves are gone
through. `making` and `signed` write; `replay` and `check` believe nothing of it; `audit` is the partner's; `show` only
reads.
"""
