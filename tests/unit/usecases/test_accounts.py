"""What an account comes in by, what that leaves of its rights, and when it is over."""

import datetime as dt

import pytest
from tests.actors import ADMIN
from tests.fakes.authority import Authority, der
from tests.fakes.store import FakeStore
from tests.simulation.world import World

from relto.domain.actor import Actor
from relto.domain.errors import BadInput, Conflict, Refused, Unknown
from relto.usecases import accounts
from relto.usecases.accounts import Gatekeeper, Sessions
from relto.usecases.accounts.rows import CREDENTIALS_MAX

HOUR = 3_600_000_000
ISSUER = "https://id.example.org"


class Case:
    """A world with one account, and two processes that let people in."""

    def __init__(self):
        self.world = World(FakeStore())
        self.node = self.world.node
        self.world.account("kyiv", "UKR", "reader", "contributor", "officer", "admin")
        self.gates = [Gatekeeper(self.node, cache_seconds=60, key=bytes([n])) for n in range(2)]
        self.sessions = [
            Sessions(self.node, gate, key=b"key", idle_us=HOUR, longest_us=10 * HOUR) for gate in self.gates
        ]

    def __getattr__(self, name):
        act = getattr(accounts, name)
        return lambda *given, **named: act(self.node, self.world.desk, *given, by=ADMIN, **named)

    def pass_(self, microseconds):
        self.world.clock.moment += microseconds

    def by_token(self, token):
        first, second = (gate.by_token(token) for gate in self.gates)
        assert first == second
        return first

    def ids(self):
        return [row.id for row in accounts.list_credentials(self.node, "kyiv", "token")[0]]


@pytest.fixture
def case():
    return Case()


def code_of(kind, action, /, *given, **named):
    with pytest.raises(kind) as caught:
        action(*given, **named)
    return caught.value.code


# Tokens.


def test_an_account_has_as_many_tokens_as_are_made_for_it(case):
    tokens = [case.add_token("kyiv", label=f"laptop {n}")[1] for n in range(3)]
    entries = [case.by_token(token) for token in tokens]
    assert [(entry.account.name, entry.how, entry.credential) for entry in entries] == [
        ("kyiv", "token", n) for n in (1, 2, 3)
    ]
    case.revoke_credential("kyiv", "2", kind="token")
    assert [case.by_token(token) is not None for token in tokens] == [True, False, True]


def test_a_token_is_refused_from_its_expiry_on_by_the_clock_of_the_request(case):
    _, token = case.add_token("kyiv", expires_at=case.world.now + HOUR)
    case.pass_(HOUR - 1)
    assert case.by_token(token) is not None
    # Nothing was written since: only the clock says so.
    case.pass_(1)
    assert case.by_token(token) is None
    head = case.node.store.head()
    assert case.gates[0].by_token(token, head) is None


@pytest.mark.parametrize(
    ("scopes", "roles"),
    [
        (["read"], ("reader",)),
        (["write"], ("contributor",)),
        (["act"], ("officer",)),
        (["read", "admin"], ("reader", "admin")),
        ([], ("reader", "contributor", "officer", "admin")),
    ],
)
def test_a_token_leaves_those_roles_that_its_scopes_are_for(case, scopes, roles):
    _, token = case.add_token("kyiv", scopes=scopes)
    entry = case.by_token(token)
    assert entry.account.roles == roles
    assert entry.actor.roles == frozenset(roles)
    assert (entry.actor.account, entry.actor.party, entry.actor.how) == ("kyiv", "UKR", "token")


def test_a_scope_gives_no_role_that_the_account_does_not_have(case):
    case.world.account("lviv", "UKR", "reader")
    _, token = case.add_token("lviv", scopes=["read", "write", "act", "admin"])
    assert case.by_token(token).account.roles == ("reader",)


