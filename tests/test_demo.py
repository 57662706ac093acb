"""`lethe demo` from its first line to Ctrl-C."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_stops_without_a_word_of_trouble(tmp_path: Path, signum: signal.Signals) -> None:
    command = [sys.executable, "-m", "chat", "demo", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        said: list[str] = []
        while "Ctrl-C" not in "".join(said):
            line = demo.stdout.readline()
            assert line, demo.stderr
            said.append(line)
        demo.send_signal(signum)
        out, errors = demo.communicate(timeout=60)
    assert (demo.returncode, "Traceback" in errors, "error" in errors.lower()) == (0, False, False), errors
    assert "The data stays in" in out
