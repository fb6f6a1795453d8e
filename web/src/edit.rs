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
        Stimulus::Supply(Some(count)) => format!("vectors {count}"),
        Stimulus::Supply(None) => "vectors any".into(),
    }
}

/// The text with the stimulus at this spot.
pub fn raise(text: &str, spot: &Spot, stimulus: Stimulus) -> String {
    match spot {
        Spot::After(line) => insert_line(text, *line, &words(stimulus)),
        Spot::Inside(line, moment) => with_line(text, *line, |old| inject(old, moment, stimulus)),
    }
}

/// The text with these lines after line n (0: at the top).
pub fn insert(text: &str, line: u32, lines: &str) -> String {
    (line..).zip(lines.lines()).fold(text.to_owned(), |text, (at, new)| insert_line(&text, at, new))
}

/// The text with `host PROFILE`; its other words (`vectors=8`) stay.
pub fn set_host(text: &str, profile: &str) -> String {
    match find_line(text, "host") {
        Some(line) => with_line(text, line, |old| {
            let word = second_word(old);
            format!("{}{profile}{}", head(old, word.start), &old[word.end..])
        }),
        // The function, if the text says one, stands first.
        None => insert_line(text, function_end(text), &host_line(profile)),
    }
}

/// The text with `function PROFILE` and nothing else about the function.
pub fn set_function(text: &str, profile: &str) -> String {
    let text = &without_rows(text);
    match find_line(text, "function") {
        Some(line) => with_line(text, line, |old| {
            let said = &old[..comment(old)];
            let rest = &old[said.trim_end().len()..];
            format!("{}{profile}{rest}", head(old, second_word(old).start))
        }),
        None => insert_line(text, 0, &format!("function {profile}")),
    }
}

/// The text with another call in line n; what the line says behind it stays: how often,
/// expectations, what happens inside, the comment.
pub fn set_call(text: &str, line: u32, call: &str) -> String {
    with_line(text, line, |old| {
        let indent = old.len() - old.trim_start().len();
        let end = call_end(old);
        let said = old[..end].trim_end().len().max(indent);
        // Columns stay where they are, as far as there is room.
        let gap = old[said..].len() - old[said..].trim_start().len();
        let new = [&old[..indent], call].concat();
        let room = (said + gap).saturating_sub(new.len()).max(2);
        match old[said + gap..].is_empty() {
            true => new,
            false => format!("{new}{:room$}{}", "", &old[said + gap..]),
        }
    })
}

/// Where the call of a line ends: before `xN`, `->`, `{` or the comment.
fn call_end(line: &str) -> usize {
    let said = &line[..comment(line)];
    let mut listed = false;
    let mut at = 0;
    for word in said.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let times = bare
            .strip_prefix('x')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()));
        if !listed && (times || bare.starts_with("->") || bare.starts_with('{')) {
            return at;
        }
        listed = (listed || bare.contains('[')) && !bare.contains(']');
        at += word.len();
    }
    said.len()
}

/// The one line (from 0) two texts differ in, if it is one and both have as many.
pub fn changed_line(old: &str, new: &str) -> Option<usize> {
    let (mut old, mut new) = (old.split('\n'), new.split('\n'));
    let mut found = None;
    for at in 0.. {
        match (old.next(), new.next()) {
            (None, None) => return found,
            (Some(one), Some(other)) if one == other => {}
            (Some(_), Some(_)) if found.is_none() => found = Some(at),
            _ => return None,
        }
    }
    None
}

/// Where a line (from 1) of the old text is in the new one; `None`: it is in what differs, or gone.
pub fn line_in(old: &str, new: &str, line: u32) -> Option<u32> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let at = line.checked_sub(1)? as usize;
    if at < same {
        return Some(line);
    }
    let (old_rest, new_rest) = (old[same..].iter().rev(), new[same..].iter().rev());
    let behind = old_rest.zip(new_rest).take_while(|(one, other)| one == other).count();
    let moved = at >= old.len() - behind && at < old.len();
    moved.then(|| u32::try_from(at + new.len() - old.len() + 1).ok())?
}

/// Where what differs ends in the new text, in UTF-16 units as the browser counts.
pub fn changed_end(old: &str, new: &str) -> u32 {
    let begin = old.chars().zip(new.chars()).take_while(|(one, other)| one == other);
    let begin: usize = begin.map(|(letter, _)| letter.len_utf16()).sum();
    let end = old.chars().rev().zip(new.chars().rev()).take_while(|(one, other)| one == other);
    let end: usize = end.map(|(letter, _)| letter.len_utf16()).sum();
    let all: usize = new.chars().map(char::len_utf16).sum();
    u32::try_from(all.saturating_sub(end).max(begin.min(all))).unwrap_or(u32::MAX)
}

/// The text with these lines, `function …` and what belongs below it, in place of its own.
pub fn set_function_lines(text: &str, lines: &str) -> String {
    let text = without_rows(text);
    match find_line(&text, "function") {
        Some(line) => with_line(&text, line, |_| lines.trim_end().to_owned()),
        None => insert(&text, 0, lines),
    }
}

