"""Making groups in one call, the way a test describes them."""

from moto.autoscaling import autoscaling_backends
from moto.core.types import Base64EncodedString

IMAGE = "ami-0123456789abcdef0"


def create_group(account, wish):
    """`wish`: region, name, min, max, desired, zones, tags and one of the three `launch` kinds."""
    backend = autoscaling_backends[account.id][wish["region"]]
    account.regions.add(wish["region"])
    name = wish["name"]
    group = backend.create_auto_scaling_group(
        name=name,
        availability_zones=[],
        desired_capacity=wish["desired"],
        max_size=wish["max"],
        min_size=wish["min"],
        vpc_zone_identifier=",".join(subnets(backend.ec2_backend, wish["zones"], wish["second_subnets"])),
        default_cooldown=300,
        health_check_period=0,
        health_check_type="EC2",
        load_balancers=[],
        target_group_arns=[],
        placement_group=wish.get("placement_group"),
        termination_policies=["Default"],
        tags=[
            {
                "Key": key,
                "Value": value,
                "PropagateAtLaunch": False,
                "ResourceId": name,
                "ResourceType": "auto-scaling-group",
            }
            for key, value in wish["tags"]
        ],
        new_instances_protected_from_scale_in=wish["protected"],
        **launch_source(backend, name, wish["launch"]),
    )
    # moto names a zone once for each of its subnets.
    group.availability_zones = list(dict.fromkeys(group.availability_zones))
    if wish["suspended"]:
        # moto, like AWS, takes an empty list for all processes.
        backend.suspend_processes(name, wish["suspended"])
    return group


def subnets(ec2, zones, doubled):
    """The default subnets of the zones; of the first one when none is named. Some get a second one."""
    defaults = ec2.get_default_subnets()
    unknown = [zone for zone in zones if zone not in defaults]
    if unknown:
        raise ValueError(f"{unknown[0]} is no zone of {ec2.region_name}: {', '.join(sorted(defaults))}")
    first = [defaults[zone].id for zone in zones or sorted(defaults)[:1]]
    return first + [second_subnet(ec2, defaults[zone]).id for zone in doubled]


def second_subnet(ec2, default):
    """A subnet beside the default one of a zone; the network of that ends at 172.31.255.255."""
    taken = {subnet.cidr_block for subnet in ec2.describe_subnets()}
    blocks = (f"172.31.{third}.0/24" for third in range(240, 256))
    block = next(block for block in blocks if block not in taken)
    return ec2.create_subnet(default.vpc_id, block, availability_zone=default.availability_zone)


def launch_source(backend, name, launch):
    source = {"launch_config_name": None, "launch_template": {}, "mixed_instances_policy": None}
    kind = launch["kind"]
    if kind == "configuration":
        source["launch_config_name"] = create_configuration(backend, name, launch)
        return source
    template = create_template(backend.ec2_backend, f"{name}-template", launch)
    spec = {"LaunchTemplateId": template.id, "Version": launch.get("version") or "$Default"}
    if kind == "template":
        source["launch_template"] = spec
    else:
        source["mixed_instances_policy"] = {
            "LaunchTemplate": {"LaunchTemplateSpecification": spec, "Overrides": launch["overrides"]},
            "InstancesDistribution": launch["distribution"],
        }
    return source


def create_configuration(backend, name, launch):
    config = f"{name}-configuration"
    backend.create_launch_configuration(
        name=config,
        image_id=IMAGE,
        key_name=None,
        kernel_id="",
        ramdisk_id="",
        security_groups=[],
        user_data=None,
        instance_type=launch["instance_type"],
        instance_monitoring=False,
        instance_profile_name=None,
        spot_price=launch.get("spot_price"),
        ebs_optimized=False,
        associate_public_ip_address=False,
        block_device_mappings=root_volume(launch),
    )
    return config


def root_volume(launch):
    gib = launch.get("root_volume_gib")
    ebs = {"VolumeSize": gib, "VolumeType": "gp3", "DeleteOnTermination": True}
    return [{"DeviceName": "/dev/xvda", "Ebs": ebs}] if gib else []


def create_template(ec2, name, launch):
    return ec2.create_launch_template(name, "", template_data(launch), {})


def template_data(launch):
    data = {"ImageId": launch.get("image") or IMAGE, "UserData": Base64EncodedString.from_raw_string("#!/bin/sh\n")}
    if launch.get("instance_type"):
        data["InstanceType"] = launch["instance_type"]
    if launch.get("spot"):
        data["InstanceMarketOptions"] = {"MarketType": "spot"}
    if root_volume(launch):
        data["BlockDeviceMappings"] = root_volume(launch)
    return data | (launch.get("template_data") or {})


def add_template_version(backend, group_name, launch, make_default):
    """A new version of the group's own launch template; returns its number."""
    template = backend.autoscaling_groups[group_name].ec2_launch_template
    version = template.create_version(template_data(launch), "")
    if make_default:
        template.default_version_number = version.number
    return version.number
