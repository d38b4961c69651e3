"""What a command cost, with all the processes that it started."""

import os
import sys

import pytest
from bench.client import Failed
from bench.process import costing

# It sleeps before it ends, so that there is time to look at it.
WASTE = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\ntime.sleep(1)"
PARENT = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {WASTE!r}])\nprint('done')"


def test_the_processor_time_of_a_child_counts(tmp_path):
    said, cost = costing([sys.executable, "-c", PARENT], environment=os.environ, folder=tmp_path)
    assert said == "done\n"
    assert cost.processor >= 0.3
    assert cost.memory > 1_000_000


def test_a_command_that_fails_is_a_failure_with_its_words(tmp_path):
    program = "import sys\nsys.exit('no such thing')"
    with pytest.raises(Failed, match="no such thing"):
        costing([sys.executable, "-c", program], environment=os.environ, folder=tmp_path)
