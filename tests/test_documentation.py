"""README.md and docs/: every link leads somewhere, every page is found from the README."""

import re
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

LINK = re.compile(r"\]\(([^)\s#]+)[^)]*\)")
PAGES = sorted([REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")])


def links(page: Path) -> set[Path]:
    """The files of this repository that a page names."""
    found = LINK.findall(page.read_text("utf-8"))
    return {(page.parent / link).resolve() for link in found if "://" not in link}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not link.exists()] == []


def test_every_page_is_found_from_the_readme() -> None:
    found: set[Path] = set()
    ahead = {PAGES[PAGES.index(REPOSITORY / "README.md")]}
    while ahead:
        page = ahead.pop()
        if page.is_dir():
            page = page / "README.md"
        if page not in found and page.suffix == ".md" and page.exists():
            found.add(page)
            ahead |= links(page)
    assert [str(page.relative_to(REPOSITORY)) for page in PAGES if page not in found] == []
