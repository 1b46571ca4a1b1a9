"""gateway.forwarding.asking_back, against HTTP servers that speak as the two stores do.

The annotated CSV is as InfluxDB 2's documentation shows it; VictoriaMetrics itself is asked in
tests/system/test_store.py.
"""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.moment import format_stamp
from gateway.forwarding import asking_back
from gateway.forwarding.influx import InfluxStore
from gateway.forwarding.store import StoreSilentError, TimedPoint
from gateway.points import Point
from tests.gateway.outbox.records import NOW_MS

Answer = tuple[int, str]
Serve = Callable[[Callable[[str, str], Answer]], str]

INFLUX_HEALTH = '{"name":"influxdb","message":"ready","status":"pass","version":"v2.7.11"}'


def point(at_ms: int, lane: str = "north-in", measurement: str = "passage") -> TimedPoint:
    tags = (("lane", lane), ("site", "riverside"))
    return TimedPoint(Point(measurement, tags, (("count", 1.0), ("celsius", 36.4))), at_ms)


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[str, str], Answer]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say("")

            def do_POST(self) -> None:
                self._say(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def _say(self, body: str) -> None:
                status, text = answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", "text/csv")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:  # noqa: ANN401
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def victoria(held: list[TimedPoint], asked: list[dict[str, str]]) -> Callable[[str, str], Answer]:
    def answer(path: str, _: str) -> Answer:
        if path == "/health":
            return 200, "OK"
        question = {k: v[0] for k, v in parse_qs(urlsplit(path).query).items()}
        asked.append(question)
        start, end = (round(float(question[k]) * 1000) for k in ("start", "end"))
        lines = []
        for timed in held:
            for name, value in timed.point.fields:
                if start <= timed.at_ms <= end:
                    metric = {
                        "__name__": f"{timed.point.measurement}_{name}",
                        "db": "b",
                        **dict(timed.point.tags),
                    }
                    row = {"metric": metric, "values": [value], "timestamps": [timed.at_ms]}
                    lines.append(json.dumps(row))
        return 200, "\n".join(lines)

    return answer


async def test_what_an_export_lacks_is_missing(serve: Serve) -> None:
    points = [point(NOW_MS + n, lane) for n in range(5) for lane in ("a", "b")]
    asked: list[dict[str, str]] = []
    url = serve(victoria([*points[:3], *points[4:], *points[4:]], asked))  # some of them twice
    missing = await InfluxStore(url, "o", "b").missing(points)
    assert missing == [points[3]]
    assert len(asked) == 1
    assert 'site="riverside"' in asked[0]["match[]"]


async def test_a_point_that_lacks_one_field_is_missing(serve: Serve) -> None:
    whole = point(NOW_MS)
    torn = TimedPoint(Point("passage", whole.point.tags, whole.point.fields[:1]), NOW_MS)
    assert await InfluxStore(serve(victoria([torn], [])), "o", "b").missing([whole]) == [whole]


async def test_a_step_of_the_clock_asks_for_no_decades(serve: Serve) -> None:
    asked: list[dict[str, str]] = []
    points = [point(1000), point(NOW_MS), point(NOW_MS + 5), point(2 * NOW_MS)]
    assert await InfluxStore(serve(victoria(points, asked)), "o", "b").missing(points) == []
    spans = [(q["start"], q["end"]) for q in asked]
    assert len(spans) == 3
    assert spans[1] == ("1795000000.000", "1795000000.005")


async def test_an_answer_that_is_too_long_is_asked_for_in_halves(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking_back, "MOST_VALUES", 8)
    asked: list[dict[str, str]] = []
    points = [point(NOW_MS + n) for n in range(16)]
    missing = await InfluxStore(serve(victoria(points[:-1], asked)), "o", "b").missing(points)
    assert missing == points[-1:]
    assert len(asked) == 7


def flux_answer(points: list[TimedPoint]) -> str:
    lines = [
        "#datatype,string,long,dateTime:RFC3339,double,string,string,string,string",
        "#group,false,false,false,false,true,true,true,true",
        "#default,_result,,,,,,,",
        ",result,table,_time,_value,_field,_measurement,lane,site",
    ]
    for table, timed in enumerate(points):
        tags = dict(timed.point.tags)
        for name, value in timed.point.fields:
            lines.append(
                f",,{table},{format_stamp(timed.at_ms)},{value},{name},"
                f"{timed.point.measurement},{tags['lane']},{tags['site']}"
            )
    return "\r\n".join(lines) + "\r\n\r\n"


async def test_influxdb_is_asked_in_flux(serve: Serve) -> None:
    points = [point(NOW_MS + n) for n in range(4)]
    asked: list[dict[str, Any]] = []

    def answer(path: str, body: str) -> Answer:
        if path == "/health":
            return 200, INFLUX_HEALTH
        asked.append(json.loads(body))
        return 200, flux_answer(points[1:])

    bucket = 'b") |> drop'  # whatever a site file says stays a value
    assert await InfluxStore(serve(answer), "o", bucket).missing(points) == points[:1]
    (question,) = asked
    assert bucket not in question["query"]
    assert 'r._measurement == "passage"' in question["query"]
    given_ = {
        each["assignment"]["id"]["name"]: each["assignment"]["init"]["value"]
        for each in question["extern"]["body"]
    }
    assert given_["_bucket"] == bucket
    assert given_["_site"] == "riverside"
    assert given_["_start"] == "2026-11-18T11:06:40.000000000Z"
    assert given_["_stop"] == "2026-11-18T11:06:40.004000000Z"


@pytest.mark.parametrize(
    "health",
    [(404, "no"), (200, "<html>hello</html>"), (503, INFLUX_HEALTH)],
)
async def test_who_is_neither_is_not_asked(serve: Serve, health: Answer) -> None:
    url = serve(lambda path, _: health if path == "/health" else (500, ""))
    assert await InfluxStore(url, "o", "b").missing([point(NOW_MS)]) is None


@pytest.mark.parametrize(("status", "reason"), [(401, "unauthorised"), (500, "failing")])
async def test_a_store_that_will_not_tell_is_silence(
    serve: Serve, status: int, reason: str
) -> None:
    for health in ("OK", INFLUX_HEALTH):

        def answer(path: str, _: str, health: str = health) -> Answer:
            return (200, health) if path == "/health" else (status, "no")

        with pytest.raises(StoreSilentError) as silent:
            await InfluxStore(serve(answer), "o", "b").missing([point(NOW_MS)])
        assert silent.value.reason == reason


async def test_nobody_there_is_silence() -> None:
    with pytest.raises(StoreSilentError) as silent:
        await InfluxStore("http://127.0.0.1:9", "o", "b").missing([point(NOW_MS)])
    assert silent.value.reason == "no-connection"


def test_a_clock_gone_wild_asks_few_questions() -> None:
    points = [point(n * 10**8) for n in range(50)]
    assert len(asking_back._spans(points)) == asking_back.MOST_SPANS


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60))
def test_spans_hold_every_point_once_and_are_few(stamps: list[int]) -> None:
    points = [point(ms) for ms in stamps]
    spans = asking_back._spans(points)
    assert len(spans) <= asking_back.MOST_SPANS
    assert sorted(p.at_ms for span in spans for p in span) == sorted(stamps)
    for span in spans:
        assert [p.at_ms for p in span] == sorted(p.at_ms for p in span)
