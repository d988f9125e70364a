"""Places by name -> their time zones: the cities after which zones are named, and others that people ask for."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_OTHERS = {
    "America/New_York": "new york city|nyc|boston|washington|washington d.c|washington dc|philadelphia|miami|atlanta|"
    "orlando|florida|the east coast|eastern time",
    "America/Chicago": "houston|dallas|austin|new orleans|minneapolis|texas|central time",
    "America/Denver": "salt lake city|colorado|mountain time",
    "America/Los_Angeles": "san francisco|seattle|san diego|las vegas|vegas|california|silicon valley|the west coast|"
    "portland|pacific time|la|l.a",
    "Pacific/Honolulu": "hawaii",
    "America/Toronto": "montreal|ottawa|quebec",
    "America/Sao_Paulo": "rio|rio de janeiro|brasilia|brazil",
    "Europe/London": "england|great britain|britain|the uk|scotland|wales|edinburgh|glasgow|manchester|cardiff|"
    "greenwich|liverpool|birmingham|northern ireland",
    "Europe/Dublin": "ireland|cork",
    "Europe/Berlin": "germany|munich|hamburg|cologne|frankfurt|stuttgart|leipzig|dresden",
    "Europe/Paris": "france|lyon|marseille|nice",
    "Europe/Madrid": "spain|barcelona|seville|valencia",
    "Europe/Rome": "italy|milan|naples|florence|venice|turin",
    "Europe/Zurich": "switzerland|geneva|basel|bern",
    "Europe/Vienna": "austria|salzburg|graz",
    "Europe/Amsterdam": "the netherlands|holland|rotterdam",
    "Europe/Brussels": "belgium|antwerp",
    "Europe/Lisbon": "portugal|porto",
    "Europe/Warsaw": "poland|krakow",
    "Europe/Prague": "the czech republic",
    "Europe/Budapest": "hungary",
    "Europe/Athens": "greece",
    "Europe/Stockholm": "sweden",
    "Europe/Oslo": "norway|bergen",
    "Europe/Copenhagen": "denmark",
    "Europe/Helsinki": "finland",
    "Europe/Kyiv": "ukraine|kiev",
    "Europe/Istanbul": "turkey|ankara",
    "Europe/Moscow": "saint petersburg|st petersburg",
    "Asia/Jerusalem": "israel|tel aviv",
    "Africa/Cairo": "egypt",
    "Africa/Johannesburg": "south africa|cape town|pretoria",
    "Africa/Lagos": "nigeria",
    "Africa/Nairobi": "kenya",
    "Asia/Dubai": "abu dhabi|the emirates",
    "Asia/Kolkata": "india|mumbai|bombay|delhi|new delhi|bangalore|calcutta|chennai|hyderabad",
    "Asia/Karachi": "pakistan|lahore|islamabad",
    "Asia/Dhaka": "bangladesh",
    "Asia/Bangkok": "thailand",
    "Asia/Ho_Chi_Minh": "vietnam|saigon|hanoi",
    "Asia/Shanghai": "china|beijing|peking|shenzhen|guangzhou",
    "Asia/Tokyo": "japan|osaka|kyoto",
    "Asia/Seoul": "korea|south korea|busan",
    "Asia/Taipei": "taiwan",
    "Asia/Manila": "the philippines",
    "Australia/Sydney": "canberra",
    "Pacific/Auckland": "new zealand|wellington|christchurch",
    "UTC": "utc|gmt|greenwich mean time|universal time",
}
_SEVERAL = {"australia", "america", "the united states", "the us", "the usa", "the states", "canada", "russia"}


def zone_of(place: str) -> ZoneInfo | None:
    """None = it is not known."""
    name = _table().get(place) or _table().get(place.removeprefix("the "))
    return ZoneInfo(name) if name else None


def has_several(place: str) -> bool:
    """Whether it is known to have more than one time zone."""
    return place in _SEVERAL or f"the {place}" in _SEVERAL


@cache
def _table() -> dict[str, str]:
    zones = sorted(available_timezones())
    # The old names of countries ("Cuba", "Egypt") hold for their places, too; US/ and Etc/ are none.
    named = {
        zone.rsplit("/", 1)[-1].replace("_", " ").lower(): zone
        for zone in zones
        if not zone.startswith(("Etc/", "US/", "posix/", "right/", "SystemV/"))
    }
    return named | {place: zone for zone, places in _OTHERS.items() for place in places.split("|")}
