"""Outlook: how near the end of a pause is, by plain rules over what is on record; it changes nothing.

Rules, in order:

1. The judgement is one of `not in sight`, `open`, `likely`, `close`, `imminent` and `done`.
2. It is that of the first rule whose words all hold; every rule, its words and what they looked at are told
   (`rules.py`).
3. What rules look at are counts and moments that anyone can check, each with the entries, conditions and acts that
   it is made of (`signs.py`).
4. Nobody's words make the flow resume: a statement moves the outlook, and an act the state.
"""
