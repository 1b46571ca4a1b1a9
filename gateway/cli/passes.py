"""`menshen pass`: passes of the estate itself, handed out and taken back."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.refusing import Data, Site, faults_told, refuse

if TYPE_CHECKING:
    from gateway.passes.office import Issued, PassOffice
    from gateway.passes.site_passes import SitePasses

app = typer.Typer(
    no_args_is_help=True,
    help="Passes of residents, staff, visitors and deliveries.\n\n"
    "Example: menshen pass issue site.yaml --kind resident",
)
keys = typer.Typer(
    no_args_is_help=True,
    help="The keys that passes are signed with.\n\nExample: menshen pass keys rotate site.yaml",
)
app.add_typer(keys, name="keys")


@app.command()
def issue(  # noqa: PLR0913, PLR0917 - an option each
    site: Site,
    kind: Annotated[str, typer.Option(help="resident, staff, visitor, delivery or emergency.")],
    gates: Annotated[str, typer.Option(help="Lanes or checkpoints, with commas; all.")] = "",
    from_: Annotated[str, typer.Option("--from", help="2026-12-01, or with T08:00; now.")] = "",
    to: Annotated[str, typer.Option(help="Its last day or minute; a year, for guests today.")] = "",
    times: Annotated[str, typer.Option(help="'Mon-Fri 06:00-20:00; Sat 08:00-12:00'")] = "",
    uses_per_day: Annotated[int | None, typer.Option(help="How often a day it lets in.")] = None,
    minor: Annotated[bool, typer.Option("--minor", help="For a child.")] = False,
    static: Annotated[
        bool, typer.Option("--static", help="For paper: a code that does not change.")
    ] = False,
    card: Annotated[
        list[Path] | None,
        typer.Option(help="With --static: a card as .svg or .html, the code alone as .png."),
    ] = None,
    name: Annotated[
        str, typer.Option(help="With --card: the holder's name, printed and not kept.")
    ] = "",
    phone: Annotated[
        bool, typer.Option("--phone", help="Draw the link as a code for the holder's phone.")
    ] = False,
    url: Annotated[str, typer.Option(help="Where phones reach the page; the site's.")] = "",
    data: Data = None,
) -> None:
    """Hand out a pass: prints it as JSON, with the link for the holder's phone.

    The link is the pass: give it to nobody else, it can't be shown again.

    Example: menshen pass issue site.yaml --kind visitor --gates north-gate --uses-per-day 2
    """
    from gateway.passes.request import PassAsked, RequestError, request  # noqa: PLC0415

    passes = _passes(site, data)
    asked = PassAsked(
        kind, from_, to, minor, [g.strip() for g in gates.split(",") if g.strip()], times,
        uses_per_day, static,
    )  # fmt: skip
    _check_cards(card or [], static=static, name=name)
    now_ms = _now_ms()
    with faults_told():
        try:
            wanted = request(asked, passes.bounds, now_ms // 1000)
        except RequestError as error:
            refuse(f"--{str(error).replace('_', '-')}")
        office = passes.office()
        issued = office.issue(wanted, now_ms)
        _share(office, now_ms)
        _hand_over(issued, passes, url or _address(site, data), phone=phone)
        for path in card or []:
            _draw(path, issued, passes, name)


@app.command("list")
def list_passes(site: Site, data: Data = None) -> None:
    """List passes, the newest last, a JSON object a line: numbers, dates, no names.

    Example: menshen pass list site.yaml
    """
    from gateway.passes.told import told  # noqa: PLC0415

    with faults_told():
        for record, revoked in _passes(site, data).office().records():
            typer.echo(json.dumps(told(record, revoked), ensure_ascii=False))


@app.command()
def revoke(
    site: Site,
    number: Annotated[str, typer.Argument(help="A pass's number, or its first 8 digits.")],
    data: Data = None,
) -> None:
    """Take a pass back: within seconds it admits nobody, also at a gateway that runs.

    Example: menshen pass revoke site.yaml 4f1c-09ab
    """
    now_ms = _now_ms()
    with faults_told():
        office = _passes(site, data).office()
        record = office.revoke(number, now_ms)
        if record is None:
            typer.echo(f"{number}: no pass, or more than one; see menshen pass list", err=True)
            raise typer.Exit(1)
        _share(office, now_ms)


@keys.command()
def rotate(
    site: Site,
    end_old: Annotated[
        bool, typer.Option("--end-old", help="All passes of before end now: the key was stolen.")
    ] = False,
    data: Data = None,
) -> None:
    """Sign with a new key from here on; old passes hold until they end. Prints its identifier.

    Example: menshen pass keys rotate site.yaml
    """
    with faults_told():
        office = _passes(site, data).office()
        typer.echo(office.rotate(end_old=end_old))
        _share(office, _now_ms())


def _hand_over(issued: Issued, passes: SitePasses, url: str, *, phone: bool) -> None:
    from gateway.passes.link import link  # noqa: PLC0415
    from gateway.passes.told import told  # noqa: PLC0415

    address = link(url, issued, passes.name)
    text = None if issued.record.rotating else issued.signed.text
    whole = {**told(issued.record, None), "link": address, "text": text}
    typer.echo(json.dumps(whole, ensure_ascii=False))
    if phone:
        import segno  # noqa: PLC0415

        drawn = segno.make_qr(address, error="l")
        drawn.terminal(typer.get_text_stream("stderr"), compact=True)


def _check_cards(cards: list[Path], *, static: bool, name: str) -> None:
    for path in cards:
        if not static:
            refuse("--card: a printed code can't change: say --static, or hand over the link")
        if path.suffix not in {".svg", ".html", ".png"}:
            refuse(f"--card {path}: must end in .svg, .html or .png")
    if name and not any(path.suffix in {".svg", ".html"} for path in cards):
        refuse("--name: is printed on a card of .svg or .html, and kept nowhere")


def _draw(path: Path, issued: Issued, passes: SitePasses, name: str) -> None:
    from gateway.passes.card import Card  # noqa: PLC0415

    card = Card(issued.signed, issued.record, passes.name, passes.zone, name)
    match path.suffix:
        case ".png":
            path.write_bytes(card.png())
        case ".html":
            path.write_text(card.html(), "utf-8")
        case _:
            path.write_text(card.svg(), "utf-8")


def _share(office: PassOffice, now_ms: int) -> None:
    from gateway.passes.office import PassError  # noqa: PLC0415

    try:
        office.share(now_ms)
    except PassError as error:
        typer.echo(str(error), err=True)


def _passes(site: Path, data: Path | None) -> SitePasses:
    from gateway.passes.site_passes import site_passes  # noqa: PLC0415
    from gateway.site_file import load_site  # noqa: PLC0415

    with faults_told():
        return site_passes(load_site(site, data=data))


def _address(site: Path, data: Path | None) -> str:
    """Say where the page is: as the site file says, else where it listens."""
    from gateway.site_file import load_site  # noqa: PLC0415

    loaded = load_site(site, data=data)
    scheme = "https" if loaded.web.tls else "http"
    return loaded.passes.url or f"{scheme}://{loaded.web.listen}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
