"""The page that a holder's phone shows a pass on: it holds nothing, the pass lies behind the `#`.

Public, so that whoever got a link needs no account; once loaded it works without a network.
"""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from gateway.passes.link import PAGE

router = APIRouter()

FILES = PAGE  # what lies below it
FOLDER = Path(__file__).parent / "holder"
FRESH = {"Cache-Control": "no-cache"}


def of_a_holder(path: str) -> bool:
    """Tell whether an address is of this page, which needs no token."""
    return path == PAGE or path.startswith(f"{PAGE}/")


@router.get(PAGE, include_in_schema=False)
async def holder_page() -> Response:
    """Show the page."""
    return FileResponse(FOLDER / "page.html", headers=FRESH)


@router.get(f"{PAGE}/worker.js", include_in_schema=False)
async def holder_worker() -> Response:
    """Give what keeps the page on the phone; it may keep the page itself too, not only below it."""
    return FileResponse(
        FOLDER / "worker.js",
        media_type="text/javascript",
        headers={**FRESH, "Service-Worker-Allowed": PAGE},
    )
