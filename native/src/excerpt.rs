//! A line of the input with the place that is wrong marked under it.

use crate::Paint;

/// Most characters of a line an excerpt shows.
const WIDTH: usize = 120;

/// What is said of the place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// It is wrong.
    Error,
    /// The command went on.
    Note,
}

/// What to show: columns and lengths in characters, from 1.
pub(crate) struct Excerpt<'a> {
    pub(crate) word: Word,
    pub(crate) title: &'a str,
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) length: u32,
    /// Said beside the marks; may be empty.
    pub(crate) label: &'a str,
}

impl Excerpt<'_> {
    /// Title, place, line and marks, each line ended.
    pub(crate) fn print(&self, paint: Paint) -> String {
        let Self { word, title, name, line, column, .. } = self;
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let bar = paint.frame("|");
        let source = self.text.lines().nth((*line as usize).saturating_sub(1)).unwrap_or("");
        let shown = Window::of(source, *column as usize, self.length as usize);
        let marks = paint.error(&"^".repeat(shown.marks));
        let label = paint.error(self.label);
        let word = match word {
            Word::Error => paint.error("error"),
            Word::Note => paint.strong("note"),
        };
        let title = format!("{word}: {}", paint.strong(&printable(title)));
        let place = format!("{gutter}{} {name}:{line}:{column}", paint.frame("-->"));
        let text = format!("{} {bar} {}", paint.frame(&number), shown.text);
        let under = format!("{gutter} {bar} {}{marks} {label}", shown.blank);
        format!("{title}\n{place}\n{gutter} {bar}\n{text}\n{}\n", under.trim_end())
    }
}

/// The part of a line that fits, and where its marks go.
struct Window {
    text: String,
    /// As wide as what stands before the marks: blanks, and the line's own tabs.
    blank: String,
    marks: usize,
}

impl Window {
    fn of(line: &str, column: usize, length: usize) -> Self {
        let characters: Vec<char> = line.chars().collect();
        let at = column.saturating_sub(1).min(characters.len());
        let from = if characters.len() > WIDTH { at.saturating_sub(WIDTH / 2) } else { 0 };
        let to = characters.len().min(from + WIDTH);
        let cut = |cut: bool| if cut { "…" } else { "" };
        let part: String = characters[from..to].iter().collect();
        let before = characters[from..at].iter().map(|c| if *c == '\t' { '\t' } else { ' ' });
        Self {
            text: format!("{}{}{}", cut(from > 0), printable(&part), cut(to < characters.len())),
            blank: cut(from > 0).replace('…', " ") + &before.collect::<String>(),
            marks: length.min(to - at).max(1),
        }
    }
}

/// The text with control characters (all but the tab) replaced, one for one: what is shown must
/// not drive the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, line: u32, column: u32, length: u32) -> String {
        let (title, name, label) = ("unknown word", "a.vfio", "expected a number");
        let word = Word::Error;
        Excerpt { word, title, name, text, line, column, length, label }.print(Paint::default())
    }

    #[test]
    fn excerpt_marks_the_word_under_its_line() {
        let expected = "\
error: unknown word
 --> a.vfio:2:6
  |
2 | fire x
  |      ^ expected a number
";
        assert_eq!(excerpt("open\nfire x\n", 2, 6, 1), expected);
    }

    #[test]
    fn excerpt_keeps_tabs_and_shows_no_escape() {
        let shown = excerpt("\tfire \x1b[31m", 1, 7, 5);

        assert!(shown.contains("1 | \tfire \u{fffd}[31m\n"), "{shown}");
        assert!(shown.contains("  | \t     ^^^^^ expected"), "{shown}");
    }

    #[test]
    fn excerpt_of_a_long_line_shows_the_marked_part() {
        let line = format!("{}x{}", "a".repeat(5000), "b".repeat(5000));
        let shown = excerpt(&line, 1, 5001, 4);

        let rows: Vec<&str> = shown.lines().collect();
        assert!(rows.iter().all(|row| row.chars().count() < WIDTH + 40), "{shown}");
        let column = |row: &str, mark| row.chars().position(|c| c == mark);
        assert_eq!(column(rows[3], 'x'), column(rows[4], '^'));
        assert_eq!(rows[4].matches('^').count(), 4);
    }

    #[test]
    fn excerpt_beyond_the_text_still_prints() {
        assert!(excerpt("open", 9, 90, 7).contains("9 | \n"), "{}", excerpt("open", 9, 90, 7));
    }
}
