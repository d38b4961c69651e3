"""The story of the demonstration world as an ordered list of steps, and what to try when it is told.

Whoever drives a node through it winds the node's clock to each step's moment and carries the act out. The rules that
the script keeps, in order:

1. It tells what the public record of February and March 2025 holds, up to 9 March, and nothing that was said later.
2. The record knows days, not hours. A machine needs a moment, so each pause begins at midday UTC of its day: that hour
   is the machine's (`machine_midday`). The words of a pause name days only.
3. Each party and pause is on the record. The agreements, the accounts and all items are made up.

>>> [step.act.key for step in steps() if isinstance(step.act, MakePause)]
['aid', 'intelligence', 'imagery']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

from relto.demo.items import DAY, FIRST_DAY, HOUR, made_items, wind
from relto.domain.record.file import parse
from relto.domain.record.when import When


@dataclass(frozen=True, slots=True)
class AddParty:
    """A party is made known; `members` are the codes of a group's members, each known before."""

    code: str
    name: str
    kind: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddAccount:
    """An account is opened, with a password that everybody may know."""

    name: str
    party: str
    roles: tuple[str, ...]
    password: str


@dataclass(frozen=True, slots=True)
class SetTopics:
    """The vocabulary of topics is read from a file, named from `world/`."""

    file: str


@dataclass(frozen=True, slots=True)
class ApplyAgreement:
    """An agreement is applied from a file, named from `world/`."""

    file: str


@dataclass(frozen=True, slots=True)
class TakeIn:
    """One batch is taken in: the bytes of its objects, in order."""

    originator: str
    objects: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TakeInFile:
    """A compressed bundle of public STIX is taken in, named from `world/`."""

    originator: str
    file: str


@dataclass(frozen=True, slots=True)
class MakePause:
    """A pause begins at the moment of its step; `key` is the script's own name for it, the node gives it a number.

    Without topics it covers the whole agreement. `review` is a day (ISO 8601) or empty. `conditions` are asked for by
    whose agreement it is. `account` is who acts.
    """

    key: str
    agreement: str
    reason: str
    authority: str
    topics: tuple[str, ...] = ()
    mode: str = "freeze"
    review: str = ""
    conditions: tuple[str, ...] = ()
    account: str = "officer"


@dataclass(frozen=True, slots=True)
class AskCondition:
    """One more condition of a pause that runs; `pause` is the script's name for it."""

    pause: str
    text: str
    account: str = "officer"


@dataclass(frozen=True, slots=True)
class TellCondition:
    """How a condition stands from now on; `place` counts from 1."""

    pause: str
    place: int
    state: str
    evidence: str
    account: str = "officer"


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case is opened, with its people. `said`: as its file has it."""

    said: Mapping[str, Any]
    people: tuple[Mapping[str, Any], ...]
    account: str = "officer"


@dataclass(frozen=True, slots=True)
class AddEntries:
    """Entries are added to a case, as its file has them."""

    case: str
    entries: tuple[Mapping[str, Any], ...]
    account: str = "officer"


Act = (
    AddParty | AddAccount | SetTopics | ApplyAgreement | TakeIn | TakeInFile | MakePause | AskCondition
    | TellCondition | OpenCase | AddEntries
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """An act and its moment, in microseconds since 1970. Steps with equal moments keep the order of the list."""

    at: int
    act: Act


@dataclass(frozen=True, slots=True)
class Try:
    """Something to try: a sentence, and a line to paste once its braces are filled in (`Places`)."""

    says: str
    line: str


@dataclass(frozen=True, slots=True)
class Places:
    """What the lines to try need to know of the node: all that stands in their braces.

    `relto` is how the command is typed for this node, `base` the server's address without a closing slash,
    `collection` the id of Ukraine's collection of `usa-ukr`; the pauses are numbers; `item` is `items.example()`. The
    next two acts that somebody asks for will be `act` and `later`. `key` is the file with the log's public key.
    """

    relto: str
    base: str
    collection: str
    intelligence: str
    imagery: str
    item: str
    act: str
    later: str
    key: str


BEGIN = FIRST_DAY + 6 * HOUR
"""The moment at which the node is made; the world ends at `items.END`."""

NODE = AddParty("USA", "United States", "state")
"""The party whose node it is: making the node makes it, so no step adds it."""

ADMIN = "admin-demo-password"
"""The password of the account that administers the node: everybody may know it, as those of the others."""

PARTIES = (
    AddParty("UKR", "Ukraine", "state"),
    AddParty("GBR", "United Kingdom", "state"),
    AddParty("CAN", "Canada", "state"),
    AddParty("AUS", "Australia", "state"),
    AddParty("NZL", "New Zealand", "state"),
    AddParty("FRA", "France", "state"),
    AddParty("POL", "Poland", "state"),
    AddParty("SAU", "Saudi Arabia", "state"),
    # An observer: no agreement names it, so nothing here exists for it.
    AddParty("RUS", "Russia", "state"),
    AddParty("EU", "European Union", "organisation"),
    AddParty("FVEY", "Five Eyes", "group", ("AUS", "CAN", "GBR", "NZL", "USA")),
)

AGREEMENTS = ("usa-ukr", "usa-ukr-aid", "usa-fvey", "usa-cyber", "fra-ukr", "gbr-ukr")

ACCOUNTS = (
    AddAccount("kyiv", "UKR", ("reader",), "kyiv-demo-password"),
    AddAccount("lviv", "UKR", ("reader",), "lviv-demo-password"),
    AddAccount("london", "GBR", ("reader",), "london-demo-password"),
    AddAccount("paris", "FRA", ("reader",), "paris-demo-password"),
    AddAccount("agency", "USA", ("contributor",), "agency-demo-password"),
    AddAccount("officer", "USA", ("officer",), "officer-demo-password"),
    # Two offices have to agree before the sharing with Ukraine resumes.
    AddAccount("adviser", "USA", ("approver",), "adviser-demo-password"),
    AddAccount("director", "USA", ("approver",), "director-demo-password"),
)

PUBLIC = (
    (wind(2, 12, 9), "public/oasis-poisonivy.json.gz"),
    (wind(2, 14, 9), "public/attack-mobile-8.2-part.json.gz"),
    (wind(2, 20, 9), "public/mvt-operation-triangulation.stix2.gz"),
    # While the intelligence pause lasts: the cyber agreement is another one, and flows on.
    (wind(3, 6, 9), "public/oasis-infrastructure.json.gz"),
)
"""Public STIX, and the moment at which the demonstration's cyber desk takes each file in as an item of the USA."""


