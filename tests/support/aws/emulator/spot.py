"""Spot prices and old-style spot requests: only those that a test put there.

moto's prices are 0.00001 USD of 2006.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotInstanceRequests.html
"""

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.spot_instances import SpotInstances

from . import accounts
from .activities import moment


def describe_spot_price_history(self):
    types = self._get_param("InstanceTypes", [])
    zone = self._get_param("AvailabilityZone")
    filters = self._filters_from_querystring()
    products = self._get_param("ProductDescriptions", [])

    def wanted(price):
        return (
            price["region"] == self.region
            and (not types or price["InstanceType"] in types)
            and (not zone or price["AvailabilityZone"] == zone)
            and (not products or price["ProductDescription"] in products)
            and price["AvailabilityZone"] in filters.get("availability-zone", [price["AvailabilityZone"]])
            and price["InstanceType"] in filters.get("instance-type", [price["InstanceType"]])
        )

    prices = [price for price in accounts.account(self.current_account).spot_prices if wanted(price)]
    return ActionResult({"SpotPriceHistory": sorted(prices, key=lambda price: price["Timestamp"], reverse=True)})


def requests_of(response):
    return [r for r in accounts.account(response.current_account).spot_requests if r["region"] == response.region]


def describe_spot_instance_requests(self):
    ids = self._get_param("SpotInstanceRequestIds", [])
    known = {request["SpotInstanceRequestId"] for request in requests_of(self)}
    if set(ids) - known:
        missing = sorted(set(ids) - known)[0]
        raise EC2ClientError(
            "InvalidSpotInstanceRequestID.NotFound", f"The spot instance request ID '{missing}' does not exist"
        )
    filters = self._filters_from_querystring()
    states, shown_ids = filters.get("state"), filters.get("spot-instance-request-id")
    shown = [
        request
        for request in requests_of(self)
        if (not ids or request["SpotInstanceRequestId"] in ids)
        and (not states or request["State"] in states)
        and (not shown_ids or request["SpotInstanceRequestId"] in shown_ids)
    ]
    return ActionResult({"SpotInstanceRequests": shown})


def cancel_spot_instance_requests(self):
    ids = self._get_param("SpotInstanceRequestIds", [])
    cancelled = [request for request in requests_of(self) if request["SpotInstanceRequestId"] in ids]
    for request in cancelled:
        request["State"] = "cancelled"
        request["Status"] = {
            "Code": "canceled-before-fulfillment",
            "Message": "Your Spot request is canceled before it was fulfilled.",
        }
    answer = [{"SpotInstanceRequestId": r["SpotInstanceRequestId"], "State": "cancelled"} for r in cancelled]
    return ActionResult({"CancelledSpotInstanceRequests": answer})


def add_price(account, region, instance_type, zone, price, at):
    account.spot_prices.append(
        {
            "region": region,
            "InstanceType": instance_type,
            "AvailabilityZone": zone,
            "SpotPrice": price,
            "ProductDescription": "Linux/UNIX",
            "Timestamp": moment(at),
        }
    )


def add_request(account, wish):
    """A request that waits for capacity, as a launch configuration with a spot price makes it."""
    request_id = f"sir-{len(account.spot_requests):08x}"
    account.spot_requests.append(
        {
            "region": wish["region"],
            "SpotInstanceRequestId": request_id,
            "State": "open",
            "Type": "one-time",
            "SpotPrice": wish["price"],
            "CreateTime": moment(wish["at"]),
            "Status": {"Code": wish["code"], "Message": wish["message"], "UpdateTime": moment(wish["at"])},
            "LaunchSpecification": {
                "InstanceType": wish["instance_type"],
                "Placement": {"AvailabilityZone": wish["zone"]},
            },
            "Tags": [{"Key": "aws:autoscaling:groupName", "Value": wish["group"]}],
        }
    )
    return {"id": request_id}


def install():
    SpotInstances.describe_spot_price_history = describe_spot_price_history
    SpotInstances.describe_spot_instance_requests = describe_spot_instance_requests
    SpotInstances.cancel_spot_instance_requests = cancel_spot_instance_requests
