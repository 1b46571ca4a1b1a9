"""Things that tests of the native protocol write."""

from devices.commands import Command, Do
from devices.moment import Moment


def a_command() -> Command:
    return Command("c-1", Do.OPEN, Moment(1000, 1000), 3000, "g-1")
