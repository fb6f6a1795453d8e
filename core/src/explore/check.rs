//! What should hold, asked of each move.

use alloc::format;
use alloc::string::{String, ToString};

use super::Invariant;
use super::plan::{Act, Origin, Plan};
use super::walk::{Choice, Made, Place, signalled};
use crate::device::{Fd, Stimulus};
use crate::errno::Errno;
use crate::event::{Call, CauseId, Event, Loss, Place as Waiting};
use crate::host::IrqMode;
use crate::machine::Machine;
use crate::scenario::ast::{Action, Expect};
use crate::scenario::{Reply, actual, answers, count};
use crate::uapi::IrqIndex;

/// What does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Violation {
    Lost { asked: Invariant, cause: CauseId, why: Loss },
    Eventfd { cause: CauseId, fd: Fd },
    Masked { cause: CauseId },
    Pending { cause: CauseId, place: Waiting },
    Undisturbed { cause: CauseId },
    Expected { line: usize, expected: String, actual: String },
}

/// Whether vfio-pci has INTx enabled and masked.
pub(super) fn intx_masked(machine: &Machine) -> bool {
    matches!(machine.host.mode(), IrqMode::Intx(intx) if intx.masked)
}

/// The number of a cause that is only tried.
const PROBE: u32 = 1 << 30;

/// The arrivals that would be delivered at once if they came now, and which the call that this
/// choice begins must not touch: their vectors are none of its own, and their index can grow.
pub(super) fn live(machine: &Machine, place: &Place, choice: Choice, plan: &Plan) -> u16 {
    if place.is_calling() {
        return place.live;
    }
    let step = place.thread(choice).and_then(|caller| place.at(caller, plan));
    let Some(Act::Call(Call::SetIrqs { header, .. })) = step.map(|step| &step.act) else {
        return 0;
    };
    let Some(index @ (IrqIndex::Msi | IrqIndex::Msix)) = machine.host.mode().index() else {
        return 0;
    };
    let same = header.index == index.raw() && header.count > 0;
    if !same || !machine.host.can_grow(index) {
        return 0;
    }
    let named = header.start..header.start.saturating_add(header.count);
    let mut live = 0;
    for (at, arrival) in place.arriving(plan) {
        if let Stimulus::Fire(vector) = arrival.stimulus
            && !named.contains(&vector.into())
        {
            let mut events = alloc::vec::Vec::new();
            let mut copy = machine.clone();
            // A number nothing else has.
            copy.ledger.number_from(PROBE);
            copy.stimulate(arrival.stimulus, &mut events);
            if signalled(&events, PROBE).next().is_some() {
                live |= 1 << at;
            }
        }
    }
    live
}

/// A move, and all there is to judge it by.
pub(super) struct Seen<'a> {
    pub(super) plan: &'a Plan,
    /// After the move.
    pub(super) machine: &'a Machine,
    pub(super) before: &'a Place,
    pub(super) made: &'a Made,
    pub(super) choice: Choice,
    /// INTx was masked before the move.
    pub(super) masked: bool,
    pub(super) events: &'a [Event],
}

impl Seen<'_> {
    pub(super) fn violates(&self, asked: Invariant) -> Option<Violation> {
        match asked {
            Invariant::Lost => self.lost(asked, |_| true),
            Invariant::Fallback => {
                self.lost(asked, |why| matches!(why, Loss::DivertedUnhandled | Loss::Dropped))
            }
            Invariant::Eventfd => self.eventfd(),
            Invariant::Masked => self.delivered_masked(),
            Invariant::Pending if self.made.place.is_calling() => None,
            Invariant::Pending => {
                stuck(self.machine).map(|(cause, place)| Violation::Pending { cause, place })
            }
            Invariant::Undisturbed => self.disturbed(),
            Invariant::Expected => self.expected(),
        }
    }

    fn lost(&self, asked: Invariant, so: impl Fn(Loss) -> bool) -> Option<Violation> {
        self.events.iter().find_map(|event| match *event {
            Event::Lost { cause, why } if is_loss(cause, why) && so(why) => {
                Some(Violation::Lost { asked, cause, why })
            }
            _ => None,
        })
    }

    fn eventfd(&self) -> Option<Violation> {
        self.events.iter().find_map(|event| {
            let Event::Signalled { cause, eventfd: fd, .. } = *event else { return None };
            let stimulus = self.plan.stimulus(Origin::of(cause.0))?;
            (!self.plan.is_tied(stimulus, fd)).then_some(Violation::Eventfd { cause, fd })
        })
    }

    fn delivered_masked(&self) -> Option<Violation> {
        let function = &self.machine.function;
        let masked = |index, vector| match index {
            IrqIndex::Msix => function
                .msix()
                .is_some_and(|msix| msix.function_masked() || msix.entry(vector).masked),
            IrqIndex::Msi => function.msi().is_some_and(|msi| {
                msi.maskable() && msi.mask() & 1u32.checked_shl(vector.into()).unwrap_or(0) != 0
            }),
            _ => false,
        };
        self.events.iter().find_map(|event| match *event {
            // What sends is what unmasks: after the move, the mask is as it was when this was sent.
            Event::Sent { cause, index, vector, .. } if masked(index, vector) => {
                Some(Violation::Masked { cause })
            }
            Event::Signalled { cause, .. } if self.masked && Some(cause.0) == self.made.cause => {
                let intx = self.plan.stimulus(Origin::of(cause.0)) == Some(Stimulus::AssertIntx);
                intx.then_some(Violation::Masked { cause })
            }
            _ => None,
        })
    }

    fn disturbed(&self) -> Option<Violation> {
        let Choice::Arrival(at) = self.choice else { return None };
        let cause = self.made.cause?;
        let must = self.before.live & 1 << at != 0;
        (must && signalled(self.events, cause).next().is_none())
            .then_some(Violation::Undisturbed { cause: CauseId(cause) })
    }

    fn expected(&self) -> Option<Violation> {
        let caller = self.before.thread(self.choice)?;
        let step = self.before.at(caller, self.plan)?;
        let reply = self.made.reply.as_ref()?;
        let line = step.line;
        let wrong = |expected, actual| Some(Violation::Expected { line, expected, actual });
        match (&step.act, reply) {
            (Act::Look { name, value, .. }, Reply::Counter(counter)) => {
                return if counter == value {
                    None
                } else {
                    wrong(format!("{name}={value}"), format!("{name}={counter}"))
                };
            }
            (Act::Look { name, value, .. }, Reply::Refused(errno)) => {
                return match *errno {
                    Errno::EAGAIN if *value == 0 => None,
                    Errno::EAGAIN => wrong(format!("{name}={value}"), format!("{name}=0")),
                    errno => wrong(format!("{name}={value}"), errno.to_string()),
                };
            }
            (Act::Count, _) => {
                let summary = self.machine.ledger.summary();
                let all = self.plan.counted(line);
                let mut unlike = all.filter(|(tally, value)| count(&summary, *tally) != *value);
                if let Some((tally, value)) = unlike.next() {
                    let word = tally.word();
                    let actual = format!("{word}={}", count(&summary, tally));
                    return wrong(format!("{word}={value}"), actual);
                }
            }
            _ => {}
        }
        if !step.begins {
            return None;
        }
        let action: &Action = &self.plan.lines[line].as_ref()?.action.what;
        let step = self.plan.lines[line].as_ref()?;
        let unlike = |expect: &&Expect| !answers(expect, reply);
        let expect = self.plan.expected(line).find(unlike)?;
        wrong(step.expectation_text(expect), actual(expect, action, reply))
    }
}

