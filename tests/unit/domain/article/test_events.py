"""Events: talks, proposals, deals, reactions, measures, conditions, impacts and shifts, by the sentences that tell."""

import pytest
from tests.unit.domain.article.world import of_kind


def parties_of(who):
    return [each.party or each.name for each in who]


@pytest.mark.parametrize(
    ("text", "place", "date", "state", "delegations"),
    [
        ("US and Ukrainian envoys will meet in Riyadh on Friday.", "Riyadh", "2025-03-14", "announced", ["USA", "UKR"]),
        (
            "Talks between the US and Ukraine are expected to be held in Saudi Arabia.",
            "Saudi Arabia",
            "2025-03-12",
            "announced",
            ["USA", "UKR"],
        ),
        (
            "US and Ukrainian officials met in Jeddah, Saudi Arabia, on Tuesday.",
            "Jeddah, Saudi Arabia",
            "2025-03-11",
            "held",
            ["USA", "UKR"],
        ),
        (
            "Russia and Ukraine held talks in Istanbul last week.",
            "Istanbul",
            "2025-03-03/2025-03-09",
            "held",
            ["RUS", "UKR"],
        ),
        (
            "A summit of France and Ukraine planned for Friday in Lyon has been postponed.",
            "Lyon",
            "2025-03-14",
            "called-off",
            ["FRA", "UKR"],
        ),
        (
            "Rubio will meet Zelenskyy in the Red Sea city of Jeddah on Friday.",
            "Jeddah",
            "2025-03-14",
            "announced",
            ["USA", "UKR"],
        ),
        ("Talks ended in Doha on Monday without agreement, Veldania said.", "Doha", "2025-03-10", "held", ["VEL"]),
    ],
)
def test_talks_have_a_place_a_day_a_state_and_those_who_come(text, place, date, state, delegations):
    (found,) = of_kind("talks", text)
    assert (found.place, found.date, found.state) == (place, date, state)
    assert [party for party, _ in found.delegations] == delegations


def test_talks_have_a_host_and_names():
    (found,) = of_kind("talks", "France will host Rubio and Zelenskyy for talks in Lyon on Friday.")
    assert parties_of(found.hosts) == ["FRA"]
    assert dict(found.delegations)["USA"] == ("rubio",)
    assert dict(found.delegations)["UKR"] == ("zelenskyy",)


def test_the_same_talks_are_proposed_once():
    found = of_kind(
        "talks", "US and Ukrainian envoys will meet in Riyadh on Friday.", "Rubio will attend Friday's talks in Riyadh."
    )
    assert len(found) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Rubio met the conditions.",
        "The committee meets demand.",
        "Nobody talks in Jeddah.",
        "They discussed a timetable for talks.",
        "The cabinet meeting ran late.",
    ],
)
def test_no_talks_are_proposed_where_none_are_told_of(text):
    assert of_kind("talks", text) == []


@pytest.mark.parametrize(
    ("text", "by", "scope"),
    [
        ("Zelenskyy proposed a truce in the air and at sea.", ["UKR"], ("air", "sea")),
        ("France has put forward a plan for a truce on land.", ["FRA"], ("land",)),
        ("Ukraine is expected to propose an exchange of prisoners.", ["UKR"], ("prisoners",)),
        ("A 30-day ceasefire was proposed by the US.", ["USA"], ()),
        ("Macron called for a halt to drone attacks.", ["FRA"], ("drones",)),
        ("Veldania offered an inspection of both fleets.", ["VEL"], ()),
        ("Ukraine accepted a US proposal for a 30-day ceasefire.", ["USA"], ()),
    ],
)
def test_a_proposal_has_who_makes_it_and_what_it_covers(text, by, scope):
    (found,) = of_kind("proposal", text)
    assert (parties_of(found.by), found.scope) == (by, scope)


def test_who_accepts_a_proposal_is_told():
    (found,) = of_kind("proposal", "Ukraine accepted a US proposal for a 30-day ceasefire.")
    assert (found.status, found.to) == ("accepted", ("UKR",))
    assert found.as_entry()["status"] == {"UKR": "accepted"}


