"""Flavors, as Nova lists them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Flavor:
    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    ephemeral: int = 0
    extra_specs: dict = field(default_factory=dict)


DEFAULT_FLAVORS = (
    Flavor("1", "m1.tiny", 1, 512, 1),
    Flavor("2", "m1.small", 1, 2048, 20),
    Flavor("3", "m1.medium", 2, 4096, 40),
    Flavor("4", "m1.large", 4, 8192, 80),
    Flavor("5", "m1.xlarge", 8, 16384, 160),
    Flavor("0d0f7b6c-6a8c-4f0e-9c3e-3d0a7f1f2a10", "g1.a100", 16, 131072, 0, 0, {"pci_passthrough:alias": "a100:2"}),
)


def find(flavors, name_or_id):
    for flavor in flavors:
        if name_or_id in (flavor.id, flavor.name):
            return flavor
    raise LookupError(f"no flavor {name_or_id}: {', '.join(flavor.name for flavor in flavors)}")


def listed(flavor, version, links):
    """An entry of `/flavors/detail`."""
    shown = {
        "id": flavor.id,
        "name": flavor.name,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "swap": "" if version < 75 else 0,
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
        "OS-FLV-DISABLED:disabled": False,
        "vcpus": flavor.vcpus,
        "os-flavor-access:is_public": True,
        "rxtx_factor": 1.0,
        "links": links,
    }
    if version >= 102:
        del shown["OS-FLV-DISABLED:disabled"], shown["rxtx_factor"]
    if version >= 55:
        shown["description"] = None
    if version >= 61:
        shown["extra_specs"] = dict(flavor.extra_specs)
    return shown


def inline(flavor):
    """The flavor as it stands in a server from 2.47 on."""
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "ephemeral": flavor.ephemeral,
        "swap": 0,
        "original_name": flavor.name,
        "extra_specs": dict(flavor.extra_specs),
    }
