"""Is it alive, is it ready, how much does it do: for supervisors and Prometheus."""

from collections.abc import Iterator

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.responses import JSONResponse, PlainTextResponse, Response

from gateway.web.answers import AliveAnswer, ReadyAnswer
from gateway.web.house import House, TheHouse, Viewer

router = APIRouter()


@router.get("/healthz", response_model=AliveAnswer)
async def healthz() -> JSONResponse:
    """Answer while the process lives; needs no token and tells nothing."""
    return JSONResponse({"alive": True})


@router.get(
    "/readyz",
    response_model=ReadyAnswer,
    responses={503: {"model": ReadyAnswer, "description": "Visits are not decided yet"}},
)
async def readyz(house: TheHouse, _: Viewer) -> JSONResponse:
    """Answer 200 once visits are decided, else 503 with what is missing."""
    missing = house.operations.ready()
    return JSONResponse({"ready": not missing, "missing": missing}, 503 if missing else 200)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(house: TheHouse, _: Viewer) -> Response:
    """Give the counters to Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HouseFigures(house))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class HouseFigures(Collector):
    """Figures of one gateway, read when they are asked for.

    No decisions by outcome: a count of three refused people in an hour is about three people.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    def collect(self) -> Iterator[Metric]:
        """Give every family once."""
        yield from self._of_feed()
        yield from self._of_lanes()
        missing = self._house.operations.ready()
        yield GaugeMetricFamily("menshen_ready", "Whether visits are decided", int(not missing))
        troubles = CounterMetricFamily(
            "menshen_troubles", "What went wrong since the start", labels=["trouble"]
        )
        for trouble, count in self._house.operations.troubles().items():
            troubles.add_metric([trouble], count)
        yield troubles

    def _of_feed(self) -> Iterator[Metric]:
        house = self._house
        events = CounterMetricFamily(
            "menshen_events", "Events committed since the start", labels=["type"]
        )
        for type_, count in sorted(house.feed.counts.items()):
            events.add_metric([type_], count)
        yield events
        yield GaugeMetricFamily("menshen_last_seq", "The newest event", house.feed.last_seq)
        yield GaugeMetricFamily("menshen_viewers", "Open live streams", house.feed.viewers)
        refused = house.attempts.total
        yield CounterMetricFamily("menshen_signins_refused", "Failed sign-ins", refused)

    def _of_lanes(self) -> Iterator[Metric]:
        modes = GaugeMetricFamily(
            "menshen_lane_mode", "1 for a lane's mode", labels=["lane", "mode"]
        )
        online = GaugeMetricFamily(
            "menshen_device_online", "Whether a device is online", labels=["lane", "device"]
        )
        unreadable = CounterMetricFamily(
            "menshen_unreadable", "Messages that could not be read", labels=["lane", "device"]
        )
        standing: dict[str, int] = {}
        for view in self._house.operations.lanes():
            modes.add_metric([view["lane"], view["mode"]], 1)
            own = [alarm["lane"] is not None for alarm in view["alarms"]]
            standing[view["lane"]] = sum(own)
            standing[""] = len(own) - sum(own)  # the site's own stand under every lane
            for device in view["devices"]:
                online.add_metric([view["lane"], device["device"]], int(device["online"]))
                unreadable.add_metric([view["lane"], device["device"]], device["unreadable"])
        alarms = GaugeMetricFamily("menshen_alarms", "Alarms nobody acknowledged", labels=["lane"])
        for lane, count in standing.items():
            alarms.add_metric([lane], count)
        yield from (modes, online, unreadable, alarms)
