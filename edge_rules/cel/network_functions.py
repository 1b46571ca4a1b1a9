"""CEL's network extension: IP addresses and networks."""

import re
from collections.abc import Callable
from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Interface,
    ip_address,
    ip_interface,
)
from types import MappingProxyType
from typing import Any, Final

from edge_rules.cel.dispatch import by_types
from edge_rules.cel.errors import EvaluationError
from edge_rules.cel.values import Address, Network

MAX_TEXT = 64  # characters; the longest address with its prefix has 49
_PREFIX: Final = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)


def _ip(text: str) -> Address:
    if "%" in text:
        msg = "IP Address with zone value is not allowed"
        raise EvaluationError(msg)
    _no_mapped(text)
    try:
        found = ip_address(text[: MAX_TEXT + 1])
    except ValueError:
        msg = "IP Address parse error during conversion from string"
        raise EvaluationError(msg) from None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return Address(mapped or found)


def _cidr(text: str) -> Network:
    if "%" in text:
        msg = "CIDR with zone value is not allowed"
        raise EvaluationError(msg)
    _no_mapped(text)
    well_formed = len(text) <= MAX_TEXT and _PREFIX.fullmatch(text.partition("/")[2])
    try:
        at = ip_interface(text if well_formed else "")
    except ValueError:
        msg = "network address parse error during conversion from string"
        raise EvaluationError(msg) from None
    if isinstance(at, IPv6Interface) and at.ip.ipv4_mapped:
        msg = "IPv4-mapped IPv6 address is not allowed"
        raise EvaluationError(msg)
    return Network(at)


def _no_mapped(text: str) -> None:
    if ":" in text and "." in text:
        msg = "IPv4-mapped IPv6 address is not allowed"
        raise EvaluationError(msg)


def _reads(read: Callable[[str], object]) -> Callable[[str], bool]:
    def judge(text: str) -> bool:
        try:
            read(text)
        except EvaluationError:
            return False
        return True

    return judge


def _is_canonical(text: str) -> bool:
    return str(_ip(text).ip) == text


def _link_local_multicast(given: Address) -> bool:
    packed = given.ip.packed
    if isinstance(given.ip, IPv4Address):
        return packed[:3] == bytes([224, 0, 0])
    return packed[0] == 0xFF and packed[1] & 0x0F == 2


def _link_local_unicast(given: Address) -> bool:
    return given.ip.is_link_local


def _global_unicast(given: Address) -> bool:
    ip = given.ip
    if isinstance(ip, IPv4Address) and ip == IPv4Address("255.255.255.255"):
        return False
    return not (ip.is_unspecified or ip.is_loopback or ip.is_multicast or ip.is_link_local)


def _contains_ip(network: Network, given: Address) -> bool:
    held = network.at.network
    return held.version == given.ip.version and given.ip in held


def _contains_cidr(network: Network, other: Network) -> bool:
    mine, theirs = network.at.network, other.at.network
    return (
        mine.version == theirs.version
        and mine.prefixlen <= theirs.prefixlen
        and theirs.network_address in mine
    )


def _of(name: str, kind: type, code: Callable[[Any], Any]) -> Callable[..., Any]:
    return by_types(name, {(kind,): code})


IMPLEMENTATIONS: Final[MappingProxyType[str, Callable[..., Any]]] = MappingProxyType(
    {
        "ip": by_types("ip", {(str,): _ip, (Network,): lambda network: Address(network.at.ip)}),
        "cidr": _of("cidr", str, _cidr),
        "isIP": _of("isIP", str, _reads(_ip)),
        "isCIDR": _of("isCIDR", str, _reads(_cidr)),
        "ip.isCanonical": _of("ip.isCanonical", str, _is_canonical),
        "family": _of("family", Address, lambda given: int(given.ip.version)),
        "isUnspecified": _of("isUnspecified", Address, lambda given: given.ip.is_unspecified),
        "isLoopback": _of("isLoopback", Address, lambda given: given.ip.is_loopback),
        "isGlobalUnicast": _of("isGlobalUnicast", Address, _global_unicast),
        "isLinkLocalMulticast": _of("isLinkLocalMulticast", Address, _link_local_multicast),
        "isLinkLocalUnicast": _of("isLinkLocalUnicast", Address, _link_local_unicast),
        "containsIP": by_types(
            "containsIP",
            {
                (Network, Address): _contains_ip,
                (Network, str): lambda network, text: _contains_ip(network, _ip(text)),
            },
        ),
        "containsCIDR": by_types(
            "containsCIDR",
            {
                (Network, Network): _contains_cidr,
                (Network, str): lambda network, text: _contains_cidr(network, _cidr(text)),
            },
        ),
        "masked": _of(
            "masked",
            Network,
            lambda network: Network(ip_interface(network.at.network.with_prefixlen)),
        ),
        "prefixLength": _of("prefixLength", Network, lambda network: network.at.network.prefixlen),
    }
)
