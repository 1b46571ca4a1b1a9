"""Everything a site is started with: its file, its policy and its trust, checked together."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from devices.errors import Fault, MenshenError, SetupError
from edge_rules.credentials.pass_trust import PassTrust
from edge_rules.credentials.trust import TrustStore
from edge_rules.orders.signatures import OrderKeys
from edge_rules.policy.compiler import CompiledPolicy
from gateway.passes.pass_files import PassFolders, load_passes
from gateway.policies.loading import Loaded, load, read_text
from gateway.policies.order_keys import load_order_keys
from gateway.site_file import DeviceSetup, examine_site, written_path
from gateway.site_model import SiteFile
from gateway.trust_folder import TrustSource, load_trust, stamps_of

Part = TypeVar("Part")

COLOUR = "credential.colour"
COLOUR_UNASKED = (
    f"the site has colour codes, and no rule asks {COLOUR}: "
    "a red code is `valid` too and would be let in; write a rule for it"
)


@dataclass(frozen=True, slots=True)
class Setup:
    """One site, ready to run."""

    site: SiteFile
    devices: tuple[DeviceSetup, ...]
    policy: CompiledPolicy
    trust: TrustStore
    policy_text: str
    order_keys: OrderKeys | None = None
    trust_source: TrustSource | None = None


def load_setup(path: Path, *, data: Path | None = None) -> Setup:
    """Read all files of a site; SetupError lists the faults of all of them."""
    site, devices, faults = examine_site(path, data=data)
    policy_path = site.policy_path if site else written_path(path, "policy")
    trust_folder = site.trust_folder if site else written_path(path, "trust")
    policy = _part(_policy, policy_path, faults) if policy_path else None
    place = site.place if site else None
    read_trust = partial(load_trust, place=place)
    source = TrustSource(trust_folder, place, stamps_of(trust_folder)) if trust_folder else None
    trust = _part(read_trust, trust_folder, faults) if trust_folder else TrustStore([])
    passes = _part(partial(_passes, site), site.data_folder, faults) if site else None
    keys_path = site.order_keys_path if site else None
    order_keys = _part(load_order_keys, keys_path, faults) if keys_path else None
    if site and policy and site.colour_code and COLOUR not in policy.text:
        faults.append(Fault(str(policy_path), 1, 1, COLOUR_UNASKED))
    if faults or site is None or policy is None or trust is None:
        raise SetupError(faults)
    trust.passes = passes or trust.passes
    return Setup(site, devices, policy.compiled, trust, policy.text, order_keys, source)


def _part(load: Callable[[Path], Part], path: Path, faults: list[Fault]) -> Part | None:
    try:
        return load(path)
    except SetupError as error:
        faults += error.faults
    except (MenshenError, OSError, UnicodeDecodeError) as error:
        faults.append(Fault(str(path), 1, 1, f"can't be read: {error}"))
    return None


def _passes(site: SiteFile, data: Path) -> PassTrust:
    folders = PassFolders.of(data, site.trust_folder)
    return load_passes(folders, site.estate, ZoneInfo(site.timezone))


def _policy(path: Path) -> Loaded:
    return load(read_text(path), str(path))
