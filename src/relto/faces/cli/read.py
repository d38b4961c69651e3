"""`relto read`: what a press article proposes for the record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from relto.domain.errors import BadInput, Unreachable
from relto.faces.cli.call import Call
from relto.faces.cli.file import read_bytes
from relto.faces.cli.verb import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.faces.cli.screen import Screen

ARTICLE_BYTES_MAX: Final = 10 * 1_048_576


def register(app: typer.Typer) -> None:
    """Hang the verb in."""
    verb(app, "read", asks=True)(read)


def read(
    call: Call,
    article: Annotated[
        str,
        typer.Argument(metavar="FILE|URL", help="an article: text or HTML; - is standard input", show_default=False),
    ],
    case: Annotated[str, typer.Option("--case", metavar="CASE", help="for which case")] = "",
    date: Annotated[str, typer.Option("--date", metavar="DAY", help="when it appeared, where it does not say")] = "",
    accept: Annotated[
        str | None,
        typer.Option("--accept", metavar="all|N,N…", help="add these proposals to the case; nothing is added without"),
    ] = None,
    review: Annotated[bool, typer.Option("--review", help="ask about each proposal, one by one")] = False,
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="FILE", help="write the proposals into a file, to edit and `case add --file`"),
    ] = None,
) -> int:
    """Read a press article and propose entries: statements, talks, proposals, deals, reactions. It changes nothing
    unless proposals are accepted.
    """
    if (accept is not None or review) and not case:
        raise BadInput("usage", "proposals are accepted for a case", remedy="say --case CASE")
    if review and accept is not None:
        raise BadInput("usage", "`--accept` and `--review` exclude each other")
    if review and not call.asks_a_person:
        raise BadInput("usage", "`--review` asks somebody at a terminal", remedy="say --accept all, or --output FILE")
    document = _read(call, article, case, date)
    if output is not None:
        Path(output).write_text(_file(document), encoding="utf-8")
    if accept is None and not review:
        call.answer(document, lambda screen: _show(screen, document, output))
        return 0
    chosen = _reviewed(call, document) if review else _chosen(accept or "", document)
    added = _add(call, case, [document["entries"][number - 1] for number in chosen])
    call.answer({**document, **added}, lambda screen: _show_added(screen, added))
    return 0


def _read(call: Call, article: str, case: str, date: str) -> dict[str, Any]:
    from relto.faces.verbs import reading

    if call.url:
        is_address = article.startswith(("http://", "https://"))
        if is_address:
            raise BadInput("usage", "another node fetches nothing", remedy="fetch the article, and name the file")
        answer: dict[str, Any] = call.ask(reading.read, files=[_text(article)], case=case, date=date)
        return answer
    from relto.usecases.cases.reading import dated, proposed, read_article
    from relto.wiring import press

    reader = press()
    if article.startswith(("http://", "https://")):
        found = reader.fetch(article)
    else:
        found = reader.read(read_bytes(article, longest=ARTICLE_BYTES_MAX), name=article)
    if date:
        found = dated(found, date)
    try:
        with call.node() as opened:
            return reading.read_document(
                read_article(opened.node, opened.desk, found, by=call.by, case=case), case=case
            )
    except Unreachable as error:
        if error.code != "node-missing" or case:
            raise
        from relto.domain.record.register import Register

        # An article can be read where there is no node: then nobody is known.
        return reading.read_document(proposed(found, Register((), {}), {}))


def _text(name: str) -> str:
    return read_bytes(name, longest=ARTICLE_BYTES_MAX).decode("utf-8", "replace")


def _chosen(text: str, document: dict[str, Any]) -> list[int]:
    """The numbers of the proposals that are accepted; `all` leaves out what cannot be added as it is, and what is on
    record already.
    """
    entries = document["entries"]
    if text == "all":
        return [each["number"] for each in entries if each["problem"] is None and each["there"] is None]
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise BadInput("usage", f"`--accept {text}` is not `all`, and no list of numbers", remedy="write 1,3,5-7")
        numbers = range(int(first), int(last or first) + 1)
        if not numbers or numbers[0] < 1 or numbers[-1] > len(entries):
            raise BadInput("usage", f"there are {len(entries)} proposals, and no `{part.strip()}`")
        found += [number for number in numbers if number not in found]
    return found


def _reviewed(call: Call, document: dict[str, Any]) -> list[int]:
    chosen = []
    for each in document["entries"]:
        _show_one(call.screen, each)
        if each["problem"] is not None or each["there"] is not None:
            continue
        sys.stderr.write("  add it? [y/N/q] ")
        sys.stderr.flush()
        said = sys.stdin.readline().strip().lower()
        if said in {"q", "quit"}:
            break
        if said in {"y", "yes"}:
            chosen.append(each["number"])
    return chosen


def _add(call: Call, case: str, accepted: Sequence[dict[str, Any]]) -> dict[str, Any]:
    from relto.faces.verbs import cases

    known = next((each for each in accepted if each["there"] is not None), None)
    if known is not None:
        raise BadInput("usage", f"proposal {known['number']} is on record already, as `{known['there']}`")
    wrong = next((each for each in accepted if each["problem"] is not None), None)
    if wrong is not None:
        problem = wrong["problem"]
        raise BadInput(
            problem["code"], f"proposal {wrong['number']}: {problem['message']}", remedy="--output FILE, and mend it"
        )
    if not accepted:
        return {"added": 0, "accepted": [], "clashes": []}
    added = call.ask(cases.add, case=case, entries=[each["entry"] for each in accepted])
    return {"added": added["added"], "accepted": added["entries"], "clashes": added["clashes"]}


def _file(document: dict[str, Any]) -> str:
    from relto.domain.record.file import entries_file

    return entries_file([(each["entry"], _remarks(each)) for each in document["entries"]])


def _remarks(each: dict[str, Any]) -> list[str]:
    found = [f"{each['number']}, paragraph {each['paragraph'] + 1}, {each['rule']} ({each['sure']})"]
    if each["unknown"]:
        found.append(f"unknown: {', '.join(each['unknown'])}")
    if each["problem"] is not None:
        found.append(f"cannot be added as it is: {each['problem']['message']}")
    found += [f"is on record already, as {each['there']}"] if each["there"] else []
    found += [f"contradicts {clash['entry']}: {clash['why']}" for clash in each["clashes"]]
    return found


def _show(screen: Screen, document: dict[str, Any], output: str | None) -> None:
    article = document["article"]
    screen.line(article["title"] or "(no title)", "bold")
    screen.facts([(name, article[name]) for name in ("author", "site", "date", "url")])
    for each in document["entries"]:
        screen.line("")
        _show_one(screen, each)
    if not document["entries"]:
        screen.note("nothing in it looks like an entry")
    if output is not None:
        screen.note(f"the proposals are in {output}")


def _show_one(screen: Screen, each: dict[str, Any]) -> None:
    from relto.faces.cli.screen import clean

    who = f" {each['speaker']}" if each["speaker"] else ""
    role = f" ({each['role']})" if each["role"] else ""
    where = f", {each['place']}" if each["place"] else ""
    screen.line(f"{each['number']:>3} {each['kind']} {each['date'] or 'undated'}{where}:{who}{role}", "bold")
    if each["words"]:
        screen.line(f"    “{each['words']}”")
    screen.line(f"    {clean(' '.join(each['text'].split()))}", "dim")
    if each["unknown"]:
        screen.line(f"    unknown here: {', '.join(each['unknown'])}", "yellow")
    if each["problem"] is not None:
        screen.line(f"    cannot be added as it is: {each['problem']['message']}", "red")
    if each["there"]:
        screen.line(f"    is on record already, as {each['there']}", "dim")
    for clash in each["clashes"]:
        screen.line(f"    contradicts {clash['entry']}: {clash['why']}", "yellow")


def _show_added(screen: Screen, added: dict[str, Any]) -> None:
    for each in added["accepted"]:
        screen.line(f"{each['key']}: {each['headline']}")
    for each in added["clashes"]:
        screen.warn(f"{each['entry']} contradicts {each['other']}: {each['why']}; both stand")
    if not added["added"]:
        screen.line("nothing was added")
