"""A second statement of the record, so plain that it can be read at a glance, and as slow as it likes.

Everything is a list of what was recorded, in that order, and is looked through from end to end each time.
"""

from __future__ import annotations

from relto.domain.record.clash import clashes


def told_at(rows, row):
    """From when on an entry was known, whoever asks later."""
    entry = row.entry
    corrected = next((each for each in rows if each.entry.key == entry.corrects), None) if entry.corrects else None
    if corrected is not None and corrected.entry.source == entry.source:
        return row.at
    if entry.source is not None and entry.source.date is not None:
        return last_day(entry.source.date)
    if entry.corrects or last_day(entry.date) > row.at:
        return row.at
    return last_day(entry.date)


def last_day(date):
    """The beginning of the last day of it; a moment is itself."""
    return date.first if date.precision == "moment" else date.until - 86_400_000_000


def known(rows, begun, moment):
    """What was known at a moment."""
    return [row for row in rows if told_at(rows, row) <= moment and (moment < begun or row.at <= moment)]


def corrector(rows, row):
    """The last entry that corrects this one and comes after it."""
    later = rows[rows.index(row) + 1 :]
    found = [each for each in later if each.entry.corrects == row.entry.key]
    return found[-1] if found else None


def is_superseded(rows, row):
    """Whether another correction of what it corrects came after it."""
    before = next((each for each in rows if each.entry.key == row.entry.corrects), None) if row.entry.corrects else None
    if before is None or rows.index(before) >= rows.index(row):
        return False
    return corrector(rows, before) is not row


def stands(rows, row):
    """Whether it was neither corrected, nor is in the place of something that was corrected otherwise."""
    if row.entry.retracts or corrector(rows, row) is not None or is_superseded(rows, row):
        return False
    before = next((each for each in rows if each.entry.key == row.entry.corrects), None) if row.entry.corrects else None
    while before is not None and rows.index(before) < rows.index(row):
        # All that it goes back to has to lead here.
        if corrector(rows, before) is None or is_superseded(rows, before):
            return False
        row, before = before, next((each for each in rows if each.entry.key == before.entry.corrects), None)
    return True


def standing(rows):
    """The keys of what stands, people and links aside."""
    return {row.entry.key for row in rows if row.entry.kind not in {"person", "link"} and stands(rows, row)}


def latest(rows, key):
    """What stands in the place of an entry, by key; None where nothing does."""
    row = next((each for each in rows if each.entry.key == key), None)
    while row is not None and corrector(rows, row) is not None:
        row = corrector(rows, row)
    return None if row is None or row.entry.retracts else row.entry.key


def contradictions(rows):
    """Pairs that cannot both be so, each a set of two keys: those that somebody names, and those that a rule finds."""
    stand = standing(rows)
    pairs = set()
    for row in rows:
        if row.entry.retracts or corrector(rows, row) is not None or is_superseded(rows, row) or not stands(rows, row):
            continue
        named = [(row.entry.key, key) for key in row.entry.links.get("contradicts", ())]
        if row.entry.kind == "link" and row.entry.body.get("relation") == "contradicts":
            named.append((row.entry.body["entry"], row.entry.body["other"]))
        for one, other in named:
            pair = {latest(rows, one), latest(rows, other)}
            if len(pair) == 2 and pair <= stand:
                pairs.add(frozenset(pair))
    entries = [row.entry for row in rows if row.entry.key in stand]
    for one in entries:
        for other in entries:
            if one.key != other.key and clashes(one, other):
                pairs.add(frozenset({one.key, other.key}))
    return pairs
