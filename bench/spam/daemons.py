"""Mail filters that run on while they are asked: SpamAssassin's Bayes and rspamd's."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from bench.spam.programs import Program, mail
from spam.evaluation import Scored


class SpamAssassin(Program):
    """SpamAssassin's Bayes without its rules, in one Perl."""

    binary = "spamassassin"
    _LINE: Final = 0.95  # BAYES_95

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        script = str(Path(__file__).with_name("spamassassin.pl"))
        self._perl = subprocess.Popen(
            [shutil.which("perl") or "perl", script, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def close(self) -> None:
        """Let it end, and wait."""
        self._perl.communicate(timeout=30)

    def learn(self, text: str, *, spam: bool) -> None:
        """Learn a text."""
        self._ask("spam" if spam else "ham", text)

    def score(self, text: str) -> Scored:
        """Read a probability."""
        likely = float(self._ask("score", text))
        return likely, likely >= self._LINE

    def _ask(self, action: str, text: str) -> bytes:
        sent = mail(text)
        asked, answers = self._perl.stdin, self._perl.stdout
        assert asked
        assert answers
        asked.write(b"%s %d\n%s" % (action.encode(), len(sent), sent))
        asked.flush()
        return answers.readline()


class Rspamd(Program):
    """rspamd's Bayes without its other rules, over HTTP; by itself it would not judge below 11 tokens."""

    binary = "rspamd"
    domains: Path | None = None  # a list of top-level domains, instead of its own, which takes it 20 s to compile
    _LINE: Final = 0.95

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._scores, self._learns = _free_port(), _free_port()
        config = folder / "rspamd.conf"
        domains = f'url_tld = "{self.domains}";' if self.domains else ""
        config.write_text(
            _RSPAMD % {"folder": folder, "scores": self._scores, "learns": self._learns, "domains": domains}
        )
        self._daemon = subprocess.Popen(
            [shutil.which("rspamd") or "rspamd", "-c", str(config), "-f", "-i"], stderr=subprocess.DEVNULL
        )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop the daemon, and wait."""
        self._daemon.terminate()
        self._daemon.wait(timeout=30)

    def learn(self, text: str, *, spam: bool) -> None:
        """Learn a text; it refuses one that it has learnt before."""
        self._post(self._learns, "/learnspam" if spam else "/learnham", text)

    def score(self, text: str) -> Scored:
        """Read `BAYES_SPAM` or `BAYES_HAM` and how sure it is in percent; neither where it cannot tell."""
        said = self._post(self._scores, "/checkv2", text)["symbols"]
        sure = {
            name: float(said[name]["options"][0].rstrip("%")) for name in ("BAYES_SPAM", "BAYES_HAM") if name in said
        }
        likely = 0.5 + (sure.get("BAYES_SPAM", 0.0) - sure.get("BAYES_HAM", 0.0)) / 200
        return likely, likely >= self._LINE

    def _wait(self) -> None:
        """Wait for both its doors; it compiles its tables first."""
        due = time.monotonic() + 60
        while not all(map(_open, (self._scores, self._learns))):
            if time.monotonic() > due or self._daemon.poll() is not None:
                raise RuntimeError("rspamd does not start")
            time.sleep(0.1)

    @staticmethod
    def _post(port: int, path: str, text: str) -> dict[str, Any]:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        line.request("POST", path, mail(text))
        said: dict[str, Any] = json.loads(line.getresponse().read())
        line.close()
        return said


_RSPAMD: Final = """\
options { pidfile = "%(folder)s/pid"; filters = ""; %(domains)s
  hs_cache_dir = "%(folder)s"; history_file = "%(folder)s/history";
  dns { nameserver = ["127.0.0.1"]; timeout = 0.1s; retransmits = 1; } }
logging { type = "file"; filename = "%(folder)s/log"; level = "error"; }
worker "normal" { bind_socket = "127.0.0.1:%(scores)d"; count = 1; }
worker "controller" { bind_socket = "127.0.0.1:%(learns)d"; count = 1; secure_ip = "127.0.0.1"; }
classifier "bayes" {
  backend = "sqlite3"; min_tokens = 1; min_learns = 1;
  tokenizer { name = "osb"; }
  cache { path = "%(folder)s/learnt.sqlite"; }
  statfile { symbol = "BAYES_HAM"; path = "%(folder)s/ham.sqlite"; spam = false; }
  statfile { symbol = "BAYES_SPAM"; path = "%(folder)s/spam.sqlite"; spam = true; }
}
"""


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


def _open(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0
