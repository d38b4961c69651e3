"""Settings: where each comes from, what is refused, and that nothing secret is shown."""

import contextlib
import string
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.config import SETTINGS, load, masked
from relto.domain.errors import BadInput


@pytest.fixture
def node(tmp_path):
    """Write `relto.toml` and load it."""

    def make(toml="", *, environment=None, arguments=None):
        (tmp_path / "relto.toml").write_text(toml)
        return load(tmp_path, environment=environment or {}, arguments=arguments)

    return make


def source_of(config, key):
    return next(shown.source for shown in config.show() if shown.key == key)


def value_of(config, key):
    return next(shown.value for shown in config.show() if shown.key == key)


def test_a_folder_that_is_not_there_gives_the_defaults(tmp_path):
    config = load(tmp_path / "nothing", environment={})
    assert config.server.port == 8421
    assert config.database.url == f"sqlite:///{tmp_path}/nothing/relto.db"
    assert {shown.source for shown in config.show()} == {"default", "argument"}


def test_the_folder_is_the_argument_then_the_variable_then_relto_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(environment={}).data == tmp_path / "relto-data"
    assert load(environment={"RELTO_DATA": "there"}).data == tmp_path / "there"
    assert load("here", environment={"RELTO_DATA": "there"}).data == tmp_path / "here"
    assert source_of(load(environment={"RELTO_DATA": "there"}), "data") == "environment RELTO_DATA"


def test_the_later_source_wins_and_is_named(node):
    toml = "[server]\nport = 1001\nhost = '::1'\nworkers = 3\n"
    config = node(toml, environment={"RELTO_SERVER_PORT": "1002"}, arguments={"server.workers": 4})
    assert (config.server.host, config.server.port, config.server.workers) == ("::1", 1002, 4)
    assert source_of(config, "server.host") == "relto.toml"
    assert source_of(config, "server.port") == "environment RELTO_SERVER_PORT"
    assert source_of(config, "server.workers") == "argument"
    assert source_of(config, "taxii.title") == "default"


def test_an_argument_that_was_not_given_changes_nothing(node):
    assert node("[server]\nport = 1001\n", arguments={"server.port": None}).server.port == 1001


def test_settings_cannot_be_changed_afterwards(node):
    config = node('[markings]\nstatements = {"Company use only" = "none"}\n')
    with pytest.raises(FrozenInstanceError):
        config.server.port = 1
    with pytest.raises(TypeError):
        config.markings.statements["more"] = "none"


