//! Changes to a scenario's text that leave everything else in it as it was written: alignment,
//! comments, blank lines.

use std::ops::Range;

use vfio_irq_core::device::{Moment, Stimulus};

/// Where an interrupt goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Spot {
    /// On a line of its own after line n (from 1; 0: at the top).
    After(u32),
    /// Inside the call of line n, right after a micro-step.
    Inside(u32, Moment),
}

/// The words of a stimulus as a scenario says it.
pub fn words(stimulus: Stimulus) -> String {
    match stimulus {
        Stimulus::Fire(vector) => format!("fire {vector}"),
        Stimulus::AssertIntx => "assert intx".into(),
        Stimulus::DeassertIntx => "deassert intx".into(),
        Stimulus::Error => "error".into(),
        Stimulus::Request => "request".into(),
    }
}

/// The text with the stimulus at this spot.
pub fn raise(text: &str, spot: &Spot, stimulus: Stimulus) -> String {
    match spot {
        Spot::After(line) => insert_line(text, *line, &words(stimulus)),
        Spot::Inside(line, moment) => with_line(text, *line, |old| inject(old, moment, stimulus)),
    }
}

/// The text with `host PROFILE`; its other words (`vectors=8`) stay.
pub fn set_host(text: &str, profile: &str) -> String {
    match find_line(text, "host") {
        Some(line) => with_line(text, line, |old| {
            let word = second_word(old);
            format!("{}{profile}{}", head(old, word.start), &old[word.end..])
        }),
        // The function line, if there is one, is written first.
        None => insert_line(text, find_line(text, "function").unwrap_or(0), &host_line(profile)),
    }
}

/// The text with `function PROFILE` and nothing else about the function.
pub fn set_function(text: &str, profile: &str) -> String {
    match find_line(text, "function") {
        Some(line) => with_line(text, line, |old| {
            let said = &old[..comment(old)];
            let rest = &old[said.trim_end().len()..];
            format!("{}{profile}{rest}", head(old, second_word(old).start))
        }),
        None => insert_line(text, 0, &format!("function {profile}")),
    }
}

fn host_line(profile: &str) -> String {
    format!("host     {profile}")
}

/// What a line says up to a word, with the space a missing word lacks.
fn head(line: &str, end: usize) -> String {
    let mut head = line[..end].to_owned();
    if !head.ends_with(char::is_whitespace) {
        head.push(' ');
    }
    head
}

/// The second word of the `host` or `function` line, as the text has it.
pub fn profile_word<'t>(text: &'t str, line: &str) -> Option<&'t str> {
    let number = find_line(text, line)?;
    let line = text.lines().nth(number as usize - 1)?;
    Some(&line[second_word(line)]).filter(|word| !word.is_empty())
}

/// Number of the first line that begins with this word.
fn find_line(text: &str, word: &str) -> Option<u32> {
    let lines = (1..).zip(text.lines());
    lines
        .into_iter()
        .find(|(_, line)| line[..comment(line)].split_whitespace().next() == Some(word))
        .map(|(n, _)| n)
}

/// Where the second word of a line stands; empty, before the comment, if there is none.
fn second_word(line: &str) -> Range<usize> {
    let said = line[..comment(line)].trim_end();
    let first = said.len() - said.trim_start().len();
    let gap = said[first..].find(char::is_whitespace).map_or(said.len(), |at| first + at);
    let start = said.len() - said[gap..].trim_start().len();
    let end = said[start..].find(char::is_whitespace).map_or(said.len(), |at| start + at);
    start..end
}

/// Where the comment of a line begins; its length if there is none. `#` begins a comment outside
/// of quotes and braces: `"name"`, `{ after "step" #2: … }`.
pub fn comment(line: &str) -> usize {
    let mut quoted = false;
    let mut braces = false;
    for (at, letter) in line.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '{' if !quoted => braces = true,
            '}' if !quoted => braces = false,
            '#' if !quoted && !braces => return at,
            _ => {}
        }
    }
    line.len()
}

