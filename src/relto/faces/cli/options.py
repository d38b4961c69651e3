"""Options and arguments that several verbs share, each written once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Mode(StrEnum):
    """What a pause does with what was released."""

    FREEZE = "freeze"
    CUT = "cut"


class BacklogChoice(StrEnum):
    """What becomes of what a pause held."""

    RELEASE = "release"
    DISCARD = "discard"
    REVIEW = "review"


class OnOff(StrEnum):
    """A switch."""

    ON = "on"
    OFF = "off"


Agreements = Annotated[list[str] | None, typer.Argument(metavar="ID", help="agreements", show_default=False)]
Agreement = Annotated[str, typer.Argument(metavar="ID", help="an agreement", show_default=False)]
Code = Annotated[str, typer.Argument(metavar="CODE", help="a party's code: 2 to 20 of A-Z, 0-9, -", show_default=False)]
Account = Annotated[str, typer.Argument(metavar="NAME", help="an account", show_default=False)]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="a STIX id (its last version), or id@modified")]
PauseNumber = Annotated[str, typer.Argument(metavar="PAUSE", help="a pause's number", show_default=False)]
PauseNumbers = Annotated[list[str], typer.Argument(metavar="PAUSE", help="pauses' numbers", show_default=False)]
OptionalPause = Annotated[str | None, typer.Argument(metavar="PAUSE", help="a pause's number", show_default=False)]

All = Annotated[
    bool,
    typer.Option(
        "--all", help="all agreements of your party that have not ended; an administrator of the node: of all parties"
    ),
]
Recipient = Annotated[
    str | None, typer.Option("--recipient", metavar="PARTY", help="only what this recipient gets; else all recipients")
]
Topics = Annotated[list[str] | None, typer.Option("--topic", metavar="T", help="a topic; repeat for more")]
Types = Annotated[list[str] | None, typer.Option("--type", metavar="T", help="a type of STIX object; repeat for more")]
Originators = Annotated[
    list[str] | None, typer.Option("--originator", metavar="P", help="whose items; repeat for more")
]
MarkingAtLeast = Annotated[
    str | None, typer.Option("--marking-at-least", metavar="M", help="clear, green, amber, amber+strict or red")
]
Scope = Annotated[
    str | None, typer.Option("--scope", metavar="FILE", help="a selector in YAML or JSON; in place of the four above")
]
ModeOption = typer.Option(
    "--mode", metavar="freeze|cut", help="freeze (unless said) holds what is new; cut also closes what was released"
)
Then = typer.Option(
    "--then", metavar="release|discard|review", help="what becomes of what it held when `--until` has come"
)
Everything = Annotated[bool, typer.Option("--everything", help="with `amend`: nothing narrows it any more")]
Binding = Annotated[
    list[str] | None,
    typer.Option("--binding-condition", metavar="TEXT", help="a condition that stands in the way of a resume"),
]
From = Annotated[str | None, typer.Option("--from", metavar="WHEN", help="when it begins; else now")]
Until = Annotated[
    str | None,
    typer.Option(
        "--until", metavar="WHEN", help="when it ends by itself; a proposal where a resume asks for approvals"
    ),
]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="why, for the record and the recipient")]
Authority = Annotated[str, typer.Option("--authority", metavar="TEXT", help="on whose decision", show_default=False)]
Review = Annotated[str | None, typer.Option("--review", metavar="WHEN", help="when to look at it again")]
Conditions = Annotated[
    list[str] | None, typer.Option("--condition", metavar="TEXT", help="what must come about; repeat for more")
]
Discreet = Annotated[bool, typer.Option("--discreet", help="the recipient is told nothing: it looks like a quiet feed")]
Backlog = Annotated[
    BacklogChoice,
    typer.Option(
        "--backlog",
        metavar="release|discard|review",
        help="what becomes of what it held: released, dropped, or kept for review",
    ),
]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="for the record", show_default=False)]
At = Annotated[str | None, typer.Option("--at", metavar="WHEN", help="as it was then")]
KnownAt = Annotated[
    str | None, typer.Option("--at", metavar="WHEN", help="as it was known then; a bare day means all of it")
]
Items = Annotated[list[str] | None, typer.Option("--item", metavar="ID", help="an item; repeat for more")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="read the password from standard input, one line")
]