def test_who_came_in_with_few_scopes_makes_no_token_with_more(case):
    assert code_of(Refused, case.add_token, "kyiv", scopes=["read", "admin"], within={"read"}) == "scope-wider"
    assert code_of(Refused, case.add_token, "kyiv", within=()) == "scope-wider"
    row, token = case.add_token("kyiv", within={"read"})
    assert row.scopes == ("read",)
    assert case.by_token(token).account.roles == ("reader",)


def test_who_came_in_with_few_scopes_gives_nobody_more_by_any_other_way(case):
    case.add_token("kyiv", scopes=["act"])
    before = case.node.store.head()
    for work in (
        lambda: case.add_account("lviv", party="UKR", roles=["admin"], within={"admin"}),
        lambda: case.add_account("lviv", party="UKR", roles=["admin"], password="p" * 8, within={"admin", "act"}),
        lambda: case.add_account("lviv", party="UKR", roles=["officer"], token=True, scopes=["act"], within={"admin"}),
        lambda: case.set_password("kyiv", password="q" * 8, within={"admin"}),
        lambda: case.rotate("kyiv", within={"admin"}),
        lambda: case.rotate("kyiv", token="1", within={"admin"}),
        lambda: case.add_openid("kyiv", "248289761001", issuer=ISSUER, within={"admin", "read", "write"}),
    ):
        assert code_of(Refused, work) == "scope-wider"
    assert case.node.store.head() == before
    row, token = case.add_account("lviv", party="UKR", roles=["officer", "admin"], token=True, within={"admin"})
    assert (row.secret, case.by_token(token).account.roles) == ("", ("admin",))
    assert case.rotate("kyiv", token="1", within={"act", "admin"})


def test_what_is_slow_is_not_done_for_whom_it_is_refused(case, monkeypatch):
    def hashed(_password):
        pytest.fail("a password was hashed")

    monkeypatch.setattr(case.node.hasher, "hashed", hashed)
    officer = Actor("kyiv", "UKR", frozenset({"officer", "admin"}), "password")
    for name in ("kyiv", "nobody"):
        named = {"by": officer}
        at = case.node, case.world.desk, name
        assert code_of(Refused, accounts.set_password, *at, password="p" * 8, **named) == "party-not-yours"
        assert code_of(Refused, accounts.rotate, *at, **named) == "party-not-yours"
        adding = {"party": "UKR", "roles": [], **named}
        assert code_of(Refused, accounts.add_account, *at, **adding) == "party-not-yours"


def test_what_cannot_be_a_token_is_refused_and_nothing_is_made(case):
    assert code_of(BadInput, case.add_token, "kyiv", scopes=["king"]) == "scope-unknown"
    assert code_of(BadInput, case.add_token, "kyiv", expires_at=case.world.now) == "expiry-past"
    assert code_of(BadInput, case.add_token, "kyiv", label="a\x1b[31mb") == "label-invalid"
    assert code_of(Unknown, case.add_token, "nobody") == "account-unknown"
    assert code_of(Unknown, case.revoke_credential, "kyiv", "1", kind="token") == "credential-unknown"
    assert case.ids() == []


def test_the_longest_dead_are_forgotten_and_too_many_live_ones_refused(case, monkeypatch):
    monkeypatch.setattr("relto.usecases.accounts.rows.CREDENTIALS_MAX", 3)
    for _ in range(3):
        case.add_token("kyiv")
    assert code_of(Conflict, case.add_token, "kyiv") == "credentials-full"
    for number in ("2", "1"):
        case.pass_(1)
        case.revoke_credential("kyiv", number, kind="token")
    case.add_token("kyiv")
    assert case.ids() == [1, 3, 4]


# Rotation.


@pytest.mark.tampers
def test_rotation_makes_the_old_token_good_for_nothing(case):
    case.world.account("feed", "UKR")
    with case.node.store.write() as tx:
        (row,) = [each for each in tx.accounts() if each.name == "feed"]
        tx.put_account(type(row)(row.name, row.party, row.roles, made_at=row.made_at))
    _, old = case.add_token("feed", label="sensor", scopes=["read"])
    _, new = case.rotate("feed")
    assert case.by_token(old) is None
    entry = case.by_token(new)
    assert (entry.account.name, entry.scopes) == ("feed", {"read"})
    assert accounts.list_credentials(case.node, "feed")[0][-1].label == "sensor"


