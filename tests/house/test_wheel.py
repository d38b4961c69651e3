"""A wheel built from the tree carries all its files, and runs outside it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_package(wheel):
    package = ROOT / "src"
    here = {path.relative_to(package).as_posix() for path in (package / "relto").rglob("*") if path.is_file()}
    here = {name for name in here if "__pycache__" not in name}
    with zipfile.ZipFile(wheel) as archive:
        there = {name for name in archive.namelist() if name.startswith("relto/")}
    assert here - there == set()
    manual = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert there - here == {f"relto/manual/{name}" for name in manual}


def test_the_wheel_carries_the_licence_and_the_notices(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = [name.rpartition("/")[2] for name in archive.namelist() if ".dist-info/" in name]
    assert {"LICENSE", "NOTICE"} <= set(names)


def test_what_the_wheel_holds_runs_outside_the_tree(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "unpacked")
    # `__main__` starts the command line, and alembic alone runs what lies in `migrations`.
    program = (
        "import pkgutil, relto; print(relto.__file__)\n"
        "for module in pkgutil.walk_packages(relto.__path__, 'relto.'):\n"
        "    if module.name != 'relto.__main__' and '.migrations' not in module.name:\n"
        "        __import__(module.name)\n"
        "from relto.faces.console import manual\n"
        "assert manual.drawn('concepts/pauses') is not None\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "unpacked"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(str(tmp_path / "unpacked"))
