//! What came, beside what was expected.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::perform::Reply;
use super::{Part, Runner};
use crate::device::{Answer, Moment, Target};
use crate::errno::Errno;
use crate::event::Event;
use crate::ledger::Summary;
use crate::scenario::ast::{Action, Expect, Names, Span, StepLine, Tally};
use crate::scenario::error::nearest;
use crate::scenario::print::{FlagWords, write_value};
use crate::sorted::Sorted;
use crate::trace::Check;

/// Most things a message lists.
const MAX_LISTED: usize = 12;

fn check(part: &mut Part, expected: String, actual: String, held: bool, at: Span) {
    part.checks.push(Check { expected, actual, held, column: at.column.max(1) });
}

impl Runner {
    /// Compares the answer. Repeated, a step's answer is told when first wrong, or at the end.
    pub(super) fn expect_answer(&mut self, step: &StepLine, reply: &Reply, part: &mut Part) {
        let last = self.done + 1 >= step.times;
        let mut wrong = false;
        for expect in step.expect.iter().filter(|expect| is_answer(&expect.what)) {
            let held = answers(&expect.what, reply);
            wrong |= !held;
            if self.told || (held && !last) {
                continue;
            }
            let mut actual = actual(&expect.what, &step.action.what, reply);
            if !held && step.times > 1 {
                actual = format!("{actual} (time {} of {})", self.done + 1, step.times);
            }
            check(part, step.expectation_text(&expect.what), actual, held, expect.at);
        }
        self.told |= wrong;
    }

    /// Compares counters, which are read now, and the ledger.
    pub(super) fn expect_after(
        &mut self,
        step: &StepLine,
        target: &mut dyn Target,
        part: &mut Part,
    ) {
        for expect in &step.expect {
            let expected = || step.expectation_text(&expect.what);
            match &expect.what {
                Expect::Counter(names, value) => {
                    let (held, actual) = self.read_counters(names, *value, target);
                    let actual = if held { expected() } else { actual };
                    check(part, expected(), actual, held, expect.at);
                }
                Expect::Tally(tally, value) => {
                    let summary = self.counts.summary();
                    let count = count(&summary, *tally);
                    if summary.causes == 0 && self.stimuli > 0 {
                        // Only an emulator knows. Not a failure, and not said to hold.
                        let note = "not compared: this device does not report causes";
                        part.events.push(Event::Note(format!("{} {note}", expected())));
                        continue;
                    }
                    let actual = format!("{}={count}", tally.word());
                    check(part, expected(), actual, count == *value, expect.at);
                }
                _ => {}
            }
        }
        self.take_events(target, part);
    }

    /// Reads eventfds; whether all gave `value`, and else what those gave that did not.
    fn read_counters(&self, names: &Names, value: u64, target: &mut dyn Target) -> (bool, String) {
        let mut wrong: Vec<String> = Vec::new();
        let mut more = 0;
        for (name, fd) in self.fds(names) {
            target.eventfd_wait(fd, value);
            let actual = match target.eventfd_read(fd) {
                Ok(counter) if counter == value => continue,
                Err(Errno::EAGAIN) if value == 0 => continue,
                Ok(counter) => counter.to_string(),
                Err(Errno::EAGAIN) => "0".into(),
                Err(errno) => errno.to_string(),
            };
            if wrong.len() < MAX_LISTED {
                wrong.push(format!("{name}={actual}"));
            } else {
                more += 1;
            }
        }
        let held = wrong.is_empty();
        let mut text = wrong.join(" ");
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
        (held, text)
    }

    /// A failed check for each moment that never came, with the steps that did.
    pub(super) fn missed(&mut self, step: &StepLine, missed: Vec<Moment>, part: &mut Part) {
        if missed.is_empty() {
            return;
        }
        let mut steps: Sorted<String, u32> = Sorted::default();
        let mut order: Vec<String> = Vec::new();
        for event in &part.events {
            if let Event::Step(step) = event {
                let name = step.to_string();
                let (times, new) = steps.or_insert(name.clone(), 0);
                *times += 1;
                if new {
                    order.push(name);
                }
            }
        }
        let mut left = missed;
        for injection in &step.moments {
            let moment = &injection.what.moment;
            let before = left.len();
            left.retain(|other| other != moment);
            if left.len() < before {
                let actual = never_came(moment, &steps, &order);
                check(part, injection.what.to_string(), actual, false, injection.at);
            }
        }
    }
}