def test_rotation_with_an_overlap_has_no_gap(case):
    _, old = case.add_token("kyiv")
    _, new = case.rotate("kyiv", token="1", overlap_us=HOUR)
    assert case.by_token(old) is not None
    assert case.by_token(new) is not None
    case.pass_(HOUR)
    assert case.by_token(old) is None
    assert case.by_token(new) is not None


def test_an_overlap_lets_no_token_live_longer_than_it_would_have(case):
    _, old = case.add_token("kyiv", expires_at=case.world.now + HOUR)
    _, new = case.rotate("kyiv", token="1", overlap_us=5 * HOUR)
    case.pass_(HOUR)
    assert case.by_token(old) is None
    # The new one lives as long as the old one did.
    assert case.by_token(new) is None


def test_rotation_of_one_token_leaves_the_others_alone(case):
    tokens = [case.add_token("kyiv")[1] for _ in range(2)]
    _, new = case.rotate("kyiv", token="1")
    assert [case.by_token(token) is not None for token in (*tokens, new)] == [False, True, True]
    assert code_of(Refused, case.rotate, "kyiv", token="1") == "credential-dead"
    assert code_of(Unknown, case.rotate, "kyiv", token="9") == "credential-unknown"


def test_a_password_neither_overlaps_nor_expires(case):
    assert code_of(BadInput, case.rotate, "kyiv", overlap_us=HOUR) == "password-overlaps"
    _, made = case.rotate("kyiv")
    assert case.gates[0].by_password("kyiv", made).how == "password"
    assert case.gates[0].by_password("kyiv", "password-1") is None


