//! Text to [`Scenario`](super::Scenario).

mod config;
mod cursor;
mod expect;
mod function;
mod names;
mod set_irqs;
mod step;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use cursor::Cursor;
use names::Known;

use super::ast::{At, HostLine, Line, Span, Statement, StepLine};
use super::error::TextError;
use super::lex::lex;
use super::{MAX_ERRORS, MAX_LINES, MAX_STEPS, MAX_TEXT};

/// What the lines so far have said, as far as later lines depend on it.
struct Parser {
    known: Known,
    function: Option<u32>,
    host: Option<u32>,
    first_step: Option<u32>,
    steps: u32,
    /// Least offset of the next row of config space, where one may stand.
    row: Option<u16>,
}

/// Parses a whole text; at most [`MAX_ERRORS`] errors, at most one a line.
pub(super) fn parse(text: &str) -> Result<Vec<Line>, Vec<TextError>> {
    if text.len() > MAX_TEXT {
        let message = format!("the text is longer than {MAX_TEXT} bytes");
        return Err(vec![TextError::new(1, Span::default(), message)]);
    }
    let mut parser = Parser {
        known: Known::default(),
        function: None,
        host: None,
        first_step: None,
        steps: 0,
        row: None,
    };
    let mut lines = Vec::new();
    let mut errors = Vec::new();
    for (text, number) in text.lines().zip(1..) {
        if number > MAX_LINES {
            let message = format!("more than {MAX_LINES} lines");
            errors.push(TextError::new(number, Span::default(), message));
            break;
        }
        match parser.line(text, number) {
            Ok(line) => lines.push(line),
            Err(error) => errors.push(error),
        }
        if errors.len() >= MAX_ERRORS || parser.is_full() {
            break;
        }
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}

impl Parser {
    /// A limit of the whole text is passed: nothing after that is looked at.
    fn is_full(&self) -> bool {
        self.steps > MAX_STEPS || self.known.is_full()
    }

    fn line(&mut self, text: &str, number: u32) -> Result<Line, TextError> {
        let lexed = lex(text).map_err(|unclosed| {
            TextError::new(number, unclosed.at, "this quotation has no end").expecting("`\"`")
        })?;
        let mut cursor = Cursor::new(&lexed, number);
        let statement = match cursor.peek() {
            None => None,
            Some(_) => Some(self.statement(&mut cursor)?),
        };
        Ok(Line { statement, comment: lexed.comment.map(ToOwned::to_owned) })
    }

    fn statement(&mut self, cursor: &mut Cursor<'_>) -> Result<Statement, TextError> {
        if cursor.is_row() {
            let row = config::row(cursor, self.row)?;
            self.row = Some(row.offset.what + row.bytes.len() as u16);
            return Ok(Statement::ConfigRow(row));
        }
        self.row = None;
        let (word, at) = cursor.word("a step, `function` or `host`")?;
        let set_up = match word {
            "function" => &mut self.function,
            "host" => &mut self.host,
            _ => {
                let step = step::step(cursor, word, at, &mut self.known)?;
                self.first_step.get_or_insert(cursor.line);
                self.steps = self.steps.saturating_add(weight(&step));
                if self.steps > MAX_STEPS {
                    return Err(cursor.wrong(at, format!("more than {MAX_STEPS} steps")));
                }
                return Ok(Statement::Step(step));
            }
        };
        if let Some(line) = set_up {
            return Err(cursor.wrong(at, format!("line {line} says `{word}` already")));
        }
        if let Some(line) = self.first_step {
            let message = format!("`{word}` comes after the first step, which is in line {line}");
            return Err(cursor.wrong(at, message).expecting("it before all steps"));
        }
        *set_up = Some(cursor.line);
        let statement = match word {
            "function" => {
                let line = function::function(cursor)?;
                self.row = line.is_config().then_some(0);
                Statement::Function(line)
            }
            _ => Statement::Host(host(cursor)?),
        };
        cursor.finish("nothing more")?;
        Ok(statement)
    }
}

/// How many steps a line counts for.
fn weight(step: &StepLine) -> u32 {
    let inside: u32 = step.moments.iter().map(|moment| moment.what.times).sum();
    step.times.saturating_mul(1 + inside)
}

fn host(cursor: &mut Cursor<'_>) -> Result<HostLine, TextError> {
    let (profile, at) = cursor.word("a host profile, e.g. `linux-6.12`")?;
    let profile = At { what: profile.to_owned(), at };
    let mut line = HostLine { profile, vectors: None, remapping: None };
    while let Some((word, at)) = cursor.next_word() {
        let said = match word.split_once('=') {
            Some(("vectors", value)) => line.vectors.replace(cursor.number(value, at)?).is_some(),
            Some(("remapping", value)) => {
                line.remapping.replace(function::yes(cursor, Some(value), at)?).is_some()
            }
            _ => {
                let all = ["vectors=", "remapping="];
                return Err(cursor.unknown("host option", word, at, &all));
            }
        };
        if said {
            return Err(cursor.twice(word.split('=').next().unwrap_or(word), at));
        }
    }
    Ok(line)
}
