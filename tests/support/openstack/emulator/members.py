"""Which members a group has after a resize: the rule of each driver.

Members are numbers in the order in which they were made. A rule gets what is there and what was asked, and returns
the numbers that there are to be; what a later resize must still know stays in the group.
"""


def heat(group, count, named):
    """Heat's group of resources: the first `count` numbers that are not struck off, as a real Heat 27.0.1 left them.

    The numbers a request strikes off are kept when it is complete. A second request that names members while the
    first runs strikes off its own in place of the first's.
    """
    struck = {number for number, server in group.members.items() if str(number) in named or server.id in named}
    coming = group.update.striking if group.update is not None and not struck else set()
    striking = struck or coming
    wanted, number = [], 0
    while len(wanted) < count:
        if number not in group.struck | striking:
            wanted.append(number)
        number += 1
    return wanted, striking


def capi_helm(group, count, named):
    """Cluster API without names: the newest go. (It takes them at random, so nobody may rely on which.)"""
    return newest_go(sorted(group.members), count), set()


def vexxhost(group, count, named):
    """Marked machines go first, then the newest. A mark stays until its machine goes."""
    for number, server in group.members.items():
        if server.id in named:
            group.marks.add(number)
    order = sorted(group.members, key=lambda number: (number in group.marks, number))
    return newest_go(order, count), set()


def newest_go(order, count):
    following = max(order, default=-1) + 1
    kept = order[:count]
    return [*kept, *range(following, following + count - len(kept))]