/// The lines of a text that can stand anywhere: neither function nor host.
pub fn steps(text: &str) -> String {
    let set_up = |line: &str| {
        let first = line.split_whitespace().next();
        is_row(line) || first.is_some_and(|word| matches!(word, "function" | "host"))
    };
    let lines: String = text.split_inclusive('\n').filter(|line| !set_up(line)).collect();
    lines.trim().to_owned()
}

/// Whether a line is a row of config space: `00: 86 80 …`.
fn is_row(line: &str) -> bool {
    let label = line.trim_start().split_once(':').map_or("", |(label, _)| label);
    matches!(label.len(), 2 | 3) && label.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The last line that says what the function is; 0 if none does.
fn function_end(text: &str) -> u32 {
    let function = find_line(text, "function").unwrap_or(0);
    let rows = (1..).zip(text.lines()).filter(|(_, line)| is_row(line));
    rows.map(|(number, _)| number).last().unwrap_or(0).max(function)
}

/// The text without rows of config space.
fn without_rows(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !is_row(line)).collect()
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

/// A stimulus at a moment inside a call, as it stands between the braces.
pub fn plan(moment: &Moment, stimulus: Stimulus) -> String {
    let nth = if moment.nth > 1 { format!(" #{}", moment.nth) } else { String::new() };
    format!("after \"{}\"{nth}: {}", moment.step, words(stimulus))
}

/// A line with one more interrupt inside its call.
fn inject(line: &str, moment: &Moment, stimulus: Stimulus) -> String {
    let (said, comment) = line.split_at(comment(line));
    let plan = plan(moment, stimulus);
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
    fn line_that_changed_is_found() {
        assert_eq!(changed_line("a\nb\nc", "a\nbb\nc"), Some(1));
        assert_eq!(changed_line("a\nb", "a\nb"), None);
        assert_eq!(changed_line("a\nb", "x\ny"), None);
        assert_eq!(changed_line("a\nb", "a\nb\n"), None);
    }

    #[test]
    fn line_is_found_again_before_and_behind_what_differs() {
        let old = "a\nb\nb\nc\n";
        assert_eq!(line_in(old, old, 3), Some(3));
        assert_eq!(line_in(old, "x\na\nb\nb\nc\n", 3), Some(4));
        assert_eq!(line_in(old, "b\nb\nc\n", 3), Some(2));
        assert_eq!(line_in(old, "a\nb\nb\nd\n", 3), Some(3));
        assert_eq!(line_in(old, "a\nb\nx\nc\n", 3), None);
        assert_eq!(line_in(old, "", 3), None);
        assert_eq!(line_in(old, old, 0), None);
        assert_eq!(line_in(old, "x\na\nb\nb\nc\n", 9), None);
    }

    #[test]
    fn change_ends_before_what_both_end_in() {
        assert_eq!(changed_end("fire 0\nx", "fire 12\nx"), 7);
        assert_eq!(changed_end("a😀b", "a😀cb"), 4);
        assert_eq!(changed_end("aaa", "aa"), 2);
        assert_eq!(changed_end("", ""), 0);
    }

    #[test]
    fn call_changes_and_what_is_behind_it_stays() {
        let text = "a\nset_irqs msix trigger eventfd 0 [a, -1 x5]  -> 0  # one\nfire 0";
        assert_eq!(
            set_call(text, 2, "irq_info msi"),
            "a\nirq_info msi                                -> 0  # one\nfire 0"
        );
        let long = set_call("irq_info msi x3 -> 0", 1, "set_irqs msix trigger none 0+0");
        assert_eq!(long, "set_irqs msix trigger none 0+0  x3 -> 0");
        let inside = "set_irqs msix trigger none 0+0{ after \"x\": fire 0 }";
        assert_eq!(set_call("irq_info msi", 1, inside), inside);
        assert_eq!(set_call("  irq_info msi# why", 1, "open"), "  open        # why");
    }

    #[test]
    fn another_function_takes_the_rows_of_the_old_one_away() {
        let dump = "function config vf # nic\n00: 86 80\n\n# more\n100: 01\nfire 0\n";
        assert_eq!(set_function(dump, "vf"), "function vf # nic\n\n# more\nfire 0\n");
        let host = "function config vf # nic\n00: 86 80\n\n# more\n100: 01\nhost     h\nfire 0\n";
        assert_eq!(set_host(dump, "h"), host);
        let lines = "function config\n00: 01\n10: 02\n";
        let replaced = "function config\n00: 01\n10: 02\n\n# more\nfire 0\n";
        assert_eq!(set_function_lines(dump, lines), replaced);
        assert_eq!(set_function_lines("fire 0", lines), format!("{lines}fire 0"));
    }

    #[test]
    fn any_text_survives() {
        for text in ["", "\n", "#", "host", "\"", "{#", "é#ü\r\n host\u{3000}x", "function\t"] {
            for line in 0..3 {
                let _ = raise(text, &Spot::After(line), Stimulus::Fire(0));
                let _ = raise(text, &Spot::Inside(line, after("s", 2)), Stimulus::Fire(0));
            }
            assert!(set_call(text, 1, "open").contains("open") || text.is_empty());
            assert!(set_host(text, "h").contains('h'));
            assert!(set_function(text, "f").contains('f'));
        }
    }
}
