"""From the site file to what the reducer knows of the estate."""

from zoneinfo import ZoneInfo

from devices.ids import DeviceId, LaneId
from devices.moment import Moment
from devices.readings import Direction
from edge_rules.lane import DeviceRules, LaneRules
from edge_rules.orders.way_home import Doorway
from edge_rules.turn import SiteRules
from gateway.policies.order_desk import OrderRules
from gateway.setup import Setup


def site_rules(setup: Setup, started: Moment) -> SiteRules:
    """Take what holds for the whole estate."""
    site = setup.site
    return SiteRules(
        site=site.site,
        zone=ZoneInfo(site.timezone),
        limits={(limit.spot, limit.kind): limit.celsius for limit in site.limits},
        started=started,
        screening_ends_ms=site.screening_ends_ms,
    )


def order_rules(setup: Setup) -> OrderRules:
    """Take what orders of the HQ have to respect."""
    site = setup.site
    ways_in = [lane for lane in site.lanes if lane.direction is Direction.IN]
    return OrderRules(
        site.site,
        setup.order_keys,
        site.orders.max_hours if site.orders else 0,
        [Doorway(site.site, lane.checkpoint, lane.lane) for lane in ways_in],
        ZoneInfo(site.timezone),
    )


def lane_rules(setup: Setup) -> list[LaneRules]:
    """Take what holds for each lane."""
    rules, colours = [], setup.site.colour_code
    for lane in setup.site.lanes:
        devices = [device for device in setup.devices if device.lane == lane.lane]
        gate = next(device.device for device in devices if device.role == "gate")
        rules.append(
            LaneRules(
                lane=LaneId(lane.lane),
                checkpoint=lane.checkpoint,
                direction=lane.direction,
                needs=frozenset(lane.needs),
                gate=gate,
                devices={
                    # A mapped device has no word for coming and going.
                    DeviceId(device.device): DeviceRules(device.role, device.kind.role != "mapped")
                    for device in devices
                },
                visit_window_ms=lane.visit_window_ms,
                reading_max_age_ms=lane.reading_max_age_ms,
                open_within_ms=lane.open_within_ms,
                pass_within_ms=lane.pass_within_ms,
                accessible=lane.accessible,
                platform_within_ms=colours.deadline_ms if colours else None,
                platform_refers=lane.platform_offline == "refer",
            )
        )
    return rules