/// A line with one more interrupt inside its call.
fn inject(line: &str, moment: &Moment, stimulus: Stimulus) -> String {
    let (said, comment) = line.split_at(comment(line));
    let nth = if moment.nth > 1 { format!(" #{}", moment.nth) } else { String::new() };
    let plan = format!("after \"{}\"{nth}: {}", moment.step, words(stimulus));
    let open = said.trim_end();
    let gap = if comment.is_empty() { "" } else { " " };
    match open.strip_suffix('}') {
        Some(block) => {
            let block = block.trim_end();
            let join = if block.ends_with(['{', ';']) { " " } else { "; " };
            format!("{block}{join}{plan} }}{gap}{comment}")
        }
        None => format!("{open}  {{ {plan} }}{gap}{comment}"),
    }
}

/// The text with a new line after line n.
fn insert_line(text: &str, after: u32, line: &str) -> String {
    let at = text.split_inclusive('\n').take(after as usize).map(str::len).sum::<usize>();
    let (before, rest) = text.split_at(at);
    let join = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let end = if rest.is_empty() && !before.ends_with('\n') { "" } else { "\n" };
    format!("{before}{join}{line}{end}{rest}")
}

/// The text with line n (from 1) replaced.
fn with_line(text: &str, number: u32, change: impl FnOnce(&str) -> String) -> String {
    let mut change = Some(change);
    let mut new = String::with_capacity(text.len() + 64);
    for (at, whole) in (1..).zip(text.split_inclusive('\n')) {
        let line = whole.trim_end_matches(['\n', '\r']);
        match change.take_if(|_| at == number) {
            Some(change) => {
                new.push_str(&change(line));
                new.push_str(&whole[line.len()..]);
            }
            None => new.push_str(whole),
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a story\nfunction intx msi=4   # small\nhost     linux-6.1 vectors=4  # old\nset_irqs msix trigger none 0+0  -> 0  # off";

    fn after(step: &str, nth: u32) -> Moment {
        Moment { step: step.into(), nth }
    }

    #[test]
    fn fire_between_lines_is_a_line() {
        assert_eq!(raise("a\nb", &Spot::After(1), Stimulus::Fire(3)), "a\nfire 3\nb");
        assert_eq!(raise("a\nb", &Spot::After(2), Stimulus::Fire(3)), "a\nb\nfire 3");
        assert_eq!(raise("a\nb\n", &Spot::After(2), Stimulus::Fire(3)), "a\nb\nfire 3\n");
        assert_eq!(raise("", &Spot::After(0), Stimulus::AssertIntx), "assert intx");
        assert_eq!(raise("a", &Spot::After(0), Stimulus::AssertIntx), "assert intx\na");
    }

    #[test]
    fn fire_inside_a_call_keeps_the_comment() {
        let spot = Spot::Inside(4, after("clear MSI-X Enable", 1));
        let text = raise(TEXT, &spot, Stimulus::Fire(0));
        let line = text.lines().last().unwrap();
        assert_eq!(
            line,
            "set_irqs msix trigger none 0+0  -> 0  { after \"clear MSI-X Enable\": fire 0 } # off"
        );
        let again = inject(line, &after("mask entry 0", 2), Stimulus::Fire(1));
        assert!(again.contains("fire 0; after \"mask entry 0\" #2: fire 1 } # off"), "{again}");
    }

    #[test]
    fn host_changes_its_word_only() {
        let text = set_host(TEXT, "linux-7.3");
        assert!(text.contains("host     linux-7.3 vectors=4  # old\n"), "{text}");
        assert_eq!(profile_word(&text, "host"), Some("linux-7.3"));
        assert_eq!(set_host("function x\nfire 0", "h"), "function x\nhost     h\nfire 0");
        assert_eq!(set_host("host # none", "h"), "host h # none");
    }

    #[test]
    fn function_changes_to_the_comment() {
        let text = set_function(TEXT, "e1000e");
        assert!(text.contains("\nfunction e1000e   # small\n"), "{text}");
        assert_eq!(set_function("fire 0", "vf"), "function vf\nfire 0");
        assert_eq!(set_function("function", "vf"), "function vf");
    }

    #[test]
    fn any_text_survives() {
        for text in ["", "\n", "#", "host", "\"", "{#", "é#ü\r\n host\u{3000}x", "function\t"] {
            for line in 0..3 {
                let _ = raise(text, &Spot::After(line), Stimulus::Fire(0));
                let _ = raise(text, &Spot::Inside(line, after("s", 2)), Stimulus::Fire(0));
            }
            assert!(set_host(text, "h").contains('h'));
            assert!(set_function(text, "f").contains('f'));
        }
    }
}
