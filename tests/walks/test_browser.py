"""The browsers that the walks drive: the one is real, and what is missing is installed or said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests import browser

PROVIDE = "from tests import browser; browser.provide()"
ALL = ("chromium", browser.LIGHT, *browser.OTHERS)
SAYS = '#!/bin/sh\necho "$@" >> "$0.said"\n'


def test_chromium_draws_greek_and_emoji(page: Page) -> None:
    page.set_content("<p>Καλημέρα 👋</p>")
    assert page.inner_text("p") == "Καλημέρα 👋"
    assert page.evaluate("document.fonts.check('1em sans-serif', 'Κ')")


def program(folder: Path, name: str, script: str = "#!/bin/sh\n") -> None:
    """Puts a program where it is looked for."""
    Path(folder, name).write_text(script)
    Path(folder, name).chmod(0o755)


def provided(folder: Path) -> str:
    """What is said where these programs are all there is."""
    environ = {name: value for name, value in os.environ.items() if name != "LETHE_CHROMIUM"} | {"PATH": str(folder)}
    done = subprocess.run([sys.executable, "-c", PROVIDE], env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def may_install(folder: Path, apt: str) -> Path:
    """Puts an apt-get there that does this, with what calls it; the file of its orders."""
    for name in ("sh", "env"):
        Path(folder, name).symlink_to(f"/usr/bin/{name}")
    program(folder, "sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    program(folder, "apt-get", SAYS + apt)
    return folder / "apt-get.said"


def test_where_nothing_may_be_installed_it_says_what_to_do(tmp_path: Path) -> None:
    said = provided(tmp_path)
    assert "apt install chromium fonts-dejavu-core fonts-noto-color-emoji firefox-esr webkit2gtk-driver xvfb" in said
    assert "LETHE_CHROMIUM" in said


@pytest.mark.parametrize("lacking", [*browser.OTHERS])
def test_it_names_just_what_is_missing(tmp_path: Path, lacking: str) -> None:
    for name in ALL:
        if name != lacking:
            program(tmp_path, name)
    assert provided(tmp_path).strip().endswith(f": apt install {browser.OTHERS[lacking]}")


@pytest.mark.parametrize("chromium", browser.NAMES)
def test_where_all_is_there_it_does_and_says_nothing(tmp_path: Path, chromium: str) -> None:
    for name in (chromium, *ALL[1:]):
        program(tmp_path, name)
    orders = may_install(tmp_path, "")
    assert (provided(tmp_path), orders.exists()) == ("", False)


def test_what_is_missing_is_installed(tmp_path: Path) -> None:
    made = "".join(f"echo > {tmp_path}/{name}; chmod 755 {tmp_path}/{name}\n" for name in ALL)
    Path(tmp_path, "chmod").symlink_to("/usr/bin/chmod")
    orders = may_install(tmp_path, made)
    assert "Missing" not in provided(tmp_path)
    update, install = orders.read_text().splitlines()
    assert update.endswith(" update")
    assert "install -y" in install
    assert set(install.split()) >= {*browser.PACKAGES, *browser.OTHERS.values()}


def test_an_installation_that_fails_says_what_is_still_missing(tmp_path: Path) -> None:
    for name in ("chromium", "WebKitWebDriver", "Xvfb"):
        program(tmp_path, name)
    orders = may_install(tmp_path, "exit 100\n")
    assert provided(tmp_path).strip().endswith(": apt install firefox-esr")
    assert orders.read_text().count("update") == 2, "the light Chromium is asked for by itself"
