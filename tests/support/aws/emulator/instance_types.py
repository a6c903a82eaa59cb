"""GetInstanceTypesFromInstanceRequirements, which moto lacks, on moto's true table of types.

Of the attributes only those below are looked at; an unknown one is refused
rather than passed over.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetInstanceTypesFromInstanceRequirements.html
"""

import fnmatch

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidParameterValue
from moto.ec2.responses.instances import InstanceResponse

MIB_IN_GIB = 1024
KNOWN = {
    "VCpuCount",
    "MemoryMiB",
    "MemoryGiBPerVCpu",
    "AllowedInstanceTypes",
    "ExcludedInstanceTypes",
    "AcceleratorCount",
    "BareMetal",
    "BurstablePerformance",
    "InstanceGenerations",
    "LocalStorage",
}


def within(value, bounds):
    bounds = bounds or {}
    low, high = bounds.get("Min"), bounds.get("Max")
    return (low is None or value >= float(low)) and (high is None or value <= float(high))


def allowed(flag, wanted, default):
    wanted = wanted or default
    return wanted == "included" or flag == (wanted == "required")


def accelerators(one):
    return sum(gpu["Count"] for gpu in one.get("GpuInfo", {}).get("Gpus", []))


def fits(one, needs):
    name, vcpus, mib = one["InstanceType"], one["VCpuInfo"]["DefaultVCpus"], one["MemoryInfo"]["SizeInMiB"]
    listed, barred = needs.get("AllowedInstanceTypes"), needs.get("ExcludedInstanceTypes") or []
    generations = needs.get("InstanceGenerations") or ["current", "previous"]
    # An accelerator is taken only when it is asked for.
    return (
        within(vcpus, needs.get("VCpuCount"))
        and within(mib, needs.get("MemoryMiB"))
        and within(mib / MIB_IN_GIB / vcpus, needs.get("MemoryGiBPerVCpu"))
        and within(accelerators(one), needs.get("AcceleratorCount"))
        and (not listed or any(fnmatch.fnmatchcase(name, pattern) for pattern in listed))
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in barred)
        and allowed(one["BareMetal"], needs.get("BareMetal"), "excluded")
        and allowed(one["BurstablePerformanceSupported"], needs.get("BurstablePerformance"), "excluded")
        and allowed(one["InstanceStorageSupported"], needs.get("LocalStorage"), "included")
        and ("current" if one["CurrentGeneration"] else "previous") in generations
    )


def matching(backend, architectures, virtualizations, needs):
    """The names of all types that meet the requirements, in alphabetical order."""
    unknown = set(needs) - KNOWN
    if unknown:
        raise InvalidParameterValue(f"The emulator does not know the instance requirement {sorted(unknown)[0]}")
    return sorted(
        one["InstanceType"]
        for one in backend.describe_instance_types()
        if set(architectures) & set(one["ProcessorInfo"]["SupportedArchitectures"])
        and set(virtualizations) & set(one["SupportedVirtualizationTypes"])
        and fits(one, needs)
    )


def get_instance_types_from_instance_requirements(self):
    names = matching(
        self.ec2_backend,
        self._get_param("ArchitectureTypes", []),
        self._get_param("VirtualizationTypes", []),
        self._get_param("InstanceRequirements", {}),
    )
    most, first = self._get_int_param("MaxResults", 1000), int(self._get_param("NextToken") or 0)
    token = str(first + most) if first + most < len(names) else None
    page = [{"InstanceType": name} for name in names[first : first + most]]
    return ActionResult({"InstanceTypes": page, "NextToken": token})


def install():
    # moto finds an action by the method's name on the class that serves its service.
    from moto.ec2.responses import EC2Response

    EC2Response.get_instance_types_from_instance_requirements = get_instance_types_from_instance_requirements
    InstanceResponse.get_instance_types_from_instance_requirements = get_instance_types_from_instance_requirements
