"""Topics of the native protocol: `menshen/1/<site>/<lane>/<device>/<channel>`."""

from dataclasses import dataclass

from devices.errors import DeviceProtocolError
from devices.ids import RESERVED, is_id

ROOT = "menshen"
VERSION = "1"
FROM_DEVICES = frozenset(
    {"scan", "temperature", "presence", "frame", "state", "passage", "button", "online", "result"}
)
TO_DEVICES = frozenset({"command", "show"})


@dataclass(frozen=True, slots=True)
class DeviceTopic:
    """One device's channel."""

    site: str
    lane: str
    device: str
    channel: str

    def __str__(self) -> str:
        return f"{ROOT}/{VERSION}/{self.site}/{self.lane}/{self.device}/{self.channel}"


def gateway_topic(site: str, name: str) -> str:
    """Name a topic of the gateway itself, such as `online`."""
    return f"{ROOT}/{VERSION}/{site}/gateway/{name}"


def order_topic(site: str, kind: str) -> str:
    """Name the channel on which the HQ gives one kind of order, to a site or to `all`."""
    return f"{ROOT}/{VERSION}/{site}/order/{kind}"


def parse_topic(topic: str) -> DeviceTopic:
    """Read a device's topic; DeviceProtocolError says which level is wrong."""
    levels = topic.split("/")
    if len(levels) != 6 or levels[0] != ROOT:
        msg = "not a topic of a device: menshen/1/<site>/<lane>/<device>/<channel>"
        raise DeviceProtocolError(msg)
    _, version, site, lane, device, channel = levels
    if version != VERSION:
        msg = "unknown protocol version; this gateway speaks 1"
        raise DeviceProtocolError(msg)
    for name, level in (("site", site), ("lane", lane), ("device", device)):
        if not is_id(level) or level in RESERVED:
            msg = f"the {name} of the topic is no id of a-z, 0-9 and -, 1 to 32 long"
            raise DeviceProtocolError(msg)
    if channel not in FROM_DEVICES | TO_DEVICES:
        msg = "unknown channel"
        raise DeviceProtocolError(msg)
    return DeviceTopic(site, lane, device, channel)
