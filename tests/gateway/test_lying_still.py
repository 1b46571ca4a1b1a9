"""gateway.lying_still."""

from gateway.lying_still import LyingStill


async def test_what_is_being_written_is_not_read_and_nothing_twice() -> None:
    states = iter([1, 1, 2, 3, 3, 3, 1, 1, None, None])
    read: list[int | None] = []

    async def look() -> int | None:
        return next(states)

    async def changed(state: int | None) -> None:
        read.append(state)

    still = LyingStill(look, changed, 1)
    told = []
    for _ in range(10):
        await still.once()
        told.append(list(read))
    assert read == [3, 1, None]
    assert told[3] == []
    assert told[4] == [3]


async def test_what_nobody_read_yet_is_read_once_it_lies_still() -> None:
    read: list[None] = []

    async def look() -> None:
        return None

    async def changed(state: None) -> None:
        read.append(state)

    still: LyingStill[None] = LyingStill(look, changed)
    await still.once()
    assert read == []
    await still.once()
    await still.once()
    assert read == [None]
