"""Where the broker is and who we are to it."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from devices.errors import DeviceLinkError


class LoginFileError(DeviceLinkError):
    """A certificate or key of ours can't be used: no retry mends that."""


@dataclass(frozen=True, slots=True)
class BrokerLogin:
    """One broker, and one account at it; without `ca` the machine's own authorities count."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    @property
    def url(self) -> str:
        """The broker's address, as the site file writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext | None:
        """Read the certificates anew; LoginFileError names the file that is wrong."""
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except OSError as error:
            msg = f"{self.ca}: {_why(error)}; broker.ca must be a PEM file of the broker's CA"
            raise LoginFileError(msg) from error
        context.sslsocket_class = _TidySocket
        if self.cert is not None:
            try:
                context.load_cert_chain(self.cert, self.key, password=_no_passphrase)
            except OSError as error:
                files = f"{self.cert}" if self.key is None else f"{self.cert}, {self.key}"
                msg = (
                    f"{files}: {_why(error)}; broker.cert and broker.key must be PEM files of "
                    "one certificate and its own unencrypted key"
                )
                raise LoginFileError(msg) from error
        return context


class _TidySocket(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        """Close the socket when no handshake comes about: paho would leave it open."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _no_passphrase() -> str:
    return ""  # else OpenSSL asks on the terminal, and a service waits there for ever


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError) or error.strerror is None:
        return "it can't be used"
    return error.strerror
