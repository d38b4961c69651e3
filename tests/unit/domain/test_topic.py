import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.errors import BadInput
from relto.domain.topic import DEFAULT_TOPICS, LABEL_MAX, Vocabulary

CONTRACT = """\
topics:
  naval: {labels: [naval, maritime]}
  malware: {types: [malware, tool]}
  phishing: {labels: [phishing], kill_chain_phases: [initial-access], indicator_types: [malicious-activity]}
  quiet: {}
"""
VOCABULARY = Vocabulary.parse(CONTRACT)


def topics(type="indicator", **fields):
    return VOCABULARY.topics_of(type, **fields)


def refusal(text):
    with pytest.raises(BadInput) as caught:
        Vocabulary.parse(text)
    return caught.value


def test_the_topics_of_the_contract_are_read():
    assert VOCABULARY.names == {"naval", "malware", "phishing", "quiet"}
    assert Vocabulary.parse(CONTRACT) == VOCABULARY


@pytest.mark.parametrize(
    "label",
    ["naval", "NAVAL", "naval-ops", "pre-naval", "the naval report", "naval.", "(naval)", "a:naval", "mARITIME"],
)
def test_a_word_in_a_label_puts_its_topic_on(label):
    assert topics(labels=(label,)) == {"naval"}


@pytest.mark.parametrize(
    "label", ["navally", "un_naval", "naval_ops", "naval2", "2naval", "navaл", "navalé", "", "nava l"]
)
def test_a_part_of_a_word_puts_nothing_on(label):
    assert topics(labels=(label,)) == frozenset()


def test_any_part_that_matches_is_enough():
    assert topics(phases=("initial-access",)) == {"phishing"}
    assert topics(indicator_types=("Malicious-Activity",)) == {"phishing"}
    assert topics("tool") == {"malware"}
    assert topics("malware", labels=("x", "phishing", "maritime"), phases=("impact",)) == {
        "malware",
        "naval",
        "phishing",
    }


def test_a_part_is_looked_for_in_its_own_place_only():
    assert topics(labels=("malware", "initial-access", "malicious-activity")) == frozenset()
    assert topics("x-naval", phases=("phishing",), indicator_types=("naval",)) == frozenset()


def test_a_label_names_a_topic_outright():
    assert topics(labels=("topic:quiet",)) == {"quiet"}
    assert topics(labels=("TOPIC:Quiet",)) == {"quiet"}


@pytest.mark.parametrize(
    "label", ["quiet", "topic:", "topic:loud", "topic: quiet", "a topic:quiet", "topic:quiet ", "topic:quiet-x"]
)
def test_another_label_names_none(label):
    assert topics(labels=(label,)) == frozenset()


def test_accents_match_however_they_are_composed():
    vocabulary = Vocabulary.parse("topics: {air: {labels: [défense]}}")
    assert vocabulary.topics_of("report", labels=("DE\u0301FENSE aérienne",)) == {"air"}


def test_letters_without_one_small_form_match_as_well():
    vocabulary = Vocabulary.parse("topics: {road: {labels: [straße]}}")
    assert vocabulary.topics_of("report", labels=("STRASSE 5",)) == {"road"}


def test_words_are_text_and_no_patterns():
    vocabulary = Vocabulary.parse("topics: {c: {labels: ['c++', '.*', 'a|b']}}".replace("'.*', ", ""))
    assert vocabulary.topics_of("report", labels=("in C++ written",)) == {"c"}
    assert vocabulary.topics_of("report", labels=("a",)) == frozenset()


def test_the_longer_of_two_words_is_found_as_well():
    vocabulary = Vocabulary.parse("topics: {a: {labels: [air, air-raid]}, b: {labels: [air-raid warning]}}")
    assert vocabulary.topics_of("report", labels=("air-raid warning",)) == {"a", "b"}
    assert vocabulary.topics_of("report", labels=("air-raids",)) == {"a"}


