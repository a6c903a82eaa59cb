//! Answers in XML.

use std::fmt::{Display, Write as _};

use super::refusal::Refusal;

/// XML being written.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    /// An element with text.
    pub(super) fn text(&mut self, name: &str, value: impl Display) -> &mut Self {
        let value = value.to_string().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.write(format_args!("<{name}>{value}</{name}>"));
        self
    }

    fn write(&mut self, piece: std::fmt::Arguments<'_>) {
        self.0.write_fmt(piece).expect("a string takes everything");
    }

    /// An element with text, if there is any.
    pub(super) fn maybe(&mut self, name: &str, value: Option<impl Display>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    /// An element with elements.
    pub(super) fn within(&mut self, name: &str, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.write(format_args!("<{name}>"));
        write(self);
        self.write(format_args!("</{name}>"));
        self
    }

    /// A list: Auto Scaling calls its items `member`, EC2 `item`.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        item: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.within(name, |xml| {
            for one in items {
                xml.within(item, |xml| write(xml, one));
            }
        })
    }
}

/// The whole answer to a call of `service`.
pub(super) fn answer(service: &str, action: &str, content: &Xml) -> String {
    let content = &content.0;
    match service {
        "ec2" => format!("<{action}Response><requestId>0</requestId>{content}</{action}Response>"),
        _ => format!(
            "<{action}Response><{action}Result>{content}</{action}Result><ResponseMetadata><RequestId>0</RequestId>\
             </ResponseMetadata></{action}Response>"
        ),
    }
}

/// A refusal in the dialect of the service.
pub(super) fn refused(service: &str, refusal: &Refusal) -> String {
    let mut error = Xml::default();
    error.within("Error", |xml| {
        xml.text("Type", "Sender").text("Code", refusal.code).text("Message", &refusal.message);
    });
    match service {
        "ec2" => format!("<Response><Errors>{}</Errors><RequestID>0</RequestID></Response>", error.0),
        _ => format!("<ErrorResponse>{}<RequestId>0</RequestId></ErrorResponse>", error.0),
    }
}
