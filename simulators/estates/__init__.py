"""Estates that come with the product: site, policy, people and devices, ready to run."""

from importlib.resources import files
from pathlib import Path

from simulators.dcc_issuer import DccIssuer

RIVERSIDE = "riverside"
SITE, POLICY, SCENARIO = "site.yaml", "policy.yaml", "scenario.yaml"
ISSUER = "issuer"  # a scenario's issuer lives in this folder beside it


def lay_out(folder: Path, issuer: DccIssuer, estate: str = RIVERSIDE) -> tuple[Path, Path]:
    """Put an estate's files into a folder, trusting the issuer; return its site and its scenario.

    Files that are there already stay as they are, so that they can be changed and tried.
    """
    (folder / "trust").mkdir(parents=True, exist_ok=True)
    for name in (SITE, POLICY, SCENARIO):
        path = folder / name
        if not path.exists():
            path.write_bytes(files(__name__).joinpath(estate, name).read_bytes())
    (folder / "trust" / "simulation.pem").write_bytes(issuer.certificate_pem)
    return folder / SITE, folder / SCENARIO
