//! The JSON form of a scenario: `{"lines": […]}`, the fields those of [`ast`](super::ast).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Scenario;
use super::ast::Line;
use crate::trace::JsonError;

#[derive(serde::Serialize)]
struct Said<'a> {
    lines: &'a [Line],
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    lines: Vec<Line>,
}

impl Scenario {
    /// The scenario as JSON, indented.
    pub fn to_json(&self) -> String {
        let said = Said { lines: &self.lines };
        serde_json::to_string_pretty(&said).expect("a scenario is numbers, strings and lists")
    }

    /// A scenario from its JSON. Only what a text can say is taken: an error that is about the
    /// text rather than the JSON names its line there and no place in the JSON.
    pub fn from_json(json: &str) -> Result<Self, JsonError> {
        let read: Read = serde_json::from_str(json)?;
        Self::from_lines(read.lines).map_err(|errors| {
            let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
            JsonError { line: 0, column: 0, message: texts.join("\n") }
        })
    }
}

impl serde::Serialize for Scenario {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Said { lines: &self.lines }.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Scenario {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::deserialize(deserializer)?;
        Self::from_lines(read.lines).map_err(|errors| {
            let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
            serde::de::Error::custom(texts.join("; "))
        })
    }
}
