"""Statements: who is quoted with what, in the habits of English papers."""

import pytest
from tests.unit.domain.article.world import of_kind, read, said

TRUMP, ZELENSKYY, PESKOV, RUBIO, MACRON = (
    "Donald Trump",
    "Volodymyr Zelenskyy",
    "Dmitry Peskov",
    "Marco Rubio",
    "Emmanuel Macron",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("“We wait,” Trump said.", [(TRUMP, "We wait")]),
        ("“We wait,” said Trump.", [(TRUMP, "We wait")]),
        ("Trump said: “We wait.”", [(TRUMP, "We wait.")]),
        ('Trump said, "We wait for them."', [(TRUMP, "We wait for them.")]),
        ("‘We wait,’ Trump told reporters on Sunday.", [(TRUMP, "We wait")]),
        ("“We wait,” Trump said, “and we listen.”", [(TRUMP, "We wait, and we listen.")]),
        ("“We wait,” Trump said. “We listen.”", [(TRUMP, "We wait"), (TRUMP, "We listen.")]),
        ("“Do we wait?” asked Trump.", [(TRUMP, "Do we wait?")]),
        ("“We wait!” Trump bellowed.", [(TRUMP, "We wait!")]),
        ("«We wait», said Macron.", [(MACRON, "We wait")]),
        ("Ukrainian President Volodymyr Zelensky said Kyiv was “ready to sign”.", [(ZELENSKYY, "ready to sign")]),
        ("Marco Rubio, the US secretary of state, said he was “not there yet”.", [(RUBIO, "not there yet")]),
        ("The Kremlin spokesman, Dmitry Peskov, called it “a good start”.", [(PESKOV, "a good start")]),
        ("Zelenskyy called the meeting “regrettable”.", [(ZELENSKYY, "regrettable")]),
        ("Macron said the step was “premature”.", [(MACRON, "premature")]),
        ("Trump, who spoke aboard Air Force One, said it was “nearly over”.", [(TRUMP, "nearly over")]),
        ("According to Peskov, the idea was “theatre, no more”.", [(PESKOV, "theatre, no more")]),
        ("It was, in the words of Macron, “a tap”.", [(MACRON, "a tap")]),
        ("In a post on Truth Social, Trump wrote: “We wait.”", [(TRUMP, "We wait.")]),
        ("“We wait,” Zelenskyy wrote on Telegram.", [(ZELENSKYY, "We wait")]),
        ("Trump was blunt: “We wait here.”", [(TRUMP, "We wait here.")]),
        ("Asked about it, Trump replied: “We wait.”", [(TRUMP, "We wait.")]),
        ("Rubio arrived in Jeddah and said the plan had “promise in it”.", [(RUBIO, "promise in it")]),
        ("Trump left for Florida, telling reporters: “We wait.”", [(TRUMP, "We wait.")]),
        ("Peskov was quoted by Interfax as saying it was “too early”.", [(PESKOV, "too early")]),
        ("The plan was rejected by Peskov as “too modest”.", [(PESKOV, "too modest")]),
        ("“We wait,” a White House official said.", [("a White House official", "We wait")]),
        ("“We wait,” said a person familiar with the talks.", [("a person", "We wait")]),
        ("“We wait,” the Kremlin said.", [("the Kremlin", "We wait")]),
        ("“We wait,” Ukraine said.", [("UKR", "We wait")]),
        ("“We wait,” said Ada Vell, head of the harbour board.", [("Ada Vell", "We wait")]),
        ("“We wait,” Gen. Ada Vell said.", [("Ada Vell", "We wait")]),
        ("“We wait,” Ursula von der Leyen said.", [("Ursula von der Leyen", "We wait")]),
        ("“We wait,” Gen Abdel Fattah al-Burhan said.", [("Abdel Fattah al-Burhan", "We wait")]),
        ("US imagery firm Maxar said access was “temporarily suspended”.", [("Maxar", "temporarily suspended")]),
        ("The joint statement said: “We wait.”", [("the joint statement", "We wait.")]),
        ("“He told me: ‘We wait,’” Rubio said.", [(RUBIO, "He told me: ‘We wait,’")]),
    ],
)
def test_a_quotation_has_the_speaker_whom_its_sentence_gives_it(text, found):
    assert said(text) == found


