"""Cases: the record of the diplomacy around a flow, kept as items, and what is asked of it.

`loading.py` reads a case from the items that it is, `keeping.py` adds to one, `filing.py` takes in and gives out whole
files; `timeline.py` sets it beside its pauses, `reports.py` what it tells of impact beside what was counted, and
`reading.py` proposes entries from an article.
"""
