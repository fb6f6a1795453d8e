//! Notes about what SET_IRQS does to an index as a whole and to vectors of MSI and MSI-X.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::asked::{Asked, is_exclusive};
use super::eventfds::Eventfds;
use super::note::{Kind, Said, list, name, vectors_words};
use super::refused::{self, Why};
use super::setup::{Active, Setup};
use super::{Known, Names};
use crate::device::{Answer, Fd};
use crate::event::Outcome;
use crate::uapi::{CONFIG_REGION, IrqIndex};

/// Most loopbacks that wait to be heard; older ones are taken for heard.
const MOST_FIRED: usize = 64;

/// What waits for the rest of the run to be judged.
#[derive(Clone, Debug, Default)]
pub(super) struct Vectors {
    /// Loopbacks nobody has heard yet.
    fired: Vec<Fired>,
    /// A positive answer that was neither taken up nor ignored yet.
    short: Option<Short>,
    /// The index disabled last.
    left: Option<Left>,
    /// A rebuild with more vectors, after which nobody has looked at the device yet.
    rebuilt: Option<(u32, &'static str, String)>,
    /// Enable set in config space while the index is off.
    by_hand: Option<(u32, IrqIndex)>,
}

#[derive(Clone, Debug)]
struct Fired {
    line: u32,
    index: IrqIndex,
    vectors: Vec<u32>,
    eventfds: BTreeSet<Fd>,
}

#[derive(Clone, Debug)]
struct Short {
    line: u32,
    index: IrqIndex,
    had: u32,
    eventfds: Vec<Fd>,
    /// Somebody waits for one of them.
    waited: bool,
}

#[derive(Clone, Debug)]
struct Left {
    line: u32,
    index: IrqIndex,
    vectors: u32,
}

impl Vectors {
    /// A SET_IRQS was answered; `setup` is as it was before.
    pub(super) fn answered(
        &mut self,
        known: &Known,
        setup: &Setup,
        (asked, outcome, gone): (&Asked, &Outcome, &BTreeSet<u32>),
        eventfds: &Eventfds,
        said: &mut Said,
        names: &Names,
    ) {
        self.look_after_rebuild(setup, asked, said);
        self.go_on_after_short(asked, said);
        match outcome {
            Outcome::Answer(Answer::Only(had)) => self.cut_short(asked, *had),
            Outcome::Answer(Answer::Done) => {
                self.done(known, setup, asked, said, names);
                self.fire(setup, asked, eventfds);
            }
            Outcome::Refused { errno, clause } => {
                let why = Why { errno: *errno, clause: clause.as_deref() };
                if refused::second_index(setup, asked, why, said) {
                    self.other_than_fired(asked.index, said, names);
                }
                refused::growth(known, setup, asked, why, said);
                refused::dropped(known, setup, (asked, why, gone), said);
                refused::mask_action(known, asked, said);
            }
            Outcome::Info(_) | Outcome::Data(_) => {}
        }
    }

    fn done(
        &mut self,
        known: &Known,
        setup: &Setup,
        asked: &Asked,
        said: &mut Said,
        names: &Names,
    ) {
        let &Asked { index, line, .. } = asked;
        if asked.is_disable() {
            let left = setup.on(index).filter(|_| index != IrqIndex::Intx);
            if let Some(active) = left {
                self.left = Some(Left { line, index, vectors: active.vectors() });
            }
        }
        let Some(triggers) = asked.triggers() else { return };
        if is_exclusive(index) {
            self.other_than_fired(index, said, names);
            self.by_hand = self.by_hand.filter(|(_, by_hand)| *by_hand != index);
        }
        match setup.on(index) {
            _ if !matches!(index, IrqIndex::Msi | IrqIndex::Msix) => {}
            None => self.enabled(known, asked),
            Some(active) => changed(known, active, (asked, &triggers), said, names),
        }
    }

    /// A loopback was done.
    fn fire(&mut self, setup: &Setup, asked: &Asked, eventfds: &Eventfds) {
        let &Asked { index, line, .. } = asked;
        let armed = setup.armed_in(asked);
        if asked.is_loopback() && eventfds.waits(armed.values().copied(), setup) {
            let vectors = armed.keys().copied().collect();
            let eventfds = armed.into_values().collect();
            if self.fired.len() == MOST_FIRED {
                self.fired.remove(0);
            }
            self.fired.push(Fired { line, index, vectors, eventfds });
        }
    }

