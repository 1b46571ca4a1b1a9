"""The files of a broker for one estate: made once, mended on every later run."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gateway.broker.access_list import DOCTOR, HQ, Access, site_access
from gateway.broker.accounts import (
    hashes_for,
    lay_out,
    passwords_for,
    read_pairs,
    read_secret,
)
from gateway.broker.mosquitto_conf import Certificate, Place, mosquitto_conf
from gateway.site_file import DeviceSetup
from gateway.site_model import BrokerAt, SiteFile

GATEWAY = "gateway"  # the gateway's account where the site file names none
OWN_PART = "# ---- your own lines go below this one; they are kept ----\n"
SECRET = 0o600
BROKER_READS = 0o640


@dataclass(frozen=True, slots=True)
class BrokerFile:
    """One file as it should be; `for_broker` ones are read by mosquitto's own user."""

    path: Path
    text: str
    for_broker: bool


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    """Everything a broker needs to know of one estate."""

    place: Place
    gateway: str
    accounts: Sequence[Access]
    broker: BrokerAt | None
    named_secret: Path | None = None  # the password file that the site file names


def plan_broker(
    site: SiteFile,
    devices: Sequence[DeviceSetup],
    folder: Path,
    source: str,
    certificate: Certificate | None = None,
) -> BrokerPlan:
    """Lay out the accounts and listeners of a site; SetupError where they can't be."""
    broker = None if site.broker == "auto" else site.broker
    gateway = (broker and broker.username) or GATEWAY
    named = broker.password_file if broker else None
    accounts = site_access(site.site, gateway, devices, source)
    place = Place(folder, len(accounts), certificate)
    return BrokerPlan(place, gateway, accounts, broker, site.at(named) if named else None)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier run, or a person, left in the folder."""

    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    hashes: Mapping[str, str] = field(default_factory=dict)
    below: Mapping[Path, str] = field(default_factory=dict)  # what a person added to a file


def read_kept(plan: BrokerPlan) -> Kept:
    """Read the folder; SetupError where a file of it can't be understood."""
    place = plan.place
    passwords = read_pairs(place.folder / "accounts", "DEVICE:PASSWORD")
    for user, path in secret_paths(plan).items():
        passwords.pop(user, None)
        if (secret := read_secret(path)) is not None:
            passwords[user] = secret
    below = {path: _below(path) for path in (place.conf, place.acl)}
    return Kept(passwords, read_pairs(place.passwords, "USER:HASH"), below)


def broker_files(plan: BrokerPlan, kept: Kept) -> Iterator[BrokerFile]:
    """Lay out every file; passwords that exist already stay, those of gone devices go."""
    place, known = plan.place, dict(kept.passwords)
    if plan.named_secret and (named := read_secret(plan.named_secret)) is not None:
        known[plan.gateway] = named
    # A password that was taken away from here still holds: only its hash is known.
    users = [access.user for access in plan.accounts]
    passwords = passwords_for([u for u in users if u in known or u not in kept.hashes], known)
    # Accounts that somebody added by hand stay; those that were ours and are no more go.
    hashes = {user: word for user, word in kept.hashes.items() if user not in known}
    hashes |= hashes_for(passwords, kept.hashes)
    for path, text in (
        (place.conf, mosquitto_conf(place, plan.broker)),
        (place.acl, acl_text(plan.accounts)),
    ):
        yield BrokerFile(path, f"{text}\n{OWN_PART}{kept.below.get(path, '')}", for_broker=True)
    yield BrokerFile(place.passwords, lay_out(hashes), for_broker=True)
    own = secret_paths(plan)
    devices = {user: word for user, word in passwords.items() if user not in own}
    yield BrokerFile(place.folder / "accounts", lay_out(devices), for_broker=False)
    for user, path in own.items():
        if user in passwords:
            yield BrokerFile(path, passwords[user] + "\n", for_broker=False)


def secret_paths(plan: BrokerPlan) -> dict[str, Path]:
    """Where the passwords of those that are no device lie, each alone in its file."""
    folder = plan.place.folder
    others = {user: folder / f"{user}.password" for user in (DOCTOR, HQ)}
    return {plan.gateway: folder / "gateway.password", **others}


def acl_text(accounts: Sequence[Access]) -> str:
    """Write the access list."""
    return (
        "# Who may publish (write) and receive (read) what; nothing else is allowed.\n\n"
        + "\n\n".join(map(str, accounts))
        + "\n"
    )


def write_file(file: BrokerFile) -> bool:
    """Put a file in place, whole or not at all; False if it was so already."""
    with suppress(OSError, UnicodeDecodeError):
        if file.path.read_text("utf-8") == file.text:
            return False
    file.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = file.path.with_name(f".{file.path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET), "w") as out:
        out.write(file.text)
        out.flush()
        os.fsync(out.fileno())
    if file.for_broker and os.geteuid() == 0:
        with suppress(LookupError, OSError):  # no such group: mosquitto is not installed here
            shutil.chown(draft, group="mosquitto")
            draft.chmod(BROKER_READS)
    draft.replace(file.path)
    return True


def _below(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text("utf-8").partition(OWN_PART)[2]
    return ""
