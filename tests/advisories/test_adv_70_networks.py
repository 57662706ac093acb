"""
Addresses that are another's in disguise: CVE-2021-21392 (Synapse: an IPv4 address written into an IPv6 one passes a
list), CVE-2024-4032 (Python's own list of special addresses is old). The server asks no address that somebody gave
it; what is decided by an address is whose proxy to believe, and who shares an allowance.
"""

from ipaddress import IPv4Address, IPv6Address

import pytest

from chat.core.networks import asked_from, embedded, lines, network, parsed
from tests.chance import dice

DISGUISES = ("::ffff:{0}", "64:ff9b::{0}", "2002:{1}::1", "::{0}", "::ffff:0:{0}", "64:ff9b:1::{0}")
LATE = ("192.0.0.8", "192.0.0.170", "64:ff9b:1::1", "2001::1", "2002:7f00:1::", "100.64.0.1", "fd00::1", "fe80::1")


def disguised(address: IPv4Address, form: str) -> str:
    """An IPv4 address as it is written into an IPv6 one."""
    digits = f"{int(address):08x}"
    return form.format(address, f"{digits[:4]}:{digits[4:]}")


@pytest.mark.parametrize("form", DISGUISES)
def test_adv_70_one_client_has_one_allowance_in_every_disguise(form: str) -> None:
    chance = dice(f"disguises {form}")
    for _ in range(200):
        plain = IPv4Address(chance.randrange(1 << 32))
        found = parsed(disguised(plain, form))
        assert found is not None
        assert embedded(found) == plain, (form, plain)
        assert lines(found) == lines(plain)
    assert lines(IPv6Address("2001:db8::1")) != lines(IPv4Address("32.1.13.184"))  # the control


@pytest.mark.parametrize("form", DISGUISES[1:])
def test_adv_70_nobody_is_believed_for_an_address_that_stands_for_a_proxys(form: str) -> None:
    trusted = (network("127.0.0.1"), network("10.0.0.0/8"))
    for proxy in ("127.0.0.1", "10.1.2.3"):
        seen = disguised(IPv4Address(proxy), form)
        assert asked_from(seen, ["203.0.113.9"], trusted) == IPv6Address(seen)
        assert asked_from(proxy, ["203.0.113.9"], trusted) == IPv4Address("203.0.113.9")  # the control


@pytest.mark.parametrize("address", LATE)
def test_adv_100_nothing_is_decided_by_a_list_that_grows_old(address: str) -> None:
    """Only what the operator names is trusted, whatever this Python takes an address for."""
    assert asked_from(address, ["203.0.113.9"], (network("10.0.0.0/8"),)) != IPv4Address("203.0.113.9")
    assert asked_from(address, ["203.0.113.9"], (network(address),)) == IPv4Address("203.0.113.9")  # the control