/// What there is to say about a moment that never came.
fn never_came(moment: &Moment, steps: &Sorted<String, u32>, order: &[String]) -> String {
    if let Some(times) = steps.get(&moment.step) {
        return format!("that step came {times} times only");
    }
    if order.is_empty() {
        return "no step came in this call".into();
    }
    if let Some(near) = nearest(&moment.step, order.iter().map(String::as_str)) {
        return format!("no such step came; did you mean \"{near}\"?");
    }
    let mut text = String::from("no such step came; these did: ");
    let shown: Vec<&str> = order.iter().take(MAX_LISTED).map(String::as_str).collect();
    text.push_str(&shown.join(", "));
    if order.len() > MAX_LISTED {
        text.push_str(&format!(" and {} more", order.len() - MAX_LISTED));
    }
    text
}

/// Whether an expectation is about the step's own answer.
pub(crate) fn is_answer(expect: &Expect) -> bool {
    !matches!(expect, Expect::Counter(..) | Expect::Tally(..))
}

pub(crate) fn answers(expect: &Expect, reply: &Reply) -> bool {
    match (expect, reply) {
        (Expect::Value { value, .. }, Reply::Answer(Answer::Done)) => *value == 0,
        (Expect::Value { value, .. }, Reply::Counter(counter)) => value == counter,
        (Expect::Value { value, care }, Reply::Data(data)) => {
            number(data).is_some_and(|number| (number ^ value) & care == 0)
        }
        (Expect::Errno(errno), Reply::Refused(actual)) => errno == actual,
        (Expect::Only(count), Reply::Answer(Answer::Only(actual))) => count == actual,
        (Expect::Data(bytes), Reply::Data(data)) => bytes == data,
        (Expect::Count(count), Reply::Info(info)) => *count == info.count,
        (Expect::Flags(flags), Reply::Info(info)) => *flags == info.flags,
        _ => false,
    }
}

/// At most eight bytes as a little-endian number.
fn number(data: &[u8]) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes.get_mut(..data.len())?.copy_from_slice(data);
    Some(u64::from_le_bytes(bytes))
}

/// The answer, in the words of the expectation it stands beside.
pub(crate) fn actual(expect: &Expect, action: &Action, reply: &Reply) -> String {
    match reply {
        Reply::Nothing => "no answer".into(),
        Reply::Answer(Answer::Done) => "0".into(),
        Reply::Answer(Answer::Only(count)) => format!("only {count}"),
        Reply::Counter(counter) => counter.to_string(),
        Reply::Refused(errno) => errno.to_string(),
        Reply::Info(info) => match expect {
            Expect::Count(_) => format!("count={}", info.count),
            Expect::Flags(_) => format!("flags={}", FlagWords(info.flags)),
            _ => format!("count={} flags={}", info.count, FlagWords(info.flags)),
        },
        Reply::Data(data) => match (expect, action, number(data)) {
            (Expect::Data(_), ..) | (_, _, None) => hex(data),
            (_, Action::RegionRead { width, .. }, Some(number)) => {
                let mut text = String::new();
                // Writing to a string does not fail.
                let _ = write_value(&mut text, *width, number, u64::MAX);
                text
            }
            (_, _, Some(number)) => number.to_string(),
        },
    }
}

fn hex(data: &[u8]) -> String {
    data.iter().fold(String::from("data="), |text, byte| text + &format!("{byte:02x}"))
}

pub(crate) fn count(summary: &Summary, tally: Tally) -> u32 {
    match tally {
        Tally::Causes => summary.causes,
        Tally::Signalled => summary.signalled,
        Tally::Merged => summary.merged,
        Tally::Waiting => summary.waiting,
        Tally::Lost => summary.lost,
        Tally::Signals => summary.signals,
    }
}
