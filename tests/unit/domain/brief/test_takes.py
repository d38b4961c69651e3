"""Quick takes: each is there where there is something to say, in its order, and rests on what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.domain.brief.materials import KYIV, PUBLIC, act, day, impact, material, suspension
from tests.unit.domain.outlook.scenes import PESKOV, TRUMP, entry, pause

from relto.domain.brief.takes import main_pause, recipients, scope_words, takes
from relto.domain.condition import Condition
from relto.domain.pause import narrowing

ZELENSKYY = {"name": "Volodymyr Zelenskyy", "role": "president", "party": "UKR"}


def lines(*entries, **more):
    return [take.text for take in takes(material(*entries, **more))]


def one(*entries, **more):
    (found,) = lines(*entries, **more)
    return found


def test_nothing_to_say_makes_no_take():
    assert lines() == lines(reader=PUBLIC) == lines(about="") == []


# The state.


@pytest.mark.parametrize(
    ("found", "texts"),
    [
        (
            [suspension(counted=False)],
            ["Sharing under usa-ukr (everything) has been paused since 5 March; its end is not in sight."],
        ),
        (
            [suspension(judged=False, counted=False)],
            ["Sharing under usa-ukr (everything) has been paused since 5 March."],
        ),
        (
            [suspension(pause(Condition("peace", "met")), counted=False)],
            [
                (
                    "Sharing under usa-ukr (everything) has been paused since 5 March; it is close to its end, and "
                    "nothing is decided."
                )
            ],
        ),
        (
            [suspension(pause(state="lifted"), counted=False, lifted_at=day(8))],
            ["The pause of usa-ukr (everything) was lifted on 8 March, after 3 days."],
        ),
        (
            [suspension(pause(state="lifted"), counted=False, lifted_at=day(6))],
            ["The pause of usa-ukr (everything) was lifted on 6 March, after a day."],
        ),
        (
            [
                suspension(pause("peace"), judged=False, counted=False),
                suspension(pause(number="3", scope=narrowing(topics=["imagery"])), judged=False, counted=False),
                suspension(pause(number="1", state="lifted"), judged=False, counted=False, lifted_at=day(8)),
            ],
            [
                "Sharing under usa-ukr (everything) has been paused since 5 March.",
                "Also paused: usa-ukr (imagery) since 5 March.",
                "Lifted of late was the pause of usa-ukr (everything).",
            ],
        ),
        (
            [
                suspension(pause("a", "b", state="lifted"), judged=False, counted=False, lifted_at=day(8)),
                suspension(pause("a", number="3"), judged=False, counted=False),
            ],
            [
                "The pause of usa-ukr (everything) was lifted on 8 March, after 3 days.",
                "Still paused: usa-ukr (everything) since 5 March.",
            ],
        ),
        (
            [
                suspension(pause(number="1", state="lifted"), judged=False, counted=False, lifted_at=day(8)),
                suspension(pause(number="3", state="lifted"), judged=False, counted=False, lifted_at=day(7)),
            ],
            [
                "The pause of usa-ukr (everything) was lifted on 8 March, after 3 days.",
                "Lifted of late was the pause of usa-ukr (everything).",
            ],
        ),
    ],
)
def test_the_state_comes_first(found, texts):
    assert lines(suspensions=found)[: len(texts)] == texts


def test_the_main_pause_is_the_one_that_the_record_speaks_of_most_though_it_be_lifted():
    spoken = suspension(pause(number="1", state="lifted"), lifted_at=day(8))
    other = suspension(pause("a", "b", number="2"))
    named = [entry("statement", key="01", pauses=["1"]), entry("statement", key="02", conditions=["1/1"])]
    assert main_pause(material(*named, suspensions=[other, spoken])) is spoken
    assert main_pause(material(*named[:1], suspensions=[other, spoken])) is spoken
    assert main_pause(material(suspensions=[other, spoken])) is other


def test_where_the_record_names_none_the_main_pause_has_most_conditions_and_lasts():
    few, many = suspension(pause("a", number="1")), suspension(pause("a", "b", number="2"))
    lifted = suspension(pause("a", "b", number="3", state="lifted"), lifted_at=day(8))
    assert main_pause(material(suspensions=[few, lifted, many])) is many
    assert main_pause(material(suspensions=[lifted])) is lifted
    assert main_pause(material()) is None


@pytest.mark.parametrize(("lifted_at", "is_main"), [(day(9), True), (day(3), True), (day(2), False)])
def test_a_pause_that_was_lifted_is_the_main_one_as_long_as_that_is_news(lifted_at, is_main):
    lifted = suspension(pause("a", "b", made_at=day(1), state="lifted"), lifted_at=lifted_at)
    lasting = suspension(pause("a", number="3"))
    assert main_pause(material(suspensions=[lasting, lifted])) is (lifted if is_main else lasting)
    assert main_pause(material(suspensions=[lifted])) is lifted


def test_what_a_pause_covers_is_told_in_words():
    assert scope_words(suspension(pause(scope=narrowing(topics=["naval", "imagery"])))) == "imagery, naval"
    assert scope_words(suspension(pause(scope=narrowing(types=["report"])))) == "types report"


# The last word.


@pytest.mark.parametrize(
    "more",
    [
        {"speaker": PESKOV}, {"speaker": {"unnamed": "an official", "party": "USA"}}, {"capacity": "personal"},
        {"confidence": "disputed"}, {"confidence": "denied"}, {"points": None}, {"speaker": {"name": "Somebody"}},
    ],
)  # fmt: skip
def test_the_last_word_is_that_of_somebody_with_authority(more):
    first = entry("statement", "01", "2025-03-08", points="nearer", words="almost")
    assert "almost" in one(first, entry("statement", "02", **{"points": "further", **more}))
    assert lines(entry("statement", "02", **{"points": "further", **more})) == []


def test_words_do_not_lift_a_pause_and_nobody_says_so_once_it_is_lifted():
    said = entry("statement", "01", points="nearer")
    assert one(said).endswith("Words do not lift a pause.")
    assert lines(said, suspensions=[suspension(pause(state="lifted"), counted=False, lifted_at=day(8))])[1].endswith(
        "have”."
    )


# What it costs.


def test_what_is_kept_from_each_recipient_is_counted_by_pause():
    first, second = pause(number="1"), pause(number="2")
    found = [
        replace(suspension(first, judged=False), impacts=[impact(first), impact(first, to="GBR", items=1)]),
        replace(suspension(second, judged=False), impacts=[impact(second, items=4)]),
        replace(suspension(pause(number="3", state="lifted"), judged=False, lifted_at=day(8)), impacts=[impact(first)]),
    ]
    made = takes(material(suspensions=found))
    assert [take.text for take in made if "kept" in take.text] == [
        "Items kept from Ukraine: 3 by pause 1 and 4 by pause 2.",
        "Items kept from the United Kingdom: 1 by pause 1.",
    ]
    (ukraine, _) = [take for take in made if "kept" in take.text]
    assert ukraine.traces == ("count held 1 usa-ukr UKR", "count held 2 usa-ukr UKR")


@pytest.mark.parametrize("items", [None, 0])
def test_whoever_may_not_know_how_much_is_held_and_who_misses_nothing_is_told_of_none(items):
    of = pause()
    found = replace(suspension(of, judged=False), impacts=[impact(of, items=items)])
    assert not [line for line in lines(suspensions=[found]) if "kept" in line]


def test_the_gravest_effect_is_told_and_of_those_the_last():
    effects = [entry("impact", f"0{place}", f"2025-03-0{place}", effect=each, words=f"word {place}")
               for place, each in enumerate(("serious", "grave", "none", "grave", "slight"), start=1)]  # fmt: skip
    assert "word 4" in one(*effects)


# The rest.


def test_the_other_side_is_whoever_a_brief_is_about_or_misses_something_or_a_case_names():
    said = entry("statement", "01", speaker=ZELENSKYY)
    assert "Zelenskyy" in one(said)
    assert lines(said, about="") == []
    assert "Zelenskyy" in one(said, about="", sides=frozenset({"UKR"}))
    assert recipients(material(about="", suspensions=[suspension()])) == {"UKR"}


def test_of_talks_ahead_the_surest_next_ones_are_told_and_what_is_against_them():
    told = [
        entry("talks", "01", "2025-03-12", delegations={"UKR": [], "USA": []}, place="Jeddah"),
        entry("talks", "02", "2025-03-11", confidence="disputed", delegations={"UKR": [], "RUS": []}, place="Riyadh"),
        entry("talks", "03", "2025-03-12", confidence="reported", delegations={"RUS": [], "USA": []}, place="Jeddah"),
        entry("talks", "04", "2025-03-01", place="London", state="held"),
    ]
    (take,) = takes(material(*told))
    assert take.text.startswith("Talks between Ukraine and the United States are announced for 12 March in Jeddah.")
    assert "Against that: Talks between Russia and the United States are announced for 12 March in Jeddah" in take.text
    assert take.traces == ("entry one/01", "entry one/03")
    assert "Riyadh" not in take.text


def test_where_no_talks_are_ahead_the_last_ones_are_told():
    told = [
        entry("talks", f"0{place}", f"2025-03-0{place}", state="held", place=f"place {place}") for place in (1, 2, 3)
    ]
    assert "place 3" in one(*told)
    assert "place 2" in one(*told[:2], entry("talks", "03", "2025-03-03", confidence="reported", state="held"))


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (["unmet"], "Of 1 condition for its end: 1 unmet."),
        (["met", "claimed", "unmet", "unmet"], "Of 4 conditions for its end: 1 met, 1 claimed and 2 unmet."),
        (["disputed", "waived"], "Of 2 conditions for its end: 1 waived and 1 disputed."),
    ],
)
def test_conditions_are_counted_by_their_state(states, text):
    of = pause(*(Condition("a", each) for each in states))
    (take,) = [
        take for take in takes(material(suspensions=[suspension(of, counted=False)])) if "condition" in take.text
    ]
    assert (take.text, take.traces) == (text, tuple(f"condition 2/{place}" for place in range(1, len(states) + 1)))


def test_of_what_is_asked_for_the_surest_and_last_is_told():
    asked = [
        entry("condition", "01", "2025-03-01", asks="first"), entry("condition", "02", "2025-03-05", asks="second"),
        entry("condition", "03", "2025-03-08", asks="third", confidence="reported"),
    ]  # fmt: skip
    assert "second" in one(*asked)


def test_of_proposals_the_last_of_each_side_is_told_and_none_of_strangers():
    made = [
        entry("proposal", "01", "2025-03-01", subject="first"), entry("proposal", "02", "2025-03-02", subject="second"),
        entry("proposal", "03", "2025-03-03", subject="third", by=[TRUMP]),
        entry("proposal", "04", "2025-03-04", subject="fourth", by=[{"party": "GBR"}]),
        entry("proposal", "05", "2025-03-05", subject="fifth", by=[{"name": "Somebody"}]),
    ]  # fmt: skip
    found = " ".join(lines(*made))
    assert [word for word in ("first", "second", "third", "fourth", "fifth") if word in found] == ["second", "third"]


def test_of_each_deal_the_last_that_is_told_stands():
    made = [
        entry("deal", "01", "2025-02-28"), entry("deal", "02", "2025-03-08", status="signed", subject="Minerals Deal"),
        entry("deal", "03", "2025-03-08", subject="a fund", status="proposed"),
    ]  # fmt: skip
    found = lines(*made)
    assert [("signed" in line, "fund" in line) for line in found] == [(True, False), (False, True)]


def test_of_reactions_the_last_of_the_last_three_parties_are_told_and_none_of_who_keeps_the_case():
    made = [
        entry("reaction", f"0{place}", f"2025-03-0{place}", by={"party": party}, towards=f"thing {place}")
        for place, party in enumerate(("RUS", "GBR", "EU", "SAU", "USA", "GBR"), start=1)
    ]
    found = " ".join(lines(*made))
    assert [place for place in range(1, 7) if f"thing {place}" in found] == [3, 4, 6]


def test_the_last_change_of_policy_is_told():
    assert "third" in one(entry("shift", "01", "2025-03-01"), entry("shift", "02", "2025-03-02", to="third"))


def test_takes_stand_in_their_order_and_none_twice():
    said = entry("statement", "01", speaker=TRUMP, points="nearer", words="almost")
    found = lines(
        entry("shift", "09"), entry("reaction", "08"), entry("deal", "07"), entry("proposal", "06"),
        entry("condition", "05"), entry("talks", "04", "2025-03-11"), entry("statement", "03", speaker=ZELENSKYY),
        entry("impact", "02"), said, suspensions=[suspension(None, act())],
    )  # fmt: skip
    begins = ["Sharing under", "Donald Trump (president, United States) said", "Items kept", "On 9 March a grave",
              "Volodymyr Zelenskyy", "Talks are", "Of 1 condition", "Donald Trump (president, United States) asked",
              "Ukraine proposed", "The minerals", "On 9 March Dmitry", "By 9 March"]  # fmt: skip
    assert [line.startswith(begin) for line, begin in zip(found, begins, strict=True)] == [True] * len(begins)
    # About the keeper itself, its own last word is that of the other side as well.
    assert len(lines(said, about="USA")) == len(set(lines(said, about="USA")))


def test_a_partner_is_told_the_state_and_no_judgement():
    found = lines(reader=KYIV, suspensions=[suspension(judged=False, counted=False)])
    assert found[0] == "Sharing under usa-ukr (everything) has been paused since 5 March."
