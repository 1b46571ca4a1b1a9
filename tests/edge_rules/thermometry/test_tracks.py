"""edge_rules.thermometry.tracks."""

from edge_rules.thermometry.heads import Head
from edge_rules.thermometry.tracks import LOST_AFTER_MS, LOST_EARLY_MS, Glimpse, Track, Tracks


def head(x: float = 30, top: float = 20, width: float = 16, *, cut: bool = False) -> Head:
    return Head(x, top, width, 1.3 * width, cut)


def seen(tracks: Tracks, at_ms: float, *heads: Head) -> list[Track]:
    """Show one frame's heads; return whose they are, in the same order."""
    followed = tracks.follow(heads, at_ms)
    for track, one in followed:
        track.add(Glimpse(at_ms, one))
    return [track for track, _ in followed]


def stay(tracks: Tracks, *heads: Head, frames: int = 5) -> list[Track]:
    """Show the same heads for a while that ends at 0 ms."""
    return [seen(tracks, 110 * (n - frames + 1), *heads) for n in range(frames)][-1]


def test_two_people_keep_their_names_whatever_the_order() -> None:
    tracks = Tracks()
    left, right = stay(tracks, head(15), head(45))
    assert seen(tracks, 110, head(44), head(17)) == [right, left]


def test_out_of_sight_for_a_moment_one_is_still_the_same() -> None:
    tracks = Tracks()
    (one,) = stay(tracks, head())
    assert seen(tracks, LOST_AFTER_MS, head(33)) == [one]


def test_out_of_sight_for_longer_the_next_is_somebody_else() -> None:
    tracks = Tracks()
    (one,) = stay(tracks, head())
    assert seen(tracks, LOST_AFTER_MS + 1, head()) != [one]


def test_who_was_last_seen_at_the_edge_has_left() -> None:
    tracks = Tracks()
    (one,) = stay(tracks, head(cut=True))
    assert seen(tracks, LOST_EARLY_MS + 1, head()) != [one]


def test_a_head_does_not_double_in_a_moment() -> None:
    tracks = Tracks()
    (far,) = stay(tracks, head(width=9))
    assert seen(tracks, 110, head(x=32, width=20)) != [far]


def test_a_face_that_a_raised_hand_broke_off_is_not_measured_twice() -> None:
    tracks = Tracks()
    (one,) = stay(tracks, head())
    (with_hand,) = seen(tracks, 110, head(x=26, width=34))
    assert with_hand is not one
    with_hand.measured = True
    assert seen(tracks, 220, head()) == [one]
    assert tracks.measured_here(one)


def test_somebody_else_is_measured_beside_someone_who_was() -> None:
    tracks = Tracks()
    left, right = stay(tracks, head(15), head(45))
    left.measured = True
    assert not tracks.measured_here(right)
    assert not tracks.measured_here(left)


def test_a_crowd_is_followed_up_to_a_bound() -> None:
    tracks = Tracks()
    crowd = [head(x=20.0 * n) for n in range(50)]
    assert len(seen(tracks, 0, *crowd)) < 20