    /// An index was enabled: again, and with more vectors?
    fn enabled(&mut self, known: &Known, asked: &Asked) {
        let &Asked { index, line, .. } = asked;
        let vectors = asked.start.saturating_add(asked.count);
        let Some(left) = self.left.take_if(|left| left.index == index) else { return };
        if vectors <= left.vectors {
            return;
        }
        let window = format!(
            "{index} was off between line {} and here, to have {vectors} vectors instead of {}. What \
             the device raises in that window can be lost, and no answer tells.",
            left.line, left.vectors
        );
        let (clause, instead) = match known.noresize(index) {
            // TEARDOWN-LOSS
            Some(true) | None => (
                "TEARDOWN-LOSS",
                "Look at the device once after the enable; or name all vectors at first, with -1 \
                 for those that wait.",
            ),
            // NORESIZE-REBUILD
            Some(false) => (
                "NORESIZE-REBUILD",
                "NORESIZE is absent here: the vectors could have been added without a disable.",
            ),
        };
        self.rebuilt = Some((line, clause, format!("{window} {instead}")));
    }

    /// After a rebuild, who fires every vector once has its handlers look at the device.
    fn look_after_rebuild(&mut self, setup: &Setup, asked: &Asked, said: &mut Said) {
        let Some((line, clause, text)) = self.rebuilt.take() else { return };
        let all = setup.on(asked.index).is_some_and(|active| {
            asked.is_loopback() && active.armed.keys().all(|vector| asked.names(*vector))
        });
        if !all {
            said.say(line, Kind::Rebuild, clause, text);
        }
    }

    /// The user read a register of the device.
    pub(super) fn looked(&mut self) {
        self.rebuilt = None;
    }

    fn cut_short(&mut self, asked: &Asked, had: u32) {
        let triggers = asked.triggers().unwrap_or_default();
        let eventfds = triggers.into_iter().map(|(_, fd)| fd).filter(|fd| *fd >= 0).collect();
        let &Asked { line, index, .. } = asked;
        self.short = Some(Short { line, index, had, eventfds, waited: false });
    }

    /// What follows a positive answer: asking again from vector 0, or for another index, takes it
    /// up; a disable is needless, and harmless.
    fn go_on_after_short(&mut self, asked: &Asked, said: &mut Said) {
        let Some(short) = &self.short else { return };
        if !is_exclusive(asked.index) || asked.is_disable() {
            return;
        }
        let again = asked.triggers().is_some() && (asked.start == 0 || asked.index != short.index);
        if !again {
            short.say(Some(asked.line), said);
        }
        self.short = None;
    }

    /// Loopbacks that were meant as a disable: the user goes on to another index.
    fn other_than_fired(&mut self, index: IrqIndex, said: &mut Said, names: &Names) {
        let other = |fired: &mut Fired| is_exclusive(fired.index) && fired.index != index;
        for fired in self.fired.extract_if(.., other) {
            fired.say(said, names);
        }
    }

    /// Somebody took a count from this eventfd: a loopback that is heard is meant.
    pub(super) fn heard(&mut self, fd: Fd) {
        self.fired.retain(|fired| !fired.eventfds.contains(&fd));
    }

    /// Somebody listens to it, whether it has a count or not.
    pub(super) fn waited(&mut self, fd: Fd) {
        if let Some(short) = &mut self.short {
            short.waited |= short.eventfds.contains(&fd);
        }
    }

    /// The eventfd was closed: nobody will hear what was fired.
    pub(super) fn closed(&mut self, fd: Fd, said: &mut Said, names: &Names) {
        for fired in self.fired.extract_if(.., |fired| fired.eventfds.contains(&fd)) {
            fired.say(said, names);
        }
    }

    /// A write to config space: does it set a capability's Enable?
    pub(super) fn write(
        &mut self,
        known: &Known,
        setup: &Setup,
        (line, region, offset): (u32, u32, u64),
        data: &[u8],
    ) {
        if region != CONFIG_REGION {
            return;
        }
        let byte = |of: u64| data.get(usize::try_from(of.checked_sub(offset)?).ok()?).copied();
        let sets = |capability: Option<u16>, at: u64, bit: u8| {
            let register = capability.map(|offset| u64::from(offset) + at);
            register.and_then(byte).is_some_and(|byte| byte & bit != 0)
        };
        let set =
            [(IrqIndex::Msix, known.msix_at, 3, 0x80), (IrqIndex::Msi, known.msi_at, 2, 0x01)];
        let set = set.into_iter().find(|(_, capability, at, bit)| sets(*capability, *at, *bit));
        if let Some((index, ..)) = set.filter(|(index, ..)| setup.on(*index).is_none()) {
            self.by_hand = Some((line, index));
        }
    }