def test_every_setting_is_shown_once_with_a_variable_of_its_own(node):
    shown = [line.key for line in node().show()]
    assert shown == ["data", *(setting.key for setting in SETTINGS)]
    assert len({setting.variable for setting in SETTINGS}) == len(SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_can_be_given_by_its_variable_as_it_is_shown(setting, node):
    default = value_of(node(), setting.key)
    if setting.rule.path:
        default = ""
    config = node(environment={setting.variable: default})
    assert value_of(config, setting.key) == default
    assert source_of(config, setting.key) == f"environment {setting.variable}"


@pytest.mark.parametrize(
    ("toml", "nearest"),
    [
        ("[server]\nprot = 1\n", "server.port"),
        ("[sever]\nport = 1\n", "server"),
        ("port = 1\n", "server.port"),
        ("[http]\nport = 1\n", "server.port"),
        ("[taxii]\nmax_content_lenght = 1\n", "taxii.max_content_length"),
        ("[server.port]\nx = 1\n[server.x]\n", "server.port"),
    ],
)
def test_an_unknown_key_names_the_nearest(node, toml, nearest):
    with pytest.raises(BadInput) as caught:
        node(toml)
    assert caught.value.code in ("config-unknown", "config-type")
    assert nearest in caught.value.message + caught.value.remedy


def test_a_misspelt_variable_is_an_error_and_not_another_database(node):
    with pytest.raises(BadInput) as caught:
        node(environment={"RELTO_DATBASE_URL": "postgresql://relto:s3cret@db/relto"})
    assert caught.value.code == "config-unknown"
    assert "RELTO_DATABASE_URL" in caught.value.remedy
    assert "s3cret" not in str(caught.value)


def test_an_unknown_argument_is_refused(node):
    with pytest.raises(BadInput) as caught:
        node(arguments={"server.prt": 1})
    assert caught.value.code == "config-unknown"


@pytest.mark.parametrize(
    "toml",
    [
        "[server]\nport = '8421'\n",
        "[server]\nport = true\n",
        "[server]\nport = 8421.0\n",
        "[server]\nhost = 1\n",
        "[auth]\nbasic = 1\n",
        "[auth]\nbasic = 'true'\n",
        "[markings]\nstatements = ['a']\n",
        "[markings]\nstatements = {a = 1}\n",
        "[tls]\ncert = 1979-05-27\n",
        "server = 1\n",
    ],
)
def test_a_wrong_type_in_the_file_is_refused(node, toml):
    with pytest.raises(BadInput) as caught:
        node(toml)
    assert caught.value.code == "config-type"
    assert "relto.toml" in caught.value.message


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("RELTO_SERVER_PORT", ""),
        ("RELTO_SERVER_PORT", "0x10"),
        ("RELTO_SERVER_PORT", "٨٤٢١"),
        ("RELTO_SERVER_PORT", "8 421"),
        ("RELTO_SERVER_PORT", "9" * 5000),
        ("RELTO_AUTH_BASIC", "perhaps"),
        ("RELTO_MARKINGS_STATEMENTS", "{"),
        ("RELTO_MARKINGS_STATEMENTS", "[" * 100_000),
        ("RELTO_MARKINGS_STATEMENTS", '["a"]'),
    ],
)
def test_a_wrong_type_in_a_variable_is_refused(node, variable, text):
    with pytest.raises(BadInput) as caught:
        node(environment={variable: text})
    assert caught.value.code == "config-type"
    assert variable in caught.value.message


@pytest.mark.parametrize(
    "toml",
    [
        "[server]\nport = -1\n",
        "[server]\nport = 65536\n",
        "[server]\nhost = ''\n",
        "[server]\nhost = 'a b'\n",
        "[server]\nworkers = 0\n",
        "[taxii]\npaused = 'close'\n",
        "[taxii]\npage_default = 5\npage_limit = 4\n",
        '[taxii]\ntitle = "two\\nlines"\n',
        "[http]\napi_key_header = 'x: y'\n",
        "[log]\nlevel = 'INFO'\n",
        "[tls]\ncert = 'a.pem'\n",
        "[tls]\nkey = 'a.pem'\n",
        '[tls]\ncert = "a\\u0000"\nkey = "b"\n',
        "[mail]\nhost = 'mail.example'\n",
        "[mail]\nhost = 'a b'\nfrom = 'relto@node.example'\n",
        "[mail]\nuser = 'relto'\n",
        "[mail]\npassword = 'hush'\n",
        "[mail]\nuser = 'relto'\npassword = 'hush'\ntls = 'none'\n",
        "[mail]\ntls = 'ssl'\n",
        "[mail]\nfrom = 'a b'\n",
        "[webhooks]\ntimeout_seconds = 0\n",
        "[webhooks]\ntimeout_seconds = 61\n",
        "[timestamps]\nurl = 'https://time.example/'\n",
        "[timestamps]\nurl = 'ftp://time.example/'\nca = 'roots.pem'\n",
        "[timestamps]\nevery_minutes = 0\n",
        "[markings]\nstatements = {' ' = 'none'}\n",
        "[markings]\nstatements = {a = ''}\n",
    ],
)
def test_a_value_that_cannot_be_is_refused(node, toml):
    with pytest.raises(BadInput) as caught:
        node(toml)
    assert caught.value.code == "config-value"


@pytest.mark.parametrize(
    "text",
    [b"\xff\xfe", b"[server", b"[server]\nport = 1\nport = 2\n", b"x = " + b"[" * 100_000, b"#" * 1_100_000],
    ids=["not UTF-8", "cut short", "twice", "deep", "huge"],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, text):
    (tmp_path / "relto.toml").write_bytes(text)
    with pytest.raises(BadInput) as caught:
        load(tmp_path, environment={})
    assert caught.value.code == "config-unreadable"


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "relto.toml").mkdir()
    with pytest.raises(BadInput) as caught:
        load(tmp_path, environment={})
    assert caught.value.code == "config-unreadable"


