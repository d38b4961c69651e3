"""Cases over the API: every route, bodies of strangers, what each role gets, and `relto --url`."""

from __future__ import annotations

import json
import uuid

import pytest
from tests.conformance.served import PASSWORD, serving
from tests.faces.api.conftest import assert_problem, client, open_accounts

from relto.domain.record.schema import file_schema
from relto.faces.verbs.registry import PREFIX

CASES = f"{PREFIX}/cases"
SAID = {
    "kind": "statement",
    "date": "2025-03-09",
    "speaker": {"name": "Donald Trump", "party": "USA"},
    "words": "Almost",
}


@pytest.fixture
def case(api):
    """A case of its own, by id."""
    name = f"c{uuid.uuid4().hex[:12]}"
    with client(api, "officer") as http:
        assert http.post(CASES, json={"case": name, "title": "The pause"}).status_code == 200
        added = http.post(f"{CASES}/{name}/entries", json={"entries": [SAID, {**SAID, "words": "We do not"}]})
        assert added.status_code == 200, added.text
    return name


def entries(api, case, name="officer"):
    with client(api, name) as http:
        return http.get(f"{CASES}/{case}").json()["entries"]


def test_every_route_answers(api_of_each):
    api = api_of_each
    with client(api, "officer") as http:
        opened = http.post(CASES, json={"case": "a", "title": "x", "agreements": ["usa-ukr"], "parties": ["UKR"]})
        assert opened.json().items() >= {"case": "a", "party": "USA", "added": 0}.items()
        added = http.post(f"{CASES}/a/entries", json={"entries": [SAID]}).json()
        assert [each["key"] for each in added["entries"]] == ["01"]
        corrected = http.post(f"{CASES}/a/entries/01/correct", json={"because": "x", "changes": {"words": "No"}}).json()
        assert corrected["entries"][0]["corrects"] == "01"
        linked = http.post(f"{CASES}/a/entries/02/link", json={"agreements": ["usa-ukr"]}).json()
        assert linked["entries"][0]["kind"] == "link"
        assert [each["case"] for each in http.get(CASES).json()] == ["a"]
        assert len(http.get(f"{CASES}/a").json()["entries"]) == 3
        assert http.get(f"{CASES}/a/entries/01").json()["corrected_by"] == "02"
        timeline = http.get(f"{CASES}/a/timeline", params={"kinds": ["statement", "deal"], "parties": "USA"}).json()
        assert [each["key"] for each in timeline["entries"]] == ["02"]
        assert http.get(f"{CASES}/a/timeline", params={"at": "2025-03-10"}).json()["told_later"] is True
        for form in ("yaml", "json", "stix"):
            text = http.get(f"{CASES}/a/export", params={"form": form}).json()["file"]
            taken = http.post(f"{CASES}/import", json={"files": [text]}).json()
            assert [(each["added"], each["known"]) for each in taken] == [(0, 3)]
    assert file_schema()["required"] == ["case"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nil", None, 404, "case-unknown"),
        ("GET", "/nil/timeline", None, 404, "case-unknown"),
        ("GET", "/nil/export", None, 404, "case-unknown"),
        ("GET", "/{case}/entries/99", None, 404, "entry-unknown"),
        ("GET", "/{case}?at=nonsense", None, 400, "when-invalid"),
        ("GET", "/{case}?at=2099-01-01", None, 400, "when-ahead"),
        ("GET", "/{case}/timeline?kinds=speech", None, 400, "entry-invalid"),
        ("GET", "/{case}/export?form=pdf", None, 422, "request-invalid"),
        ("GET", "/{case}?x=1", None, 422, "request-invalid"),
        ("POST", "", {}, 422, "request-invalid"),
        ("POST", "", {"case": "{case}", "title": "x"}, 409, "case-exists"),
        ("POST", "", {"case": "A b", "title": "x"}, 400, "case-id-invalid"),
        ("POST", "", {"case": "b", "title": "a\nb"}, 400, "entry-invalid"),
        ("POST", "", {"case": "b", "title": "x", "topics": "naval"}, 422, "request-invalid"),
        ("POST", "", {"case": "b", "title": "x", "secret": 1}, 422, "request-invalid"),
        ("POST", "/{case}/entries", {}, 422, "request-invalid"),
        ("POST", "/{case}/entries", {"entries": "x"}, 422, "request-invalid"),
        ("POST", "/{case}/entries", {"entries": ["x"]}, 422, "request-invalid"),
        ("POST", "/{case}/entries", {"entries": [{}]}, 400, "entry-invalid"),
        ("POST", "/{case}/entries", {"entries": [{"kind": ["statement"]}]}, 400, "entry-invalid"),
        ("POST", "/{case}/entries", {"entries": [{**SAID, "words": {"a": [1]}}]}, 400, "entry-invalid"),
        ("POST", "/{case}/entries", {"entries": [{**SAID, "confidence": [[[[]]]]}]}, 400, "entry-invalid"),
        ("POST", "/{case}/entries", {"entries": [{**SAID, "text": None}]}, 400, "entry-invalid"),
        ("POST", "/{case}/entries", {"entries": [{**SAID, "key": 1e300}]}, 400, "entry-key-invalid"),
        ("POST", "/{case}/entries", {"entries": [{**SAID, "speaker": "Nobody"}]}, 400, "person-unknown"),
        ("POST", "/{case}/entries", {"entries": [{**SAID, "pauses": ["998"]}]}, 404, "pause-unknown"),
        ("POST", "/{case}/entries/01/correct", {"because": "x", "changes": {"date": None}}, 400, "entry-invalid"),
        ("POST", "/{case}/entries/01/correct", {"changes": {}}, 422, "request-invalid"),
        ("POST", "/{case}/entries/01/correct", {"because": "x", "changes": []}, 422, "request-invalid"),
        ("POST", "/{case}/entries/99/correct", {"because": "x"}, 404, "entry-unknown"),
        ("POST", "/{case}/entries/01/link", {"relation": "denies", "other": "02"}, 422, "request-invalid"),
        ("POST", "/{case}/entries/01/link", {}, 400, "entry-invalid"),
        ("POST", "/import", {"files": []}, None, None),
        ("POST", "/import", {"files": ["{"]}, 400, "case-file-invalid"),
        ("POST", "/import", {"files": [7]}, 422, "request-invalid"),
        ("POST", "/import", {"files": ["case: x\ntitle: y\nentries: [{kind: speech}]"]}, 400, "entry-invalid"),
        ("DELETE", "/{case}", None, 405, "method-unknown"),
        ("PUT", "/{case}/entries/01", {}, 405, "method-unknown"),
    ],
    ids=range(38),
)
def test_what_cannot_be_is_refused_in_one_shape_and_changes_nothing(api, case, method, path, body, status, code):
    before = entries(api, case)
    text = None if body is None else json.dumps(body).replace("{case}", case)
    headers = {"content-type": "application/json"} if text else {}
    with client(api, "officer") as http:
        answer = http.request(method, CASES + path.replace("{case}", case), content=text, headers=headers)
    if status is None:
        assert answer.json() == []
    else:
        assert_problem(answer, status, code)
    assert entries(api, case) == before


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b'{"entries": [{"kind": "statement", "kind": "talks"}]}', 400),
        (b'{"entries": [{"kind": NaN}]}', 400),
        (b'{"entries": ' + b"[" * 100_000, 400),
        (b'{"entries": [{"kind": ' + b"[" * 500 + b"]" * 500 + b"}]}", 400),
        (b'{"entries": [{"key": 1' + b"0" * 10_000 + b"}]}", 400),
        (b'{"entries": [{"kind": "\\ud800"}]}', 400),
        (b'{"entries": [{"kind": "statement", "words": "' + b"x" * 5_000_000 + b'"}]}', 413),
        (b"\xff\xfe", 400),
    ],
    ids=range(9),
)
def test_a_hostile_body_is_refused_and_nothing_is_recorded(api, case, content, status):
    before = entries(api, case)
    with client(api, "officer") as http:
        answer = http.post(f"{CASES}/{case}/entries", content=content, headers={"content-type": "application/json"})
    assert_problem(answer, status)
    assert entries(api, case) == before


