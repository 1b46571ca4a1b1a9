"""The configuration of a mosquitto that serves one estate."""

from dataclasses import dataclass
from pathlib import Path

from gateway.broker.limits import LIMITS
from gateway.site_model import BrokerAt, is_loopback

MQTT = 1883
MQTT_TLS = 8883
CONNECTIONS_A_DEVICE = 4  # a device that comes back before the broker missed it counts twice
SPARE_CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class Certificate:
    """The broker's certificate and key, as mosquitto is told them."""

    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where the broker's files lie on its machine, and how many devices it serves."""

    folder: Path
    devices: int
    certificate: Certificate | None = None

    @property
    def conf(self) -> Path:
        """The configuration itself."""
        return self.folder / "mosquitto.conf"

    @property
    def passwords(self) -> Path:
        """The hashed passwords."""
        return self.folder / "passwords"

    @property
    def acl(self) -> Path:
        """Who may say and hear what."""
        return self.folder / "acl"


def mosquitto_conf(place: Place, broker: BrokerAt | None) -> str:
    """Write the configuration; `broker` is where the site file will look for it, None on loopback.

    Accounts hold for every listener.
    """
    return "\n".join(
        [
            "# A broker for Menshen. Every client has an account; a device speaks on its own",
            "# topics only.",
            "per_listener_settings false",
            "allow_anonymous false",
            f"password_file {place.passwords}",
            f"acl_file {place.acl}",
            "",
            LIMITS,
            "# Who connected and what went wrong; never what was said.",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "",
            *_listeners(place, broker),
        ]
    )


def _listeners(place: Place, broker: BrokerAt | None) -> list[str]:
    if broker is None or (is_loopback(broker.host) and not broker.tls):
        port = MQTT if broker is None else broker.port
        return [
            "# The gateway, on this same machine.",
            *_listener(f"{port} 127.0.0.1", place),
            "",
            "# The devices, over the network.",
            *_tls_listener(MQTT_TLS, place, optional=True),
        ]
    if broker.tls:
        return ["# The gateway and the devices.", *_tls_listener(broker.port, place)]
    return [
        "# NOT ENCRYPTED: passwords and the texts of people's codes can be read by whoever is on",
        "# this network. Better: mqtts:// in the site file, and --cert and --key here.",
        *_listener(str(broker.port), place),
    ]


def _listener(where: str, place: Place) -> list[str]:
    return [
        f"listener {where}",
        f"max_connections {SPARE_CONNECTIONS + CONNECTIONS_A_DEVICE * place.devices}",
        # Otherwise a device could take the gateway's client id, and the gateway would seem dead.
        "use_username_as_clientid true",
    ]


def _tls_listener(port: int, place: Place, *, optional: bool = False) -> list[str]:
    served = place.certificate or Certificate(
        place.folder / "certs" / "broker.pem", place.folder / "certs" / "broker.key"
    )
    lines = [*_listener(str(port), place), f"certfile {served.cert}", f"keyfile {served.key}"]
    if optional and place.certificate is None:
        return ["# Remove the # once there is a certificate.", *(f"#{line}" for line in lines)]
    return lines
