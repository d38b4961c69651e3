"""A notice: one thing that a party is told, in one line for people and in data for programs.

Notices are numbered for each party by itself, from 1 and without gaps (only a restore leaves one), and named by a
random id: nothing that a party sees of its own notices says how many others were told, or of what. What stands on the
node's own record (`act`, `about`) is kept beside a notice and never shown to the party.

>>> draft = Draft("UKR", "pause", "usa-ukr", "usa-ukr is paused: talks", act=7, about="pause:3")
>>> notice = draft.numbered(1, id="6f0d7c2e-0a5b-4b39-9d0e-5f2d3b8e1a44", at=1_741_176_000_000_000)
>>> sorted(notice.shown())
['at', 'data', 'kind', 'notice', 'regards', 'subject', 'text']
>>> Notice.parse(notice.as_text()) == notice
True
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import msgspec

from relto.domain import ids, moment, written
from relto.domain.errors import BadInput

NoticeKind = Literal[
    "pause",
    "pause-amended",
    "resume",
    "agreement",
    "recall",
    "membership",
    "condition",
    "approval",
    "review",
    "undelivered",
]
"""What it is about: a pause was made, amended or lifted; an agreement came, changed or ended; an item was recalled; a
party joined or left a group; a condition changed; an act waits for approval; a review date has passed; notices could
not be brought to where the party wanted them.
"""

KINDS: Final[tuple[str, ...]] = get_args(NoticeKind)

OFFICE_KINDS: Final[frozenset[str]] = frozenset({"approval", "review"})
"""Kinds that tell of what a party decides, discreet pauses among it: for its accounts in office, and nobody else."""

TEXT_MAX: Final = 5_000
"""Characters of the line for people: a reason may have 2,000, and words stand around it."""

SUBJECT_MAX: Final = 400
"""Characters of a subject: an item's name is the longest, a type of 250 and what follows."""

NOTE_MAX: Final = 2_000
"""Characters of the note of an acknowledgement."""

DATA_BYTES_MAX: Final = 16_384
"""Bytes of the data, as JSON: more than a reason of 2,000 characters has in any script."""

