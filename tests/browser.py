"""Finds the browsers that the walks drive, and installs Debian's where it may."""

import os
import shutil
import subprocess

NAMED = os.environ.get("LETHE_CHROMIUM")
"""Read at once: the tests clear what is set for Lethe, so that none of it reaches their servers."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LIGHT = "chromium-headless-shell"
"""Chromium's engine without the browser around it: a context takes a quarter of the processor time."""
OTHERS = {"firefox-esr": "firefox-esr", "WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"}
"""What one walk drives beside Chromium, by program; of Debian's packages."""
PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")
MISSING = (
    "No Chromium for the browser walks: install it (Debian: apt install chromium "
    "fonts-dejavu-core fonts-noto-color-emoji) or set LETHE_CHROMIUM to its path."
)


class NoBrowserError(Exception):
    """There is no Chromium here; the message says what to do."""


def find() -> str | None:
    """The path of a Chromium: what LETHE_CHROMIUM says, or else the first of the usual names."""
    names = (NAMED,) if NAMED else NAMES
    return next((path for name in names if (path := shutil.which(name))), None)


def need(other: str = "") -> str:
    """As `find`, or one of the others. Raises `NoBrowserError`."""
    path = shutil.which(other) if other else find()
    if path is None and other:
        raise NoBrowserError(f"No {other} for the browser walks: install it (Debian: apt install {OTHERS[other]}).")
    if path is None:
        raise NoBrowserError(MISSING)
    return path


def light() -> str:
    """The lightest Chromium there is, for walks that need its engine alone. Raises `NoBrowserError`."""
    return (None if NAMED else shutil.which(LIGHT)) or need()


def missing() -> list[str]:
    """Debian's packages without which some walk cannot go."""
    return [*(() if find() else PACKAGES), *(each for name, each in OTHERS.items() if not shutil.which(name))]


def provide() -> None:
    """Installs Debian's browsers, with fonts for Greek and emoji, where missing; says what it may not."""
    if shutil.which("apt-get") and (os.geteuid() == 0 or shutil.which("sudo")):
        _install(missing())
        _install([] if NAMED or shutil.which(LIGHT) else [LIGHT])  # by itself, for not every Debian has it
    if packages := missing():
        print(f"Missing for the browser walks, some of which will fail: apt install {' '.join(packages)}", flush=True)
    if not find():
        print(MISSING, flush=True)


def _install(packages: list[str]) -> None:
    if not packages:
        return
    print(f"Installing Debian's {', '.join(packages)} ...", flush=True)
    apt = "apt-get -qq -o DPkg::Lock::Timeout=300"
    install = f"{apt} update && {apt} install -y --no-install-recommends {' '.join(packages)}"
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", install]
    subprocess.run(command if os.geteuid() == 0 else ["sudo", "-n", *command], check=False)


def flags() -> list[str]:
    """What Chromium must be told here: root has no sandbox, and containers little shared memory."""
    return ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