/// Whether a cause that ends so is an interrupt lost. A status the function takes back is none, nor
/// is a loopback, which the user asked for.
pub(super) fn is_loss(cause: CauseId, why: Loss) -> bool {
    why != Loss::Withdrawn && Origin::of(cause.0) != Origin::Call
}

/// A cause that waits although it could be delivered.
fn stuck(machine: &Machine) -> Option<(CauseId, Waiting)> {
    let function = &machine.function;
    machine.ledger.waiting().find(|(_, place)| match *place {
        Waiting::Pba(vector) => function.msix().is_some_and(|msix| {
            msix.enabled() && !msix.function_masked() && !msix.entry(vector).masked
        }),
        Waiting::MsiPending(vector) => function.msi().is_some_and(|msi| {
            let masked = msi.mask() & 1u32.checked_shl(vector.into()).unwrap_or(0) != 0;
            msi.enabled() && vector < msi.granted() && !masked
        }),
        Waiting::Held(_) => {
            function.msi().is_some_and(|msi| msi.enabled())
                || function.msix().is_some_and(|msix| msix.enabled())
        }
        Waiting::Descriptor(_, vector) => {
            machine.host.vectors().any(|one| one.vector == vector && one.eventfd.is_some())
        }
        Waiting::IntxLevel => match machine.host.mode() {
            IrqMode::Intx(intx) => !intx.masked && function.intx_line(),
            _ => false,
        },
    })
}

impl Violation {
    pub(super) fn invariant(&self) -> Invariant {
        match self {
            Self::Lost { asked, .. } => *asked,
            Self::Eventfd { .. } => Invariant::Eventfd,
            Self::Masked { .. } => Invariant::Masked,
            Self::Pending { .. } => Invariant::Pending,
            Self::Undisturbed { .. } => Invariant::Undisturbed,
            Self::Expected { .. } => Invariant::Expected,
        }
    }

    /// In one sentence.
    pub(super) fn say(&self, plan: &Plan) -> String {
        let of = |cause: &CauseId| {
            let origin = Origin::of(cause.0);
            let what =
                plan.stimulus(origin).map(|stimulus| Action::Stimulate(stimulus).to_string());
            let what = what.unwrap_or_else(|| "an interrupt".into());
            match plan.line_of(origin) {
                Some(line) => format!("`{what}` (line {})", line + 1),
                None => what,
            }
        };
        match self {
            Self::Lost { cause, why, .. } => format!("{} is lost: {why}", of(cause)),
            Self::Eventfd { cause, fd } => {
                let name = plan.names.iter().find(|(_, named)| named == fd);
                let name = name.map_or_else(|| fd.to_string(), |(name, _)| name.clone());
                format!("{} signals {name}, which no request ties to it", of(cause))
            }
            Self::Masked { cause } => format!("{} is delivered while masked", of(cause)),
            Self::Pending { cause, place } => {
                format!("{} waits ({place}) although nothing masks it", of(cause))
            }
            Self::Undisturbed { cause } => {
                format!("{} is not delivered at once during a request about others", of(cause))
            }
            Self::Expected { line, expected, actual } => {
                format!("line {} expects {expected}, and it is {actual}", line + 1)
            }
        }
    }
}
