"""The product's story from outside, on both engines, where the acceptance check lies beside this repository."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STORY = ROOT.parent / "shared" / "acceptance" / "story.py"


@pytest.mark.slow
@pytest.mark.skipif(not STORY.exists(), reason="the acceptance story does not lie beside this repository")
def test_the_story_holds(database_url):
    done = subprocess.run(
        [sys.executable, STORY, "--relto", f"{sys.executable} -m relto", "--database-url", database_url],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"(\d+) passed, 0 failed", done.stdout)
    assert counted is not None
    assert int(counted[1]) >= 34
