//! Colour for terminals (ECMA-48 SGR sequences).

/// Colours text, or leaves it as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Colours if `on`.
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    /// Whether it colours.
    pub fn is_on(self) -> bool {
        self.on
    }

    fn sgr(self, code: &str, text: &str) -> String {
        match self.on {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }

    pub(crate) fn error(self, text: &str) -> String {
        self.sgr("1;31", text)
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.sgr("1", text)
    }

    pub(crate) fn frame(self, text: &str) -> String {
        self.sgr("1;34", text)
    }
}
