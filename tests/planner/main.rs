//! The tests of the pure half. They build without a client, so that a change of a rule is tried in
//! seconds.

/// The code that the other integration tests use as well.
#[path = "../support"]
mod support {
    pub(crate) mod clusters;
    pub(crate) mod corpus;
    pub(crate) mod dice;
    pub(crate) mod imports;
    pub(crate) mod price_sets;
    pub(crate) mod rooms;
    pub(crate) mod scenario;
}

mod anonymized;
mod architecture;
mod automatic_changes;
mod belief;
mod buffers;
mod checkpoints;
mod clouds_words;
mod cluster_size;
mod consolidation;
mod consolidation_score;
mod days;
mod devices;
mod devices_in_pieces;
mod every_zone;
mod eviction_order;
mod expected_pods;
mod explain_closed;
mod explain_group;
mod explain_room;
mod fuzz;
mod gangs;
mod growth_limits;
mod idle_marks;
mod launches;
mod money;
mod node_states;
mod not_emptied;
mod one_fact_less;
mod packing;
mod philly;
mod policy_file;
mod policy_weeks;
mod prices;
mod properties;
mod reference;
mod removal;
mod removal_limits;
mod replacements;
mod replacing;
mod replay;
mod reservations;
mod saved_plans;
mod scenarios;
mod shared_budgets;
mod simulated;
mod situations;
mod stale_mark;
mod suggest;
mod volumes;
mod without;
mod zones;
