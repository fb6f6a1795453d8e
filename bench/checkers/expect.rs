//! Whether what came is what the text expects.

use vfio_irq_core::device::Answer;
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::Outcome;
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::ast::{Expect, Tally};

/// What a step answered.
pub(crate) enum Reply {
    /// Nothing that could be compared.
    Nothing,
    /// A call's answer.
    Outcome(Outcome),
    /// A counter, or 0.
    Number(u64),
    /// Refused.
    Refused(Errno),
}

impl From<Result<u64, Errno>> for Reply {
    fn from(result: Result<u64, Errno>) -> Self {
        result.map_or_else(Self::Refused, Self::Number)
    }
}

/// A read of an eventfd as an expectation sees it: EAGAIN is 0.
pub(crate) fn read(result: Result<u64, Errno>) -> Result<u64, Errno> {
    match result {
        Err(Errno::EAGAIN) => Ok(0),
        result => result,
    }
}

/// Whether an expectation holds.
pub(crate) fn holds(expect: &Expect, reply: &Reply, machine: &Machine) -> bool {
    match (expect, reply) {
        (Expect::Tally(tally, value), _) => tallied(*tally, machine) == *value,
        (Expect::Value { value, .. }, Reply::Number(number)) => value == number,
        (Expect::Value { value, .. }, Reply::Outcome(Outcome::Answer(Answer::Done))) => *value == 0,
        (Expect::Value { value, care }, Reply::Outcome(Outcome::Data(data))) => {
            let mut bytes = [0; 8];
            data.len() <= 8 && {
                bytes[..data.len()].copy_from_slice(data);
                (u64::from_le_bytes(bytes) ^ value) & care == 0
            }
        }
        (Expect::Data(bytes), Reply::Outcome(Outcome::Data(data))) => bytes == data,
        (Expect::Errno(errno), Reply::Refused(actual)) => errno == actual,
        (Expect::Errno(errno), Reply::Outcome(Outcome::Refused { errno: actual, .. })) => {
            errno == actual
        }
        (Expect::Only(count), Reply::Outcome(Outcome::Answer(Answer::Only(only)))) => count == only,
        (Expect::Count(count), Reply::Outcome(Outcome::Info(info))) => *count == info.count,
        (Expect::Flags(flags), Reply::Outcome(Outcome::Info(info))) => *flags == info.flags,
        _ => false,
    }
}

fn tallied(tally: Tally, machine: &Machine) -> u32 {
    let summary = machine.ledger.summary();
    match tally {
        Tally::Causes => summary.causes,
        Tally::Signalled => summary.signalled,
        Tally::Merged => summary.merged,
        Tally::Waiting => summary.waiting,
        Tally::Lost => summary.lost,
        Tally::Signals => summary.signals,
    }
}
