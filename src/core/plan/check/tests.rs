//! Tests of each rule with a plan that breaks it, and with the same plan where nothing is wrong.

mod fixture;
mod limits;
mod nobodys;
mod nodes;
mod world;
