"""The verdict for a terminal: plain text, with nothing but the standard library."""

from __future__ import annotations

from collections.abc import Sequence

from bench.whole.load import UNREADABLE
from bench.whole.verdict import Kind, Verdict

HEADS = (
    "client",
    "readers",
    "owed",
    "got",
    "lost",
    "repeated",
    "by server",
    "shown",
    "requests",
    "errors",
    "p50",
    "p99",
)


def table(verdict: Verdict) -> str:
    """All of it: the counts, the split of losses and repeats, examples, and one sentence at the end."""
    lines = [written(verdict), ""]
    lines += _aligned([HEADS, *(_row(kind) for kind in verdict.kinds)])
    lines += [""]
    for kind in verdict.kinds:
        lines += [f"{kind.kind}: {each}" for each in (*splits(kind), *kind.examples)]
    for each in verdict.failed_acts:
        lines.append(f"failed: {each}")
    return "\n".join([*lines, "", sentence(verdict)])


def written(verdict: Verdict) -> str:
    """What was done."""
    parts = [f"{verdict.written:,} versions written and acknowledged in {verdict.posts:,} requests"]
    if verdict.refused or verdict.in_doubt:
        parts.append(f"{verdict.refused:,} refused, {verdict.in_doubt:,} left in doubt")
    parts.append(f"{verdict.pauses:,} pauses, {verdict.in_pauses:,} polls within one")
    parts.append(f"{verdict.loaded_polls:,} polls meanwhile, p99 {milliseconds(verdict.p99)}")
    if verdict.quiet_polls:
        parts.append(f"{verdict.quiet_polls:,} before that with nothing new, p99 {milliseconds(verdict.quiet_p99)}")
    return "; ".join(parts)


def splits(kind: Kind) -> list[str]:
    """Why something was lost or came again, and what else there is to say."""
    lost, again = kind.lost, kind.repeated
    reasons = {"passed over": lost.passed_over, "after an error": lost.after_an_error, "gone": lost.gone}
    found = _told(f"lost {kind.objects_lost:,} different objects", reasons)
    whose = {
        "asked again": again.asked_again,
        "for want of a date": again.for_want_of_a_date,
        "by the server": again.by_the_server,
        "nobody can say": again.nobody_can_say,
    }
    found += _told("repeated", whose)
    if kind.stuck:
        found.append(f"came {kind.stuck:,} times to where the real client would loop for ever")
    if kind.lost.unread:
        found.append(f"{kind.unfinished:,} of {kind.readers:,} did not come to an end: {kind.lost.unread:,} unread")
    return found


def _told(what: str, parts: dict[str, int]) -> list[str]:
    told = [f"{count:,} {name}" for name, count in parts.items() if count]
    return [f"{what}: {', '.join(told)}"] if told else []


def sentence(verdict: Verdict) -> str:
    """The last line."""
    if not verdict.written:
        return "nothing was written: this proves nothing"
    if verdict.is_good and verdict.unread:
        return f"{verdict.unread:,} unread: this proves nothing"
    if verdict.is_good:
        return f"nothing was lost, and nothing shown; {verdict.repeated_by_the_server:,} repeated by the server"
    return f"LOST {verdict.lost:,}, SHOWN {verdict.shown:,}, {verdict.repeated_by_the_server:,} repeated by the server"


def milliseconds(seconds: float) -> str:
    """As milliseconds, three digits."""
    return f"{1000 * seconds:,.3g} ms" if seconds < 1 else f"{seconds:,.2f} s"


def errors(kind: Kind) -> str:
    """`2 x 503` and the like."""
    names = {0: "no answer", UNREADABLE: "no envelope"}
    told = [f"{count} x {names.get(status, status)}" for status, count in sorted(kind.errors.items())]
    return ", ".join(told) or "0"


def _row(kind: Kind) -> tuple[str, ...]:
    repeated = kind.repeated
    counts = [kind.readers, kind.owed, kind.got, kind.lost.all, repeated.all, repeated.by_the_server]
    counts += [kind.shown, kind.requests]
    return (
        kind.kind,
        *(f"{each:,}" for each in counts),
        errors(kind),
        milliseconds(kind.p50),
        milliseconds(kind.p99),
    )


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
