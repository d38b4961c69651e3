"""Brief: the account of a pause that is written from the record and from counts, for one reader, as of one moment.

Rules, in order:

1. Nothing stands in it that was not known at its moment, and nothing that its reader may not see by its marking
   (`reader.py`). What is left out is not hinted at.
2. Every sentence names what it rests on: entries of the record, pauses, conditions, acts, or counts (`document.py`).
3. What contradicts each other is shown, both of it, each with its source.
4. It is written by rules, in the words of the record; nothing is judged but by the outlook's own rules.

`material.py` is what it is written from, `writing.py` writes it, `telling.py` has its sentences; whoever shows it only
draws.
"""
