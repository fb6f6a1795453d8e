//! The text in pieces: what is comment, what is wrong.

use vfio_irq_core::scenario::TextError;

use crate::edit::comment;

/// What a piece of a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    /// A statement.
    Said,
    /// A comment.
    Comment,
    /// Where an error is.
    Wrong,
}

/// A line in pieces, in order. `line` counts from 1; columns count characters.
pub fn pieces<'t>(line: &'t str, number: u32, errors: &[TextError]) -> Vec<(Piece, &'t str)> {
    let comment = comment(line);
    let wrong: Vec<(usize, usize)> = errors
        .iter()
        .filter(|error| error.line == number)
        .map(|error| {
            let first = error.column.saturating_sub(1) as usize;
            (first, first.saturating_add(error.length.max(1) as usize))
        })
        .collect();
    let mut pieces: Vec<(Piece, &str)> = Vec::new();
    let mut start = 0;
    let mut kind = None;
    for (column, (at, _)) in line.char_indices().enumerate() {
        let is_wrong = wrong.iter().any(|(first, end)| (*first..*end).contains(&column));
        let here = match (is_wrong, at >= comment) {
            (true, _) => Piece::Wrong,
            (false, true) => Piece::Comment,
            (false, false) => Piece::Said,
        };
        if let Some(before) = kind.replace(here).filter(|before| *before != here) {
            pieces.push((before, &line[start..at]));
            start = at;
        }
    }
    if let Some(kind) = kind {
        pieces.push((kind, &line[start..]));
    }
    // Something is missing at the end of the line: a space to put the mark under.
    let length = line.chars().count();
    if wrong.iter().any(|(first, _)| *first >= length) {
        pieces.push((Piece::Wrong, " "));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: u32, column: u32, length: u32) -> TextError {
        TextError { line, column, length, message: String::new(), expected: None }
    }

    #[test]
    fn wrong_piece_stands_at_its_characters() {
        let pieces = pieces("é bad x # c", 2, &[error(2, 3, 3)]);
        let expected = [
            (Piece::Said, "é "),
            (Piece::Wrong, "bad"),
            (Piece::Said, " x "),
            (Piece::Comment, "# c"),
        ];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn missing_word_marks_the_end() {
        assert_eq!(pieces("ab", 1, &[error(1, 3, 1)]), [(Piece::Said, "ab"), (Piece::Wrong, " ")]);
        assert_eq!(pieces("", 1, &[error(1, 9, u32::MAX)]), [(Piece::Wrong, " ")]);
        assert_eq!(pieces("ab", 1, &[error(2, 1, 1)]), [(Piece::Said, "ab")]);
    }
}
