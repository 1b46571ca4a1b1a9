"""Many hashes of one length as one block of bytes: a million are 16 MB, handed on in one piece."""

from collections.abc import Iterable
from dataclasses import dataclass

HASH_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class HashList:
    """A set of hashes that never changes; `block` has them in ascending order."""

    block: bytes = b""

    @classmethod
    def of(cls, hashes: Iterable[bytes]) -> "HashList":
        """Put hashes of 16 bytes in order."""
        return cls(b"".join(sorted(set(hashes))))

    def __len__(self) -> int:
        return len(self.block) // HASH_BYTES

    def __contains__(self, wanted: bytes) -> bool:
        block, low, high = self.block, 0, len(self)
        while low < high:
            middle = (low + high) // 2
            at = middle * HASH_BYTES
            found = block[at : at + HASH_BYTES]
            if found == wanted:
                return True
            if found < wanted:
                low = middle + 1
            else:
                high = middle
        return False
