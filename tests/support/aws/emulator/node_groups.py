"""EKS's DescribeNodegroup, of the node groups that a test registers.

https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeNodegroup.html
"""

import json
import re

ACTION = "DescribeNodegroup"
PATH = re.compile(r"/clusters/(?P<cluster>[^/]+)/node-groups/(?P<node_group>[^/]+)")


def name_of(path):
    """The cluster and the node group that a path names, or None."""
    found = PATH.fullmatch(path)
    return (found["cluster"], found["node_group"]) if found else None


def answer(account, name):
    """The status line and the document."""
    node_group = account.node_groups.get(name)
    if node_group is None:
        return "404 Not Found", error("ResourceNotFoundException", f"No node group found for name: {name[1]}.")
    return "200 OK", json.dumps({"nodegroup": node_group}).encode()


def error(code, message):
    return json.dumps({"__type": code, "message": message}).encode()
