//! Stanzas of `Field: value` lines, as apt prints packages and as `.sources` files are written
//! (deb822(5)). Left out: writing them, and signatures around them.

/// One stanza.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stanza(Vec<(String, String)>);

impl Stanza {
    /// The value of a field; names are compared without case. Lines of a folded value are kept,
    /// joined by newlines.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The words of a field, none when there is no such field.
    pub fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.field(name).unwrap_or_default().split_whitespace()
    }
}

/// The stanzas of a text. Lines that are neither a field nor its continuation are passed over:
/// apt itself judges the machine's files, this only reads them.
pub fn stanzas(text: &str) -> Vec<Stanza> {
    let mut all = Vec::new();
    let mut now = Stanza::default();
    for line in text.lines() {
        if line.trim().is_empty() {
            if !now.0.is_empty() {
                all.push(std::mem::take(&mut now));
            }
        } else if line.starts_with('#') {
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = now.0.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((field, value)) = line.split_once(':') {
            now.0.push((field.trim().to_owned(), value.trim().to_owned()));
        }
    }
    if !now.0.is_empty() {
        all.push(now);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_comments_and_folds_gives_stanzas() {
        let text = "# head\n\nTypes: deb deb-src\n# between\nSigned-By:\n -----BEGIN\n .\n\
                    \n\nsuites: a\n\tb\nnonsense\n";
        let all = stanzas(text);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].words("types").collect::<Vec<_>>(), ["deb", "deb-src"]);
        assert_eq!(all[0].field("Signed-By"), Some("\n-----BEGIN\n."));
        assert_eq!(all[1].words("Suites").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(all[1].field("Types"), None);
    }
}
