"""ARC zonal shift's ListManagedResources, of the shifts that a test begins.

https://docs.aws.amazon.com/arc-zonal-shift/latest/api/API_ListManagedResources.html
"""

import json

from urllib.parse import parse_qs

SERVICE = "arc-zonal-shift"
ACTION = "ListManagedResources"
PATH = "/managedresources"


def begin(account, region, arn, away_from, status):
    shift = {"appliedStatus": status, "awayFrom": away_from, "zonalShiftId": f"shift-{len(account.zonal_shifts)}"}
    resource = {"arn": arn, "availabilityZones": [away_from], "zonalShifts": [shift], "autoshifts": []}
    account.zonal_shifts.setdefault(region, []).append(resource)


def answer(account, region, query):
    """The status line and the document."""
    found, asked = account.zonal_shifts.get(region, []), parse_qs(query)
    first = int(asked.get("nextToken", ["0"])[0])
    last = first + account.page_of(int(asked.get("maxResults", ["10"])[0]))
    page = {"items": found[first:last]} | ({"nextToken": str(last)} if last < len(found) else {})
    return "200 OK", json.dumps(page).encode()