DATA_DEPTH_MAX: Final = 8
NUMBER_MAX: Final = 2**63 - 1

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ABOUT: Final = re.compile(r"[a-z0-9:@._-]{0,400}", re.IGNORECASE)
_encoder: Final = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice of one party.

    `number`: the party's own count. `at`: microseconds. `subject`: an agreement's id, an item or another name that the
    party may see. `data`: JSON of texts, whole numbers, booleans, nulls, lists and mappings. `regards`: the number of
    the first notice that this party got of the same thing (of the pause that is lifted now, say), or None.
    `act` and `about` are for the node's record alone: the act's number, and what joins notices of one thing
    (`pause:3`). Raises `BadInput` (`notice-invalid`).
    """

    number: int
    id: str
    at: int
    party: str
    kind: NoticeKind
    subject: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    regards: int | None = None
    act: int | None = None
    about: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.number <= NUMBER_MAX:
            raise BadInput("notice-invalid", "a notice has a number from 1 on")
        if _UUID.fullmatch(self.id) is None:
            raise BadInput("notice-invalid", "a notice has a UUID")
        if not moment.EARLIEST <= self.at <= moment.LATEST:
            raise BadInput("notice-invalid", "a notice has a moment that can be written")
        ids.party_code(self.party)
        notice_kind(self.kind)
        written.one_line(self.subject, what="the subject", code="notice-invalid", longest=SUBJECT_MAX)
        written.one_line(self.text, what="the text", code="notice-invalid", longest=TEXT_MAX)
        if self.regards is not None and not 1 <= self.regards < self.number:
            raise BadInput("notice-invalid", "a notice regards an earlier one, or none")
        if self.act is not None and not 1 <= self.act <= NUMBER_MAX:
            raise BadInput("notice-invalid", "an act has a number from 1 on")
        if _ABOUT.fullmatch(self.about) is None:
            raise BadInput("notice-invalid", f"{written.shown(self.about)} joins no notices")
        object.__setattr__(self, "data", _plain_data(self.data))

    def shown(self) -> dict[str, Any]:
        """What the party may see of it: nothing in it is counted, or named, across parties."""
        return {
            "notice": self.number,
            "at": moment.write(self.at),
            "kind": self.kind,
            "subject": self.subject,
            "text": self.text,
            "regards": self.regards,
            "data": self.data,
        }

    def as_text(self) -> str:
        """The notice as one line of JSON that `parse` reads back."""
        return _encoder.encode(self).decode()

    @classmethod
    def parse(cls, text: str | bytes) -> Notice:
        """The notice that `as_text` gave. Raises `BadInput` (`notice-invalid`, `notice-kind-unknown`, …)."""
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise BadInput("notice-invalid", f"this is no notice: {_reason(error)}") from error


@dataclass(frozen=True, slots=True)
class Draft:
    """What a party is to be told, before it has a number; the parts are those of `Notice`, and are checked there.

    Its text is made to fit rather than refused, in one line and cut short: no act fails for how it is told.
    """

    party: str
    kind: NoticeKind
    subject: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    act: int | None = None
    about: str = ""

    def numbered(self, number: int, *, id: str, at: int, regards: int | None = None) -> Notice:
        """The notice. Raises `BadInput` (`notice-invalid`, `notice-kind-unknown`, `party-code-invalid`)."""
        text = written.harmless(self.text, longest=TEXT_MAX)
        return Notice(
            number, id, at, self.party, self.kind, self.subject, text, self.data, regards, self.act, self.about
        )


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """An account of the party has taken note of its notice number `notice`, at the moment `at` (microseconds).

    Raises `BadInput` (`acknowledgement-invalid`).
    """

    party: str
    notice: int
    account: str
    at: int
    note: str = ""

    def __post_init__(self) -> None:
        ids.party_code(self.party)
        ids.account_name(self.account)
        if not 1 <= self.notice <= NUMBER_MAX:
            raise BadInput("acknowledgement-invalid", "a notice has a number from 1 on")
        if self.note:
            written.one_line(self.note, what="the note", code="acknowledgement-invalid", longest=NOTE_MAX)


def notice_kind(text: str) -> str:
    """A kind of notice. Raises `BadInput` (`notice-kind-unknown`)."""
    if text in KINDS:
        return text
    raise BadInput("notice-kind-unknown", f"{written.shown(text)} is no kind of notice", remedy=_nearest(text))


def wanted_kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    """Kinds that are wanted, each once, in their order; none named: all. Raises `BadInput` (`notice-kind-unknown`)."""
    named = {notice_kind(kind) for kind in kinds}
    return tuple(kind for kind in KINDS if kind in named)


def _nearest(text: str) -> str:
    return written.nearest(text, KINDS)


def _plain_data(data: object) -> dict[str, Any]:
    """A copy that nobody else holds, of plain JSON values only. Its depth is bounded before anything walks down it."""
    if not isinstance(data, Mapping):
        raise BadInput("notice-invalid", "the data of a notice is a mapping")
    plain = _plain(data, DATA_DEPTH_MAX)
    size = len(_encoder.encode(plain))
    if size > DATA_BYTES_MAX:
        raise BadInput("notice-invalid", f"the data of a notice has {size} bytes, and may have {DATA_BYTES_MAX}")
    assert isinstance(plain, dict)
    return plain


def _plain(value: object, depth: int) -> object:
    if depth < 0:
        raise BadInput("notice-invalid", f"the data of a notice is nested deeper than {DATA_DEPTH_MAX}")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise BadInput("notice-invalid", "the data of a notice holds half of a surrogate pair")
        return str(value)
    if isinstance(value, int):
        if not -NUMBER_MAX <= value <= NUMBER_MAX:
            raise BadInput("notice-invalid", "the data of a notice holds a number of more than 64 bits")
        return int(value)
    if isinstance(value, list | tuple):
        return [_plain(entry, depth - 1) for entry in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {_key(key): _plain(entry, depth - 1) for key, entry in value.items()}
    raise BadInput("notice-invalid", f"the data of a notice holds a value of type {type(value).__name__}")


def _key(key: str) -> str:
    plain = _plain(key, 0)
    assert isinstance(plain, str)
    return plain


def _reason(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else written.shown(str(error)).strip("`")
