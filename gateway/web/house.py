"""What the routes share: the gateway's ports, who may enter, what is told."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from gateway.access import Access, Operator, Role
from gateway.ports import Disk, FrontDesk, Operations, PassDesk, PolicyDesk
from gateway.web.attempts import FailedAttempts
from gateway.web.auth import needs
from gateway.web.feed import EventFeed


@dataclass(frozen=True, slots=True)
class House:
    """Everything one application stands on."""

    operations: Operations
    disk: Disk
    access: Access
    feed: EventFeed
    policies: PolicyDesk
    passes: PassDesk
    front_desk: FrontDesk
    cookie: str
    version: str
    attempts: FailedAttempts = field(default_factory=FailedAttempts)


def house(request: Request) -> House:
    """Return what the application of a request stands on."""
    found: House = request.app.state.house
    return found


TheHouse = Annotated[House, Depends(house)]
Viewer = Annotated[Operator, Depends(needs(Role.VIEWER))]
Guard = Annotated[Operator, Depends(needs(Role.GUARD))]
Admin = Annotated[Operator, Depends(needs(Role.ADMIN))]
