"""The record: a case, and its entries of what was said, held, proposed, agreed and done, each dated and sourced.

The rules that it keeps, in order:

1. Entries are added and never edited. A correction is an entry of its own that names the one which it corrects, and
   counts only where that one stands before it in the record.
2. Entries that contradict each other stand side by side, each with its source, its grade and its confidence.
3. Every question can be asked as of a moment: an entry counts from when its source told it, and from when it was
   recorded (`record.py`).
4. Who spoke is kept in the entry as it was resolved when the entry was recorded: name, role and party.
5. A case and its entries are STIX objects (`stix.py`), and so items like any other: their markings hold, they flow
   under agreements, and the log proves them.

`form.py` has the kinds of entry and their fields; `entry.py` what all have in common.
"""
