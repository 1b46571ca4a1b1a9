"""What stands around the gateway: the law's end date, the store, the page's port."""

import ssl
from collections.abc import Iterator
from datetime import date
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from gateway.doctor.findings import Finding, bad, ok, warn
from gateway.site_model import Influx, SiteFile, Web
from gateway.web.listen import PortTakenError, listen

ANSWER_WITHIN_S = 3.0
END_NEAR_DAYS = 14


def look_at_law(site: SiteFile, today: date) -> Iterator[Finding]:
    """Tell whether the ground for screening still holds."""
    if site.legal is None:
        yield ok("legal", "no health screening, so none is needed")
        return
    left = (site.legal.ends - today).days
    said = f"screening ends {site.legal.ends}"
    if left < 0:
        yield bad(
            "legal", f"screening ended {site.legal.ends}", "menshen stand-down, or a new basis"
        )
    elif left <= END_NEAR_DAYS:
        yield warn("legal", f"{said}, in {left} days", "renew the basis, or plan the stand-down")
    else:
        yield ok("legal", said)


def look_at_store(site: SiteFile) -> Iterator[Finding]:
    """Tell whether the time-series store answers; records wait in the outbox while it doesn't."""
    if site.store is None:
        yield ok("store", "the site names none")
        return
    for influx in site.store.stores:
        if influx.token_file is not None and not site.at(influx.token_file).is_file():
            remedy = "put the store's token there"
            yield bad("store", f"{site.at(influx.token_file)} is not there", remedy)
        yield _answer(influx)


def _answer(influx: Influx) -> Finding:
    url = influx.url.rstrip("/") + "/health"
    try:
        with urlopen(url, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310 - the model wants http(s)
            return ok("store", f"{influx.url} answers {answer.status}")
    except HTTPError as error:
        return ok("store", f"{influx.url} answers {error.code}")
    except (URLError, OSError, HTTPException) as error:
        why = error.reason if isinstance(error, URLError) else error
        said = f"{influx.url} does not answer ({why})"
        return warn("store", said, "start it, or mend store.influx.url; records wait meanwhile")


def look_at_page(web: Web) -> Iterator[Finding]:
    """Tell whether the page's port is free, or the gateway itself on it."""
    try:
        listen(web.host, web.port).close()
    except PortTakenError as error:
        if _is_gateway(web):
            yield ok("page", f"the gateway runs on {web.listen}")
        else:
            yield bad("page", str(error), "see there")
    except OSError as error:
        yield bad("page", f"{web.listen}: {error.strerror}", "mend web: {listen: …}")
    else:
        yield ok("page", f"{web.listen} is free")


def _is_gateway(web: Web) -> bool:
    host = f"[{web.host}]" if ":" in web.host else web.host
    scheme = "https" if web.tls else "http"
    # Only whether somebody answers as we would; nothing is sent that would need a name check.
    context = ssl._create_unverified_context() if web.tls else None  # noqa: S323, SLF001
    try:
        with urlopen(  # noqa: S310 - our own port
            f"{scheme}://{host}:{web.port}/healthz", timeout=ANSWER_WITHIN_S, context=context
        ) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError, HTTPException):
        return False
