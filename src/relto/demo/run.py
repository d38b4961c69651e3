"""Makes the demonstration world: drives a new node through the script, with a clock that is wound by hand.

Rules, in order:

1. All of it goes through the use cases, as it would on any node; nothing is written past them.
2. A folder has the world whole or not at all. It is made in `.making` inside the folder and then moved up, the database
   last; what an interruption left behind is removed by the next start, and the world is made anew.
3. Only a folder that bears the demonstration's mark is ever emptied. One that holds anything else is refused.
4. When the story is told, the node's clock is set going from its last moment, once and for good.

>>> clock = WoundClock(5)
>>> clock.wind(7)
>>> clock.now()
7
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from relto import wiring
from relto.config import FILE, load
from relto.demo.items import END
from relto.demo.script import (
    ADMIN,
    BEGIN,
    NODE,
    PAUSES,
    AddAccount,
    AddEntries,
    AddParty,
    ApplyAgreement,
    AskCondition,
    MakePause,
    OpenCase,
    SetTopics,
    Step,
    TakeIn,
    TakeInFile,
    TellCondition,
    steps,
)
from relto.domain.actor import Actor, operator
from relto.domain.errors import BadInput, Conflict, Refused, ReltoError, Unreachable
from relto.domain.item import Header
from relto.domain.moment import parse_when
from relto.domain.topic import DEFAULT_TOPICS
from relto.usecases import accounts, agreements, demonstration, office, parties, pausing, topics
from relto.usecases.cases.keeping import Keeper
from relto.usecases.conditions import AddCondition, SetCondition
from relto.usecases.evidence.making.recording import recorded
from relto.usecases.publishing import Publisher

if TYPE_CHECKING:
    from relto.config import Config
    from relto.ports.clock import Chance, Clock, Hasher
    from relto.ports.node import Node
    from relto.ports.store import Head, Snapshot, Transaction
    from relto.ports.validator import Validator
    from relto.wiring import Opened

MARK: Final = "DEMONSTRATION"
"""The file that says whose folder it is."""

MAKING: Final = ".making"
PARTS: Final = ("keys", FILE, wiring.TOPICS)
"""What a node has in its folder beside its database."""

DATABASE: Final = "relto.db"
FIRST_AGREEMENT: Final = "usa-ukr"
RECIPIENT: Final = "UKR"
BY: Final = operator(NODE.code)

MARK_TEXT: Final = """\
This folder holds the demonstration world of Relto, and nothing else.
`relto demo --fresh` deletes what is in it and makes it anew.
"""

SETTINGS_TEXT: Final = """\
# The settings of the demonstration; `relto config show` lists all.