def test_what_stands_far_into_a_label_puts_nothing_on():
    assert topics(labels=("x " * LABEL_MAX + "naval",)) == frozenset()
    assert topics(labels=("naval " + "x " * LABEL_MAX,)) == {"naval"}


words = st.text("ab_1 -", min_size=1, max_size=4).filter(lambda word: any(map(str.isalnum, word)))


@given(st.lists(words, min_size=1, max_size=3), st.lists(st.text("abAB_1 -:", max_size=8), max_size=3))
def test_it_agrees_with_a_naive_search(wanted, labels):
    listed = ", ".join(f'"{word}"' for word in wanted)
    vocabulary = Vocabulary.parse(f"topics: {{t: {{labels: [{listed}]}}}}")

    def holds(label, word):
        label, word = label.lower(), word.lower()
        places = [m.start() for m in re.finditer(f"(?={re.escape(word)})", label)]
        sides = [(label[at - 1 : at], label[at + len(word) : at + len(word) + 1]) for at in places]
        return any(not re.match(r"\w", side[0]) and not re.match(r"\w", side[1]) for side in sides)

    expected = any(holds(label, word) for label in labels for word in wanted)
    for _ in range(2):  # The second answer is the one that was kept.
        assert (vocabulary.topics_of("report", labels=tuple(labels)) == {"t"}) == expected


def test_no_topics_are_a_vocabulary():
    assert Vocabulary.parse("topics: {}").topics_of("malware", labels=("naval",)) == frozenset()


def test_the_default_vocabulary_is_read_and_knows_the_demonstration():
    vocabulary = Vocabulary.parse(DEFAULT_TOPICS)
    wanted = "early-warning targeting naval air-defence imagery logistics threat-to-life cyber malware phishing"
    assert vocabulary.names >= set(wanted.split())
    for name in vocabulary.names:
        assert name in vocabulary.topics_of("report", labels=(f"topic:{name}",))
    assert "cyber" in vocabulary.topics_of("malware")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "topics:",
        "topics: []",
        "topics: naval",
        "topics: {naval: }",
        "topics: {naval: [naval]}",
        "topics: {naval: {labels: naval}}",
        "topics: {naval: {labels: []}}",
        "topics: {naval: {labels: [1]}}",
        "topics: {naval: {labels: [true]}}",
        "topics: {naval: {labels: [[naval]]}}",
        "topics: {naval: {labels: [--]}}",
        "topics: {naval: {labels: ['']}}",
        "topics: {naval: {labels: [" + "x" * 101 + "]}}",
        "topics: {naval: {label: [naval]}}",
        "topics: {naval: {labels: [naval], labels: [x]}}",
        "topics: {naval: {}, naval: {}}",
        "topics: {}\nmore: {}",
        "topic: {}",
        "naval: {labels: [naval]}",
        "- topics",
        "topics: {}\n---\ntopics: {}",
        "a: &a [x]\ntopics: {naval: {labels: *a}}",
        "topics: !!python/object:os.system {}",
        "topics: {" + ", ".join(f"t{n}: {{}}" for n in range(501)) + "}",
        "topics: " + "[" * 10_000,
        "topics: {naval: {labels: [na",
        "topics: \x00",
    ],
)
def test_a_file_of_another_shape_is_refused(text):
    assert refusal(text).code == "topics-invalid"


@pytest.mark.parametrize("name", ["Naval", "naval ops", "", "nav_al", "море", "a" * 65])
def test_a_name_of_another_grammar_is_refused(name):
    assert refusal(f'topics: {{"{name}": {{}}}}').code == "topic-name-invalid"


def test_an_alias_bomb_is_refused_before_it_grows():
    bomb = "a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a]\n" for n in range(30)) + "topics: {}"
    assert refusal(bomb).code == "topics-invalid"


def test_an_unknown_key_names_the_nearest():
    assert refusal("topics: {naval: {lables: [naval]}}").remedy == "did you mean `labels`?"
