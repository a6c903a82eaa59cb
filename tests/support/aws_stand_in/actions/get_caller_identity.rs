//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use crate::support::aws_stand_in::world::Account;
use crate::support::aws_stand_in::xml::Xml;

pub(super) fn answer(account: &Account) -> Xml {
    let mut xml = Xml::default();
    xml.text("Arn", format!("arn:aws:sts::{}:assumed-role/ec2-autoscale/ec2-autoscale", account.id))
        .text("UserId", "AROA:ec2-autoscale")
        .text("Account", &account.id);
    xml
}
