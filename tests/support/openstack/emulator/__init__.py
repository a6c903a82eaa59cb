"""What the tests pretend of OpenStack: drivers of Magnum, machines, Nova's lists, faults and an admin API."""
