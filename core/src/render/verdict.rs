//! What an exploration says, for people.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::text::wrap;
use crate::explore::{Answer, Invariant, Reached, Verdict};
use crate::scenario::Scenario;

/// Columns of a line.
const WIDTH: usize = 72;

/// What was explored.
#[derive(Clone, Copy, Debug)]
pub struct Explored<'a> {
    /// The text's name: a file.
    pub name: &'a str,
    /// The function's name.
    pub function: &'a str,
    /// The host profile's name.
    pub host: &'a str,
    /// What was asked.
    pub asked: &'a [Invariant],
    /// Bytes it was allowed.
    pub memory: usize,
}

/// The verdict: the answer in the first line, then what it rests on. Lines of at most 72 columns
/// but those of a scenario with long names, each ended.
pub fn verdict(explored: &Explored<'_>, verdict: &Verdict) -> String {
    let Explored { name, host, asked, .. } = explored;
    let statements = || asked.iter().map(|one| item(one.statement()));
    let mut out = lines(&format!("{name} on {host}: {}", answer(&verdict.answer)));
    let seen = seen(&verdict.reached, explored.memory);
    match &verdict.answer {
        Answer::Fails(found) => {
            let moves = moves(found.length.into());
            out += &lines(&format!("{}.", found.what));
            out += &lines(&format!("It takes {moves}; no shorter run shows it:"));
            out += &format!("\n{}\n", fitted(&found.scenario));
            out += &lines(&format!("Seen until then: {seen}."));
        }
        Answer::Holds => {
            out.extend(statements());
            out += &lines(&format!("Seen: {seen}."));
        }
        Answer::Unknown => {
            let open = count(verdict.reached.open);
            out += "In what was seen, this holds:\n";
            out.extend(statements());
            out += &lines(&format!("Seen: {seen}; {open} states were not followed any more."));
        }
    }
    out
}

/// The answer in a few words.
pub fn answer(answer: &Answer) -> &'static str {
    match answer {
        Answer::Holds => "holds in every run",
        Answer::Unknown => "not known: the memory was used up",
        Answer::Fails(found) => match found.invariant {
            Invariant::Lost => "an interrupt can be lost",
            Invariant::Fallback => "an interrupt can be lost for want of a capability",
            Invariant::Eventfd => "an interrupt can signal another's eventfd",
            Invariant::Masked => "an interrupt can be delivered while masked",
            Invariant::Pending => "an interrupt can be left waiting",
            Invariant::Undisturbed => "a request can disturb another vector",
            Invariant::Expected => "what the text expects can fail",
        },
    }
}

/// What every verdict on this function and host takes for granted, a sentence each.
pub fn assumed(function: &str, host: &str) -> [String; 4] {
    [
        "Each interrupt arrives as often as the text says and no oftener.".into(),
        format!("The function is {function}, the host {host}, as the emulator has them."),
        "The function is alone: no other device, no other user of this one.".into(),
        "Any order counts as possible, however unlikely: timing is left out.".into(),
    ]
}

/// How much was seen: states, moves, depth, memory.
pub fn seen(reached: &Reached, memory: usize) -> String {
    let Reached { states, transitions, depth, memory: used, .. } = reached;
    let states = match states {
        1 => "1 state".into(),
        states => format!("{} states", count(*states)),
    };
    let moves = moves(*transitions);
    let (used, bound) = (mib(*used), mib(memory));
    format!("{states}, {moves} from one to another, {depth} deep at most; {used} of {bound} MiB")
}

fn moves(number: u64) -> String {
    if number == 1 { "1 move".into() } else { format!("{} moves", count(number)) }
}

/// Bytes in MiB, one digit after the point unless that is zero.
pub fn mib(bytes: usize) -> String {
    let tenths = (bytes as u64 * 10).div_ceil(1 << 20);
    match tenths % 10 {
        0 => count(tenths / 10),
        tenth => format!("{}.{tenth}", count(tenths / 10)),
    }
}

/// With commas.
pub fn count(number: impl Into<u128>) -> String {
    let digits = number.into().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Sentences in lines of at most 72 columns, each ended.
pub fn lines(text: &str) -> String {
    wrap(text, WIDTH).iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// An item of a list, in lines as [`lines`] has them.
pub fn item(text: &str) -> String {
    let mut out = String::new();
    for (at, line) in wrap(&format!("- {text}"), WIDTH).iter().enumerate() {
        out += if at > 0 { "  " } else { "" };
        out += line.trim_end();
        out.push('\n');
    }
    out
}

/// A scenario's canonical text, without the alignment in lines that it makes longer than 72 columns.
pub fn fitted(scenario: &Scenario) -> String {
    let narrow = |line: &str| {
        if line.chars().count() <= WIDTH || line.starts_with('#') {
            return line.to_string();
        }
        let mut quoted = false;
        let mut kept: Vec<char> = Vec::new();
        for one in line.chars() {
            quoted ^= one == '"';
            if quoted || one != ' ' || kept.last() != Some(&' ') {
                kept.push(one);
            }
        }
        kept.into_iter().collect()
    };
    let text = scenario.to_string();
    text.lines().map(|line| format!("{}\n", narrow(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_people() {
        assert_eq!(
            [0u32, 12, 999, 1000, 1_234_567].map(count).join(" "),
            "0 12 999 1,000 1,234,567"
        );
        assert_eq!([1, 1 << 20, 3 << 19, 5 << 30].map(mib).join(" "), "0.1 1 1.5 5,120");
    }

    #[test]
    fn scenario_fits_and_is_the_same() {
        let call = "set_irqs msix trigger none 0+0 -> 0 { after \"clear  MSI-X Enable\": fire 0 }";
        let long = "set_irqs msix trigger eventfd 0 [a, b, c, d, e]  -> 0";
        let scenario = Scenario::parse(&format!("{long}\n{call}\nfire 0\n")).unwrap();
        assert!(scenario.to_string().lines().any(|line| line.chars().count() > WIDTH + 9));
        let fitted = fitted(&scenario);
        assert_eq!(fitted, format!("{long}\n{call}\nfire 0\n"));
        assert_eq!(Scenario::parse(&fitted), Ok(scenario));
    }

    #[test]
    fn items_hang() {
        let text = "word ".repeat(20);
        let shown = item(text.trim());
        assert!(shown.starts_with("- word ") && shown.contains("\n  word "), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH), "{shown}");
    }
}
