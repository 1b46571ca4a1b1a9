"""One lane as the guard's page shows it; the runtime builds it, the page only draws it."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict  # Pydantic needs this one before 3.12

Mode = Literal["normal", "lockdown", "released"]
DoorWord = Literal["closed", "open", "held", "forced", "fault", "unknown"]


class Words(TypedDict):
    """The same words in both tongues."""

    zh: str
    en: str


class GateView(TypedDict):
    """The lane's gate by its own last word."""

    device: str
    online: bool
    door: DoorWord


class VisitView(TypedDict):
    """Who stands in the lane now; `has` and `lacks` hold `credential` and `temperature`."""

    id: str
    since: str
    has: list[str]
    lacks: list[str]


class GrantView(TypedDict):
    """A permission that is still alive."""

    id: str
    until: str


class CredentialView(TypedDict):
    """What was shown, without the person; `status` is null of nothing."""

    kind: str
    status: str | None


class LastView(TypedDict):
    """The last person's decision; `say` are the policy's words for it."""

    event: str
    visit: str | None
    decision: Literal["admit", "deny", "refer"]
    reasons: list[str]
    celsius: float | None
    credential: CredentialView | None
    at: str
    say: Words | None


class ReferredView(TypedDict):
    """A visit sent to a guard, kept for its second measurement; `answered` once nobody waits."""

    visit: str
    event: str
    at: str
    answered: bool


class DeviceView(TypedDict):
    """One device of the lane; `unreadable` counts its messages that could not be read."""

    device: str
    role: str
    online: bool
    unreadable: int


class AlarmView(TypedDict):
    """An alarm nobody has acknowledged yet; `lane` is None where it is the whole site's."""

    id: str
    alarm: str
    severity: int
    at: str
    lane: str | None
    device: str | None


class LaneView(TypedDict):
    """One lane at a glance. Times are RFC 3339; `name` is the site file's, where it gives one.

    `alarms` holds the whole site's too, under every lane, as the stream carries lanes singly.
    """

    lane: str
    name: NotRequired[Words | None]
    checkpoint: str
    direction: Literal["in", "out"]
    mode: Mode
    gate: GateView
    waiting: int
    visit: VisitView | None
    grant: GrantView | None
    last: LastView | None
    referred: list[ReferredView]
    devices: list[DeviceView]
    alarms: list[AlarmView]


def lane_view(view: LaneView) -> dict[str, Any]:
    """Give a lane's view as the plain JSON map the feed and the API carry."""
    return dict(view)
