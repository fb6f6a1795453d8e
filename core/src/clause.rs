//! The rules: ids the book, the code and the events cite.

/// Id of a rule, e.g. `SET-RANGE`. Never reused.
pub type Clause = alloc::borrow::Cow<'static, str>;
