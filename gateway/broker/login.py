"""From the site file's broker to the account that the link signs in with."""

from devices.errors import Fault, SetupError
from drivers.mqtt_login import BrokerLogin
from gateway.site_model import BrokerAt, SiteFile


def broker_login(site: SiteFile, broker: BrokerAt) -> BrokerLogin:
    """Read the password and resolve the files; SetupError names a password file that is wrong."""
    return BrokerLogin(
        broker.host,
        broker.port,
        tls=broker.tls,
        username=broker.username,
        password=_password(site, broker),
        ca=site.at(broker.ca) if broker.ca else None,
        cert=site.at(broker.cert) if broker.cert else None,
        key=site.at(broker.key) if broker.key else None,
    )


def _password(site: SiteFile, broker: BrokerAt) -> str | None:
    if broker.password_file is None:
        return None
    path = site.at(broker.password_file)
    try:
        password = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        what = f"can't be read: {why}; broker.password_file holds the password on one line"
        raise SetupError([Fault(str(path), 1, 1, what)]) from error
    if not password:
        what = "is empty; broker.password_file holds the password on one line"
        raise SetupError([Fault(str(path), 1, 1, what)])
    return password