# Certificates. What is good by the world's clock is judged at the hand-wound clock's moment.


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def dated(case, authority):
    """Issues a certificate that is good from one hour before the clock to one hour behind it."""
    at = dt.datetime.fromtimestamp(case.world.clock.moment // 1_000_000, dt.UTC)
    hour = dt.timedelta(hours=1)
    return lambda name, first=-1, last=1: authority.issue(name, moments=(at + first * hour, at + last * hour))[0]


def test_an_account_comes_in_by_its_certificate_while_that_is_good(case, dated):
    file = dated("kyiv")
    row = case.add_certificate("kyiv", file.read_bytes(), scopes=["read"])
    assert (row.kind, row.label) == ("certificate", "CN=kyiv")
    entry = case.gates[0].by_certificate(der(file))
    assert (entry.account.name, entry.account.roles, entry.how) == ("kyiv", ("reader",), "certificate")
    assert case.gates[0].by_certificate(der(dated("kyiv"))) is None
    case.pass_(2 * HOUR)
    assert case.gates[0].by_certificate(der(file)) is None


def test_a_certificate_that_is_not_good_yet_is_refused_until_it_is(case, dated):
    file = dated("kyiv", 1, 3)
    case.add_certificate("kyiv", file.read_bytes())
    assert case.gates[0].by_certificate(der(file)) is None
    case.pass_(HOUR)
    assert case.gates[0].by_certificate(der(file)) is not None


def test_by_name_a_renewed_certificate_needs_no_act_and_a_revoked_one_stays_out(case, dated):
    first, renewed = dated("kyiv"), dated("kyiv")
    case.add_certificate("kyiv", first.read_bytes(), by_name=True)
    assert case.gates[0].by_certificate(der(renewed)) is not None
    case.add_certificate("kyiv", renewed.read_bytes())
    case.revoke_credential("kyiv", "2", kind="certificate")
    assert case.gates[0].by_certificate(der(renewed)) is None
    assert case.gates[0].by_certificate(der(first)) is not None


def test_a_revoked_certificate_stays_out_however_many_credentials_came_and_went_since(case, dated):
    lost, renewed = dated("kyiv"), dated("kyiv")
    case.add_certificate("kyiv", lost.read_bytes())
    case.revoke_credential("kyiv", "1", kind="certificate")
    case.add_certificate("kyiv", renewed.read_bytes(), by_name=True)
    case.add_token("kyiv")
    for _ in range(CREDENTIALS_MAX + 1):
        case.rotate("kyiv")
        case.pass_(1)
    assert case.gates[0].by_certificate(der(lost)) is None
    assert case.gates[0].by_certificate(der(renewed)) is not None


def test_a_certificate_belongs_to_one_account_at_a_time(case, dated):
    case.world.account("lviv", "UKR")
    file = dated("shared")
    case.add_certificate("kyiv", file.read_bytes())
    for name in ("kyiv", "lviv"):
        assert code_of(Conflict, case.add_certificate, name, file.read_bytes()) == "credential-taken"
    case.revoke_credential("kyiv", "1", kind="certificate")
    case.add_certificate("lviv", file.read_bytes())
    assert case.gates[0].by_certificate(der(file)).account.name == "lviv"


def test_what_cannot_be_a_certificate_of_an_account_is_refused(case, dated):
    assert code_of(BadInput, case.add_certificate, "kyiv", b"nonsense") == "certificate-invalid"
    assert code_of(BadInput, case.add_certificate, "kyiv", dated("x", -3, -2).read_bytes()) == "certificate-expired"
    nameless = dated("").read_bytes()
    assert code_of(BadInput, case.add_certificate, "kyiv", nameless, by_name=True) == "certificate-invalid"
    assert case.gates[0].by_certificate(b"nonsense") is None
    assert case.gates[0].by_certificate(b"") is None


# OpenID Connect.


def test_a_subject_of_the_provider_is_the_account_that_it_was_linked_with_and_no_other(case):
    case.add_openid("kyiv", "248289761001", issuer=ISSUER)
    assert case.gates[0].by_openid(ISSUER, "248289761001").how == "openid"
    for issuer, subject in ((ISSUER, "248289761002"), ("https://evil.example", "248289761001"), (ISSUER, "kyiv")):
        assert case.gates[0].by_openid(issuer, subject) is None
    assert code_of(Conflict, case.add_openid, "kyiv", "248289761001", issuer=ISSUER) == "credential-taken"
    assert code_of(BadInput, case.add_openid, "kyiv", "x", issuer="") == "openid-unset"
    assert code_of(BadInput, case.add_openid, "kyiv", "a\nb", issuer=ISSUER) == "openid-subject-invalid"


# Sessions.


def signed_in(case, process=0, password="password-1"):
    entry = case.gates[process].by_password("kyiv", password)
    return case.sessions[process].begin(entry)


def test_a_session_is_known_to_every_process_and_stored_without_its_cookie(case):
    begun = signed_in(case)
    for sessions in case.sessions:
        entry = sessions.entry(begun.cookie)
        assert (entry.account.name, entry.how) == ("kyiv", "password")
        assert sessions.csrf_token(entry) == case.sessions[0].csrf_token(begun.entry)
    with case.node.store.read() as snap:
        (row,) = snap.sessions()
    assert begun.cookie not in repr(row)
    for cookie in ("", "x", begun.cookie + "x", "x" * 10_000, "\N{SNOWMAN}", row.digest.hex()):
        assert case.sessions[0].entry(cookie) is None


def test_a_session_that_nobody_uses_is_over_and_one_that_is_used_at_its_longest_time(case):
    begun = signed_in(case)
    for _ in range(9):
        case.pass_(HOUR)
        assert case.sessions[1].entry(begun.cookie) is not None
    case.pass_(HOUR)
    assert case.sessions[1].entry(begun.cookie) is None
    unused = signed_in(case)
    case.pass_(HOUR + 60_000_000)
    assert case.sessions[0].entry(unused.cookie) is None


def test_looking_at_a_session_is_no_use_of_it(case):
    begun = signed_in(case)
    case.pass_(HOUR - 60_000_000)
    assert case.sessions[0].entry(begun.cookie, using=False) is not None
    case.pass_(120_000_000)
    assert case.sessions[0].entry(begun.cookie, using=False) is None


@pytest.mark.parametrize(
    "act",
    [
        lambda case: case.revoke("kyiv"),
        lambda case: case.set_password("kyiv", password="another password"),
        lambda case: case.rotate("kyiv"),
        lambda case: case.end_sessions("kyiv"),
    ],
)
def test_a_session_ends_with_what_it_was_begun_by_in_every_process(case, act):
    begun = signed_in(case)
    assert case.sessions[1].entry(begun.cookie) is not None
    act(case)
    assert [sessions.entry(begun.cookie) for sessions in case.sessions] == [None, None]


def test_a_session_by_openid_ends_when_the_subject_is_unlinked_and_not_with_a_password(case):
    case.add_openid("kyiv", "subject", issuer=ISSUER)
    begun = case.sessions[0].begin(case.gates[0].by_openid(ISSUER, "subject"))
    case.set_password("kyiv", password="another password")
    assert case.sessions[1].entry(begun.cookie).how == "openid"
    case.revoke_credential("kyiv", "1", kind="openid")
    assert case.sessions[1].entry(begun.cookie) is None


def test_who_was_revoked_between_the_check_and_the_session_gets_none(case):
    entry = case.gates[0].by_password("kyiv", "password-1")
    case.set_password("kyiv", password="another password")
    assert case.sessions[0].begin(entry) is None
    linked = case.add_openid("kyiv", "subject", issuer=ISSUER)
    entry = case.gates[0].by_openid(ISSUER, "subject")
    case.revoke_credential("kyiv", str(linked.id), kind="openid")
    assert case.sessions[0].begin(entry) is None
    case.revoke("kyiv")
    assert case.sessions[0].begin(entry) is None


def test_signing_in_again_ends_the_session_of_before_and_too_many_end_the_oldest(case, monkeypatch):
    monkeypatch.setattr("relto.usecases.accounts.sessions.SESSIONS_MAX", 3)
    entry = case.gates[0].by_password("kyiv", "password-1")
    first = case.sessions[0].begin(entry)
    second = case.sessions[0].begin(entry, instead=first.cookie)
    assert case.sessions[0].entry(first.cookie) is None
    later = []
    for _ in range(3):
        case.pass_(1)
        later.append(case.sessions[0].begin(entry))
    assert case.sessions[0].entry(second.cookie) is None
    assert all(case.sessions[0].entry(begun.cookie) for begun in later)


def test_a_token_of_one_session_is_none_of_another(case):
    first, second = signed_in(case), signed_in(case)
    sessions = case.sessions[0]
    assert sessions.is_csrf_token(first.entry, sessions.csrf_token(first.entry))
    for text in ("", sessions.csrf_token(second.entry), sessions.csrf_token(first.entry)[:-1], "\N{SNOWMAN}"):
        assert not sessions.is_csrf_token(first.entry, text)


# Revoking.


def test_revoking_an_account_binds_on_the_next_request_in_every_process(case, dated):
    file = dated("kyiv")
    _, token = case.add_token("kyiv")
    case.add_certificate("kyiv", file.read_bytes())
    case.add_openid("kyiv", "subject", issuer=ISSUER)
    begun = signed_in(case)

    def ways(process):
        gate = case.gates[process]
        return [
            gate.by_password("kyiv", "password-1"),
            gate.known("kyiv", "password-1"),
            gate.by_token(token),
            gate.by_certificate(der(file)),
            gate.by_openid(ISSUER, "subject"),
            case.sessions[process].entry(begun.cookie),
        ]

    for process in range(2):
        assert [entry is not None for entry in ways(process)] == [True] * 6
    case.revoke("kyiv")
    for process in range(2):
        assert ways(process) == [None] * 6
    assert {row.revoked_at for row in accounts.list_credentials(case.node, "kyiv")[0]} == {case.world.now}
    for act in (case.add_token, case.rotate):
        assert code_of(Refused, act, "kyiv") == "account-revoked"
