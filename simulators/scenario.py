"""The scenario file: which devices stand at which lanes, and who comes."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from devices.errors import DeviceLinkError, Fault, SetupError
from devices.ids import Id
from devices.readings import Direction, Spot, TemperatureKind
from devices.setup_file import SetupFile, check_setup, parse_setup
from simulators.colour_book import ColourBook, Mood
from simulators.device_link import BrokerAddress
from simulators.gate import Fail
from simulators.people import Kind

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
PerMinute = Annotated[float, Field(gt=0, le=60_000, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Shares(_Part):
    """How many of all people are of each kind; together 1."""

    healthy: Share = 0.0
    fevered: Share = 0.0
    expired: Share = 0.0
    forged: Share = 0.0
    no_code: Annotated[Share, Field(alias="no-code")] = 0.0
    walk_away: Annotated[Share, Field(alias="walk-away")] = 0.0

    @model_validator(mode="after")
    def _together_one(self) -> Self:
        total = sum(self.by_kind().values())
        if abs(total - 1) > 1e-6:
            msg = f"the shares add up to {total:g}, they must add up to 1"
            raise ValueError(msg)
        return self

    def by_kind(self) -> dict[Kind, float]:
        """Return the shares by kind, those of nobody left out."""
        shares = self.model_dump(by_alias=True)
        return {kind: shares[kind] for kind in Kind if shares[kind]}


class Steps(_Part):
    """How long people take, in seconds."""

    scan_s: Seconds = 0.6  # from coming up to showing the code
    measure_s: Seconds = 0.5  # from showing one thing to showing the other
    walk_s: Seconds = 1.2  # through the gate
    patience_s: Seconds = 6.0  # before somebody gives up a gate that says nothing
    guard_s: Seconds = 10.0  # before somebody who was told to wait for a guard goes away
    read_s: Seconds = 1.5  # to read a refusal and leave


class ScannerHere(_Part):
    """A QR scanner: on MQTT, or on a serial line of which `port` is this machine's end."""

    device: Id
    kind: Literal["mqtt", "serial"] = "mqtt"
    port: Path | None = None
    framing: Literal["crlf", "cr", "lf", "stx-etx"] = "crlf"
    noise: Share = 0.0  # of the scans that come after noise on the line

    @model_validator(mode="after")
    def _serial_has_a_port(self) -> Self:
        if (self.kind == "serial") != (self.port is not None):
            msg = "kind: serial and port go together; port is a link the simulator makes"
            raise ValueError(msg)
        return self


class ThermometerHere(_Part):
    """A thermometer on MQTT; `spot` and `measures` as the site file's limits name them."""

    device: Id
    spot: Spot = Spot.FOREHEAD
    measures: TemperatureKind = TemperatureKind.SURFACE


class GateHere(_Part):
    """A gate on MQTT."""

    device: Id
    fail: Fail = Fail.SECURE
    ticks: bool = True
    closing_s: Seconds = 0.3  # from a passage until the leaf is shut


class DevicesHere(_Part):
    """The devices of one lane."""

    gate: GateHere
    scanner: ScannerHere | None = None
    thermometer: ThermometerHere | None = None


class LaneHere(_Part):
    """One lane, and how busy it is."""

    lane: Id
    direction: Direction
    devices: DevicesHere
    arrivals_per_minute: PerMinute | None = None

    @model_validator(mode="after")
    def _inward_is_scanned(self) -> Self:
        if self.direction is Direction.IN and self.devices.scanner is None:
            msg = f"{self.lane}: people who come in need devices.scanner"
            raise ValueError(msg)
        return self


class ColourCodesHere(_Part):
    """A platform of colour codes, and how many of the people have one instead of a certificate."""

    port: Annotated[int, Field(ge=0, le=65_535)] = 9470  # of this machine; 0 is any free one
    share: Share = 0.5
    moods: dict[Mood, Share] = {}  # shares of the questions that it treats so; the rest it answers

    @model_validator(mode="after")
    def _moods_fit(self) -> Self:
        if sum(self.moods.values()) > 1:
            msg = "the shares of moods add up to more than 1"
            raise ValueError(msg)
        return self

    def book(self, seed: int) -> ColourBook:
        """Return who has which colour."""
        return ColourBook(f"{seed}/colours", self.moods)


class Scenario(_Part):
    """One estate and its people."""

    site: Id
    broker: str = "mqtt://127.0.0.1:1883"
    seed: int = 1
    duration_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    arrivals_per_minute: PerMinute = 10.0
    shares: Shares = Shares(healthy=1.0)
    tailgaters: Share = 0.0
    colour_codes: ColourCodesHere | None = None
    steps: Steps = Steps()
    lanes: tuple[LaneHere, ...]

    @field_validator("broker")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        try:
            BrokerAddress.parse(url)
        except DeviceLinkError as error:
            raise ValueError(str(error)) from error
        return url

    @field_validator("lanes")
    @classmethod
    def _has_lanes(cls, lanes: tuple[LaneHere, ...]) -> tuple[LaneHere, ...]:
        if not lanes:
            msg = "an estate has at least one lane"
            raise ValueError(msg)
        return lanes

    def per_minute(self, lane: LaneHere) -> float:
        """Return how many come to a lane in a minute."""
        return lane.arrivals_per_minute or self.arrivals_per_minute


def load_scenario(path: Path) -> Scenario:
    """Read and check a scenario file; SetupError lists every fault with line and column."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = f"can't be read: {error.strerror if isinstance(error, OSError) else error}"
        raise SetupError([Fault(str(path), 1, 1, what)]) from error
    file = parse_setup(text, str(path))
    scenario = check_setup(Scenario, file)
    if faults := _repeated_ids(scenario, file):
        raise SetupError(faults)
    return _beside(scenario, path.parent.absolute())


def _repeated_ids(scenario: Scenario, file: SetupFile) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for at, lane in enumerate(scenario.lanes):
        ids: list[tuple[tuple[str | int, ...], str]] = [(("lanes", at, "lane"), lane.lane)]
        for part, device in lane.devices:
            if device is not None:
                ids.append((("lanes", at, "devices", part, "device"), device.device))
        for place, id_ in ids:
            if id_ in seen:
                faults.append(file.fault(place, f"{id_}: stands here twice; choose another id"))
            seen.add(id_)
    return faults


def _beside(scenario: Scenario, folder: Path) -> Scenario:
    """Resolve the ports against the folder of the file."""
    lanes = []
    for lane in scenario.lanes:
        scanner = lane.devices.scanner
        if scanner is not None and scanner.port is not None:
            moved = scanner.model_copy(update={"port": folder / scanner.port})
            devices = lane.devices.model_copy(update={"scanner": moved})
            lanes.append(lane.model_copy(update={"devices": devices}))
        else:
            lanes.append(lane)
    return scenario.model_copy(update={"lanes": tuple(lanes)})
