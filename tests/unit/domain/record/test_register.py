"""Who: people and parties by all the names that they go by, in the office of the day, and nobody else."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.record.entries import LINES, NAMED, PARTIES, PEOPLE, REGISTER, entry

from relto.domain.errors import BadInput, Refused
from relto.domain.record.register import Office, Person, Register, people_of, person_key
from relto.domain.record.when import When
from relto.domain.record.who import NAME_MAX, ROLE_MAX, Stored, Who, of_value

ON = When.parse("2025-03-09")


def found(value, register=REGISTER):
    return register.who(value, what="`speaker`", on=ON)


@pytest.mark.parametrize(
    "name",
    ["zelenskyy", "Volodymyr Zelenskyy", "volodymyr  ZELENSKYY", "Zelenskyy", "Zelensky", "Volodymyr Zelensky"],
)
def test_somebody_is_found_by_key_name_alias_and_last_name(name):
    assert found(name) == Who("Volodymyr Zelenskyy", "president", "UKR", "zelenskyy")


@pytest.mark.parametrize("name", ["Sébastien Lecornu", "Sebastien Lecornu", "Se\u0301bastien Lecornu", "LECORNU"])
def test_accents_and_case_make_no_difference(name):
    assert found(name).person == "lecornu"


@pytest.mark.parametrize(
    ("name", "code"), [("UKR", "UKR"), ("ukr", "UKR"), ("Ukraine", "UKR"), ("united states", "USA")]
)
def test_a_party_speaks_as_a_whole_by_code_or_name(name, code):
    assert found(name) == Who(party=code)
    assert REGISTER.party(name, what="`to`") == code


def test_whoever_has_no_name_and_strangers_are_written_out_and_taken_as_they_are():
    unnamed = found({"unnamed": "a White House official", "party": "USA"})
    assert unnamed == Who("a White House official", party="USA", is_unnamed=True)
    assert str(found({"party": "USA"})) == "USA"


@pytest.mark.parametrize("value", [{"person": "zelenskyy"}, {"person": "Zelensky"}])
def test_a_person_may_be_named_in_a_mapping_with_another_role(value):
    assert found(value).role == "president"
    assert found({**value, "role": "guest"}) == Who("Volodymyr Zelenskyy", "guest", "UKR", "zelenskyy")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("Donald", "person-unknown"), ("", "who-invalid"), ("  ", "who-invalid"), ("Zelenskyyy", "person-unknown"),
        ("nobody", "person-unknown"), ("x" * 121, "who-invalid"), ("a\nb", "who-invalid"), ("a\u202eb", "who-invalid"),
        (None, "who-invalid"), (7, "who-invalid"), (True, "who-invalid"), (["trump"], "who-invalid"),
        ({}, "who-invalid"), ({"role": "x"}, "who-invalid"), ({"name": "x", "unnamed": "y"}, "who-invalid"),
        ({"name": ""}, "who-invalid"), ({"name": "x" * (NAME_MAX + 1)}, "who-invalid"), ({"name": 7}, "who-invalid"),
        ({"unnamed": "x" * (ROLE_MAX + 1)}, "who-invalid"), ({"name": "x", "role": "a\x1bb"}, "who-invalid"),
        ({"name": "x", "age": "7"}, "who-invalid"), ({"name": "x", "party": "XYZ"}, "party-unknown-here"),
        ({"name": "x", "party": ""}, "who-invalid"), ({"name": "x", "party": ["USA"]}, "who-invalid"),
        ({"name": None}, "who-invalid"), ({"person": "nobody", "party": "USA"}, "person-unknown"),
    ],
)  # fmt: skip
def test_whoever_is_not_known_is_refused(value, code):
    with pytest.raises(BadInput) as caught:
        found(value)
    assert caught.value.code == code
    assert caught.value.message.isprintable()


def test_a_refusal_names_the_nearest_and_says_how_to_go_on():
    with pytest.raises(BadInput) as caught:
        found("Donald Tramp")
    assert "`Donald Trump`" in caught.value.remedy
    assert caught.value.data["name"] == "Donald Tramp"
    with pytest.raises(BadInput) as caught:
        REGISTER.party("Ukrane", what="`to`")
    assert caught.value.code == "party-unknown-here"


def test_a_name_that_several_go_by_is_refused_and_the_whole_name_or_the_key_tells_them_apart():
    melania = Person("trump-2", "Melania Trump", (), (Office("USA", "first lady"),))
    register = Register([*PEOPLE, melania], PARTIES)
    with pytest.raises(BadInput) as caught:
        found("Trump", register)
    assert caught.value.code == "person-ambiguous"
    assert "`trump`" in caught.value.message
    assert "`trump-2`" in caught.value.message
    assert found("trump", register).person == "trump"
    assert found("trump-2", register).name == found("melania trump", register).name == "Melania Trump"


def test_two_of_one_name_are_told_apart_by_key_alone():
    register = Register([Person("bush", "George Bush"), Person("bush-2", "George Bush")], PARTIES)
    with pytest.raises(BadInput) as caught:
        found("George Bush", register)
    assert caught.value.code == "person-ambiguous"
    assert found("bush-2", register).person == "bush-2"


BIDEN = Office("USA", "vice president", None, When.parse("2017-01-20").until)
PRESIDENT = Office("USA", "president", When.parse("2021-01-20").first, When.parse("2025-01-20").until)


@pytest.mark.parametrize(
    ("date", "role"),
    [
        ("2016-01-01", "vice president"), ("2017-01-20", "vice president"), ("2017-01-21", ""), ("2021-01-19", ""),
        ("2021-01-20", "president"), ("2025-01-20", "president"), ("2025-01-21", ""), ("2021-01", "president"),
        ("2021-01-19/2021-01-21", "president"), ("2025-01-20T23:59:59Z", "president"),
    ],
)  # fmt: skip
def test_a_role_holds_from_its_first_to_its_last_day(date, role):
    person = Person("biden", "Joe Biden", (), (BIDEN,)).with_office(PRESIDENT, ["Biden"])
    who = Register([person], PARTIES).who("biden", what="`by`", on=When.parse(date))
    assert (who.role, who.party) == (role, "USA" if role else "")


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (None, None),
        (None, "2021-01-20"),
        ("2025-01-20", None),
        ("2022-01-01", "2022-01-02"),
        ("2020-01-01", "2030-01-01"),
    ],
)
def test_two_roles_at_one_time_are_refused_and_the_two_are_named(since, until):
    other = Office(
        "USA", "adviser", When.parse(since).first if since else None, When.parse(until).until if until else None
    )
    with pytest.raises(Refused) as caught:
        Person("biden", "Joe Biden", (), (PRESIDENT,)).with_office(other, ())
    assert caught.value.code == "person-two-roles"
    assert "president" in caught.value.message
    assert "adviser" in caught.value.message


def test_the_same_role_twice_is_one_and_a_role_of_another_day_is_another():
    person = Person("biden", "Joe Biden", ("J",), (PRESIDENT,)).with_office(PRESIDENT, ("J", "JRB"))
    assert (len(person.offices), person.aliases) == (1, ("J", "JRB"))
    assert len(person.with_office(BIDEN, ()).offices) == 2


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.sampled_from("ab")), max_size=6), st.integers(0, 15))
def test_no_moment_ever_has_two_roles(spans, moment):
    person = Person("x", "X")
    for since, length, role in spans:
        try:
            person = person.with_office(Office("USA", role, since, since + length), ())
        except Refused:
            assert any(
                each.role != role and each.since < since + length and since < each.until for each in person.offices
            )
    holding = {each.role for each in person.offices if each.holds(When(moment, moment + 1, "moment"))}
    assert len(holding) <= 1


def test_people_come_from_entries_and_a_second_entry_of_a_key_adds_an_office():
    first = entry("person", key="biden", until="2017-01-20", role="vice president", party="USA")
    second = entry("person", key="biden", role="president", party="USA", aliases=["JRB"], **{"from": "2021-01-20"})
    (person,) = people_of([first, entry("statement"), second]).values()
    assert [office.role for office in person.offices] == ["vice president", "president"]
    assert person.aliases == ("JRB",)
    with pytest.raises(Refused) as caught:
        people_of([first, entry("person", key="biden", role="president")])
    assert caught.value.code == "person-two-roles"


def test_a_further_role_names_whose_it_is():
    first = entry("person", key="biden", until="2017-01-20", role="vice president", party="USA")
    second = entry("person", key="b2", person="biden", role="president", **{"from": "2021-01-20"})
    (person,) = people_of([first, second]).values()
    assert (person.key, [office.role for office in person.offices]) == ("biden", ["vice president", "president"])


def test_nobody_leaves_before_taking_office():
    with pytest.raises(BadInput) as caught:
        people_of([entry("person", key="x", until="2020-01-01", **{"from": "2021-01-01"})])
    assert caught.value.code == "date-invalid"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Donald Trump", "trump-2"), ("Musaed Al-Aiban", "aiban"), ("António Costa", "costa"), ("ŁĄ", "a"),
        ("Володимир Зеленський", "person"), ("_", "person"), ("!!!", "person"), ("x" * 80, "x" * 50), ("Bo_b", "bob"),
        ("Ursula von der Leyen", "leyen"),
    ],
)  # fmt: skip
def test_somebody_new_has_a_key_of_the_last_name(name, key):
    assert person_key(name, {"trump"}) == key


@given(LINES, st.sets(st.sampled_from(["person", "a", "x", "person-2"])))
def test_every_name_has_a_key_that_is_free_and_may_be_one(name, taken):
    key = person_key(name, taken)
    assert key not in taken
    assert entry("person", key=key).key == key


@given(NAMED)
def test_what_is_stored_of_somebody_reads_back_as_it_was(value):
    who = of_value(value, what="somebody")
    assert who.as_value() == value
    assert Stored().who(value, what="somebody", on=ON) == who
    assert str(who).startswith(who.name)


@given(LINES)
def test_every_name_has_an_answer(name):
    with contextlib.suppress(BadInput):
        assert found(name).person or found(name).party


def test_a_name_of_nothing_but_accents_is_nobodys():
    # Folded, it would be the empty name.
    register = Register([Person("x", "\u0301")], PARTIES)
    with pytest.raises(BadInput):
        found("\u0300", register)
