"""A store that speaks the InfluxDB 2 write API, through influxdb-client in SYNCHRONOUS mode.

Its batching mode drops everything after its own retries without a word: the forwarder retries.
"""

from collections.abc import Sequence
from pathlib import Path

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from devices.errors import MenshenError
from gateway.forwarding.asking_back import COUNT_WITHIN_S, Asked, ask_back
from gateway.forwarding.side_thread import SideThread
from gateway.forwarding.store import StoreRefusedError, StoreSilentError, TimedPoint
from gateway.forwarding.store_token import read_token

CONNECT_S = 2.0
ANSWER_S = 3.0
WHOLE_S = 4.5  # of one call: urllib3 counts an answer that trickles in as progress

# The data is at fault; every other status is about the store or the way to it.
_REFUSED = frozenset({400, 413, 422})
_NOT_LET_IN = frozenset({401, 403})
_NOT_THERE = (NewConnectionError, ConnectTimeoutError, ConnectionRefusedError)


class InfluxStore:
    """One bucket. The token is read from its file for each new connection, so it may be renewed."""

    def __init__(self, url: str, org: str, bucket: str, token_file: Path | None = None) -> None:
        self._url = url
        self._org = org
        self._bucket = bucket
        self._token_file = token_file
        self._thread = SideThread("store-writer")
        self._counting = SideThread("counting")  # an answer that hangs holds no writing
        self._client: InfluxDBClient | None = None
        if token_file is not None:
            read_token(token_file)  # a wrong path is said at start, not at night

    async def write(self, points: Sequence[TimedPoint]) -> None:
        """Return once the store has acknowledged all of them."""
        try:
            await self._thread.call(lambda: self._write(points), WHOLE_S)
        except Exception as error:
            self.close()
            raise _said_no(error) from error

    async def missing(self, points: Sequence[TimedPoint]) -> Sequence[TimedPoint] | None:
        """Return those of these points that the store does not hold; None if it can't be asked."""
        asked = Asked(self._url, self._org, self._bucket, self._token_file)
        try:
            return await self._counting.call(lambda: ask_back(asked, points), COUNT_WITHIN_S)
        except Exception as error:
            raise _said_no(error) from error

    def close(self) -> None:
        """Drop the connection; the next write makes a new one."""
        client, self._client = self._client, None
        if client is not None:
            client.close()  # type: ignore[no-untyped-call]

    def _write(self, points: Sequence[TimedPoint]) -> None:
        client = self._client or self._connect()
        self._client = client
        client.write_api(write_options=SYNCHRONOUS).write(
            self._bucket,
            self._org,
            "\n".join([timed.point.line(timed.at_ms) for timed in points]).encode(),
            WritePrecision.MS,  # type: ignore[arg-type]  # its constants are plain strings
        )

    def _connect(self) -> InfluxDBClient:
        token = read_token(self._token_file) if self._token_file else ""
        timeout = (CONNECT_S * 1000, ANSWER_S * 1000)
        return InfluxDBClient(self._url, token, org=self._org, timeout=timeout)


def _said_no(error: Exception) -> StoreRefusedError | StoreSilentError:
    if isinstance(error, ApiException):
        status = error.status or 0
        if status in _REFUSED:
            return StoreRefusedError(status)
        word = "unauthorised" if status in _NOT_LET_IN else "failing"
        return StoreSilentError(word, f"HTTP status {status}")
    if isinstance(error, MenshenError):
        return StoreSilentError("unauthorised", str(error))
    if isinstance(getattr(error, "reason", error), _NOT_THERE):
        return StoreSilentError("no-connection", str(error))
    # Whatever else an answer made the client stumble over, it was no acknowledgement.
    return StoreSilentError("no-answer", f"{type(error).__name__}: {error}")