[taxii]
title = "Relto demonstration"
description = "Made-up items on a clock of its own, which started on 9 March 2025 at 18:00 UTC"
"""


@dataclass(frozen=True, slots=True)
class World:
    """A demonstration world that is there. `is_new`: this start made it; `began`: where its clock started.

    `collection` is the id of Ukraine's collection of `usa-ukr`; `pauses` maps the script's names to the numbers that
    the node gave, `items` counts what is stored, `acts` what was done or asked for.
    """

    data: Path
    is_new: bool
    began: int
    now: int
    items: int
    collection: str
    pauses: Mapping[str, str]
    acts: int = 0


class WoundClock:
    """A clock that stands still until it is wound, and is never wound back."""

    def __init__(self, at: int) -> None:
        """Stands at `at`, microseconds since 1970."""
        self._at = at

    def now(self) -> int:
        """Where it stands."""
        return self._at

    def sleep(self, microseconds: int) -> None:
        """Winds it on by that much, and waits for nothing."""
        self._at += max(microseconds, 0)

    def wind(self, at: int) -> None:
        """Winds it on to `at`; where it stands beyond already, it stays."""
        self._at = max(self._at, at)


@contextmanager
def world(config: Config, *, fresh: bool = False, say: Callable[[str], None] = lambda _: None) -> Iterator[World]:
    """The world in the folder of `config`, made where it is not there yet, or with `fresh` anew; for as long as the
    block lasts nobody else makes it anew.

    `say` is told, for people, what takes a while. Raises `BadInput` `demo-database`, `Conflict` `demo-occupied`,
    `Refused` `demo-in-use`, `Unreachable` `data-unusable`, and what opening a node raises.
    """
    if config.database.url != f"sqlite:///{config.data / DATABASE}":
        raise BadInput(
            "demo-database",
            f"the demonstration keeps its world in a file of its own, and `database.url` "
            f"({config.sources['database.url']}) names another",
            remedy="unset RELTO_DATABASE_URL",
        )
    _claim(config.data)
    with _held(config.data) as hold:
        is_new = fresh or not (config.data / DATABASE).exists()
        if is_new:
            hold(fcntl.LOCK_EX)
            with _writing(config.data):
                _clear(config.data)
                say("making the demonstration world …")
                _make(config.data)
        hold(fcntl.LOCK_SH)
        yield _looked_at(config, is_new=is_new)


def _claim(data: Path) -> None:
    """Makes the folder the demonstration's where it is nobody's. Raises `Conflict` `demo-occupied`."""
    with _writing(data):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (data / MARK).is_file():
            return
        if any(data.iterdir()):
            raise Conflict(
                "demo-occupied",
                f"`{data}` holds something that is not the demonstration",
                remedy="name another folder with `--data`",
                data_folder=str(data),
            )
        (data / MARK).write_text(MARK_TEXT, encoding="utf-8")


@contextmanager
def _held(data: Path) -> Iterator[Callable[[int], None]]:
    """A hold on the folder, which the function given out takes alone (to make) or with others (to serve)."""
    descriptor = os.open(data, os.O_RDONLY)

    def hold(kind: int) -> None:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                "demo-in-use",
                f"the world in `{data}` is being made or served by another process",
                remedy="end that one with Ctrl-C, or name another folder with `--data`",
            ) from error
        except OSError:
            # A file system that knows no locks: people have to mind by themselves.
            return

    try:
        yield hold
    finally:
        os.close(descriptor)


@contextmanager
def _writing(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        remedy = "check who owns it, or name another folder with `--data`"
        raise Unreachable("data-unusable", f"`{data}` cannot be written: {reason}", remedy=remedy) from error


def _clear(data: Path) -> None:
    """Removes the world, the database first: without it the rest counts for nothing."""
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", *PARTS, MAKING):
        path = data / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _make(data: Path) -> None:
    draft = data / MAKING
    draft.mkdir(mode=0o700)
    try:
        tell(draft)
        # A crash from here on leaves a folder without a database: the next start clears it and makes the world anew.
        for name in (*PARTS, DATABASE):
            (draft / name).rename(data / name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def tell(data: Path, story: tuple[Step, ...] | None = None) -> None:
    """Makes a node in the empty folder `data` and tells it the story, to the end; its clock goes from then on."""
    for name, text in ((FILE, SETTINGS_TEXT), (wiring.TOPICS, _text(wiring.TOPICS))):
        (data / name).write_text(text, encoding="utf-8")
        (data / name).chmod(0o600)
    # Nothing of the surroundings of this process may slip into the world.
    config = load(data, environment={})
    wiring.create(config)
    machine, chance, hasher = wiring.host()
    clock = WoundClock(BEGIN)

    def wound() -> tuple[Clock, Chance, Hasher]:
        return clock, chance, hasher

    with wiring.open_node(config, host=wound) as opened, opened.database.write() as tx:
        # Some six hundred steps, each of which a disk would be asked to keep: in one block it is asked once. The log
        # has a block of leaves for each all the same.
        node = recorded(replace(opened.node, store=OneBlock(tx)))
        parties.found(node, opened.desk, code=NODE.code, name=NODE.name, topics=DEFAULT_TOPICS, password=ADMIN)
        driver = _Driver(opened, node)
        for step in steps() if story is None else story:
            clock.wind(step.at)
            driver.carry_out(step)
        clock.wind(END)
        demonstration.begin(node, machine, at=END, by=BY)


class OneBlock:
    """A store all of whose blocks are one write block of another: the whole story is durable at once, or none of it.

    A block that ends by an exception must end the whole story with it. For one thread.
    """

    def __init__(self, tx: Transaction) -> None:
        """Within the block that gave `tx`."""
        self._tx = tx

    def head(self) -> Head:
        """As the story has it by now."""
        return self._tx.head()

    def read(self) -> AbstractContextManager[Snapshot]:
        """What was written so far."""
        return nullcontext(self._tx)

    def write(self) -> AbstractContextManager[Transaction]:
        """The one block."""
        return nullcontext(self._tx)

    def close(self) -> None:
        """Whoever opened the block ends it."""


class _Driver:
    """Carries the steps of the script out on a node."""

    def __init__(self, opened: Opened, node: Node) -> None:
        self._opened = opened
        self._node, self._desk = node, opened.desk
        self._validator: Validator = opened.validator()
        self._publishers: dict[str, Publisher] = {}

    def carry_out(self, step: Step) -> None:
        """Raises whatever the use case raises: what the script says is accepted by every node, or the script errs."""
        match step.act:
            case AddParty(code, name, kind, members):
                parties.add_party(self._node, self._desk, code, name=name, kind=kind, members=members, by=BY)
            case AddAccount(name, party, roles, password):
                accounts.add_account(self._node, self._desk, name, party=party, roles=roles, password=password, by=BY)
            case SetTopics(file):
                topics.adopt(self._node, self._desk, _text(file), by=BY)
            case ApplyAgreement(file):
                office.submit(self._node, self._desk, agreements.ApplyAgreement(_text(file)), by=BY)
            case TakeIn(originator, objects):
                self._take(originator, objects, step.at)
            case TakeInFile(originator, file):
                with as_file(files("relto.demo") / "world" / file) as path:
                    pieces = self._opened.intake().objects(str(path))
                    self._take(originator, tuple(piece.raw for piece in pieces), step.at)
            case MakePause():
                self._pause(step.act, step.at)
            case AskCondition(pause, text, account):
                added = AddCondition(NUMBERS[pause], text, NODE.code)
                office.submit(self._node, self._desk, added, by=self._actor(account))
            case TellCondition(pause, place, state, evidence, account):
                told = SetCondition(NUMBERS[pause], place, state, evidence)
                office.submit(self._node, self._desk, told, by=self._actor(account))
            case OpenCase(said, people, account):
                self._keeper(account).open(said, people)
            case AddEntries(case, entries, account):
                self._keeper(account).add(case, entries)

    def _keeper(self, account: str) -> Keeper:
        return Keeper(self._node, self._desk, self._validator, self._actor(account))

    def _take(self, originator: str, objects: tuple[bytes, ...], at: int) -> None:
        publisher = self._publishers.get(originator)
        if publisher is None:
            publisher = Publisher(self._node, self._desk, originator=originator, by=BY)
            self._publishers[originator] = publisher
        headers = []
        for raw in objects:
            judged = self._validator.check(raw, where="", now_us=at)
            assert isinstance(judged, Header), judged
            headers.append(judged)
        taken = publisher.take(headers)
        assert taken.added == len(objects), taken

    def _pause(self, told: MakePause, at: int) -> None:
        order = pausing.MakePause(
            agreements=(told.agreement,),
            topics=told.topics,
            mode=told.mode,
            reason=told.reason,
            authority=told.authority,
            review_us=parse_when(told.review, now=at, ahead=True) if told.review else None,
            conditions=[{"text": text, "asked_by": NODE.code} for text in told.conditions],
        )
        made = office.submit(self._node, self._desk, order, by=self._actor(told.account))
        assert made.done is not None, made
        assert made.done.outcome["pause"] == NUMBERS[told.key], made

    def _actor(self, name: str) -> Actor:
        return next(accounts.actor_of(row, "local") for row in accounts.list_accounts(self._node) if row.name == name)


NUMBERS: Final[Mapping[str, str]] = MappingProxyType(
    {told.key: str(number) for number, (_, told) in enumerate(PAUSES, start=1)}
)
"""The number that a new node gives to each pause of the script."""


def _text(name: str) -> str:
    return (files("relto.demo") / "world" / name).read_text(encoding="utf-8")


def _looked_at(config: Config, *, is_new: bool) -> World:
    try:
        store = wiring.open_store(config)
    except ReltoError as error:
        # Whatever ails it, the world can be made anew.
        raise Refused(
            "demo-unusable",
            f"the world in `{config.data}` cannot be used: {error.message}",
            remedy="relto demo --fresh",
        ) from error
    try:
        machine, _, _ = wiring.host()
        with store.read() as snap:
            head = snap.head()
            fixed = demonstration.demonstration(snap)
            collection = next(
                (
                    flow.collection
                    for flow in snap.flows()
                    if (flow.agreement, flow.party) == (FIRST_AGREEMENT, RECIPIENT)
                ),
                "",
            )
            acts = next((row.number for row in snap.acts(limit=1)), 0)
        if fixed is None:
            raise Conflict(
                "demo-occupied",
                f"the node in `{config.data}` is no demonstration",
                remedy="name another folder with `--data`",
                data_folder=str(config.data),
            )
        now = machine.now() + head.clock_offset
        return World(config.data, is_new, fixed.began, now, head.last_seq, collection, NUMBERS, acts)
    finally:
        store.close()
