"""Cases: the record of the diplomacy around a flow, kept as items, and what is asked of it.

`loading.py` reads a case from the items that it is, `keeping.py` adds to one, `filing.py` takes in and gives out whole
files.
"""
