"""The site file: read, checked, every fault listed with its place before anything starts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from devices.errors import Fault, SetupError
from devices.ids import RESERVED, DeviceId, LaneId
from devices.readings import Direction, Spot, TemperatureKind
from devices.setup_file import SetupFile, faults_of, parse_setup
from drivers.driver import DriverKind
from drivers.registry import driver_kinds
from edge_rules.asking import SLACK_MS
from gateway.site_model import Device, SiteFile

CREDENTIAL = "credential"
TEMPERATURE = "temperature"
MOST_ROUNDS = 3  # of faults that only show once others are out of the way


@dataclass(frozen=True, slots=True)
class DeviceSetup:
    """One device ready to be built: its place, its driver and the driver's checked settings."""

    lane: LaneId
    device: DeviceId
    kind: DriverKind
    settings: BaseModel

    @property
    def role(self) -> str:
        """What the device does at its lane; a mapped device does what its mapping says.

        It is never the gate: nothing can be said to it.
        """
        if self.kind.role == "mapped":
            return {"scan": "scanner", "temperature": "thermometer"}.get(
                getattr(self.settings, "as_", ""), "sensor"
            )
        return self.kind.role


def load_site(path: Path, *, data: Path | None = None) -> SiteFile:
    """Read and check a site file; SetupError lists every fault with its place."""
    site, _ = load_site_devices(path, data=data)
    return site


def load_site_devices(
    path: Path, *, data: Path | None = None
) -> tuple[SiteFile, tuple[DeviceSetup, ...]]:
    """Read a site file together with its devices' checked driver settings."""
    site, devices, faults = examine_site(path, data=data)
    if site is None or faults:
        raise SetupError(faults)
    return site, devices


def examine_site(
    path: Path, *, data: Path | None = None
) -> tuple[SiteFile | None, tuple[DeviceSetup, ...], list[Fault]]:
    """Read a site file with all its faults; a site it gives beside faults is only for finding more.

    SetupError: the file can't be read at all.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = f"can't be read: {error.strerror if isinstance(error, OSError) else error}"
        raise SetupError([Fault(str(path), 1, 1, what)]) from error
    file = parse_setup(text, str(path))
    site, faults = _checked(file)
    if site is None:
        faults += _driver_faults(file, path.parent.absolute())
        return None, (), sorted(faults, key=_place)
    if data is not None:
        site = site.model_copy(update={"data": data.absolute()})
    site._folder = path.parent.absolute()  # noqa: SLF001 - where the file lies is not in the file
    devices, more = _settings(site, file)
    faults += more + [fault for rule in _RULES for fault in rule(site, devices, file)]
    return site, tuple(devices.values()), sorted(faults, key=_place)


def _place(fault: Fault) -> tuple[int, int]:
    return fault.line, fault.column


def written_path(path: Path, key: str) -> Path | None:
    """Return a path that a site file names, also where it is no site for other faults."""
    data = parse_setup(path.read_text("utf-8"), str(path)).data
    written = data.get(key) if isinstance(data, dict) else None
    return path.parent / written if isinstance(written, str) else None


def _checked(file: SetupFile) -> tuple[SiteFile | None, list[Fault]]:
    """Check every key; where nothing but optional ones are wrong, go on without them."""
    data = deepcopy(file.data)
    faults: list[Fault] = []
    for _ in range(MOST_ROUNDS):
        try:
            return SiteFile.model_validate(data), faults
        except ValidationError as error:
            needed = any(fault["type"] == "missing" for fault in error.errors())
            if needed and faults:
                break  # it was there, and wrong
            faults += faults_of(error, file)
            wrong = [file.known(fault["loc"]) for fault in error.errors()]
            if needed or not all(_take_out(data, path) for path in wrong):
                break
    return None, faults


def _take_out(data: Any, path: tuple[str | int, ...]) -> bool:  # noqa: ANN401 - YAML is any data
    """Take a key with its wrong value out of a file's data; False if that is no key."""
    try:
        for part in path[:-1]:
            data = data[part]
    except (KeyError, IndexError, TypeError):
        return True  # gone, with what it stood in
    if not path or not isinstance(data, dict):
        return False
    data.pop(path[-1], None)
    return True


