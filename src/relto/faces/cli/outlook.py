"""`relto outlook`: how near the end of each pause is."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.faces.cli.call import Call
from relto.faces.cli.options import KnownAt, OptionalPause
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from relto.faces.cli.screen import Screen

STATES: Final = {"met": "✓", "waived": "✓", "claimed": "◐", "disputed": "≠", "unmet": "✗"}
COLOURS: Final = ("red", "yellow", "yellow", "green", "green", "green")


def register(app: typer.Typer) -> None:
    """Hang the verb in."""
    verb(app, "outlook")(outlook)


def outlook(
    call: Call,
    pause: OptionalPause = None,
    at: KnownAt = None,
    rules: Annotated[bool, typer.Option("--rules", help="show the rules that judge, and no pause")] = False,
) -> int:
    """Say how near the end of each pause is, by which rule, and what would move it. It changes nothing."""
    from relto.faces.verbs import outlook as verbs

    if rules:
        document = call.ask(verbs.rules)
        call.answer(document, lambda screen: screen.line(document["rules"].rstrip("\n"), whole=True))
        return 0
    found = call.ask(verbs.outlook, tells_clock=True, pause=pause, at=at)

    def show(screen: Screen) -> None:
        for number, each in enumerate(found):
            if number:
                screen.line("")
            _show(screen, each)
        if not found:
            screen.note("there is no pause whose outlook you may see")
        if call.clock:
            screen.note(call.clock)

    call.answer(found, show)
    return 0


def _show(screen: Screen, each: dict[str, Any]) -> None:
    from relto.domain.outlook.rules import JUDGEMENTS
    from relto.faces.cli.timeline import short_date
    from relto.faces.drawing import level

    screen.line(f"pause {each['pause']} of {', '.join(each['agreements'])}: {each['reason']}", "bold")
    scale = " · ".join(f"[{name}]" if name == each["judgement"] else name for name in JUDGEMENTS)
    screen.line(scale, COLOURS[JUDGEMENTS.index(each["judgement"])])
    most = len(JUDGEMENTS) - 1
    course = "".join(level(JUDGEMENTS.index(day["judgement"]), most=most) for day in each["course"])
    if course:
        first, last = (short_date(each["course"][place]["at"][:10]) for place in (0, -1))
        screen.line(f"{course[-60:]}  {first} to {last}")
    _facts(
        screen,
        [
            ("by rule", f"{each['rule']}{': ' if each['when'] else ''}{', '.join(each['when'])}"),
            *_conditions(each),
            *(("said", _line(found)) for found in each["statements"]),
            *(("talks ahead", _line(found)) for found in each["talks"]),
            ("approvals", _approvals(each)),
            ("review", each["review"][:10] if each["review"] and not each["lifted_at"] else ""),
            ("holds", _held(each)),
            ("lifted", (each["lifted_at"] or "")[:10]),
        ],
    )
    for mover in each["movers"]:
        _wrapped(screen, f"{mover['judgement']} once ", f"{'; '.join(mover['words'])} [{mover['rule']}]", "dim")


def _conditions(each: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for condition in each["conditions"]:
        keys = ", ".join(entry["entry"] for entry in condition["entries"])
        seen = f" [{keys}]" if keys else ""
        sign = STATES[condition["state"]]
        found.append(("condition", f"{sign} {condition['condition']} {condition['state']}: {condition['text']}{seen}"))
    return found


def _line(found: dict[str, Any]) -> str:
    from relto.faces.cli.timeline import short_date

    points = f", {found['points']}" if found["points"] else ""
    return f"{short_date(found['date'])}: {found['headline']} [{found['entry']}{points}]"


def _approvals(each: dict[str, Any]) -> str:
    acts = each["approvals"]["acts"]
    if each["lifted_at"]:
        return ""
    if not acts:
        needs = each["approvals"]["needs"]
        return f"nobody has proposed to resume; it would need {needs}" if needs else "a resume needs none"
    return "; ".join(
        f"act {act['act']} to resume is {act['state']}: {act['has']} of {act['needs']}"
        + (f" ({', '.join(act['approved_by'])})" if act["approved_by"] else "")
        for act in acts
    )


def _held(each: dict[str, Any]) -> str:
    items = each["held"]["items"]
    if not items:
        return "" if each["lifted_at"] else "nothing"
    topics = ", ".join(f"{topic} {count}" for topic, count in each["held"]["by_topic"].items())
    return f"{items} items since {each['since'][:10]}{f' ({topics})' if topics else ''}"


def _facts(screen: Screen, pairs: list[tuple[str, str]]) -> None:
    before = ""
    for name, value in pairs:
        if value:
            _wrapped(screen, f"{name if name != before else '':<12}", value, "")
            before = name


def _wrapped(screen: Screen, head: str, text: str, style: str) -> None:
    from relto.faces.cli.timeline import WIDTH_MAX

    if screen.is_uncut:
        screen.line(head + text, style)
        return
    width = max(min(screen.width, WIDTH_MAX) - len(head), 20)
    for number, line in enumerate(textwrap.wrap(text, width) or [""]):
        screen.line((head if number == 0 else " " * len(head)) + line, style, whole=True)