@pytest.mark.parametrize(
    ("paragraphs", "found"),
    [
        (["Marco Rubio spoke in Jeddah.", "“We wait,” he said."], [(RUBIO, "We wait")]),
        (["Ada Vell spoke in Jeddah.", "“We wait,” she said."], [("Ada Vell", "We wait")]),
        (["Trump met Zelenskyy.", "“We wait,” the Ukrainian president said."], [(ZELENSKYY, "We wait")]),
        (["Trump met Zelenskyy.", "“We wait,” the US president said."], [(TRUMP, "We wait")]),
        (["“We wait,” Ada Vell said.", "“We listen.”"], [("Ada Vell", "We wait"), ("Ada Vell", "We listen.")]),
        (["Ada Vell put it simply:", "“We wait for them.”"], [("Ada Vell", "We wait for them.")]),
        (["“We wait.", "“And we listen,” Vell said."], [("Vell", "We wait. And we listen")]),
        (
            ["“We wait,” said Ada Vell. “We listen.", "“We learn.”"],
            [("Ada Vell", "We wait"), ("Ada Vell", "We listen. We learn.")],
        ),
        (
            ["“A,” a US official said.", "“B and C,” the official added."],
            [("a US official", "A"), ("a US official", "B and C")],
        ),
        (["Ada Vell of Northgate Bank left.", "“We wait,” said Vell."], [("Ada Vell", "We wait")]),
    ],
)
def test_a_quotation_has_the_speaker_whom_the_sentences_before_give_it(paragraphs, found):
    assert said(*paragraphs) == found


@pytest.mark.parametrize(
    "text",
    [
        "The so-called “Four Eyes” plan is dead.",
        "The film “The Long Winter” won.",
        "Her book, “Ledgers of Doubt”, sold well.",
        "The “hotline” would stay open, Rubio said.",
        "Material marked “Rel UKR” was withheld, officials said.",
        "The word “patient” occurs twice.",
        "It should say “thank you” less often.",
        "“Nobody knows who says this.”",
        "A sign read “Closed until further notice”.",
        "They call it “home”.",
    ],
)
def test_titles_terms_and_signs_are_nobodys_words(text):
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("The Kremlin said that it had time.", "the Kremlin"),
        ("Peskov denied that Moscow had asked for it.", PESKOV),
        ("The pause was partial, two officials told a newspaper.", "two officials"),
        ("The pause goes on, said a person briefed on it.", "a person"),
        ("According to Zelenskyy, the talks went well.", ZELENSKYY),
        ("Rubio added that he would go to Jeddah.", RUBIO),
    ],
)
def test_what_is_reported_is_a_statement_in_the_reporter_s_words(text, who):
    (found,) = of_kind("statement", text)
    assert (found.speaker.label, found.words, found.paraphrase) == (who, "", text)


@pytest.mark.parametrize(
    "text",
    [
        "Trump asked for time.",
        "Reporters were told to wait.",
        "He has nothing to say to them.",
        "The states agreed to wait.",
        "Nobody could say why.",
        "The claims were false.",
        "It is easier said than done.",
    ],
)
def test_where_nobody_says_anything_nothing_is_proposed(text):
    assert of_kind("statement", text) == []


@pytest.mark.parametrize(
    ("text", "date", "place"),
    [
        ("“We wait,” Trump said on Sunday.", "2025-03-09", ""),
        ("“We wait,” Trump told reporters aboard Air Force One on Sunday.", "2025-03-09", "Air Force One"),
        ("On Monday, Trump said it was “over and done”.", "2025-03-10", ""),
        ("Speaking in Jeddah, Rubio said it was “over and done”.", "2025-03-12", "Jeddah"),
        ("Rubio said on Monday that talks would be held on Friday.", "2025-03-10", ""),
        ("Rubio said talks would be held on Friday.", "2025-03-12", ""),
    ],
)
def test_a_statement_has_the_day_and_the_place_of_the_saying(text, date, place):
    (found,) = of_kind("statement", text)
    assert (found.date, found.place) == (date, place)


def test_a_stranger_is_named_as_unknown():
    (found,) = read("“We wait,” said Finnish President Alexander Stubb.")
    assert found.speaker.name == "Alexander Stubb"
    assert found.speaker.role == "President"
    assert found.unknown == ("Finland", "Alexander Stubb")


def test_somebody_known_is_given_by_key_whatever_the_spelling():
    (found,) = read("“We wait,” Zelenskiy said.")
    assert found.speaker.key == "zelenskyy"
    assert found.as_entry()["speaker"] == "zelenskyy"


def test_a_relative_of_somebody_known_is_somebody_else():
    (found,) = read("“We wait,” Melania Trump said.")
    assert (found.speaker.name, found.speaker.key) == ("Melania Trump", "")