@pytest.mark.parametrize(
    "text",
    [
        "Trump offered coffee.",
        "Nobody proposed a truce.",
        "Rubio suggested that all was well.",
        "The proposed truce is dead.",
    ],
)
def test_coffee_is_no_proposal(text):
    assert of_kind("proposal", text) == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("The two are expected to sign a minerals deal.", "proposed"),
        ("The signing of the minerals deal was called off.", "called-off"),
        ("The minerals deal remains unsigned.", "stalled"),
        ("They agreed in principle on a minerals deal.", "agreed-in-principle"),
        ("Ukraine and the US signed a minerals deal on Monday.", "signed"),
        ("The fisheries agreement entered into force on 1 January.", "in-force"),
    ],
)
def test_a_deal_has_got_so_far(text, status):
    (found,) = of_kind("deal", text)
    assert found.status == status
    assert "deal" in found.subject or "agreement" in found.subject


@pytest.mark.parametrize("text", ["It is a big deal.", "They deal with it.", "A great deal of work was signed off."])
def test_a_great_deal_is_no_deal(text):
    assert of_kind("deal", text) == []


@pytest.mark.parametrize(
    ("text", "by", "stance"),
    [
        ("France condemned the pause.", ["FRA"], "opposes"),
        ("The Kremlin rejected the plan.", ["RUS"], "opposes"),
        ("Macron criticised the move.", ["FRA"], "critical"),
        ("Ukraine warned against haste.", ["UKR"], "critical"),
        ("Ukraine cautiously welcomed the move.", ["UKR"], "welcomes"),
        ("The plan was welcomed by Ukraine.", ["UKR"], "welcomes"),
        ("Macron hailed the outcome.", ["FRA"], "welcomes"),
        ("Saudi Arabia backed the plan.", ["SAU"], "supports"),
        ("France, Ukraine and Veldania condemned the pause.", ["FRA", "UKR", "VEL"], "opposes"),
        ("Moscow declined to comment on the plan.", ["RUS"], "neutral"),
    ],
)
def test_a_reaction_has_who_reacts_and_how(text, by, stance):
    (found,) = of_kind("reaction", text)
    assert (parties_of(found.by), found.stance) == (by, stance)
    assert found.towards


@pytest.mark.parametrize(
    "text",
    [
        "France did not condemn the pause.",
        "The welcome was warm.",
        "A backed-up line failed.",
        "Troops attacked at dawn.",
    ],
)
def test_not_to_react_is_no_reaction(text):
    assert of_kind("reaction", text) == []


@pytest.mark.parametrize(
    ("text", "does", "by", "extent"),
    [
        ("Washington suspended intelligence sharing with Kyiv.", "paused", ["USA"], "unclear"),
        ("Washington has completely frozen aid deliveries.", "paused", ["USA"], "complete"),
        ("Intelligence sharing was partially suspended by the US.", "paused", ["USA"], "partial"),
        ("The US has cut off the flow of data.", "paused", ["USA"], "unclear"),
        ("The US resumed deliveries on Monday.", "lifted", ["USA"], "unclear"),
        ("The US will immediately lift the pause on intelligence sharing.", "lifted", ["USA"], "unclear"),
        ("Rubio said the US would lift its pause on aid.", "lifted", ["USA"], "unclear"),
        ("Deliveries through Lyon resumed on Monday.", "lifted", [], "unclear"),
        ("Veldania widened its suspension of data sharing.", "widened", ["VEL"], "unclear"),
        ("The US ordered its agencies to stop sharing intelligence.", "directed", ["USA"], "unclear"),
        ("“We are pausing our aid,” a White House official said.", "paused", ["USA"], "unclear"),
    ],
)
def test_a_measure_has_what_it_does_and_who_takes_it(text, does, by, extent):
    (found,) = of_kind("measure", text)
    assert (found.does, parties_of(found.by), found.extent) == (does, by, extent)