Place = tuple[int, int]
Devices = Mapping[Place, DeviceSetup]


def _settings(site: SiteFile, file: SetupFile) -> tuple[dict[Place, DeviceSetup], list[Fault]]:
    devices: dict[Place, DeviceSetup] = {}
    faults: list[Fault] = []
    kinds, folder = driver_kinds(), site.at(Path())
    for at, lane in enumerate(site.lanes):
        for under, device in enumerate(lane.devices):
            path = ("lanes", at, "devices", under)
            found = _kind_and_settings(device, kinds, path, file, folder)
            if isinstance(found, list):
                faults += found
                continue
            devices[at, under] = DeviceSetup(LaneId(lane.lane), DeviceId(device.device), *found)
    return devices, faults


def _driver_faults(file: SetupFile, folder: Path) -> list[Fault]:
    """Find what is wrong with drivers and their keys in a file that is no site for other faults."""
    faults: list[Fault] = []
    kinds = driver_kinds()
    for path in file.places:
        match path:
            case ("lanes", int(at), "devices", int(under)):
                with suppress(ValidationError):  # told already
                    device = Device.model_validate(file.data["lanes"][at]["devices"][under])
                    found = _kind_and_settings(device, kinds, path, file, folder)
                    faults += found if isinstance(found, list) else []
    return faults


def _kind_and_settings(
    device: Device,
    kinds: Mapping[str, DriverKind],
    path: tuple[str | int, ...],
    file: SetupFile,
    folder: Path,
) -> tuple[DriverKind, BaseModel] | list[Fault]:
    kind = kinds.get(device.driver)
    if kind is None:
        what = f"no driver {device.driver}; known are {', '.join(sorted(kinds))}"
        return [file.fault((*path, "driver"), what)]
    try:
        # Paths among a driver's settings are relative to the site file's folder.
        settings = kind.settings.model_validate(dict(device.own), context={"folder": folder})
    except ValidationError as error:
        return faults_of(error, file, path)
    return kind, settings


def _ids_are_unique(site: SiteFile, _: Devices, file: SetupFile) -> Iterator[Fault]:
    seen: set[str] = set()
    if site.site in RESERVED:
        yield file.fault(("site",), f"{site.site}: a reserved word; choose another id")
    for at, lane in enumerate(site.lanes):
        path = ("lanes", at)
        if lane.lane in seen or lane.lane in RESERVED:
            yield file.fault((*path, "lane"), f"{lane.lane}: taken or reserved; choose another id")
        seen.add(lane.lane)
        for under, device in enumerate(lane.devices):
            if device.device in seen:
                what = f"{device.device}: stands here twice; every device needs its own id"
                yield file.fault((*path, "devices", under, "device"), what)
            seen.add(device.device)


def _gates_fail_well(site: SiteFile, devices: Devices, file: SetupFile) -> Iterator[Fault]:
    for (at, under), setup in devices.items():
        if setup.role != "gate":
            continue
        path = ("lanes", at, "devices", under)
        device = site.lanes[at].devices[under]
        for key in ("fail", "egress"):
            if getattr(device, key) is None and (*path, key) not in file.places:
                yield file.fault(path, f"{device.device}: a gate must say {key}")
        if (device.fail, device.egress) == ("secure", "this-gate"):
            what = (
                "fail: secure with egress: this-gate locks people in when power fails; "
                "fail safe, or name another way out (mechanical or hardwired)"
            )
            yield file.fault((*path, "fail"), what)


