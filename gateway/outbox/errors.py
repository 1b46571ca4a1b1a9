"""What can go wrong with the outbox.

OutboxError
├── OutboxFullError      too much waits for a disk that does not keep up
├── OutboxInUseError     another gateway writes this outbox
├── OutboxNewerError     its file was written by a later Menshen
├── OutboxOpenError      its file can't be opened, though nothing says that it is damaged
└── OutboxReadError      the file could not be read
"""

from devices.errors import MenshenError


class OutboxError(MenshenError):
    """Base of the outbox's errors."""


class OutboxFullError(OutboxError):
    """Records were refused: none of them was queued, none will ever be written."""

    def __init__(self, waiting: int, refused: int) -> None:
        self.waiting = waiting
        super().__init__(
            f"outbox: {waiting} records already wait for the disk, {refused} more were refused"
        )


class OutboxInUseError(OutboxError):
    """Another process holds the outbox."""

    def __init__(self, folder: object) -> None:
        super().__init__(f"{folder}: another gateway uses this data folder; stop it first")


class OutboxNewerError(OutboxError):
    """The file's schema is of a later version."""

    def __init__(self, path: object, found: int, known: int) -> None:
        super().__init__(
            f"{path}: written by a newer Menshen (schema {found}, this one knows {known});"
            " run that version, or give another data folder"
        )


class OutboxOpenError(OutboxError):
    """The file or its folder does not let itself be opened for writing."""

    def __init__(self, path: object, why: object) -> None:
        super().__init__(
            f"{path}: can't be opened for writing: {why}; its disk needs 1 MB of room, and the"
            " gateway's user must own the folder"
        )


class OutboxReadError(OutboxError):
    """A read failed; what was written stays where it is."""
