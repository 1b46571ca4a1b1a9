"""The drivers this installation has: the entry points `menshen.drivers`, ours and others'."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from pydantic import BaseModel, ConfigDict, model_validator

from drivers.driver import Driver, DriverContext, DriverKind

GROUP = "menshen.drivers"


def driver_kinds() -> Mapping[str, DriverKind]:
    """Return every kind of driver by its name in the site file.

    One that can't be loaded is there too: its settings refuse every device that names it, and say
    why. So a broken package stops no site but those that need it.
    """
    offered: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        offered.setdefault(point.name, []).append(point)
    return {name: _kind(name, points) for name, points in sorted(offered.items())}


def _kind(name: str, points: list[EntryPoint]) -> DriverKind:
    sources = {point.value for point in points}
    if len(sources) > 1:
        return _broken(name, f"{' and '.join(sorted(sources))} both offer it; uninstall one")
    point = points[0]
    try:
        kind = point.load()
    except Exception as error:  # whatever a foreign package does while it is imported
        return _broken(name, f"{point.value} can't be loaded ({type(error).__name__}: {error})")
    if not isinstance(kind, DriverKind):
        return _broken(name, f"{point.value} is no drivers.driver.DriverKind")
    return kind


def _broken(name: str, why: str) -> DriverKind:
    class Refusing(BaseModel):
        model_config = ConfigDict(extra="allow")

        @model_validator(mode="before")
        @classmethod
        def _refuse(cls, _: object) -> object:
            msg = f"driver {name}: {why}"
            raise ValueError(msg)

    return DriverKind(name, "broken", Refusing, _unbuildable)


def _unbuildable(context: DriverContext, _: BaseModel) -> Driver:
    msg = f"{context.device}: its driver can't be loaded"
    raise TypeError(msg)
