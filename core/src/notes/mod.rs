//! Notes about likely misuse: what a run's requests, answers and eventfds show of a user who means
//! something else than the interface does.
//!
//! A note says what happened and what to do instead, and names the clause it rests on; what a
//! refusal says already it does not say again. The mistakes are those of public trackers (the
//! book's Evidence, "Users").
//!
//! They are made of a [`Trace`] alone, so a run on a real device has them too. There nobody sees
//! which eventfd rose: what needs that (an eventfd never read, an unmask that comes too early) is
//! not said, and what a refused request took away is said with a "may".
//!
//! Nothing here is an error. A run that is meant to show a mistake has its note as well; a note
//! that needs the rest of the run to be right (nobody read the eventfd, INTx stayed masked) is
//! made at its end.

mod asked;
mod eventfds;
mod note;
mod pin;
mod refused;
mod setup;
mod vectors;

#[cfg(test)]
mod tests;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::device::Fd;
use crate::event::{Call, Event, Outcome, Step};
use crate::machine::Machine;
use crate::trace::{Entry, Trace};
use crate::uapi::{IrqIndex, IrqInfoFlags, NUM_IRQS};

use asked::Asked;
use eventfds::Eventfds;
use note::Said;
pub use note::{Kind, Note, text};
use pin::Pin;
use setup::Setup;
use vectors::Vectors;

/// What is known of the device besides what the run's GET_IRQ_INFO says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// By raw index: whether it has NORESIZE.
    noresize: [Option<bool>; NUM_IRQS as usize],
    /// By raw index: number of vectors.
    count: [Option<u32>; NUM_IRQS as usize],
    /// Offset in config space of the MSI and of the MSI-X capability.
    msi_at: Option<u16>,
    msix_at: Option<u16>,
}

impl Known {
    /// Of a device nothing is known of.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Of an emulated one.
    pub fn of(machine: &Machine) -> Self {
        let mut known = Self::default();
        for index in IrqIndex::ALL {
            let info = machine.host.info(&machine.function, index);
            known.tell(index, info.flags, info.count);
        }
        known.msi_at = machine.function.msi().map(|msi| msi.offset());
        known.msix_at = machine.function.msix().map(|msix| msix.offset());
        known
    }

    fn tell(&mut self, index: IrqIndex, flags: u32, count: u32) {
        let at = index.raw() as usize;
        self.noresize[at] = Some(flags & IrqInfoFlags::NORESIZE.bits() != 0);
        self.count[at] = Some(count);
    }

    fn noresize(&self, index: IrqIndex) -> Option<bool> {
        self.noresize[index.raw() as usize]
    }

    fn count(&self, index: IrqIndex) -> Option<u32> {
        self.count[index.raw() as usize]
    }
}

/// The notes of a whole run, by line.
pub fn of(trace: &Trace, known: Known) -> Vec<Note> {
    let mut notes = Notes::new(known);
    for entry in &trace.entries {
        notes.entry(entry, &trace.names);
    }
    notes.finish(&trace.names)
}

/// A call that has not answered yet.
#[derive(Clone, Debug)]
enum Under {
    /// SET_IRQS, if its index and flags mean something; and the vectors whose handler went.
    SetIrqs { asked: Option<Asked>, argsz: u32, gone: BTreeSet<u32> },
    /// Anything else.
    Other(Call),
}

/// Makes notes of a run, line by line.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    known: Known,
    line: u32,
    under: Option<Under>,
    setup: Setup,
    vectors: Vectors,
    pin: Pin,
    eventfds: Eventfds,
    said: Said,
}

/// Names of descriptors.
type Names = BTreeMap<Fd, String>;

impl Notes {
    /// Before the first line; the device is open and no index enabled.
    pub fn new(known: Known) -> Self {
        Self { known, ..Self::default() }
    }

    /// Takes in the next line.
    pub fn entry(&mut self, entry: &Entry, names: &Names) {
        self.line = entry.line;
        if entry.text.starts_with("deassert intx") {
            self.pin.acknowledged();
        }
        if !entry.text.starts_with("close") {
            self.eventfds.goes_on(entry.line);
        }
        for event in &entry.events {
            self.event(event, names);
        }
    }

    /// What has been found so far, in the order found. What only the end can show is not among it.
    pub fn so_far(&self) -> &[Note] {
        &self.said.0
    }

    /// The run is over: all notes, by line.
    pub fn finish(mut self, names: &Names) -> Vec<Note> {
        self.vectors.closed_device(&mut self.said);
        self.vectors.finish(&mut self.said, names);
        self.pin.finish(&self.setup, &mut self.said, names);
        self.eventfds.finish(&mut self.said, names);
        self.said.finish()
    }

