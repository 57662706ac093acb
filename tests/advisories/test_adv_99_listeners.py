"""
A server listens where it was told and nowhere else, on this machine alone unless told: CVE-2021-43799 (Zulip, whose
broker's port was open to the net).
"""

import os
import socket
from pathlib import Path

import pytest

from tests.lethe import Lethe

LISTENS = "0A"
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}


def listeners(pid: int) -> set[tuple[str, int]]:
    """Addresses (as /proc writes them) and ports at which a process listens."""
    own = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            row = line.split()
            if row[3] == LISTENS and f"socket:[{row[9]}]" in own:
                address, _, port = row[1].rpartition(":")
                found.add((address, int(port, 16)))
    return found


@pytest.mark.parametrize("form", ["embedded", "scaled"])
def test_adv_99_a_server_has_one_door_and_it_is_on_this_machine(form: str, request: pytest.FixtureRequest) -> None:
    lethe: Lethe = request.getfixturevalue(form)
    assert lethe._process is not None
    assert "--host" not in lethe.command()
    assert listeners(lethe._process.pid) == {("0100007F", lethe.port)}


def test_adv_99_the_control_a_second_door_is_seen() -> None:
    with socket.create_server(("0.0.0.0", 0)) as door:  # noqa: S104 - closed at once
        mine = listeners(os.getpid())
        assert ("00000000", door.getsockname()[1]) in mine
        assert {address for address, _ in mine} - LOOPBACK
