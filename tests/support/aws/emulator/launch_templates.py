"""DescribeLaunchTemplateVersions in pages, and of all templates: moto cuts the answer off at 15 without a token.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
"""

from moto.core.responses import ActionResult
from moto.ec2.responses.launch_templates import LaunchTemplates

from . import accounts

MOST_ON_A_PAGE = 200


def describe_launch_template_versions(self):
    first = int(self._get_param("NextToken") or 0)
    most = accounts.account(self.current_account).page_of(self._get_int_param("MaxResults", MOST_ON_A_PAGE))
    # moto has no token to give: it is asked for everything, and the page is cut from that.
    self.params["MaxResults"] = 1_000_000
    is_named = self._get_param("LaunchTemplateId") or self._get_param("LaunchTemplateName")
    versions = named_versions(self) if is_named else every_version(self)
    answer = ActionResult({})
    answer.result["LaunchTemplateVersions"] = versions[first : first + most]
    if first + most < len(versions):
        answer.result["NextToken"] = str(first + most)
    return answer


def named_versions(self):
    return moto_describe_launch_template_versions(self).result["LaunchTemplateVersions"]


def every_version(self):
    """The `$Latest` or `$Default` version of every launch template of the account; only a named one can be asked for others."""
    found = []
    for template_id in list(self.ec2_backend.launch_templates):
        self.params["LaunchTemplateId"] = template_id
        found += named_versions(self)
    return found


moto_describe_launch_template_versions = LaunchTemplates.describe_launch_template_versions


def install():
    LaunchTemplates.describe_launch_template_versions = describe_launch_template_versions
