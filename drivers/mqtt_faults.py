"""What went wrong with a broker, in one sentence with what to do about it."""

import socket
import ssl

from paho.mqtt.reasoncodes import ReasonCode

from drivers.mqtt_login import BrokerLogin

PROTOCOL_ERROR = "Protocol error"  # as paho names it
_UNSUPPORTED, _BAD_ID, _BAD_PASSWORD, _NOT_ALLOWED, _UNAVAILABLE = range(0x84, 0x89)


def unreachable(login: BrokerLogin, error: OSError) -> str:
    """Say why there is no connection at all."""
    return f"{login.url}: {_unreachable(login, error)}"


def no_address(login: BrokerLogin) -> str:
    """Say that no host can have this name or port."""
    return f"{login.url}: that is no host and port; write broker.url as mqtt://host:1883"


def refused(login: BrokerLogin, reason: ReasonCode) -> str:
    """Say why the broker did not let us in."""
    if reason.value in (_BAD_PASSWORD, _NOT_ALLOWED):
        return f"{login.url}: {_not_let_in(login)}"
    what = {
        _UNSUPPORTED: "it does not speak MQTT 3.1.1; use a broker that does",
        _BAD_ID: "it refuses our client id; allow ids of the form menshen-SITE there",
        _UNAVAILABLE: "it takes nobody in at present; look at the broker's own log",
    }.get(reason.value, f"it refuses us (code {reason.value}); look at the broker's own log")
    return f"{login.url}: {what}"


def no_greeting(login: BrokerLogin, reason: ReasonCode | None = None) -> str:
    """Say why a connection may have ended before the broker said a word of MQTT."""
    if reason is not None and reason.getName() == PROTOCOL_ERROR:
        return not_mqtt(login)
    if login.tls and login.cert is None:
        what = "does it want a client certificate (broker.cert, broker.key), or is it no TLS port"
    elif login.tls:
        what = "does it know the CA of broker.cert, or is it no TLS port"
    else:
        what = "is it a TLS port (mqtts://), or no MQTT port at all"
    return f"{login.url}: it hangs up without an MQTT greeting; {what}?"


def not_mqtt(login: BrokerLogin) -> str:
    """Say that the other end breaks the protocol."""
    return f"{login.url}: what it sends is no MQTT 3.1.1; mend broker.url, or use another broker"


def no_answer(login: BrokerLogin, within_s: float) -> str:
    """Say that the other end is silent."""
    return (
        f"{login.url}: no answer within {within_s:.0f} s; check that a broker runs there and "
        "that no firewall is in between"
    )


def hung_up(login: BrokerLogin, client_id: str, reason: ReasonCode | None) -> str:
    """Say that a working connection ended."""
    if reason is not None and reason.getName() == PROTOCOL_ERROR:
        return not_mqtt(login)
    if reason is not None and reason.getName() == "Keep alive timeout":
        return f"{login.url}: it fell silent; check the network and the broker"
    return (
        f"{login.url}: the connection broke; should that repeat, look at the broker's log: "
        f"another gateway may be using the client id {client_id}"
    )


def arms_full(login: BrokerLogin, held: int) -> str:
    """Say that we take no more until what we have is recorded."""
    return (
        f"{login.url}: {held} messages wait to be recorded, the broker keeps the rest; "
        "look at the disk"
    )


def not_subscribed(login: BrokerLogin, filters: list[str]) -> str:
    """Say what we are not allowed to hear."""
    account = login.username or "this gateway's account"
    return f"{login.url}: it refuses {', '.join(filters)}; let {account} read them (its ACL)"


def no_marker(login: BrokerLogin, topic: str) -> str:
    """Say that the fence's marker does not come back."""
    account = login.username or "this gateway's account"
    return (
        f"{login.url}: what is published on {topic} does not come back, so nothing that arrives "
        f"can be taken as fresh; let {account} write and read it (its ACL)"
    )


def _not_let_in(login: BrokerLogin) -> str:
    if login.username is None and login.cert is None:
        return "it takes no anonymous clients; give broker.username and broker.password_file"
    if login.username is None:
        return "it does not accept our certificate; its common name must be an account there"
    return (
        f"it refuses {login.username} or the password; make broker.username and "
        "broker.password_file agree with the broker's password file"
    )


def _unreachable(login: BrokerLogin, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "no such host; mend broker.url, or this machine's name service"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there; start the broker, or mend broker.url"
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or "certificate verify failed"
        return (
            f"its certificate is not good ({why}); broker.ca must be the CA that signed it, "
            f"and it must be made out to {login.host}"
        )
    if isinstance(error, ssl.SSLError):
        return "it speaks no TLS that we do; give the broker's TLS port, often 8883"
    if isinstance(error, TimeoutError):
        return "no answer; check the network, and that no firewall is in between"
    return f"{error.strerror or 'no connection'}; check the network"