def _lanes_have_their_devices(site: SiteFile, devices: Devices, file: SetupFile) -> Iterator[Fault]:
    for at, lane in enumerate(site.lanes):
        roles = [setup.role for (of, _), setup in devices.items() if of == at]
        if len(roles) < len(lane.devices):
            continue  # a device without a driver is a fault already
        if roles.count("gate") != 1:
            what = f"{lane.lane}: a lane has one gate, this one has {roles.count('gate')}"
            yield file.fault(("lanes", at, "devices"), what)
        if lane.direction is Direction.OUT:
            if lane.needs:
                yield file.fault(("lanes", at, "needs"), "leaving needs nothing: write needs: []")
            continue
        if CREDENTIAL not in lane.needs:
            what = f"{lane.lane}: an inward lane needs credential; a temperature decides nothing"
            yield file.fault(("lanes", at, "needs"), what)
        if "scanner" not in roles:
            yield file.fault(("lanes", at, "devices"), f"{lane.lane}: no scanner reads credentials")
        if TEMPERATURE in lane.needs and not {"thermometer", "camera"} & set(roles):
            what = f"{lane.lane}: needs temperature, and no device measures it"
            yield file.fault(("lanes", at, "needs"), what)


def _screening_is_lawful(site: SiteFile, devices: Devices, file: SetupFile) -> Iterator[Fault]:
    for at, lane in enumerate(site.lanes):
        if TEMPERATURE not in lane.needs:
            continue
        path = ("lanes", at, "needs")
        if site.legal is None:
            yield file.fault(path, "screening temperatures needs legal: {controller, …, ends}")
        if not site.limits:
            yield file.fault(path, "screening temperatures needs limits: of the health authority")
        for (of, under), setup in devices.items():
            measures = setup.kind.measures or getattr(setup.settings, "measures", None)
            if of == at and measures and site.limit(*measures) is None:
                spot, kind = measures
                what = f"{setup.device} measures {spot} {kind}: limits has none for that"
                yield file.fault(("lanes", at, "devices", under), what)


def _limits_are_one_each(site: SiteFile, _: Devices, file: SetupFile) -> Iterator[Fault]:
    seen: set[tuple[Spot, TemperatureKind]] = set()
    for at, limit in enumerate(site.limits):
        about = (limit.spot, limit.kind)
        if about in seen:
            what = f"limits: {limit.spot} {limit.kind} stands here twice; one limit holds for it"
            yield file.fault(("limits", at), what)
        seen.add(about)


def _health_credentials_are_lawful(site: SiteFile, _: Devices, file: SetupFile) -> Iterator[Fault]:
    if site.trust is not None and site.legal is None:
        what = "trust: judging health credentials needs legal: {controller, …, ends}"
        yield file.fault(("trust",), what)
    if site.colour_code is not None and site.legal is None:
        what = "colour_code: judging health codes needs legal: {controller, …, ends}"
        yield file.fault(("colour_code",), what)


def _names_are_lawful(site: SiteFile, _: Devices, file: SetupFile) -> Iterator[Fault]:
    if site.web.show_names and site.legal is None:
        what = "showing guards the names on health credentials needs legal: {controller, …, ends}"
        yield file.fault(("web", "show_names"), what)


def _platform_answers_in_time(site: SiteFile, _: Devices, file: SetupFile) -> Iterator[Fault]:
    if site.colour_code is None:
        return
    needed_ms = site.colour_code.deadline_ms + 2 * SLACK_MS
    for at, lane in enumerate(site.lanes):
        if lane.direction is Direction.IN and lane.visit_window_ms < needed_ms:
            what = (
                f"{lane.lane}: visits end before the platform's deadline; "
                f"with its deadline_ms they need at least {needed_ms}"
            )
            yield file.fault(("lanes", at, "visit_window_ms"), what)
    for key, path in site.colour_code.platform.beside(site.at(Path())).files().items():
        if not path.is_file():
            what = f"colour_code.platform.{key}: there is no such file"
            yield file.fault(("colour_code", "platform", key), what)


_RULES: tuple[Callable[[SiteFile, Devices, SetupFile], Iterator[Fault]], ...] = (
    _ids_are_unique,
    _gates_fail_well,
    _lanes_have_their_devices,
    _limits_are_one_each,
    _screening_is_lawful,
    _health_credentials_are_lawful,
    _names_are_lawful,
    _platform_answers_in_time,
)
