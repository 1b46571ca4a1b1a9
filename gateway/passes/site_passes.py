"""What a site file says about passes, as the office, the command line and the gateway need it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from gateway.passes.office import PassOffice
from gateway.passes.pass_files import PassFolders
from gateway.passes.request import PassBounds
from gateway.site_model import SiteFile


@dataclass(frozen=True, slots=True)
class SitePasses:
    """Passes of one site."""

    folders: PassFolders
    bounds: PassBounds
    site: str
    estate: str
    name: Mapping[str, str]
    zone: tzinfo
    url: str | None

    def office(self) -> PassOffice:
        """Open the office that hands them out."""
        return PassOffice(self.folders, self.site, self.estate)


def site_passes(site: SiteFile) -> SitePasses:
    """Take from a site file what is about passes."""
    zone = ZoneInfo(site.timezone)
    gates = {lane.lane for lane in site.lanes} | {lane.checkpoint for lane in site.lanes}
    return SitePasses(
        PassFolders.of(site.data_folder, site.trust_folder),
        PassBounds(gates, zone, site.passes.printed, site.passes.max_days),
        site.site,
        site.estate,
        site.name.model_dump(),
        zone,
        site.passes.url,
    )