def machine_midday(month: int, day: int) -> int:
    """Return midday UTC of a day on record. The hour is the machine's, not the record's: no page gives one that holds.

    Sources differ whether the intelligence channels were closed on 4 or on 5 March; the later day is taken, on which
    the pause was first confirmed by name.
    """
    return wind(month, day, 12)


AID = MakePause(
    key="aid",
    agreement="usa-ukr-aid",
    reason="“We are pausing and reviewing our aid” (3 March 2025)",
    authority="a White House official, unnamed",
    conditions=(
        "Ukraine's leaders show a good-faith commitment to peace (a US official, unnamed; reported on 3 March 2025)",
    ),
)

INTELLIGENCE = MakePause(
    key="intelligence",
    agreement="usa-ukr",
    # Not imagery: that was suspended two days later and came back by itself. Reports of 5 to 9 March contradict each
    # other on whether the rest was stopped in part or completely; the demonstration holds all of it but the warnings.
    topics=("early-warning", "targeting", "naval", "air-defence"),
    reason=(
        "“We have taken a step back”, all aspects under review (5 March 2025; the sharing stopped on 4 or 5 March, "
        "sources differ, as they do on how much of it)"
    ),
    authority="the national security adviser and the CIA director, on the record on 5 March 2025",
    # The record names no day: a week after the pause is the demonstration's choice.
    review="2025-03-12",
    conditions=(
        "Ukraine commits itself to peace talks (asked for on 3, 5 and 9 March 2025)",
        "talks are fixed: place, date, delegations (asked for on 5 March 2025)",
    ),
)

IMAGERY = MakePause(
    key="imagery",
    agreement="usa-ukr",
    topics=("imagery",),
    reason="access to commercial imagery bought by the United States is “temporarily suspended” (7 March 2025)",
    authority="National Geospatial-Intelligence Agency; confirmed by the supplier",
)

PAUSES = ((machine_midday(3, 3), AID), (machine_midday(3, 5), INTELLIGENCE), (machine_midday(3, 7), IMAGERY))


CONDITIONS: tuple[tuple[int, AskCondition | TellCondition], ...] = (
    (
        machine_midday(3, 6),
        AskCondition("intelligence", "the minerals deal is signed (asked for on 6 March 2025 as a personal view)"),
    ),
    (
        machine_midday(3, 8),
        TellCondition("intelligence", 2, "met", "the delegation to the talks was named on 8 March 2025"),
    ),
    (
        machine_midday(3, 9),
        AskCondition(
            "intelligence",
            "readiness for concessions, more than a truce in air and sea (reported on 9 March 2025, officials unnamed)",
        ),
    ),
    (
        machine_midday(3, 9),
        TellCondition(
            "intelligence",
            1,
            "claimed",
            "“ready to come to the negotiating table” (a letter read out on 4 March 2025); not accepted by 9 March",
        ),
    ),
)
"""What was asked for while the pause ran, and what was said of it."""


