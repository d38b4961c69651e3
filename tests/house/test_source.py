"""Our rules about the source, as tests; each rule is first shown something that breaks it."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "relto"
LINES_MAX = 550
"""About 500; past that, a file becomes a folder."""

NO_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# What others wrote, kept byte for byte, may hold any word.
OTHERS = ("tests/data/", "tests/vectors/", "src/relto/demo/world/", "src/relto/adapters/stix/schemas/", "LICENSE")
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".lock", ".html", ".css", ".js", ".txt", ".cfg", ".ini", ""}


def ours():
    """Every text file that we wrote, as Git knows it, else as it lies there (a source archive)."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
    else:
        names = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if ".venv" not in path.parts]
    files = [ROOT / name for name in names if not name.startswith(OTHERS)]
    return [path for path in files if path.suffix in TEXT and path.is_file()]


def modules():
    return sorted(SOURCE.rglob("*.py"))


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def faults(pattern, paths):
    return [
        f"{name_of(path)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


def asks_for_the_moment_or_chance(source):
    """What import rules cannot see: a moment or a lot drawn by way of a module that is allowed."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls]
    return sorted({"now", "utcnow", "today", "uuid1", "uuid4", "open", "input", "print"}.intersection(names))


@pytest.mark.parametrize(
    "source",
    ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "uuid.uuid4()", "open('x')", "print(1)"],
)
def test_a_domain_that_asks_what_time_it_is_would_be_found(source):
    assert asks_for_the_moment_or_chance(f"def f():\n    return {source}\n")


@pytest.mark.parametrize("path", sorted((SOURCE / "domain").rglob("*.py")), ids=name_of)
def test_the_domain_never_asks_what_time_it_is_and_draws_no_lots(path):
    assert asks_for_the_moment_or_chance(path.read_text(encoding="utf-8")) == []


def acts_in_nobodys_name(source):
    """Functions that are told who acts, and open a write block without saying so: a revoked account could go on."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and "by" in {
            each.arg for each in [*node.args.args, *node.args.kwonlyargs]
        }:
            calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
            blocks = [each for each in calls if getattr(each.func, "id", "") == "changing"]
            # What stands on an act that is on record goes on: a purge, portion by portion.
            if blocks and "by" not in {each.arg for each in blocks[0].keywords}:
                found.append(node.name)
    return found


def test_a_change_in_nobodys_name_would_be_found():
    assert acts_in_nobodys_name("def f(node, *, by):\n    with changing(node, desk) as change: pass\n") == ["f"]


def test_whoever_acts_is_looked_up_in_the_block_that_records_it():
    sources = {name_of(path): path.read_text(encoding="utf-8") for path in (SOURCE / "usecases").rglob("*.py")}
    assert {name: found for name, text in sources.items() if (found := acts_in_nobodys_name(text))} == {}


def test_every_module_opens_with_what_it_is_for():
    assert [name_of(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_no_file_is_longer_than_can_be_read():
    code = [path for path in ours() if path.suffix == ".py"]
    long = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in code}
    assert {name: lines for name, lines in long.items() if lines > LINES_MAX} == {}


def test_everything_is_named_for_a_noun():
    assert [name_of(path) for path in ours() if NO_NAMES & {part.removesuffix(".py") for part in path.parts}] == []


LEFT_UNDONE = r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b"
MACHINE = r"(?<![\w.~/-])/(?:wo" + r"rk|tm" + r"p|ro" + r"ot|ho" + r"me)/"
REGISTRY = r"py" + r"pi\.org|pythonhosted\.org|registry\.npm|npmjs\.(?:com|org)|deb\.debian\.org|proxy\.golang"
BANNER = r"^\s*#\s*[-=#*_~]{4,}"
UNMERGED = r"^(?:<{7}|>{7}|={7}$)"
BARE_EXCUSE = (
    r"#\s*no"
    r"qa(?!: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)*[ :#-]+\w)|#\s*type: ig"
    r"nore(?!\[[\w-]+(?:, [\w-]+)*\]\s+#\s*\w)"
)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (LEFT_UNDONE, "# TO" + "DO: later"),
        (MACHINE, "see /tm" + "p/notes"),
        (MACHINE, "`/wo" + "rk/main`"),
        (REGISTRY, "--index-url https://py" + "pi.org/simple"),
        (BANNER, "# ------- parsing"),
        (UNMERGED, "<" * 7 + " HEAD"),
        (UNMERGED, "=" * 7),
        (BARE_EXCUSE, "x = 1  # no" + "qa"),
        (BARE_EXCUSE, "x = 1  # no" + "qa: S101"),
        (BARE_EXCUSE, "x = 1  # type: ig" + "nore[arg-type]"),
    ],
)
def test_each_rule_finds_what_breaks_it(pattern, line):
    assert re.search(pattern, line)


@pytest.mark.parametrize(
    "line",
    ["x = 1  # no" + "qa: S101 - the reason", "x = 1  # type: ig" + "nore[arg-type]  # the stubs are wrong"],
)
def test_an_excuse_with_a_code_and_a_reason_is_taken(line):
    assert not re.search(BARE_EXCUSE, line)


def test_nothing_is_left_undone():
    assert faults(LEFT_UNDONE, ours()) == []


def test_no_file_speaks_of_a_machine():
    assert faults(MACHINE, ours()) == []


def test_no_file_names_a_package_registry():
    assert faults(REGISTRY, ours()) == []


def test_no_two_versions_of_a_line_stand_side_by_side():
    assert faults(UNMERGED, ours()) == []


def test_comments_are_sentences_and_no_banners():
    assert faults(BANNER, [path for path in ours() if path.suffix in (".py", ".toml")]) == []


def test_every_exception_from_lint_and_types_gives_its_reason():
    assert faults(BARE_EXCUSE, [path for path in ours() if path.suffix == ".py"]) == []


def test_fakes_are_written_and_nothing_is_mocked():
    tests = [path for path in ours() if path.suffix == ".py" and "tests" in path.parts]
    assert faults(r"^\s*(?:from|import) (?:unittest\.)?mo" + "ck|import Magic" + "Mock", tests) == []
