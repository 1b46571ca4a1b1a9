"""simulators.colour_book: the same seed, the same codes and moods; some have a code, some none."""

from collections import Counter

from simulators.colour_book import CODES, MAX_CODES, ColourBook, ColourIssuer, Mood


class Certificates:
    def valid(self, holder: str) -> str:
        return f"HC1:{holder}"

    expired = forged = valid


def test_same_seed_hands_out_the_same_codes() -> None:
    first, second, other = ColourBook("1"), ColourBook("1"), ColourBook("2")
    codes = [book.code("ann", "green") for book in (first, second, other)]
    assert codes[0] == codes[1] != codes[2]
    assert first.look_up(codes[0]) == ("ann", "green")
    assert first.code("ann", "green") != codes[0]  # a new one each time
    assert first.look_up(first.unknown()) is None


def test_book_keeps_the_last_codes_only() -> None:
    book = ColourBook()
    first = book.code("ann", "green")
    for at in range(MAX_CODES):
        book.code(f"p-{at}", "green")
    assert book.look_up(first) is None


def test_moods_come_in_their_shares_and_in_the_same_order() -> None:
    moods = {Mood.HANGS: 0.2, Mood.FAILS: 0.1}
    drawn = [ColourBook("1", moods) for _ in range(2)]
    first, second = ([book.next_mood() for _ in range(2000)] for book in drawn)
    assert first == second
    counts = Counter(first)
    assert abs(counts[Mood.HANGS] - 400) < 80
    assert abs(counts[Mood.FAILS] - 200) < 60
    assert counts.keys() == {Mood.HANGS, Mood.FAILS, Mood.WELL}


def test_some_of_the_people_have_a_code_always_the_same_ones() -> None:
    book = ColourBook("1")
    issuer = ColourIssuer(book, Certificates(), 0.5)
    kinds = [issuer.valid(f"p-{at}").startswith(CODES) for at in range(200)]
    assert 60 < sum(kinds) < 140
    assert kinds == [issuer.expired(f"p-{at}").startswith(CODES) for at in range(200)]
    coloured = f"p-{kinds.index(True)}"
    assert book.look_up(issuer.expired(coloured)) == (coloured, "expired")
    assert book.look_up(issuer.forged(coloured)) is None
    assert issuer.forged(f"p-{kinds.index(False)}").startswith("HC1:")