def test_a_relative_path_starts_where_it_was_written(node, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    config = node("[tls]\ncert = 'a.pem'\nkey = 'keys/a.pem'\n", environment={"RELTO_TLS_KEY": "b.pem"})
    assert config.tls.cert == str(tmp_path / "a.pem")
    assert config.tls.key == str(elsewhere / "b.pem")
    assert node("[database]\nurl = 'sqlite:///x.db'\n").database.url == f"sqlite:///{tmp_path}/x.db"


@pytest.mark.parametrize(
    ("url", "becomes"),
    [
        ("sqlite:////var/lib/relto.db", "sqlite:////var/lib/relto.db"),
        ("postgresql://postgres@/relto?host=/run/postgresql", "postgresql://postgres@/relto?host=/run/postgresql"),
        ("postgres://relto:pw@db:5432/relto", "postgresql://relto:pw@db:5432/relto"),
    ],
)
def test_both_engines_are_taken_by_url(node, url, becomes):
    assert node(environment={"RELTO_DATABASE_URL": url}).database.url == becomes


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relto.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///x?mode=ro",
        "sqlite:///folder/",
        "mysql://root:hush@db/x",
        "postgresql+psycopg://root:hush@db/x",
        "postgresql://root:hush@db:port/x",
        "postgresql://root:hush@[db/x",
        "postgresql://root:hush@db/x y",
        "postgresql://root:hush@db/x\n",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(node, url):
    with pytest.raises(BadInput) as caught:
        node(environment={"RELTO_DATABASE_URL": url})
    assert caught.value.code == "config-value"
    assert "hush" not in f"{caught.value.message} {caught.value.remedy} {caught.value.data}"


@given(
    password=st.text(string.ascii_letters + string.digits + "@:/?#&=%+", min_size=6).map(lambda text: f"Zq{text}qZ"),
    tail=st.sampled_from(["@db/relto", "@db:5432/relto?sslmode=require", "@/relto?host=/run/x"]),
)
def test_no_password_is_ever_shown(password, tail):
    assert password not in masked(f"postgresql://relto:{password}{tail}")


def test_the_list_shows_the_url_without_its_password(node):
    config = node(environment={"RELTO_DATABASE_URL": "postgresql://relto:s3cret@db/relto"})
    assert value_of(config, "database.url") == "postgresql://relto:***@db/relto"
    assert config.database.url == "postgresql://relto:s3cret@db/relto"
    assert "s3cret" not in repr(config)


def test_the_password_of_the_mail_server_is_never_shown(node):
    toml = "[mail]\nhost = 'mail.example'\nfrom = 'relto@node.example'\nuser = 'relto'\npassword = 's3cret'\n"
    config = node(toml)
    assert (config.mail.from_, config.mail.password) == ("relto@node.example", "s3cret")
    assert value_of(config, "mail.from") == "relto@node.example"
    assert value_of(config, "mail.password") == "***"
    assert "s3cret" not in repr(config)
    assert node("", environment={"RELTO_MAIL_FROM": "relto@node.example"}).mail.from_ == "relto@node.example"


@pytest.mark.parametrize("address", ["relto", "a@b@c", "<a@b>", "a@-b"])
def test_a_sender_that_is_no_address_is_refused(node, address):
    with pytest.raises(BadInput) as caught:
        node(f"[mail]\nfrom = '{address}'\n")
    assert (caught.value.code, "mail.from" in caught.value.message) == ("config-value", True)


@given(text=st.text(max_size=200))
def test_whatever_the_file_holds_it_is_settings_or_bad_input(tmp_path_factory, text):
    folder = Path(tmp_path_factory.getbasetemp()) / "any-file"
    folder.mkdir(exist_ok=True)
    (folder / "relto.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(BadInput):
        assert load(folder, environment={}).data == folder