    fn event(&mut self, event: &Event, names: &Names) {
        let line = self.line;
        match event {
            Event::Call(call) => self.begin(call),
            Event::Return(outcome) => self.returned(outcome, names),
            Event::Step(Step::RemoveHandler { index, vector }) => {
                if let Some(Under::SetIrqs { gone, .. }) = &mut self.under
                    && matches!(index, IrqIndex::Msi | IrqIndex::Msix)
                {
                    gone.insert(u32::from(*vector));
                }
            }
            Event::Cause { cause, source } => {
                self.pin.cause(*cause, *source);
                self.eventfds.cause(*cause, *source);
            }
            Event::Signalled { cause, eventfd, counter } => {
                self.pin.signalled(&self.setup, *cause, *eventfd, line, &mut self.said);
                let rose = (*eventfd, *counter);
                self.eventfds.signalled(*cause, rose, line, &mut self.said, names);
            }
            Event::Read { fd, value } => {
                if value.is_some() {
                    self.vectors.heard(*fd);
                    self.pin.read(&self.setup, *fd, line, true);
                }
                self.vectors.waited(*fd);
                self.eventfds.read(*fd, value.is_some(), line);
            }
            Event::Wrote { fd, value } => {
                self.pin.wrote(&self.setup, *fd);
                self.eventfds.wrote(*fd, *value);
            }
            Event::Closed { fd } => {
                self.vectors.closed(*fd, &mut self.said, names);
                self.eventfds.closed(*fd, line, &mut self.setup);
            }
            Event::Guest(event) => {
                if let Some(fd) = self.eventfds.guest(event) {
                    self.vectors.heard(fd);
                    self.vectors.waited(fd);
                }
                self.pin.guest(&self.setup, event, line);
            }
            _ => {}
        }
    }

    fn begin(&mut self, call: &Call) {
        self.under = Some(match call {
            Call::SetIrqs { header, data } => {
                let asked = Asked::new(self.line, header, data);
                if let Some(asked) = &asked {
                    let counted = |fd| self.eventfds.has_count(fd);
                    self.pin.begin(&self.setup, asked, counted);
                }
                Under::SetIrqs { asked, argsz: header.argsz, gone: BTreeSet::new() }
            }
            other => {
                if let Call::RegionWrite { region, offset, data } = other {
                    self.pin.write(*region, *offset, data);
                    let at = (self.line, *region, *offset);
                    self.vectors.write(&self.known, &self.setup, at, data);
                }
                Under::Other(other.clone())
            }
        });
    }

    fn returned(&mut self, outcome: &Outcome, names: &Names) {
        let line = self.line;
        match self.under.take() {
            Some(Under::SetIrqs { asked, argsz, gone }) => {
                let refused = matches!(outcome, Outcome::Refused { .. });
                if argsz == 0 && refused {
                    let text = "argsz is the caller's to fill in, before each call: 20 for the \
                                header, and the size of the data.";
                    self.said.say(line, Kind::NoSize, "SET-ARGSZ", text.into());
                }
                if let Some(asked) = asked {
                    self.answered(&asked, outcome, &gone, names);
                }
            }
            Some(Under::Other(call)) => match (call, outcome) {
                (Call::IrqInfo { .. }, Outcome::Info(info)) => {
                    if let Some(index) = IrqIndex::from_raw(info.index) {
                        self.known.tell(index, info.flags, info.count);
                    }
                }
                (Call::IrqInfo { argsz: 0, .. }, Outcome::Refused { .. }) => {
                    let text = "argsz is the caller's to fill in, before each call: 16, or the \
                                size of the structure it was built with.";
                    self.said.say(line, Kind::NoSize, "INFO-ARGSZ", text.into());
                }
                (Call::Open | Call::Close, Outcome::Answer(_)) => {
                    self.vectors.closed_device(&mut self.said);
                    self.setup = Setup::default();
                    self.pin = Pin::default();
                    self.eventfds.device_closed();
                }
                // MSG-REARM is no loss after a reset: it may have emptied the table.
                (Call::Reset, Outcome::Answer(_)) => self.setup.shaken(),
                (Call::RegionRead { region: 0..=5, .. }, Outcome::Data(_)) => {
                    self.vectors.looked();
                }
                _ => {}
            },
            None => {}
        }
    }

    fn answered(&mut self, asked: &Asked, outcome: &Outcome, gone: &BTreeSet<u32>, names: &Names) {
        let Self { known, setup, vectors, pin, eventfds, said, .. } = self;
        if let Outcome::Refused { clause: Some(clause), .. } = outcome
            && clause == "MSG-NORESIZE"
        {
            known.noresize[asked.index.raw() as usize] = Some(true);
        }
        asked.descriptors(said);
        vectors.answered(known, setup, (asked, outcome, gone), eventfds, said, names);
        pin.answered(setup, asked, outcome, said, names);
        setup.answered(asked, outcome, gone);
        eventfds.answered(setup, asked);
    }
}