def test_an_act_that_is_sent_twice_under_one_key_is_done_once(api, case):
    with client(api, "officer", **{"idempotency-key": uuid.uuid4().hex}) as http:
        answers = [http.post(f"{CASES}/{case}/entries", json={"entries": [SAID]}) for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
        other = http.post(f"{CASES}/{case}/entries", json={"entries": [{**SAID, "words": "else"}]})
        assert_problem(other, other.status_code)
        assert other.status_code in {409, 422}
    assert len(entries(api, case)) == 3


@pytest.mark.parametrize(
    ("name", "sees", "keeps"),
    [
        ("officer", True, None), ("chief", True, None), ("bureau", True, None), ("approver", True, "role-missing"),
        ("auditor", True, "role-missing"), ("reader", False, "case-unknown"), ("contributor", False, "case-unknown"),
        ("foreign", False, "case-unknown"), ("london", False, "case-unknown"),
    ],
)  # fmt: skip
def test_each_role_sees_and_keeps_what_it_may(api, case, name, sees, keeps):
    with client(api, name) as http:
        listed = http.get(CASES).json()
        assert (case in {each["case"] for each in listed}) == sees
        assert http.get(f"{CASES}/{case}").status_code == (200 if sees else 404)
        answer = http.post(f"{CASES}/{case}/entries", json={"entries": [SAID]})
        if keeps:
            assert_problem(answer, answer.status_code, keeps)
        else:
            assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("name", ["reader", "contributor", "foreign", "london"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/{case}", None), ("GET", "/{case}/timeline", None), ("GET", "/{case}/export", None),
        ("GET", "/{case}/entries/01", None), ("POST", "/{case}/entries", {"entries": [SAID]}),
        ("POST", "/{case}/entries/01/correct", {"because": "x"}),
        ("POST", "/{case}/entries/01/link", {"pauses": ["1"]}),
        ("POST", "/import", {"files": ["{case: {case}, title: x, party: USA, entries: []}"]}),
    ],
)  # fmt: skip
def test_a_case_that_an_account_may_not_see_looks_like_one_that_is_not_there(api, case, name, method, path, body):
    def asked(named):
        text = None if body is None else json.dumps(body).replace("{case}", named)
        headers = {"content-type": "application/json"} if text else {}
        with client(api, name) as http:
            answer = http.request(method, CASES + path.replace("{case}", named), content=text, headers=headers)
        value = json.loads(answer.text.replace(named, "NAME"))
        value.pop("error_id")
        return answer.status_code, value

    assert asked(case) == asked("c00000000nil")


SAME = [
    ("case", "list"), ("case", "show", "a"), ("case", "show", "a", "01"), ("case", "timeline", "a"),
    ("case", "timeline", "a", "--kind", "statement", "--kind", "deal", "--party", "USA"),
    ("case", "show", "a", "--at", "2025-03-10"), ("case", "export", "a"), ("case", "export", "a", "--form", "json"),
    ("case", "show", "USA:a"), ("case", "show", "nil"), ("case", "show", "a", "99"), ("case", "show", "a:b"),
    ("case", "timeline", "a", "--kind", "speech"), ("case", "add", "a", "statement", "words=x"),
    ("case", "correct", "a", "99", "--because", "x"), ("case", "link", "a", "01", "about", "99"),
    ("case", "open", "a", "--title", "x"), ("case", "add", "a", "speech"),
]  # fmt: skip


def test_cases_are_kept_and_asked_for_over_the_network_as_on_the_machine(relto, tmp_path, monkeypatch):
    folder = tmp_path / "served"
    with serving(folder, f"sqlite:///{tmp_path / 'relto.db'}") as served:
        open_accounts(served)
        monkeypatch.setenv("RELTO_PASSWORD", PASSWORD)
        monkeypatch.setenv("RELTO_DATABASE_URL", f"sqlite:///{tmp_path / 'relto.db'}")
        remote, local = ("--url", served.base, "--user", "chief"), ("--data", str(folder), "--as", "chief")

        def ask(*words, stdin=""):
            answer = relto(*remote, *words, stdin=stdin)
            assert answer.status == 0, answer
            return answer.document

        ask("case", "open", "a", "--title", "x", "--about", "UKR")
        ask("case", "add", "a", "person", "name=Donald Trump", "party=USA", "role=president")
        added = ask("case", "add", "a", "statement", "date=2025-03-09", "speaker=trump", "words=Almost", "source=AP")
        assert added["entries"][0]["speaker"]["role"] == "president"
        ask("case", "correct", "a", "01", "words=No", "--because", "misheard")
        ask("case", "link", "a", "02", "about", "trump")
        text = ask("case", "export", "a")["file"]
        assert ask("case", "import", "-", stdin=text)[0]["known"] == 4
        for words in SAME:
            answers = []
            for way in (local, remote):
                answer = relto(*way, *words)
                # Where none is asked for, the moment is that of the answer.
                value = {**answer.document, "at": None} if "at" in answer.document else answer.document
                answers.append((answer.status, value))
            assert answers[1] == answers[0], words
