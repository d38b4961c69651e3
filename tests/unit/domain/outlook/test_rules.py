"""Rules: what people may write, how it is refused, and that whatever is seen has one judgement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.errors import BadInput
from relto.domain.moment import DAY_US
from relto.domain.outlook.rules import (
    CODE,
    JUDGEMENTS,
    RULES_MAX,
    Rule,
    Rules,
    Word,
    default_rules,
    wanted_words,
)
from relto.domain.outlook.signs import CHOICES, NUMBERS, SIGNS, Sign, Spans

LAST = "{rule: nothing, judgement: not in sight, when: {}}"


def rules(*written: str, before: str = "") -> Rules:
    return Rules.parse(f"{before}\nrules: [{', '.join((*written, LAST))}]")


def refused(text: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        Rules.parse(text)
    assert caught.value.code == CODE
    return caught.value


def judged(of: Rules, **values):
    return of.judged({name: Sign(name, value) for name, value in values.items()})


def test_the_rules_that_hold_where_nobody_wrote_others_are_in_the_order_of_their_judgements():
    levels = [rule.level for rule in default_rules().rules]
    assert levels == sorted(levels, reverse=True)
    assert {rule.judgement for rule in default_rules().rules} == set(JUDGEMENTS)
    assert default_rules().spans == Spans()


def test_every_sign_is_a_number_a_choice_or_yes_or_no_and_says_what_it_is():
    assert set(SIGNS) >= NUMBERS | set(CHOICES)
    assert all(SIGNS.values())


def test_a_file_is_read_in_full():
    made = rules(
        "{rule: a, judgement: close, when: {lifted: false, talks_ahead_at_least: 2, last_word: none, conditions: 3}}",
        before="recent: 36h\nahead: 2w\nroles: [president, secretary of state]",
    )
    assert made.spans == Spans(36 * DAY_US // 24, 14 * DAY_US, ("president", "secretary of state"))
    assert [word.text for word in made.rules[0].when] == [
        "lifted: false", "talks_ahead_at_least: 2", "last_word: none", "conditions: 3",
    ]  # fmt: skip
    assert [rule.name for rule in made.rules] == ["a", "nothing"]


@pytest.mark.parametrize(
    ("written", "message", "remedy"),
    [
        ("{judgement: open, when: {}}", "a rule has no `rule`", ""),
        ("{rule: a, when: {}}", "a rule has no `judgement`", ""),
        ("{rule: a, judgement: open}", "a rule has no `when`", ""),
        ("{rule: a, judgement: opne, when: {}}", "`opne` is no judgement", "did you mean `open`?"),
        ("{rule: a, judgement: [open], when: {}}", "`['open']` is no judgement", "did you mean `open`?"),
        ("{rule: a, judgement: 3, when: {}}", "`3` is no judgement", "known are: "),
        ('{rule: "", judgement: open, when: {}}', "the name of a rule is empty", ""),
        (f"{{rule: {'a' * 65}, judgement: open, when: {{}}}}", "the name of a rule has 65 characters", ""),
        ('{rule: "a\\eb", judgement: open, when: {}}', "the name of a rule holds the control character U+001B", ""),
        ("{rule: 3, judgement: open, when: {}}", "the name of a rule must be text", 'put it in quotes: "3"'),
        ("{rule: a, judgement: open, when: []}", "`when` of rule `a` must be a mapping", "write when: {lifted: true}"),
        (
            "{rule: a, judgement: open, when: {lited: true}}",
            "rule `a` asks for the sign `lited`",
            "did you mean `lifted`?",
        ),
        ("{rule: a, judgement: open, when: {moved_at_most_at_least: 1}}", "asks for the sign", "known are: "),
        ("{rule: a, judgement: open, when: {_at_least: 1}}", "asks for the sign `_at_least`", "known are: "),
        (
            "{rule: a, judgement: open, when: {lifted_at_least: 1}}",
            "`lifted` is no number, and has no bound",
            "write lifted: …",
        ),
        ("{rule: a, judgement: open, when: {last_word_at_most: 1}}", "`last_word` is no number", "write last_word: …"),
        ("{rule: a, judgement: open, when: {moved: true}}", "`moved` has to be a whole number, not `true`", ""),
        ("{rule: a, judgement: open, when: {moved_at_least: many}}", "has to be a whole number, not `many`", ""),
        ("{rule: a, judgement: open, when: {moved_at_least: 1.5}}", "has to be a whole number, not `1.5`", ""),
        ("{rule: a, judgement: open, when: {moved_at_least: 99999999999}}", "has to be a whole number", ""),
        ("{rule: a, judgement: open, when: {last_word: nigher}}", "`last_word` is one of nearer, further, none", ""),
        ("{rule: a, judgement: open, when: {last_word: [nearer]}}", "`last_word` is one of nearer, further, none", ""),
        ("{rule: a, judgement: open, when: {lifted: 1}}", "`lifted` is true or false, not `1`", ""),
        ("{rule: a, judgement: open, when: {lifted: yes}}", "`lifted` is true or false, not `yes`", ""),
        ("{rule: a, judgement: open, when: {lifted: }}", "`lifted` is true or false", ""),
        ("{rule: a, judgement: open, when: {}, then: x}", "a rule has no key `then`", "did you mean `when`?"),
        ("{rule: nothing, judgement: open, when: {lifted: true}}", "two rules are called `nothing`", ""),
        ("lifted", "a rule must be a mapping", ""),
    ],
)
def test_a_rule_that_means_nothing_is_refused_by_what_is_wrong_with_it(written, message, remedy):
    error = refused(f"rules: [{written}, {LAST}]")
    assert message in error.message
    assert error.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("", "the file is empty", ""),
        ("[]", "the file must be a mapping", ""),
        ("rules: []", f"`rules` must be a list of 1 to {RULES_MAX}", ""),
        ("rules: {}", "`rules` must be a list of 1 to", ""),
        ("recent: 7d", "`rules` must be a list of 1 to", ""),
        (
            "rules: [{rule: a, judgement: open, when: {lifted: true}}]",
            "the last rule has to hold always",
            "end with when: {}",
        ),
        (f"rules: [{LAST}]\nrule: 3", "the file has no key `rule`", "did you mean `rules`?"),
        (f"rules: [{LAST}]\nroles: president", "`roles` must be a list of words", ""),
        (f"rules: [{LAST}]\nroles: [3]", "an entry of `roles` must be text", 'put it in quotes: "3"'),
        (f"rules: [{LAST}]\nrecent:", "`recent` of the file has no value", "leave it out, or give it one"),
        *(
            (f"rules: [{LAST}]\n{name}: {value}", f"`{name}` is `{value}`, and no duration", "write 7d")
            for name in ("recent", "ahead")
            for value in ("7", "0d", "-7d", "d", "soon", "2025-03-01T00:00:00Z", "2025-03-01", "7 d", "7D", "٧d", "7y")
        ),
        ("rules: [&a {}, *a]", "anchors are not read", ""),
        ("rules: [!!python/object:os.system {}]", "tags are not read", ""),
        ("rules: [\x00]", "this is no YAML", ""),
        ("x" * 100_000, "the file has 100000 characters", ""),
        ("rules: " + "[" * 100, "nested deeper than", ""),
    ],
)
def test_a_file_that_is_none_is_refused_by_what_is_wrong_with_it(text, message, remedy):
    error = refused(text)
    assert message in error.message
    assert error.remedy.startswith(remedy)


def test_there_are_so_many_rules_at_most():
    many = [f"{{rule: r{number}, judgement: open, when: {{lifted: true}}}}" for number in range(RULES_MAX)]
    assert len(rules(*many[1:]).rules) == RULES_MAX
    assert "must be a list of 1 to" in refused(f"rules: [{', '.join((*many, LAST))}]").message


@pytest.mark.parametrize(
    ("word", "value", "holds"),
    [
        (Word("moved", 2), 2, True),
        (Word("moved", 2), 3, False),
        (Word("moved", 2, "at_least"), 2, True),
        (Word("moved", 2, "at_least"), 1, False),
        (Word("moved", 2, "at_most"), 2, True),
        (Word("moved", 2, "at_most"), 3, False),
        (Word("moved", 0, "at_most"), None, False),
        (Word("moved", 0, "at_least"), None, False),
        (Word("moved", 0), None, False),
        (Word("lifted", True), True, True),
        (Word("lifted", False), True, False),
        (Word("last_word", "none"), "none", True),
        (Word("last_word", "none"), "nearer", False),
    ],
)
def test_a_word_holds_where_the_sign_has_its_value_or_keeps_its_bound_and_none_holds_of_no_value(word, value, holds):
    assert word.holds({word.sign: Sign(word.sign, value)}) is holds
    assert not word.holds({})


def test_the_first_rule_whose_words_all_hold_gives_the_judgement_whatever_comes_after():
    made = rules(
        "{rule: both, judgement: close, when: {moved_at_least: 1, lifted: false}}",
        "{rule: one, judgement: imminent, when: {moved_at_least: 1}}",
    )
    assert judged(made, moved=1, lifted=False).rule.name == "both"
    assert judged(made, moved=1, lifted=True).rule.name == "one"
    assert judged(made, moved=0, lifted=False).judgement == "not in sight"
    assert judged(made).rule.name == "nothing"


def test_what_would_move_it_are_the_ways_to_the_next_better_judgement_the_shortest_first():
    made = default_rules()
    found = judged(made, lifted=False, resume_proposed=False, resume_scheduled=False, moved=0, talks_ahead=0,
                   last_word="none", conditions=0, unsettled=0)  # fmt: skip
    assert found.judgement == "not in sight"
    assert [(mover.rule.name, [word.text for word in mover.lacks]) for mover in found.movers] == [
        ("moved", ["moved_at_least: 1"]),
        ("talks", ["talks_ahead_at_least: 1"]),
        ("said", ["last_word: nearer"]),
    ]
    found = judged(made, moved=1, moved_percent=25, talks_ahead=1, last_word="none")
    # What holds of them already is not named.
    assert [(mover.rule.name, [word.text for word in mover.lacks]) for mover in found.movers] == [
        ("said-and-talks", ["last_word: nearer"]),
        ("said-and-moved", ["last_word: nearer", "moved_percent_at_least: 50"]),
    ]


def test_nothing_would_move_what_is_done():
    assert judged(default_rules(), lifted=True).movers == ()


def test_a_better_rule_that_holds_already_and_comes_too_late_is_nothing_to_bring_about():
    made = rules(
        "{rule: early, judgement: open, when: {moved_at_least: 1}}",
        "{rule: late, judgement: likely, when: {moved_at_least: 1}}",
        "{rule: other, judgement: close, when: {lifted: true}}",
    )
    found = judged(made, moved=1, lifted=False)
    assert (found.judgement, [mover.rule.name for mover in found.movers]) == ("open", ["other"])


HOW = st.sampled_from(["is", "at_least", "at_most"])
WORDS = st.one_of(
    st.builds(Word, st.sampled_from(sorted(NUMBERS)), st.integers(-3, 3), HOW),
    st.builds(Word, st.sampled_from(["lifted", "resume_proposed"]), st.booleans()),
    st.builds(Word, st.just("last_word"), st.sampled_from(CHOICES["last_word"])),
)  # fmt: skip
VALUES = {
    name: st.none() | (st.integers(-3, 3) if name in NUMBERS else st.booleans() if name not in CHOICES else
                       st.sampled_from(CHOICES[name]))
    for name in SIGNS
}  # fmt: skip
SEEN = st.fixed_dictionaries({}, optional={name: st.builds(Sign, st.just(name), each) for name, each in VALUES.items()})
JUDGED = st.sampled_from(JUDGEMENTS)
RULES = st.builds(
    lambda listed, last: Rules((*listed, Rule("last", last, ())), Spans()),
    st.lists(st.builds(Rule, st.text(min_size=1), JUDGED, st.lists(WORDS, max_size=3).map(tuple)), max_size=6),
    JUDGED,
)


@given(RULES, SEEN)
def test_whatever_is_seen_has_one_judgement_that_of_the_first_rule_that_holds(made, seen):
    found = made.judged(seen)
    place = next(place for place, rule in enumerate(made.rules) if all(word.holds(seen) for word in rule.when))
    assert (found.rule, found.judgement) == (made.rules[place], made.rules[place].judgement)


@given(RULES, SEEN)
def test_what_would_move_it_is_better_lacks_something_and_is_all_of_one_judgement(made, seen):
    found = made.judged(seen)
    for mover in found.movers:
        assert mover.rule.level > found.rule.level
        assert mover.lacks
        assert set(mover.lacks) == {word for word in mover.rule.when if not word.holds(seen)}
    assert len({mover.rule.judgement for mover in found.movers}) <= 1
    lengths = [len(mover.lacks) for mover in found.movers]
    assert lengths == sorted(lengths)


@given(RULES, SEEN)
def test_every_word_that_lacks_has_a_phrase(made, seen):
    for mover in made.judged(seen).movers:
        phrases = wanted_words(mover.lacks, seen)
        assert len(phrases) == len(mover.lacks)
        assert all(phrase.strip() and "None" not in phrase for phrase in phrases)


@pytest.mark.parametrize(
    ("word", "sign", "phrase"),
    [
        (Word("resume_proposed", True), Sign("resume_proposed", False), "a resume is proposed"),
        (Word("resume_scheduled", True), None, "a resume is approved for a moment ahead"),
        (Word("lifted", True), Sign("lifted", False), "it is lifted"),
        (Word("last_word", "nearer"), Sign("last_word", "none"), "somebody with authority says that its end is nearer"),
        (Word("talks_ahead", 1, "at_least"), Sign("talks_ahead", 0), "talks are announced"),
        (Word("moved", 1, "at_least"), Sign("moved", 0), "a condition is claimed, met or waived"),
        (
            Word("moved", 2, "at_least"),
            Sign("moved", 1),
            "conditions that are met, waived or claimed: at least 2 (now 1)",
        ),
        (
            Word("unsettled", 0, "at_most"),
            Sign("unsettled", 2, ("condition 1", "condition 3")),
            "all conditions are met or waived (still open: condition 1, condition 3)",
        ),
        (
            Word("approvals_missing", 1, "at_most"),
            Sign("approvals_missing", 2),
            "no more than 1 approval is missing (now 2)",
        ),
        (
            Word("approvals_missing", 2, "at_most"),
            Sign("approvals_missing", None),
            "no more than 2 approvals are missing (now none asked for)",
        ),
        (
            Word("ends_within_days", 2, "at_most"),
            Sign("ends_within_days", None),
            "days until the pause ends by itself, or the approved resume comes: at most 2 (now none)",
        ),
    ],
)
def test_what_would_have_to_come_about_is_said_in_words(word, sign, phrase):
    assert wanted_words([word], {} if sign is None else {word.sign: sign}) == [phrase]
