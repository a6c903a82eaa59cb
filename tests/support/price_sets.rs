//! Pods and machine types like those that people have, to measure by what plans cost: 21 types of
//! EC2 at their prices on demand in us-east-1 (July 2026), with what the kubelet leaves of them,
//! and pods at random, log-normal ones, and those of two traces of Alibaba.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::dice::Dice;

/// What the pods are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PodSet {
    /// Of all sizes alike.
    Uniform,
    /// Many small ones and a few large ones.
    LogNormal,
    /// One kind in three may run on one family of types only.
    Selectors,
    /// The types for memory are tainted, and one kind in three tolerates that.
    Taints,
    /// Nodes are there that are half full.
    HalfFull,
    /// The shapes of `openb_pod_list_default`, with GPUs.
    Gpus,
    /// Those of `openb_pod_list_multigpu50`, of which many take several GPUs.
    SeveralGpus,
}

impl PodSet {
    pub(crate) const ALL: [Self; 7] =
        [Self::Uniform, Self::LogNormal, Self::Selectors, Self::Taints, Self::HalfFull, Self::Gpus, Self::SeveralGpus];
}

/// A machine type: its cores, GiB, GPUs, and micro-dollars an hour.
type Type = (&'static str, u32, u32, u32, u32);

const TYPES: [Type; 21] = [
    ("c6i.large", 2, 4, 0, 85_000),
    ("c6i.xlarge", 4, 8, 0, 170_000),
    ("c6i.2xlarge", 8, 16, 0, 340_000),
    ("c7i.4xlarge", 16, 32, 0, 714_000),
    ("c7i.8xlarge", 32, 64, 0, 1_428_000),
    ("c7i.16xlarge", 64, 128, 0, 2_856_000),
    ("c7i.24xlarge", 96, 192, 0, 4_284_000),
    ("m6i.large", 2, 8, 0, 96_000),
    ("m6i.xlarge", 4, 16, 0, 192_000),
    ("m6i.2xlarge", 8, 32, 0, 384_000),
    ("m6i.4xlarge", 16, 64, 0, 768_000),
    ("m6i.8xlarge", 32, 128, 0, 1_536_000),
    ("m7i.16xlarge", 64, 256, 0, 3_225_600),
    ("m7i.24xlarge", 96, 384, 0, 4_838_400),
    ("r6i.large", 2, 16, 0, 126_000),
    ("r6i.xlarge", 4, 32, 0, 252_000),
    ("r6i.2xlarge", 8, 64, 0, 504_000),
    ("r7i.4xlarge", 16, 128, 0, 1_058_400),
    ("r7i.8xlarge", 32, 256, 0, 2_116_800),
    ("r7i.16xlarge", 64, 512, 0, 4_233_600),
    ("r7i.24xlarge", 96, 768, 0, 6_350_400),
];

const TYPES_WITH_GPUS: [Type; 21] = [
    ("g4dn.xlarge", 4, 16, 1, 526_000),
    ("g4dn.2xlarge", 8, 32, 1, 752_000),
    ("g4dn.4xlarge", 16, 64, 1, 1_204_000),
    ("g4dn.8xlarge", 32, 128, 1, 2_176_000),
    ("g4dn.12xlarge", 48, 192, 4, 3_912_000),
    ("g4dn.16xlarge", 64, 256, 1, 4_352_000),
    ("g5.xlarge", 4, 16, 1, 1_006_000),
    ("g5.2xlarge", 8, 32, 1, 1_212_000),
    ("g5.4xlarge", 16, 64, 1, 1_624_000),
    ("g5.8xlarge", 32, 128, 1, 2_448_000),
    ("g5.12xlarge", 48, 192, 4, 5_672_000),
    ("g5.24xlarge", 96, 384, 4, 8_144_000),
    ("g5.48xlarge", 192, 768, 8, 16_288_000),
    ("p3.2xlarge", 8, 61, 1, 3_060_000),
    ("p3.8xlarge", 32, 244, 4, 12_240_000),
    ("p3.16xlarge", 64, 488, 8, 24_480_000),
    ("c7i.4xlarge", 16, 32, 0, 714_000),
    ("c7i.16xlarge", 64, 128, 0, 2_856_000),
    ("m6i.2xlarge", 8, 32, 0, 384_000),
    ("m6i.8xlarge", 32, 128, 0, 1_536_000),
    ("r6i.2xlarge", 8, 64, 0, 504_000),
];

/// How many pods of a trace have a shape: millicores, MiB, GPUs, a part of a GPU as a whole one.
type Shape = (usize, u32, u32, u32);

const OF_THE_TRACES: [Shape; 32] = [
    (1592, 3152, 5600, 1),
    (857, 11_300, 49_152, 1),
    (778, 11_908, 47_104, 1),
    (534, 11_400, 48_128, 1),
    (486, 8000, 30_517, 1),
    (364, 12_500, 57_344, 0),
    (284, 32_000, 49_152, 0),
    (255, 18_708, 64_512, 1),
    (195, 9810, 41_560, 1),
    (189, 4000, 22_888, 1),
    (182, 4000, 15_258, 1),
    (163, 8000, 30_517, 0),
    (158, 15_700, 58_368, 1),
    (158, 12_000, 24_576, 1),
    (152, 4152, 10_600, 1),
    (136, 4000, 30_517, 1),
    (120, 15_400, 51_200, 0),
    (108, 16_000, 32_768, 1),
    (104, 8000, 16_384, 1),
    (104, 4000, 24_576, 1),
    (99, 12_000, 16_384, 1),
    (95, 16_500, 51_200, 0),
    (93, 14_200, 58_368, 1),
    (84, 24_200, 93_184, 1),
    (65, 11_400, 77_824, 1),
    (55, 8000, 32_768, 1),
    (51, 6000, 6144, 1),
    (51, 11_900, 77_824, 1),
    (44, 12_000, 15_360, 1),
    (41, 8200, 33_792, 1),
    (40, 22_000, 65_536, 1),
    (36, 6000, 24_576, 0),
];

/// What the other trace has beside them.
const WITH_SEVERAL: [Shape; 4] =
    [(229, 64_200, 263_168, 8), (216, 88_000, 327_680, 8), (112, 32_200, 132_096, 4), (97, 16_200, 66_560, 2)];

/// Returns a cluster as a script, with so many pending pods of at most so many shapes.
pub(crate) fn cluster(set: PodSet, pods: usize, shapes: usize, seed: u64) -> String {
    let mut dice = Dice::new(seed ^ ((pods as u64) << 20) ^ ((shapes as u64) << 40));
    let mut script = "policy expander=price max-scale-up=100000 no-scale-in\n".to_owned();
    let types = match set {
        PodSet::Gpus | PodSet::SeveralGpus => &TYPES_WITH_GPUS,
        PodSet::Uniform | PodSet::LogNormal | PodSet::Selectors | PodSet::Taints | PodSet::HalfFull => &TYPES,
    };
    for machine in types {
        add_group(&mut script, set, machine, pods, &mut dice);
    }
    for (number, ((cpu, mib, gpus), count)) in kinds(set, pods, shapes, &mut dice).into_iter().enumerate() {
        let select = match set {
            PodSet::Selectors if dice.once_in(3) => format!("select=family={}", dice.pick(&["c", "m", "r"])),
            PodSet::Taints if dice.once_in(3) => "tolerate=memory".to_owned(),
            _ => String::new(),
        };
        let gpus = if gpus > 0 { format!("gpu={gpus}") } else { String::new() };
        let _ = writeln!(script, "pods k{number:03} x{count} cpu={cpu}m mem={mib}Mi {gpus} {select}");
    }
    script
}

/// Returns a cluster as a script: up to six groups, some of them tainted, nodes in use, and four
/// kinds of at most so many pods each, some of which select a group or tolerate the taint.
pub(crate) fn few_groups(seed: u64, most: usize) -> String {
    let mut dice = Dice::new(seed);
    let mut script = "policy expander=price no-scale-in\n".to_owned();
    let groups = 2 + dice.below(5);
    for group in 0..groups {
        let cpu = 2 << dice.below(4);
        let gib = cpu * (2 << dice.below(3));
        let micros = (28_000 * cpu + 3_000 * gib) * (85 + dice.below(31)) / 100;
        let max = if dice.once_in(4) { 2 + dice.below(3) } else { 30 };
        let taint = if group > 0 && dice.once_in(4) { "taint=own" } else { "" };
        let in_use = dice.below(3).min(max);
        let _ = writeln!(
            script,
            "group g{group} cpu={cpu} mem={gib}Gi max={max} desired={in_use} label=own=g{group} type=t{group} {taint}
             price us-west-2 t{group} {}.{:06}",
            micros / 1_000_000,
            micros % 1_000_000
        );
        for node in 0..in_use {
            let _ = writeln!(
                script,
                "node n{group}-{node} group=g{group}
                 pods used{group}-{node} cpu={}m mem={}Mi on=n{group}-{node} tolerate=own",
                cpu * 1000 / (2 + dice.below(2)),
                gib * 1024 / (2 + dice.below(3))
            );
        }
    }
    for kind in 0..4 {
        let select = if dice.once_in(6) { format!("select=own=g{}", dice.below(groups)) } else { String::new() };
        let tolerate = if dice.once_in(3) { "tolerate=own" } else { "" };
        let _ = writeln!(
            script,
            "pods p{kind} x{} cpu={}m mem={}Mi {select} {tolerate}",
            1 + dice.below(most),
            250 * (1 + dice.below(14)),
            512 * (1 + dice.below(20))
        );
    }
    script
}

/// Adds a group of one type. The kubelet keeps back what it does on EKS: less than a tenth.
fn add_group(script: &mut String, set: PodSet, &(name, cores, gib, gpus, price): &Type, pods: usize, dice: &mut Dice) {
    let (cpu, mib) = (cores * 1000 - 60 - cores * 3, gib * 1024 * 93 / 100 - 500);
    let most = match cores {
        ..=2 => 29,
        3..=8 => 58,
        9..=32 => 234,
        _ => 737,
    };
    let group = name.replace('.', "-");
    let taint = if set == PodSet::Taints && name.starts_with('r') { "taint=memory" } else { "" };
    let in_use = if set == PodSet::HalfFull && cores <= 16 { dice.below(2 + pods / 200) } else { 0 };
    let gpus = if gpus > 0 { format!("gpu={gpus}") } else { String::new() };
    let _ = writeln!(
        script,
        "group {group} cpu={cpu}m mem={mib}Mi pods={most} {gpus} max=20000 desired={in_use} label=family={} type={name} {taint}
         price us-west-2 {name} {}.{:06}",
        &name[..1],
        price / 1_000_000,
        price % 1_000_000
    );
    for node in 0..in_use {
        let _ = writeln!(
            script,
            "node {group}-{node} group={group}
             pods used-{group}-{node} cpu={}m mem={}Mi on={group}-{node}",
            cpu * 10 / (15 + u32::try_from(dice.below(20)).expect("a small number")),
            mib * 10 / (15 + u32::try_from(dice.below(20)).expect("a small number"))
        );
    }
}

/// Returns the shapes, each with its number of pods.
fn kinds(set: PodSet, pods: usize, shapes: usize, dice: &mut Dice) -> Vec<((u32, u32, u32), usize)> {
    let small = |number: usize| u32::try_from(number).expect("a small number");
    let of_trace = |shapes: &[Shape], dice: &mut Dice| {
        let all: usize = shapes.iter().map(|shape| shape.0).sum();
        let mut counts = BTreeMap::<(u32, u32, u32), usize>::new();
        for _ in 0..pods {
            let mut place = dice.below(all);
            let drawn = shapes.iter().find(|shape| place.checked_sub(shape.0).map(|rest| place = rest).is_none());
            let (_, cpu, mib, gpus) = drawn.expect("one of all");
            *counts.entry((*cpu, *mib, *gpus)).or_default() += 1;
        }
        counts.into_iter().collect()
    };
    match set {
        PodSet::Gpus => of_trace(&OF_THE_TRACES, dice),
        PodSet::SeveralGpus => of_trace(&[&OF_THE_TRACES[..], &WITH_SEVERAL].concat(), dice),
        PodSet::Uniform | PodSet::LogNormal | PodSet::Selectors | PodSet::Taints | PodSet::HalfFull => {
            let is_uniform = set == PodSet::Uniform || (set != PodSet::LogNormal && dice.once_in(2));
            let mut counts = BTreeMap::<(u32, u32, u32), usize>::new();
            for number in 0..shapes.min(pods) {
                let shape = if is_uniform {
                    (250 * small(1 + dice.below(32)), 512 * small(1 + dice.below(64)), 0)
                } else {
                    (log_normal(dice, 1500, 50, 30_000), log_normal(dice, 4000, 64, 180_000), 0)
                };
                *counts.entry(shape).or_default() += pods / shapes + usize::from(number < pods % shapes);
            }
            counts.into_iter().collect()
        }
    }
}

/// Returns a number that is about that at the median, and within bounds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "made up")]
fn log_normal(dice: &mut Dice, median: u32, least: u32, most: u32) -> u32 {
    let normal: f64 = (0..6).map(|_| dice.below(1000) as f64 / 1000.0).sum::<f64>() - 3.0;
    let number = f64::from(median) * (normal * 1.4).exp();
    (number as u32).clamp(least, most)
}