@pytest.mark.parametrize(
    "text",
    [
        "The US has not suspended intelligence sharing.",
        "The US may suspend aid.",
        "Trump threatened to suspend aid.",
        "The suspended player left.",
        "Aid would be suspended if talks failed.",
        "They paused for breath.",
        "Talks resumed in Jeddah.",
    ],
)
def test_what_only_might_be_done_is_no_measure(text):
    assert of_kind("measure", text) == []


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Sharing would resume only if Kyiv commits to talks, Waltz said.", "Kyiv commits to talks"),
        ("The pause will remain until Ukraine signs the deal.", "Ukraine signs the deal"),
        ("Aid would be restored once the papers are signed.", "the papers are signed"),
        (
            "“If we can settle a date, then the president would look at lifting this pause,” Waltz said.",
            "we can settle a date",
        ),
        ("The flow will not resume unless both sides agree.", "both sides agree"),
    ],
)
def test_a_condition_is_what_has_to_come_about(text, asks):
    (found,) = of_kind("condition", text)
    assert found.asks.strip("”, ") == asks
    assert found.state == "unmet"


@pytest.mark.parametrize(
    "text",
    ["The talks lasted until midnight.", "Once upon a time there was a pause.", "He asked if it was over.", "If only."],
)
def test_not_every_if_is_a_condition(text):
    assert of_kind("condition", text) == []


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("The pause has not had a material effect, Macron said.", "none"),
        ("The pause “has not had a material effect”, Macron said.", "none"),
        ("The suspension has had little effect on Ukraine.", "slight"),
        ("The pause hampered Ukrainian operations.", "serious"),
        ("The pause has had devastating consequences for Ukraine.", "grave"),
        ("Hundreds died because of the pause in intelligence.", "grave"),
    ],
)
def test_an_impact_has_a_grade(text, effect):
    (found,) = of_kind("impact", text)
    assert found.effect == effect


@pytest.mark.parametrize(
    "text",
    [
        "Hundreds died in the flood.",
        "In effect, nothing changed.",
        "The law takes effect on Monday.",
        "A pause could have an effect.",
    ],
)
def test_not_every_loss_is_an_impact(text):
    assert of_kind("impact", text) == []


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("The US reversed the previous administration's policy on Ukraine.", "USA"),
        ("The step is a sharp break with decades of American policy.", "USA"),
        ("France has abandoned its policy of silence.", "FRA"),
    ],
)
def test_a_shift_has_the_party_that_turned(text, party):
    (found,) = of_kind("shift", text)
    assert found.parties == (party,)
    assert found.was


@pytest.mark.parametrize(
    "text",
    [
        "He reversed the car.",
        "The coffee break was short.",
        "They work in shifts.",
        "France did not abandon its policy.",
    ],
)
def test_a_car_in_reverse_is_no_shift(text):
    assert of_kind("shift", text) == []


def test_each_event_is_an_entry_of_its_kind():
    wanted = {
        "talks": ("US and Ukrainian officials met in Jeddah on Tuesday.", {"place", "delegations", "state"}),
        "proposal": ("Zelenskyy proposed a truce at sea.", {"subject", "scope", "by"}),
        "deal": ("Ukraine and the US signed a minerals deal.", {"subject", "parties", "status"}),
        "reaction": ("France condemned the pause.", {"by", "stance", "towards"}),
        "measure": ("Washington suspended aid deliveries.", {"does", "by", "extent", "subject"}),
        "condition": ("The pause will remain until Ukraine signs it.", {"asks", "state"}),
        "impact": ("The pause hampered Ukrainian operations.", {"on", "effect"}),
        "shift": ("France has abandoned its policy of silence.", {"party", "from", "to"}),
    }
    for kind, (text, fields) in wanted.items():
        (found,) = of_kind(kind, text)
        assert fields | {"kind", "date", "text"} <= found.as_entry().keys(), kind
