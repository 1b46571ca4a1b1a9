"""The last ids of a device, so that a redelivered reading is known for one."""

from dataclasses import dataclass

CHUNK = 64  # adding copies one chunk, never the whole memory
CHUNKS = 32  # 2,048 ids: far more than any broker redelivers


@dataclass(frozen=True, slots=True)
class RecentIds:
    """An immutable memory of at least the last `CHUNK * CHUNKS` ids."""

    newest: frozenset[str] = frozenset()
    older: tuple[frozenset[str], ...] = ()

    def __contains__(self, id_: str) -> bool:
        return id_ in self.newest or any(id_ in chunk for chunk in self.older)

    def adding(self, id_: str) -> "RecentIds":
        """Return the memory with one id more, the oldest forgotten where it is full."""
        newest = self.newest | {id_}
        if len(newest) < CHUNK:
            return RecentIds(newest, self.older)
        return RecentIds(frozenset(), (newest, *self.older[: CHUNKS - 1]))
