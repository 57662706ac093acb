"""Finds the browsers that the walks drive, and installs Debian's where it may."""

import os
import shutil
import subprocess

NAMED = os.environ.get("LETHE_CHROMIUM")
"""Read at once: the tests clear what is set for Lethe, so that none of it reaches their servers."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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


def provide() -> None:
    """Installs Debian's browsers, and fonts for Greek and emoji, where they are missing and may be."""
    root = os.geteuid() == 0
    packages = [
        *(() if NAMED or find() else PACKAGES),
        *(each for name, each in OTHERS.items() if not shutil.which(name)),
    ]
    if not packages or not shutil.which("apt-get"):
        return
    if not root and not shutil.which("sudo"):
        return
    print(f"Installing Debian's {', '.join(packages)} ...", flush=True)
    apt = "apt-get -qq -o DPkg::Lock::Timeout=300"
    install = f"{apt} update && {apt} install -y --no-install-recommends {' '.join(packages)}"
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", install]
    subprocess.run(command if root else ["sudo", "-n", *command], check=False)


def flags() -> list[str]:
    """What Chromium must be told here: root has no sandbox, and containers little shared memory."""
    return ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
