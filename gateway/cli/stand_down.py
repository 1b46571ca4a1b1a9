"""`menshen stand-down`: the end of an epidemic, and the certificate of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from gateway.stand_down.standing_down import Plan


def stand_down(
    site: Annotated[
        Path, typer.Argument(metavar="SITE.yaml", help="The site file.", show_default=False)
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="Data folder instead of the site's.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    unforwarded: Annotated[
        bool,
        typer.Option("--unforwarded", help="Destroy also what the store has not got yet."),
    ] = False,
    recordings: Annotated[
        bool,
        typer.Option("--recordings", help="Destroy also the recordings that the site file names."),
    ] = False,
    check: Annotated[
        Path | None,
        typer.Option(metavar="CERTIFICATE.json", help="Verify a certificate; destroy nothing."),
    ] = None,
) -> None:
    """Destroy all that is about persons and print a signed certificate.

    Records, their copies and remnants, the key of the subjects and recordings go; counts about ten
    people or more, tokens and what stands at the lanes stay. No gateway may run meanwhile.

    Example: menshen stand-down site.yaml
    """
    from gateway.site_file import load_site  # noqa: PLC0415 - what a command needs loads with it

    site_file = load_site(site, data=data)
    if check is not None:
        _check(check, site_file.data_folder)
        return
    if not site_file.data_folder.is_dir():
        _end(f"{site_file.data_folder}: is not there; nothing was ever recorded in it", 2)
    from gateway.clock import SystemClock  # noqa: PLC0415
    from gateway.stand_down.standing_down import StandDown  # noqa: PLC0415

    clock = SystemClock()
    standing_down = StandDown(site_file, clock.now().wall_ms, recordings=recordings)
    try:
        plan = standing_down.plan()
        _agreed(plan, site_file.data_folder, yes=yes, unforwarded=unforwarded)
        certificate = standing_down.carry_out(plan, clock.now().wall_ms)
    finally:
        standing_down.close()
    for tongue in ("zh", "en"):
        typer.echo(certificate["text"][tongue], err=True)
    typer.echo(json.dumps(certificate, ensure_ascii=False, indent=1))


def _agreed(plan: Plan, folder: Path, *, yes: bool, unforwarded: bool) -> None:
    if not plan.files and not plan.facts["destroyed"]:
        _end(f"{folder}: holds nothing about persons", 2)
    if plan.waiting and not unforwarded:
        for name, count in plan.waiting.items():
            said = "can't be read" if count is None else f"{count} points are not there for good"
            typer.echo(f"{name}: {said}", err=True)
        _end(
            "let the gateway run until they are (a minute after the last), or say --unforwarded", 1
        )
    if yes:
        return
    for path in plan.files:
        typer.echo(str(path), err=True)
    asked = f"{len(plan.files)} 个文件将被永久销毁,确定吗? Destroy these files for good?"
    typer.confirm(asked, abort=True, err=True)


def _check(path: Path, folder: Path) -> None:
    from gateway.stand_down.certificate import fault_of, fingerprint  # noqa: PLC0415
    from gateway.stand_down.inventory import about_persons, describe  # noqa: PLC0415

    certificate = _read(path)
    fault = fault_of(certificate)
    if fault is not None:
        _end(f"{path}: {fault}", 1)
    there = (
        {describe(file)["sha256"] for file in about_persons(folder)} if folder.is_dir() else set()
    )
    back = [file["file"] for file in certificate["destroyed"] if file["sha256"] in there]
    if back:
        _end(f"{folder}: {', '.join(back)} is there again", 1)
    for tongue in ("zh", "en"):
        typer.echo(certificate["text"][tongue])
    typer.echo(f"密钥指纹 key: {fingerprint(certificate)}")


def _read(path: Path) -> Any:  # noqa: ANN401 - JSON is any data
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        _end(f"{path}: can't be read as JSON: {error}", 2)


def _end(sentence: str, code: int) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)
