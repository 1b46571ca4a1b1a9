"""Who may say and hear what at the broker: a device speaks only for itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from devices.errors import Fault, SetupError
from devices.native.topics import FROM_DEVICES, ROOT, TO_DEVICES, VERSION, DeviceTopic
from devices.native.topics import gateway_topic as topic_of_gateway
from drivers.topic_filters import meet
from gateway.site_file import DeviceSetup

HQ = "hq"  # the alliance's, or that of the bridge which carries its word
DOCTOR = "doctor"  # an account of its own: the gateway's would throw the running gateway out


@dataclass(frozen=True, slots=True)
class Access:
    """What one account may do; `denies` goes before the rest."""

    user: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"user {self.user}"]
        for verb, topics in (("deny", self.denies), ("write", self.writes), ("read", self.reads)):
            lines += [f"topic {verb} {topic}" for topic in topics]
        return "\n".join(lines)


def site_access(
    site: str, gateway: str, devices: Sequence[DeviceSetup], source: str
) -> list[Access]:
    """Lay out the accounts of a site: gateway, doctor, HQ, each device that speaks MQTT.

    SetupError, under the name of `source`, where two would be one or a topic is not a vendor's.
    """
    faults = [*_name_faults(gateway, devices), *_topic_faults(devices)]
    if faults:
        raise SetupError([Fault(source, 1, 1, what) for what in faults])
    mapped = {d.device: _topic_of(d) for d in devices if d.kind.role == "mapped"}
    accounts = [
        _gateway(site, gateway, sorted(set(mapped.values()))),
        _doctor(site),
        _hq(site),
    ]
    for device in devices:
        if device.device in mapped:
            accounts.append(_mapped(device.device, mapped[device.device]))
        elif device.kind.uses_mqtt:
            accounts.append(_native(site, device))
    return accounts


def shared_topics(accounts: Sequence[Access]) -> Iterator[tuple[str, str]]:
    """Give the pairs of accounts that can speak for each other, by vendor topics that overlap."""
    vendors = [access for access in accounts if access.denies]
    for one, other in combinations(vendors, 2):
        if any(meet(a, b) for a in one.writes for b in other.writes):
            yield one.user, other.user


def _gateway(site: str, user: str, vendor_topics: Sequence[str]) -> Access:
    return Access(
        user,
        reads=(f"{ROOT}/{VERSION}/{site}/#", f"{ROOT}/{VERSION}/all/#", *vendor_topics),
        writes=(
            topic_of_gateway(site, "#"),
            f"{ROOT}/{VERSION}/{site}/hq/#",
            *(f"{ROOT}/{VERSION}/{site}/+/+/{channel}" for channel in sorted(TO_DEVICES)),
        ),
    )


def _doctor(site: str) -> Access:
    mine = topic_of_gateway(site, DOCTOR)
    return Access(DOCTOR, reads=(mine, topic_of_gateway(site, "online"), "$SYS/#"), writes=(mine,))


def _hq(site: str) -> Access:
    return Access(
        HQ,
        reads=(f"{ROOT}/{VERSION}/{site}/hq/#", topic_of_gateway(site, "online")),
        writes=(f"{ROOT}/{VERSION}/{site}/order/#", f"{ROOT}/{VERSION}/all/order/#"),
    )


def _native(site: str, device: DeviceSetup) -> Access:
    def own(channel: str) -> str:
        return str(DeviceTopic(site, device.lane, device.device, channel))

    return Access(
        device.device,
        reads=(*map(own, sorted(TO_DEVICES)), topic_of_gateway(site, "online")),
        writes=tuple(map(own, sorted(FROM_DEVICES))),
    )


def _mapped(device: str, topic: str) -> Access:
    return Access(device, writes=(topic,), denies=(f"{ROOT}/#",))


def _topic_of(device: DeviceSetup) -> str:
    return str(getattr(device.settings, "topic", ""))


def _topic_faults(devices: Sequence[DeviceSetup]) -> Iterator[str]:
    for device in devices:
        if device.kind.role != "mapped":
            continue
        topic = _topic_of(device)
        if not topic or not topic.isprintable() or topic.startswith((f"{ROOT}/", "$")):
            yield f"{device.device}: its topic must be the vendor's own, not {ROOT}/… or $…"


def _name_faults(gateway: str, devices: Sequence[DeviceSetup]) -> Iterator[str]:
    if not gateway.isprintable() or set(": #") & set(gateway):
        yield "broker.username: must have no blank, colon or #, such as gateway"
    for device in devices:
        if device.device in (gateway, DOCTOR, HQ):
            what = "is the name of another account at the broker; choose another id"
            yield f"{device.device}: {what}"
    if gateway in (DOCTOR, HQ):
        yield f"broker.username: {gateway} is another account; write gateway"
