"""Asking a store which points it holds: VictoriaMetrics by its export, InfluxDB 2 by Flux.

Blocking, in a thread of its own. Points are compared one by one, not counted: a store may keep a
point twice and lose another.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException

from gateway.forwarding.store import TimedPoint
from gateway.forwarding.store_token import read_token

COUNT_WITHIN_S = 15.0
ANSWER_S = 5.0
GAP_MS = 60_000  # a wider gap between two points is not asked for
MOST_SPANS = 8
MOST_VALUES = 50_000  # of one answer; a wider question is halved
MOST_BYTES = 16 << 20
PART = 1 << 16

Key = tuple[str, tuple[tuple[str, str], ...], int]
"""A measurement and field, its tags, its millisecond."""


class TooMuchError(Exception):
    """An answer is longer than is read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask."""

    url: str
    org: str
    bucket: str
    token_file: Path | None

    def token(self) -> str:
        """Read the token, "" without one."""
        return read_token(self.token_file) if self.token_file else ""


Ask = Callable[[Asked, "Wanted"], Iterator[Key]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A site's series and fields within a span of time, both ends included."""

    site: str
    fields: Mapping[str, frozenset[str]]  # of each measurement
    tags: frozenset[str]
    from_ms: int
    to_ms: int

    def key(self, name: str, labels: Mapping[str, object], ms: int) -> Key:
        """Build a point's key from what a store calls it; labels of its own don't count."""
        tags = tuple(sorted((k, str(v)) for k, v in labels.items() if k in self.tags and v))
        return name, tags, ms


def ask_back(asked: Asked, points: Sequence[TimedPoint]) -> list[TimedPoint] | None:
    """Return the points of which the store lacks any field; None if it can't be asked.

    Raises what urllib3 and influxdb-client raise where it does not answer.
    """
    http = urllib3.PoolManager(timeout=ANSWER_S, retries=False)
    try:
        ask = _way_of(asked, http)
        if ask is None:
            return None
        missing: list[TimedPoint] = []
        for span in _spans(points):
            missing += _missing(asked, ask, span)
        return missing
    finally:
        http.clear()


def _way_of(asked: Asked, http: urllib3.PoolManager) -> Ask | None:
    """Tell by the store's own health page what it is."""
    answer = http.request("GET", asked.url.rstrip("/") + "/health")
    if answer.status != 200:
        return None
    said = answer.data.strip()
    if said == b"OK":
        return lambda whom, wanted: _exported(http, whom, wanted)
    return _queried if b'"influxdb"' in said else None


def _spans(points: Sequence[TimedPoint]) -> list[list[TimedPoint]]:
    """Part points where time has its widest gaps, such as after a step of the clock."""
    ordered = sorted(points, key=lambda timed: timed.at_ms)
    gaps = sorted(
        (
            (after.at_ms - before.at_ms, at)
            for at, (before, after) in enumerate(pairwise(ordered), 1)
            if after.at_ms - before.at_ms > GAP_MS
        ),
        reverse=True,
    )[: MOST_SPANS - 1]
    cuts = [0, *sorted(at for _, at in gaps), len(ordered)]
    return [ordered[a:b] for a, b in pairwise(cuts) if a < b]


def _missing(asked: Asked, ask: Ask, points: Sequence[TimedPoint]) -> list[TimedPoint]:
    try:
        held = _held(ask(asked, _wanted(points)))
    except TooMuchError:
        if len(points) == 1:
            raise
        half = len(points) // 2
        return _missing(asked, ask, points[:half]) + _missing(asked, ask, points[half:])
    return [timed for timed in points if not held.issuperset(_keys(timed))]


def _held(keys: Iterable[Key]) -> set[Key]:
    held: set[Key] = set()
    for key in keys:
        held.add(key)
        if len(held) > MOST_VALUES:
            raise TooMuchError
    return held


def _wanted(points: Sequence[TimedPoint]) -> Wanted:
    fields: dict[str, frozenset[str]] = {}
    for timed in points:
        named = frozenset(name for name, _ in timed.point.fields)
        fields[timed.point.measurement] = fields.get(timed.point.measurement, frozenset()) | named
    tags = frozenset(key for timed in points for key, _ in timed.point.tags)
    site = dict(points[0].point.tags)["site"]
    return Wanted(site, fields, tags, points[0].at_ms, points[-1].at_ms)


def _keys(timed: TimedPoint) -> list[Key]:
    point = timed.point
    return [(f"{point.measurement}_{name}", point.tags, timed.at_ms) for name, _ in point.fields]


def _exported(http: urllib3.PoolManager, asked: Asked, wanted: Wanted) -> Iterator[Key]:
    names = "|".join(f"{m}_{name}" for m, named in wanted.fields.items() for name in named)
    question = {
        "match[]": f'{{__name__=~"{names}",site="{wanted.site}"}}',
        "start": _stamp(wanted.from_ms),
        "end": _stamp(wanted.to_ms),
    }
    token = asked.token()
    answer = http.request(
        "GET",
        f"{asked.url.rstrip('/')}/api/v1/export?{urlencode(question)}",
        headers={"Authorization": f"Token {token}"} if token else {},
        preload_content=False,
    )
    try:
        if answer.status != 200:
            raise ApiException(status=answer.status)  # type: ignore[no-untyped-call]
        body = b"".join(_within_bounds(answer.stream(PART)))
    finally:
        answer.close()
    for line in body.splitlines():
        series = json.loads(line)
        name = series["metric"]["__name__"]
        for ms in series["timestamps"]:
            yield wanted.key(name, series["metric"], ms)


def _within_bounds(parts: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for part in parts:
        size += len(part)
        if size > MOST_BYTES:
            raise TooMuchError
        yield part


def _queried(asked: Asked, wanted: Wanted) -> Iterator[Key]:
    measurements = " or ".join(f'r._measurement == "{name}"' for name in sorted(wanted.fields))
    question = (
        "from(bucket: _bucket) |> range(start: _start, stop: _stop)"
        f" |> filter(fn: (r) => ({measurements}) and r.site == _site)"
    )
    known = {
        "_bucket": asked.bucket,
        "_site": wanted.site,
        "_start": datetime.fromtimestamp(wanted.from_ms / 1000, UTC),
        "_stop": datetime.fromtimestamp((wanted.to_ms + 1) / 1000, UTC),
    }
    with InfluxDBClient(asked.url, asked.token(), org=asked.org, timeout=ANSWER_S * 1000) as client:
        for record in client.query_api().query_stream(question, params=known):
            name = f"{record.get_measurement()}_{record.get_field()}"
            yield wanted.key(name, record.values, round(record.get_time().timestamp() * 1000))


def _stamp(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"
