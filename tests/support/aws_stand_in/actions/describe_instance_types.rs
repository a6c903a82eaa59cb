//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html>

use crate::support::aws_stand_in::form::{self, Params};
use crate::support::aws_stand_in::refusal::Refusal;
use crate::support::aws_stand_in::xml::Xml;

/// What a type offers. Interfaces are those of its first network card.
struct Offer {
    name: &'static str,
    cpus: u32,
    mib: u32,
    interfaces: u32,
    addresses: u32,
    gpus: u32,
}

const fn offer(name: &'static str, cpus: u32, mib: u32, interfaces: u32, addresses: u32, gpus: u32) -> Offer {
    Offer { name, cpus, mib, interfaces, addresses, gpus }
}

/// As EC2 describes them.
const OFFERS: [Offer; 6] = [
    offer("m5.large", 2, 8192, 3, 10, 0),
    offer("m5.xlarge", 4, 16384, 4, 15, 0),
    offer("m5.2xlarge", 8, 32768, 4, 15, 0),
    offer("m5.4xlarge", 16, 65536, 8, 30, 0),
    offer("p3.16xlarge", 64, 499_712, 8, 30, 8),
    offer("p4d.24xlarge", 96, 1_179_648, 15, 50, 8),
];

pub(super) fn answer(params: &Params) -> Result<Xml, Refusal> {
    let named = form::list(params, "InstanceType");
    let is_known = |name: &&String| OFFERS.iter().any(|offer| offer.name == **name);
    if let Some(unknown) = named.iter().find(|name| !is_known(name)) {
        let message = format!("The following supplied instance types do not exist: [{unknown}]");
        return Err(Refusal::new("InvalidInstanceType", message));
    }
    let filters = form::filters(params, "Filter", "Value");
    let passes = |offer: &&Offer| {
        (named.is_empty() || named.iter().any(|name| name == offer.name))
            && filters.iter().all(|(name, values)| name == "instance-type" && values.iter().any(|value| value == offer.name))
    };
    let mut xml = Xml::default();
    xml.list("instanceTypeSet", "item", OFFERS.iter().filter(passes), shape);
    Ok(xml)
}

fn shape(xml: &mut Xml, offer: &Offer) {
    xml.text("instanceType", offer.name)
        .within("processorInfo", |xml| {
            xml.within("supportedArchitectures", |xml| {
                xml.text("item", "x86_64");
            });
        })
        .within("vCpuInfo", |xml| {
            xml.text("defaultVCpus", offer.cpus);
        })
        .within("memoryInfo", |xml| {
            xml.text("sizeInMiB", offer.mib);
        })
        .within("networkInfo", |xml| network(xml, offer));
    if offer.gpus > 0 {
        xml.within("gpuInfo", |xml| {
            xml.list("gpus", "item", [offer.gpus], |xml, count| {
                xml.text("manufacturer", "NVIDIA").text("count", count);
            });
        });
    }
}

fn network(xml: &mut Xml, offer: &Offer) {
    xml.text("maximumNetworkInterfaces", offer.interfaces)
        .text("defaultNetworkCardIndex", 0)
        .text("ipv4AddressesPerInterface", offer.addresses)
        .list("networkCards", "item", [offer.interfaces], |xml, interfaces| {
            xml.text("networkCardIndex", 0).text("maximumNetworkInterfaces", interfaces);
        });
}