CASE: Final = "case.yaml"
"""The record of the case, named from `world/`."""


def record() -> tuple[Step, ...]:
    """Return the steps by which the case is opened and its entries are recorded, each on the evening of the day on
    which its source told it.
    """
    file = parse((files("relto.demo") / "world" / CASE).read_text(encoding="utf-8"))
    people = tuple(each for each in file.entries if each["kind"] == "person")
    told: dict[int, list[Mapping[str, Any]]] = {}
    for each in file.entries:
        if each["kind"] != "person":
            told.setdefault(_evening(each), []).append(each)
    opening = Step(min(told), OpenCase(file.case, people))
    return opening, *(Step(at, AddEntries(str(file.case["case"]), tuple(told[at]))) for at in sorted(told))


def _evening(entry: Mapping[str, Any]) -> int:
    """Five in the afternoon, UTC: the hour is the machine's, as that of the pauses is."""
    date = When.parse(entry.get("source", {}).get("date", entry["date"]))
    return (date.until - 1) // DAY * DAY + 17 * HOUR


@cache
def steps() -> tuple[Step, ...]:
    """Return the whole story in order, from `BEGIN` to before `END`; the pauses are in force when it ends."""
    opening: list[Act] = [SetTopics("topics.yaml"), *PARTIES]
    opening += [ApplyAgreement(f"agreements/{name}.yaml") for name in AGREEMENTS]
    opening += ACCOUNTS
    told = [Step(at, act) for at, act in (*PAUSES, *CONDITIONS)]
    told += [Step(at, TakeInFile("USA", file)) for at, file in PUBLIC]
    told += record()
    for (at, originator), batch in groupby(made_items(), key=lambda item: (item.at, item.originator)):
        told.append(Step(at, TakeIn(originator, tuple(item.raw for item in batch))))
    told.sort(key=lambda step: step.at)
    return (*(Step(BEGIN, act) for act in opening), *told)


_READ = (
    "curl -s -u kyiv:kyiv-demo-password -H 'Accept: application/taxii+json;version=2.1' "
    "'{base}/exchange/collections/{collection}/objects/?added_after=2025-03-08T00:00:00Z'"
)
_LOOK = _READ + " | python3 -m json.tool"

TRY = (
    Try("read as Ukraine what came since 8 March: nothing new but warnings", _LOOK + " | grep '\"name\"'"),
    Try("what is paused, why, and how much it holds", "{relto} status usa-ukr"),
    Try("why one of the held items does not flow", "{relto} explain {item} UKR"),
    Try("what was said and done around it, beside the pauses", "{relto} case timeline usa-ukr-2025"),
    Try("how near its end is, by plain rules, and what would move it", "{relto} outlook {intelligence}"),
    Try("the account of it all, as the public may read it; `--format pdf` sets it in pages",
        "{relto} brief UKR --for public"),
    Try("what a resume would release, and how many have to agree; it changes nothing",
        "{relto} preview resume {intelligence}"),
    Try("the officer proposes to resume the intelligence", "{relto} resume {intelligence} --as officer"),
    Try("what waits for whom", "{relto} approvals"),
    Try("the adviser agrees", "{relto} approve {act} --as adviser"),
    Try("the director agrees, and it flows; the imagery stays held by its own pause",
        "{relto} approve {act} --as director"),
    Try("read again: the same line gives what was held as well", _LOOK + " | grep '\"name\"'"),
    Try("and everything once: the ids that came twice are none", _LOOK + " | grep '\"id\"' | sort | uniq -d | wc -l"),
    Try("then the imagery, in the same way", "{relto} resume {imagery} --as officer"
        " && {relto} approve {later} --as adviser && {relto} approve {later} --as director"),
    Try("how it stood before any of that, on 6 March", "{relto} status usa-ukr --at 2025-03-06T18:00:00Z"),
    Try("and Ukraine checks for itself, with the log's public key, that the log says what it has received",
        "d=$(mktemp -d) && " + _READ + " > $d/now.json && RELTO_PASSWORD=kyiv-demo-password {relto} audit {base}"
        " --user kyiv --key {key} --received $d --state $d/state"),
)  # fmt: skip
"""What to try, in this order, when the world is told and the server runs."""


def lines_to_try(places: Places) -> tuple[Try, ...]:
    """Return `TRY` with the braces filled in, each line ready to paste into a shell."""
    filled = {name: getattr(places, name) for name in Places.__slots__}
    return tuple(Try(each.says, each.line.format(**filled)) for each in TRY)
