//! Stimuli inside a call: whoever can hold the kernel still between two of its register writes
//! makes them, told beforehand what and when.
//!
//! Left out: the one who can ([`crate::real`] speaks with him over a terminal line).

use vfio_irq_core::device::{Moment, Stimulus};

use super::VfioDevice;
use crate::stimulus::{Mode, Write};

/// Someone who can hold the kernel still between two register writes of a call.
///
/// A call with something planned inside it is [`before`](Self::before), the call, then
/// [`after`](Self::after); calls with nothing planned are not told.
pub trait Halt {
    /// A call is about to be made, in which these are to happen. It is made when this returns; an
    /// error means that nothing will happen inside it, and every moment counts as missed.
    fn before(&mut self, planned: &[Planned]) -> std::io::Result<()>;
    /// The call is over; gives those moments that did not come.
    fn after(&mut self) -> std::io::Result<Vec<Moment>>;
}

/// What the device is to be made to do inside a call.
#[derive(Clone, Debug)]
pub struct Planned {
    /// When: after a step of the emulator's name. Which register write that is, the one who holds
    /// the kernel must know.
    pub moment: Moment,
    /// 32-bit writes in this order: physical address and value.
    pub writes: Vec<(u64, u32)>,
}

impl VfioDevice {
    /// Tells the laboratory what is to happen in the next call; whether it will.
    pub(super) fn hold(&mut self, plans: &[(Moment, Stimulus)]) -> bool {
        if plans.is_empty() || self.prepare().is_err() {
            return false;
        }
        let Some(bars) = self.bars() else { return false };
        let mode = self.mode().unwrap_or(Mode::Pin);
        let planned = plans.iter().map(|(moment, stimulus)| {
            // What is on when the moment comes is not known yet.
            let known = self.stimulator.as_ref()?;
            let writes = known.stimulate(*stimulus, mode);
            let writes = writes.or_else(|| known.stimulate(*stimulus, Mode::Msix))?;
            let place = |write: &Write| (bars[usize::from(write.bar)] + write.offset, write.value);
            Some(Planned { moment: moment.clone(), writes: writes.iter().map(place).collect() })
        });
        let Some(planned) = planned.collect::<Option<Vec<_>>>() else { return false };
        self.halt.as_mut().is_some_and(|halt| halt.before(&planned).is_ok())
    }

    /// Hears what became of the plans of a call.
    pub(super) fn release(&mut self, held: bool, planned: Vec<(Moment, Stimulus)>) {
        if held {
            self.rest();
        }
        let missed = match self.halt.as_mut().filter(|_| held).map(|halt| halt.after()) {
            Some(Ok(missed)) => missed,
            _ => planned.into_iter().map(|(moment, _)| moment).collect(),
        };
        self.missed.extend(missed);
    }

    /// Physical addresses of the BARs.
    fn bars(&self) -> Option<[u64; 6]> {
        let path = self.places.device(self.address).join("resource");
        let text = std::fs::read_to_string(path).ok()?;
        let mut bars = [0; 6];
        for (bar, line) in bars.iter_mut().zip(text.lines()) {
            let start = line.split(' ').next()?.trim_start_matches("0x");
            *bar = u64::from_str_radix(start, 16).ok()?;
        }
        Some(bars)
    }
}
