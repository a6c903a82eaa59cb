"""DescribeLaunchTemplateVersions in pages: moto cuts the answer off at 15 without a token.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
"""

from moto.ec2.responses.launch_templates import LaunchTemplates

MOST_ON_A_PAGE = 200


def describe_launch_template_versions(self):
    first = int(self._get_param("NextToken") or 0)
    most = self._get_int_param("MaxResults", MOST_ON_A_PAGE)
    # moto has no token to give: it is asked for everything, and the page is cut from that.
    self.params["MaxResults"] = 1_000_000
    answer = moto_describe_launch_template_versions(self)
    versions = answer.result["LaunchTemplateVersions"]
    answer.result["LaunchTemplateVersions"] = versions[first : first + most]
    if first + most < len(versions):
        answer.result["NextToken"] = str(first + most)
    return answer


moto_describe_launch_template_versions = LaunchTemplates.describe_launch_template_versions


def install():
    LaunchTemplates.describe_launch_template_versions = describe_launch_template_versions
