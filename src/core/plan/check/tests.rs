//! Each rule with a plan that breaks it, and the same plan where nothing is wrong.

mod fixture;
mod limits;
mod nobodys;
mod nodes;
mod world;