    /// The device goes: what waits for its next request has waited enough.
    pub(super) fn closed_device(&mut self, said: &mut Said) {
        self.left = None;
        if let Some((line, clause, text)) = self.rebuilt.take() {
            said.say(line, Kind::Rebuild, clause, text);
        }
        if let Some(short) = self.short.take()
            && short.waited
        {
            short.say(None, said);
        }
        if let Some((line, index)) = self.by_hand.take() {
            // MSIX-CONFIG, MSI-CONFIG-ENABLE
            let (clause, what) = match index {
                IrqIndex::Msix => ("MSIX-CONFIG", "the write is dropped"),
                _ => ("MSI-CONFIG-ENABLE", "while MSI is off the bit stays 0"),
            };
            let text = format!(
                "Enable is not set by a write to config space: {what}. Setting a trigger by SET_IRQS \
                 enables {index}."
            );
            said.say(line, Kind::ByHand, clause, text);
        }
    }

    /// Nothing comes any more.
    pub(super) fn finish(&mut self, said: &mut Said, names: &Names) {
        for fired in self.fired.drain(..) {
            fired.say(said, names);
        }
    }
}

impl Fired {
    fn say(self, said: &mut Said, names: &Names) {
        let what = match self.index {
            IrqIndex::Msi | IrqIndex::Msix => {
                format!("{} {}", self.index, vectors_words(&self.vectors))
            }
            index => index.to_string(),
        };
        let eventfds: Vec<String> = self.eventfds.into_iter().map(|fd| name(fd, names)).collect();
        let one = match self.index {
            IrqIndex::Msi | IrqIndex::Msix => "; -1 by DATA_EVENTFD takes one vector away",
            _ => "",
        };
        let text = format!(
            "This fired {what}: {} rose, and nothing was disabled. To disable, DATA_NONE has \
             count 0{one}.",
            list(&eventfds)
        );
        let clause = match self.index {
            IrqIndex::Intx => "INTX-LOOPBACK",
            IrqIndex::Msi | IrqIndex::Msix => "MSG-LOOPBACK",
            IrqIndex::Err | IrqIndex::Req => "ERR-REQ-SIGNAL",
        };
        said.say(self.line, Kind::Fires, clause, text);
    }
}

impl Short {
    fn say(&self, next: Option<u32>, said: &mut Said) {
        let then = match next {
            Some(line) => format!("line {line} goes on as if it were on"),
            None => "nobody asked again, and its eventfds are waited for".into(),
        };
        let text = format!(
            "The answer {} is no success: {} is off; {then}. Check for an answer other than 0; ask \
             again for {}, or for another index.",
            self.had, self.index, self.had
        );
        said.say(self.line, Kind::Short, "MSG-SUPPLY", text);
    }
}

/// A request with eventfds on an enabled MSI or MSI-X was done.
fn changed(
    known: &Known,
    active: &Active,
    (asked, triggers): (&Asked, &[(u32, Fd)]),
    said: &mut Said,
    names: &Names,
) {
    let &Asked { index, line, .. } = asked;
    // A host that emulates the device takes nothing apart.
    let real = known.noresize(index) != Some(false);
    let same = |(vector, fd): &&(u32, Fd)| *fd >= 0 && active.armed.get(vector) == Some(fd);
    let again: Vec<u32> = triggers.iter().filter(same).map(|(vector, _)| *vector).collect();
    if !again.is_empty() && !active.shaken {
        let was = if again.len() == 1 { "was" } else { "were" };
        let lost = match index {
            IrqIndex::Msi if real => " What is sent in between can be lost.",
            _ => "",
        };
        let text = format!(
            "{index} {} had this eventfd already, and {was} taken down and armed again for \
             nothing.{lost} Name in a request only what changes.",
            vectors_words(&again)
        );
        said.say(line, Kind::Rearmed, "MSG-REARM", text);
    }
    if index == IrqIndex::Msi && real {
        vector_zero(active, (asked, triggers), said, names);
    }
}

/// -1 for vector 0 of MSI while others are live.
fn vector_zero(
    active: &Active,
    (asked, triggers): (&Asked, &[(u32, Fd)]),
    said: &mut Said,
    names: &Names,
) {
    let gone = |vector: u32| triggers.iter().any(|(one, fd)| *one == vector && *fd < 0);
    let others = active.armed.keys().copied().filter(|at| *at > 0 && !gone(*at));
    let others: Vec<u32> = others.collect();
    let Some(kept) = active.armed.get(&0).filter(|_| gone(0) && !others.is_empty()) else { return };
    let send = if others.len() == 1 { "sends" } else { "send" };
    let text = format!(
        "The vectors of MSI share one message address, and it went with vector 0: {} {send} to \
         address 0 now. Keep vector 0's trigger, and ignore {}.",
        vectors_words(&others),
        name(*kept, names)
    );
    said.say(asked.line, Kind::VectorZero, "MSI-RELEASE-0", text);
}
