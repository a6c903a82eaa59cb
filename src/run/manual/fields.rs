//! The fields of a document, from its JSON Schema: those of the document itself, and those of what
//! it holds.

use serde_json::Value;

use super::blocks::{PageBlock, SpanStyle, StyledText, blocks};

/// How a schema refers to a part of its own.
const OWN: &str = "#/$defs/";

/// Returns the fields that a schema lists; none where it is no schema.
pub(super) fn fields(schema: &str) -> Vec<PageBlock> {
    let Ok(schema) = serde_json::from_str::<Value>(schema) else { return Vec::new() };
    let mut page = vec![heading("Fields")];
    page.extend(listed(&schema));
    let mut parts: Vec<&str> = properties(&schema).filter_map(|(_, field)| part(field)).collect();
    parts.sort_unstable();
    parts.dedup();
    for name in parts {
        let part = &schema["$defs"][name];
        if let Some(fields) = listed(part) {
            page.push(heading(name));
            page.extend(description(part));
            page.push(fields);
        }
    }
    page
}

fn heading(text: &str) -> PageBlock {
    PageBlock::Heading(2, vec![StyledText::new(text, SpanStyle::Plain)])
}

fn properties(part: &Value) -> impl Iterator<Item = (&String, &Value)> {
    part["properties"].as_object().into_iter().flatten()
}

fn listed(part: &Value) -> Option<PageBlock> {
    let items: Vec<Vec<PageBlock>> = properties(part).map(|(name, field)| item(name, field)).collect();
    (!items.is_empty()).then_some(PageBlock::List { first: None, items })
}

fn item(name: &str, field: &Value) -> Vec<PageBlock> {
    let name = StyledText::new(name, SpanStyle::Code);
    let mut text = vec![name, StyledText::new(format!(" ({}) ", kind(field)), SpanStyle::Plain)];
    let mut described = description(field);
    if let Some(PageBlock::Paragraph(first)) = described.first_mut() {
        text.append(first);
        described.remove(0);
    }
    let mut item = vec![PageBlock::Paragraph(text)];
    item.extend(described);
    item
}

fn description(field: &Value) -> Vec<PageBlock> {
    field["description"].as_str().map(blocks).unwrap_or_default()
}

/// Returns what a field holds.
fn kind(field: &Value) -> String {
    if let Some(name) = field["$ref"].as_str() {
        return name.trim_start_matches(OWN).to_owned();
    }
    if let Some(value) = field["const"].as_str() {
        return format!("{value:?}");
    }
    if let Some(choices) = field["anyOf"].as_array() {
        return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let names = match &field["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any value"],
    };
    let name = |name: &&str| match *name {
        "array" => format!("list of {}", kind(&field["items"])),
        "object" if field["additionalProperties"].is_object() => format!("{} by name", kind(&field["additionalProperties"])),
        other => other.to_owned(),
    };
    names.iter().map(name).collect::<Vec<_>>().join(" or ")
}

/// Returns the part of the schema that a field holds, alone, in a list, by name, or perhaps.
fn part(field: &Value) -> Option<&str> {
    let own = |field: &Value| field["$ref"].as_str().is_some();
    let places = [field, &field["items"], &field["additionalProperties"]];
    let choices = field["anyOf"].as_array().into_iter().flatten();
    let place = places.into_iter().chain(choices).find(|place| own(place))?;
    place["$ref"].as_str()?.strip_prefix(OWN)
}

#[cfg(test)]
mod tests {
    use super::super::terminal::TerminalPage;
    use super::*;

    #[test]
    fn fields_are_listed_with_what_they_hold() {
        let schema = r##"{"properties": {
            "groups": {"type": "array", "items": {"$ref": "#/$defs/Group"}, "description": "The groups,\nby `name`."},
            "note": {"type": ["string", "null"], "description": "A note."}},
          "$defs": {"Group": {"description": "A group.", "properties": {"name": {"type": "string"}}},
                    "Other": {"properties": {"x": {"type": "string"}}}}}"##;
        assert_eq!(
            TerminalPage::new(None, false).render(&fields(schema)),
            "Fields\n\n- `groups` (list of Group) The groups, by `name`.\n- `note` (string or null) A note.\n\n\
             Group\n\nA group.\n\n- `name` (string)\n"
        );
        assert_eq!(fields("no schema"), []);
    }
}
