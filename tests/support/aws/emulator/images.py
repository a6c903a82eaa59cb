"""DescribeImages of the images that a test registers: the launcher keeps moto from loading any.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
"""

from datetime import UTC, datetime

from moto.core.responses import ActionResult
from moto.ec2.responses.amis import AmisResponse

from . import accounts

# moto cannot write an image without it.
MADE = {"CreationDate": datetime(2026, 1, 1, tzinfo=UTC)}


def describe_images(self):
    wanted = self._get_param("ImageIds", []) or self._filters_from_querystring().get("image-id", [])
    images = accounts.account(self.current_account).images
    return ActionResult({"Images": [MADE | image for image in images if image["ImageId"] in wanted]})


def install():
    AmisResponse.describe_images = describe_images
