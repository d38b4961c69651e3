"""The fictional intelligence of the demonstration: warnings, sightings, reports, from 10 February to 9 March 2025.

Every word of it is made up: places, vessels, emitters, sensors, pictures. Nothing here is drawn from the record; the
clock times are those that data must have, not those of any event. The rules that it keeps, in order:

1. Each object is valid STIX 2.1, dated before the moment at which it enters the node, and says that it is fictional.
2. The same on every machine and in every release of Python: each choice is a digest of a name, not a random number.
3. What joins others names only what entered before it, or with it. No joining object joins a warning of threat to
   life with anything else: it would take on that topic, and with it the leave to pass a pause.
4. The rhythm does not know of the pauses: as much is made while they last as before.

>>> first = made_items()[0]
>>> first.originator, wind_text(first.at)
('FRA', '2025-02-10T06:10:00.000Z')
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DAYS = 28
"""Days of the world: the first is 10 February 2025, the last 9 March 2025."""

FICTIONAL = "Fictional, made for the Relto demonstration."
"""Stands in the description, content or explanation of each object that has a place for words."""

Object = dict[str, Any]
Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class MadeItem:
    """One version of one made-up object: when it enters the node (microseconds since 1970), whose it is, its bytes.

    Items with the same moment and originator are one batch, in this order.
    """

    at: int
    originator: str
    raw: bytes


def wind(month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Microseconds since 1970 of a moment in 2025, UTC.

    >>> wind(3, 9, 18)
    1741543200000000
    """
    return (datetime(2025, month, day, hour, minute, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def wind_text(at: int) -> str:
    """Return the STIX timestamp of a moment, to the millisecond, never later than it."""
    return (EPOCH + timedelta(microseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


FIRST_DAY = wind(2, 10)
OPENING = wind(2, 10, 6, 10)
"""The moment of the first batches: who makes the items, and the markings that they bear."""

END = wind(3, 9, 18)
"""The moment at which the demonstration stops telling and starts to serve; nothing enters later."""

TLP = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
"""The fixed ids of TLP 2.0."""

REL_UKR = "S//REL TO USA, UKR, FVEY"
REL_FVEY = "S//REL TO USA, FVEY"
NOFORN = "S//NOFORN"
GBR_REL_UKR = "//GBR S//REL TO GBR, UKR"
FRA_REL_UKR = "//FRA S//REL TO FRA, UKR"

BANNERS = {"USA": (REL_UKR, REL_FVEY, NOFORN), "GBR": (GBR_REL_UKR,), "FRA": (FRA_REL_UKR,)}
"""The banner lines that each originator uses, each the whole text of a statement marking."""

DESKS = {"USA": "United States", "GBR": "United Kingdom", "FRA": "France"}

ORDINARY = (*[REL_UKR] * 3, *["amber"] * 3, "green", "clear", REL_FVEY, NOFORN, "amber+strict", "")
"""The markings of American items, as often as they stand here; the empty one is no marking."""

WRITTEN_FOR_RELEASE = (REL_UKR, REL_UKR, "amber", "green")
"""The markings of warnings: who has a duty to warn writes so that the warning may go."""

LAND = ("North 1", "North 3", "East 2", "East 5", "South 4", "Centre 7")
SEA = ("Cormorant", "Kittiwake", "Gannet", "Dunlin")
VESSELS = ("K-04", "K-07", "K-11", "K-15", "K-22", "K-31")
KINDS = ("battery", "depot", "command-post", "bridging-unit")
THREATS = ("drone", "drone", "drone", "cruise-missile", "ballistic-missile", "glide-bomb")
POSTS = ("coastal post 1", "coastal post 2", "coastal post 3", "sound array 5", "sound array 6")
GOODS = ("spare parts", "field hospital stores", "generators", "winter clothing", "radio sets", "vehicle tyres")


@cache
def made_items() -> tuple[MadeItem, ...]:
    """All items in the order in which they enter the node; strictly increasing moments but for items of one batch."""
    found: list[MadeItem] = [item for originator in DESKS for item in _opening(originator)]
    for day in range(DAYS):
        for programme in PROGRAMMES:
            found.extend(programme(day))
    # What would enter before the node is there, or after the story ends, belongs to another story.
    within = (item for item in found if OPENING <= item.at < END)
    return tuple(sorted(within, key=lambda item: (item.at, item.originator)))


def marking(banner_or_level: str, originator: str = "USA") -> str:
    """Return the id of the marking definition of a TLP 2.0 level or of an originator's banner line."""
    return TLP.get(banner_or_level) or stix_id("marking-definition", originator, banner_or_level)


def example() -> str:
    """Return the id of one item of 8 March that only the pause keeps from Ukraine."""
    return stix_id("indicator", "USA", "position", *EXAMPLE)


def stix_id(kind: str, *key: object) -> str:
    """Return an id with the form of a random UUID (version 4) that is the same whenever the key is.

    >>> stix_id("indicator", "naval", 1) == stix_id("indicator", "naval", 1)
    True
    """
    digest = blake2b(repr(("relto-demo", kind, key)).encode(), digest_size=16).digest()
    return f"{kind}--{UUID(bytes=digest, version=4)}"


def _draw(below: int, *key: object) -> int:
    return int.from_bytes(blake2b(repr(key).encode(), digest_size=8).digest()) % below


def _pick(among: Sequence[Choice], *key: object) -> Choice:
    return among[_draw(len(among), *key)]


def _at(day: int, hour: int, *key: object, spread: int = 60) -> int:
    """Return a moment from `hour` of that day on, within `spread` minutes, to the microsecond."""
    return FIRST_DAY + day * DAY + hour * HOUR + _draw(spread * MINUTE, "at", day, hour, *key)


def _object(kind: str, key: tuple[object, ...], at: int, *, mark: str, originator: str = "USA", **parts: Any) -> Object:
    """Return an object that was written a little before it enters: seconds for a warning, minutes for all else."""
    hurry = "threat-to-life" in parts.get("labels", ())
    least, spread = (MINUTE // 3, MINUTE) if hurry else (3 * MINUTE, 35 * MINUTE)
    written = at - least - _draw(spread, "written", key)
    made: Object = {
        "type": kind,
        "spec_version": "2.1",
        "id": stix_id(kind, originator, *key),
        "created_by_ref": stix_id("identity", "desk", originator),
        "created": wind_text(written),
        "modified": wind_text(written),
    }
    if mark:
        made["object_marking_refs"] = [marking(mark, originator)]
    return made | parts


def _enter(at: int, *objects: Object, originator: str = "USA") -> list[MadeItem]:
    """Return one batch."""
    texts = (json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in objects)
    return [MadeItem(at, originator, text.encode()) for text in texts]


def _revise(before: Object, at: int, **parts: Any) -> Object:
    """Return a later version of the same object, written a minute before it enters."""
    return before | {"modified": wind_text(at - MINUTE)} | parts


def _indicator(key: tuple[object, ...], at: int, pattern: str, *, hours: int, **parts: Any) -> Object:
    """Return an indicator that holds from when it enters; its pattern speaks of an observable of the demonstration."""
    holds: Object = {"pattern": pattern, "pattern_type": "stix", "valid_from": wind_text(at), "description": FICTIONAL}
    if hours:
        holds["valid_until"] = wind_text(at + hours * HOUR)
    return _object("indicator", key, at, **holds, **parts)


def _sighting(key: tuple[object, ...], at: int, of: str, *, by: str, **parts: Any) -> Object:
    seen = at - 40 * MINUTE
    return _object(
        "sighting",
        key,
        at,
        first_seen=wind_text(seen - _draw(HOUR, "seen", key)),
        last_seen=wind_text(seen),
        count=1 + _draw(4, "count", key),
        sighting_of_ref=of,
        where_sighted_refs=[stix_id("identity", "post", by)],
        description=FICTIONAL,
        **parts,
    )


def _report(key: tuple[object, ...], at: int, name: str, joined: Sequence[Object], **parts: Any) -> Object:
    return _object(
        "report",
        key,
        at,
        name=name,
        report_types=["observed-data"],
        published=wind_text(at),
        object_refs=[each["id"] for each in joined],
        description=FICTIONAL,
        **parts,
    )


def _observed(at: int, number: int) -> Object:
    return {"first_observed": wind_text(at), "last_observed": wind_text(at), "number_observed": number}


def _opening(originator: str) -> Iterator[MadeItem]:
    """Yield what every later item refers to: its maker, the sensors, the markings."""
    at, objects = OPENING, []
    if originator == "USA":
        objects += [_tlp(level) for level in TLP]
    for banner in BANNERS[originator]:
        parts = {"definition_type": "statement", "definition": {"statement": banner}}
        made = _object("marking-definition", (banner,), at, mark="clear", originator=originator, **parts)
        # A marking definition is never revised (STIX 2.1 section 7.2.1): it has no `modified`.
        del made["modified"]
        objects.append(made)
    desk = f"Demonstration desk, {DESKS[originator]}"
    objects.append(_identity(desk, ("desk", originator), at, "organization", originator))
    if originator == "USA":
        objects += [_identity(post.capitalize(), ("post", post), at, "system", originator) for post in POSTS]
    if originator == "GBR":
        objects.append(_identity("British coastal post", ("post", "GBR"), at, "system", originator))
    yield from _enter(at, *objects, originator=originator)


def _tlp(level: str) -> Object:
    extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP[level],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{level.upper()}",
        "extensions": {extension: {"extension_type": "property-extension", "tlp_2_0": level}},
    }


def _identity(name: str, key: tuple[object, ...], at: int, kind: str, originator: str) -> Object:
    parts = {"name": name, "identity_class": kind, "description": FICTIONAL}
    made = _object("identity", key, at, mark="clear", originator=originator, **parts)
    return made | {"id": stix_id("identity", *key)}


def _warnings(day: int) -> Iterator[MadeItem]:
    """Yield imminent threats to life: most by night, a few by day; some are called off, some are seen to strike."""
    heavy = day % 6 == 4
    for number in range(_draw(3, "warnings", day) + (4 if heavy else 2)):
        key: tuple[object, ...] = ("warning", day, number)
        at = _at(day, _pick((0, 1, 2, 3, 4, 16, 19, 20, 21, 22, 23), "hour", *key), *key)
        threat, sector = _pick(THREATS, "threat", *key), _pick(LAND, "sector", *key)
        mark, labels = _pick(WRITTEN_FOR_RELEASE, "mark", *key), ["early-warning", "threat-to-life", threat]
        pattern = f"[x-demo-track:kind = '{threat}' AND x-demo-track:sector = '{sector}']"
        name = f"Warning: {threat.replace('-', ' ')} towards sector {sector}"
        warning = _indicator(key, at, pattern, hours=1, mark=mark, labels=labels, name=name, confidence=85)
        yield from _enter(at, warning)
        if number % 2:
            over = at + 25 * MINUTE + _draw(15 * MINUTE, "over", *key)
            ended = {"valid_until": wind_text(over - MINUTE), "description": f"All clear. {FICTIONAL}"}
            yield from _enter(over, _revise(warning, over, **ended))
        elif _draw(3, "struck", *key) == 0:
            heard = at + 70 * MINUTE + _draw(20 * MINUTE, "heard", *key)
            by = _pick(POSTS[3:], "post", *key)
            sighting = _sighting(("struck", *key), heard, warning["id"], by=by, mark=mark, labels=labels)
            yield from _enter(heard, sighting)


def _early_warning(day: int) -> Iterator[MadeItem]:
    """Yield what is seen days ahead, and threatens nobody's life yet: no duty to warn, so a pause holds it."""
    for hour in (5, 18):
        key: tuple[object, ...] = ("early", day, hour)
        if _draw(10, *key) < 2:
            continue
        at, area = _at(day, hour, *key), _pick(("range Alder", "range Birch", "airfield Cedar"), "area", *key)
        pattern = f"[x-demo-activity:kind = 'launch-preparation' AND x-demo-activity:area = '{area}']"
        mark, name = _pick(ORDINARY, "mark", *key), f"Launch preparations, {area}"
        made = _indicator(key, at, pattern, hours=72, mark=mark, labels=["early-warning"], name=name, confidence=60)
        if day == GRANULAR_DAY:
            # The text alone is red: nothing is cut out of an object, so it goes whole or not at all.
            made["object_marking_refs"] = [TLP["green"]]
            made["granular_markings"] = [{"marking_ref": TLP["red"], "selectors": ["description"]}]
        yield from _enter(at, made)


GRANULAR_DAY = 16


def _targeting(day: int) -> Iterator[MadeItem]:
    """Yield two positions a day; every other day a report that joins two more; at times a link, a view, a change."""
    for number, hour in ((0, 9), (3, 21)):
        at = _at(day, hour, "position")
        mark = REL_UKR if (day, number) == EXAMPLE else _pick(ORDINARY, "targeting", day, number)
        single = _position(("position", day, number), at, mark)
        yield from _enter(at, single)
        if day % 4 == 1 and not number:
            later = at + 3 * HOUR
            moved = {"confidence": 70, "description": f"The position has been left. {FICTIONAL}"}
            yield from _enter(later, _revise(single, later, **moved))
    if day % 2 == 0:
        yield from _positions_joined(day)


def _positions_joined(day: int) -> Iterator[MadeItem]:
    at = _at(day, 13, "pair")
    mark, name = _pick(ORDINARY, "targeting pair", day), f"Positions, day {day + 1}"
    pair = [_position(("position", day, number), at, mark) for number in (1, 2)]
    report = _report(("positions", day), at, name, pair, mark=mark, labels=["targeting"])
    batch = [*pair, report]
    if day % 4 == 0:
        # Marked for anyone, and yet as restricted as what it links: it takes on the markings of both ends.
        parts = {"relationship_type": "related-to", "source_ref": pair[0]["id"], "target_ref": pair[1]["id"]}
        batch.append(_object("relationship", ("link", day), at, mark="clear", **parts))
    yield from _enter(at, *batch)
    if day % 8 == 6:
        at += 5 * HOUR
        view: Object = {"opinion": "agree", "explanation": FICTIONAL, "object_refs": [report["id"]]}
        yield from _enter(at, _object("opinion", ("view", day), at, mark="amber", labels=["targeting"], **view))


EXAMPLE = (26, 0)
"""The first position of 8 March is sure to be releasable to Ukraine, so that a pause alone can hold it."""


def _position(key: tuple[object, ...], at: int, mark: str) -> Object:
    sector, kind = _pick(LAND, "sector", *key), _pick(KINDS, "kind", *key)
    pattern = f"[x-demo-position:kind = '{kind}' AND x-demo-position:sector = '{sector}']"
    name = f"Position: {kind.replace('-', ' ')}, sector {sector}"
    sure = 55 + 5 * _draw(7, "sure", *key)
    return _indicator(key, at, pattern, hours=24, mark=mark, labels=["targeting", kind], name=name, confidence=sure)


def _naval(day: int) -> Iterator[MadeItem]:
    """Yield the signatures of six vessels in the first days, then sightings of them, with a note every third day."""
    if day < len(VESSELS):
        at = _at(day, 7, "vessel")
        yield from _enter(at, _vessel(day, at))
    known = VESSELS[: min(day, len(VESSELS))]
    for number in range(3 if known else 0):
        key: tuple[object, ...] = ("seen", day, number)
        at, vessel = _at(day, 8 + 4 * number, *key), VESSELS.index(_pick(known, "vessel", *key))
        sea, post = _pick(SEA, "sea", *key), _pick(POSTS[:3], "post", *key)
        parts: Object = {"mark": _pick(ORDINARY, "mark", *key), "labels": ["naval", f"sea-area-{sea.lower()}"]}
        sighting = _sighting(key, at, stix_id("indicator", "USA", "vessel", vessel), by=post, **parts)
        yield from _enter(at, sighting)
        if day % 3 == 2 and number == 1:
            at += 50 * MINUTE
            words = f"Vessel {VESSELS[vessel]} keeps to sea area {sea}. {FICTIONAL}"
            said: Object = {"content": words, "object_refs": [sighting["id"]]}
            yield from _enter(at, _object("note", ("note", *key), at, mark="amber", labels=["naval"], **said))


def _vessel(number: int, at: int) -> Object:
    pattern = f"[x-demo-emitter:vessel = '{VESSELS[number]}']"
    parts: Object = {"labels": ["naval"], "name": f"Radar signature of vessel {VESSELS[number]}", "confidence": 75}
    return _indicator(("vessel", number), at, pattern, hours=0, mark="amber", **parts)


def _air_defence(day: int) -> Iterator[MadeItem]:
    """Yield two emitters a day; every fourth morning's is corrected in the evening, one of them taken back."""
    for hour in (11, 15):
        key: tuple[object, ...] = ("emitter", day, hour)
        at, sector, band = _at(day, hour, *key), _pick(LAND, "sector", *key), _pick(("C", "S", "X"), "band", *key)
        pattern = f"[x-demo-emitter:band = '{band}' AND x-demo-emitter:sector = '{sector}']"
        parts: Object = {"labels": ["air-defence"], "name": f"Air defence radar, sector {sector}", "confidence": 65}
        emitter = _indicator(key, at, pattern, hours=48, mark=_pick(ORDINARY, "mark", *key), **parts)
        yield from _enter(at, emitter)
        if day % 4 == 3 and hour == 11:
            later = _at(day, 17, *key, spread=50)
            change = {"revoked": True} if day == REVOKED_DAY else {"confidence": 80}
            yield from _enter(later, _revise(emitter, later, **change))


REVOKED_DAY = 11


def _imagery(day: int) -> Iterator[MadeItem]:
    """Yield two pictures a day, with what was seen in them; every other day a report, some of it for targeting too."""
    for hour in (10, 14):
        key: tuple[object, ...] = ("picture", day, hour)
        at, mark = _at(day, hour, *key), _pick(ORDINARY, "imagery", *key)
        picture = _picture(key, mark)
        seen = _observed(at - 2 * HOUR, 1)
        observed = _object("observed-data", key, at, mark=mark, labels=["imagery"], object_refs=[picture["id"]], **seen)
        batch = [picture, observed]
        if day % 2 and hour == 14:
            labels = ["imagery", "targeting"] if day % 4 == 3 else ["imagery"]
            name = f"Picture report, sector {_pick(LAND, 'sector', *key)}"
            batch.append(_report(key, at, name, [observed], mark=mark, labels=labels))
        yield from _enter(at, *batch)


def _picture(key: tuple[object, ...], mark: str) -> Object:
    digest = blake2b(repr(key).encode(), digest_size=32).hexdigest()
    picture: Object = {
        "type": "artifact",
        "spec_version": "2.1",
        "id": stix_id("artifact", *key),
        "mime_type": "image/tiff",
        "url": f"https://pictures.example/{digest[:12]}.tif",
        "hashes": {"SHA-256": digest},
    }
    return picture | {"object_marking_refs": [marking(mark)]} if mark else picture


def _logistics(day: int) -> Iterator[MadeItem]:
    """Yield notices of what is on its way, on working days; some are followed by word of the arrival."""
    if day % 7 >= 5:
        return
    for number in range(1 + _draw(2, "notices", day)):
        key: tuple[object, ...] = ("notice", day, number)
        at, goods = _at(day, 8 + 5 * number, *key), _pick(GOODS, "goods", *key)
        said: Object = {"abstract": f"On its way: {goods}", "content": FICTIONAL}
        said["object_refs"] = [stix_id("identity", "desk", "USA")]
        mark = _pick(("amber", "amber", "green", REL_UKR), "mark", *key)
        notice = _object("note", key, at, mark=mark, labels=["logistics"], **said)
        yield from _enter(at, notice)
        if number:
            later = at + 26 * HOUR
            yield from _enter(later, _revise(notice, later, abstract=f"Arrived: {goods}"))


def _cyber(day: int) -> Iterator[MadeItem]:
    """Yield attempts on the networks of made-up utilities, twice a week."""
    if day % 7 not in {1, 4}:
        return
    key: tuple[object, ...] = ("attempt", day)
    at, host = _at(day, 14, *key), f"203.0.113.{1 + day}"
    address: Object = {"type": "ipv4-addr", "spec_version": "2.1", "id": stix_id("ipv4-addr", *key), "value": host}
    seen = _observed(at - HOUR, 3)
    observed = _object("observed-data", key, at, mark="green", labels=["cyber"], object_refs=[address["id"]], **seen)
    parts: Object = {"labels": ["cyber", "phishing"], "name": "Phishing against a power utility"}
    parts |= {"indicator_types": ["malicious-activity"], "mark": _pick(("green", "amber"), *key)}
    indicator = _indicator(key, at, f"[ipv4-addr:value = '{host}']", hours=240, **parts)
    link: Object = {"relationship_type": "based-on", "source_ref": indicator["id"], "target_ref": observed["id"]}
    yield from _enter(at, address, observed, indicator, _object("relationship", key, at, mark="clear", **link))


def _france(day: int) -> Iterator[MadeItem]:
    """Yield what France sees for itself: it owes nothing to anybody's pause."""
    key: tuple[object, ...] = ("france", day)
    at, sea = _at(day, 12, *key), _pick(SEA, "sea", *key)
    labels, what = (["naval"], "Ship movement") if day % 3 else (["air-defence"], "Radar activity")
    pattern = f"[x-demo-activity:area = '{sea}']"
    parts: Object = {"mark": _pick((FRA_REL_UKR, "amber"), *key), "labels": labels, "name": f"{what}, sea area {sea}"}
    yield from _enter(at, _indicator(key, at, pattern, hours=48, originator="FRA", **parts), originator="FRA")


def _britain(day: int) -> Iterator[MadeItem]:
    """Yield the United Kingdom's own sightings of a vessel that it found; one day in six, a find without marking."""
    vessel: tuple[object, ...] = ("britain", "vessel")
    at = _at(day, 15, "britain")
    parts: Object = {"originator": "GBR", "labels": ["naval"]}
    if day == 0:
        parts |= {"mark": GBR_REL_UKR, "name": "Vessel B-02"}
        found = _indicator(vessel, at, "[x-demo-emitter:vessel = 'B-02']", hours=0, **parts)
        yield from _enter(at, found, originator="GBR")
        return
    if day % 6 == 5:
        parts |= {"mark": "", "name": f"Unidentified vessel, sea area {_pick(SEA, 'britain', day)}"}
        found = _indicator(("britain", day), at, "[x-demo-emitter:vessel = 'unknown']", hours=12, **parts)
        yield from _enter(at, found, originator="GBR")
        return
    parts["mark"] = _pick((GBR_REL_UKR, "amber"), "britain", day)
    of = stix_id("indicator", "GBR", *vessel)
    yield from _enter(at, _sighting(("britain", day), at, of, by="GBR", **parts), originator="GBR")


AMERICAN = (_warnings, _early_warning, _targeting, _naval, _air_defence, _imagery, _logistics, _cyber)
PROGRAMMES = (*AMERICAN, _france, _britain)
