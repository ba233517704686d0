"""Writes zone-vectors.json: what Python's zoneinfo says of clocks in many time zones, for zones.test.ts.

python3 test/filter/zone-vectors.py
Each row: time in UTC, zone or null, then year, month from 0, day, day of week from Sunday, day of year from 0, hour,
minute, second, millisecond. Only years that are past: what comes may still be changed by law.
"""

import json
import os
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ZONES = [
    "UTC",
    "Africa/Monrovia",
    "America/Caracas",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
]
OFFSETS = ["+00:00", "-00:30", "+05:45", "05:45", "-11:59", "+23:59", "-23:59"]
FIXED = [
    "0001-01-01T00:00:00.000",
    "0001-01-02T00:00:00.000",
    "0099-12-31T23:59:59.999",
    "1582-10-10T12:00:00.000",
    "1752-09-03T00:00:00.000",
    "1850-06-01T12:00:00.000",
    "1899-12-31T23:59:59.999",
    "1900-02-28T23:59:59.999",
    "1900-03-01T00:00:00.000",
    "1969-12-31T23:59:59.999",
    "1970-01-01T00:00:00.000",
    "1972-01-07T00:44:29.000",
    "1972-01-07T00:44:30.000",
    "2000-02-29T11:30:00.000",
    "2011-12-30T09:59:59.000",
    "2011-12-30T10:00:00.000",
    "2015-08-14T15:00:00.000",
    "2018-05-04T15:00:00.000",
    "2023-12-31T23:59:59.999",
    "2024-01-01T00:00:00.000",
    "2024-02-28T23:59:59.999",
    "2024-02-29T00:00:00.000",
    "2024-02-29T23:59:59.999",
    "2024-03-01T00:00:00.000",
    "2024-12-31T12:00:00.000",
]
UTC = timezone.utc


def fixed_offset(text):
    sign = -1 if text[0] == "-" else 1
    hours, minutes = text.lstrip("+-").split(":")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


def clock_changes(zone, year):
    """The whole seconds at which the offset of a zone changes in a year."""
    at = datetime(year, 1, 1, tzinfo=UTC)
    offset = at.astimezone(zone).utcoffset()
    while at.year == year:
        after = at + timedelta(hours=1)
        if after.astimezone(zone).utcoffset() != offset:
            while at.astimezone(zone).utcoffset() == offset:
                at += timedelta(minutes=1)
            yield at
            offset = at.astimezone(zone).utcoffset()
        at = after


def row(at, name, zone):
    try:
        local = at.astimezone(zone)
    except OverflowError:  # the year 0 and the year 10000
        return None
    return [
        at.strftime("%Y").zfill(4) + at.strftime("-%m-%dT%H:%M:%S") + f".{at.microsecond // 1000:03d}Z",
        name,
        local.year,
        local.month - 1,
        local.day,
        local.isoweekday() % 7,
        local.timetuple().tm_yday - 1,
        local.hour,
        local.minute,
        local.second,
        local.microsecond // 1000,
    ]


fixed = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in FIXED]
rows = [row(at, None, UTC) for at in fixed]
for offset in OFFSETS:
    rows += [row(at, offset, fixed_offset(offset)) for at in fixed]
for name in ZONES:
    zone = ZoneInfo(name)
    changes = [at for year in (1996, 2024) for at in clock_changes(zone, year)]
    near = [at + timedelta(milliseconds=ms) for at in changes for ms in (-1, 0, 1_800_000)]
    rows += [row(at, name, zone) for at in fixed + near]

file = os.path.join(os.path.dirname(__file__), "zone-vectors.json")
with open(file, "w", encoding="utf-8") as out:
    lines = ",\n".join("  " + json.dumps(one) for one in rows if one)
    out.write("[\n" + lines + "\n]\n")
