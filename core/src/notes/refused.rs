//! Notes about requests that were refused.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::Known;
use super::asked::{Asked, is_exclusive};
use super::note::{Kind, Said, vectors_words};
use super::setup::Setup;
use crate::errno::Errno;
use crate::request::Action;
use crate::uapi::IrqIndex;

/// Why a request was refused: a real device says no clause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Why<'a> {
    pub(super) errno: Errno,
    pub(super) clause: Option<&'a str>,
}

impl Why<'_> {
    /// Whether it was refused by this clause, which answers EINVAL; of a real device, whether it
    /// can have been.
    fn is(self, clause: &str) -> bool {
        match self.clause {
            Some(one) => one == clause,
            None => self.errno == Errno::EINVAL,
        }
    }
}

/// A trigger was to be set while another of INTx, MSI and MSI-X is enabled. Whether it was.
pub(super) fn second_index(setup: &Setup, asked: &Asked, why: Why<'_>, said: &mut Said) -> bool {
    let other = setup.active.as_ref().filter(|active| active.index != asked.index);
    let sets = is_exclusive(asked.index) && asked.triggers().is_some();
    let Some(active) = other.filter(|_| sets && why.is("IRQ-EXCLUSIVE")) else { return false };
    let text = format!(
        "{} is enabled since line {}. Disable it first: TRIGGER, DATA_NONE, count 0.",
        active.index, active.line
    );
    said.say(asked.line, Kind::SecondIndex, "IRQ-EXCLUSIVE", text);
    true
}

/// A refused request would have added a vector to an index that has NORESIZE.
pub(super) fn growth(known: &Known, setup: &Setup, asked: &Asked, why: Why<'_>, said: &mut Said) {
    let &Asked { index, line, .. } = asked;
    let (Some(active), Some(triggers)) = (setup.on(index), asked.triggers()) else { return };
    // NORESIZE-ERRNO: no device is bound to EINVAL; Linux says it.
    let refused_so = why.is("MSG-NORESIZE") && known.noresize(index) != Some(false);
    let there_is = |vector: u32| known.count(index).is_none_or(|count| vector < count);
    let new = triggers.iter().filter(|(vector, fd)| *fd >= 0 && !active.has(*vector));
    let new: Vec<u32> = new.map(|(vector, _)| *vector).collect();
    if index == IrqIndex::Intx
        || !refused_so
        || new.is_empty()
        || !new.iter().all(|at| there_is(*at))
    {
        return;
    }
    let had = match active.enabled {
        1 => "1 vector".to_string(),
        n => format!("{n} vectors"),
    };
    let text = format!(
        "Line {} enabled {index} with {had}, and {} would be new. NORESIZE, a flag of GET_IRQ_INFO, says \
         beforehand that this needs a disable, with a window in which interrupts are lost. Where it is \
         set, name all that may be needed in the first request, -1 for what waits.",
        active.line,
        vectors_words(&new)
    );
    said.say(line, Kind::Growth, "MSG-NORESIZE", text);
}

/// A refused request released vectors that were live.
pub(super) fn dropped(
    known: &Known,
    setup: &Setup,
    (asked, why, gone): (&Asked, Why<'_>, &BTreeSet<u32>),
    said: &mut Said,
) {
    let &Asked { index, line, .. } = asked;
    let (Some(active), Some(_)) = (setup.on(index), asked.triggers()) else { return };
    // Nobody says how far a real device came; where nothing was begun, nothing is lost.
    let end = asked.start.saturating_add(asked.count);
    let begun = asked.whole && known.count(index).is_none_or(|count| end <= count);
    let told = why.clause.is_some();
    if index == IrqIndex::Intx || !told && (active.shaken || !begun) {
        return;
    }
    let named = setup.armed_in(asked).into_keys();
    let lost: Vec<u32> = named.filter(|vector| !told || gone.contains(vector)).collect();
    if lost.is_empty() {
        return;
    }
    let (one, were) = if lost.len() == 1 { ("is", "was") } else { ("are", "were") };
    let are = if told {
        format!("{were} live and {one} de-assigned now")
    } else {
        format!("{were} live and may be de-assigned now")
    };
    // MSI-RESIZE-3, MSG-BLOCK-FAIL
    let grew = index == IrqIndex::Msi && why.clause == Some("MSG-NORESIZE");
    let rule =
        if grew && known.noresize(index) == Some(true) { "MSI-RESIZE-3" } else { "MSG-BLOCK-FAIL" };
    let text = format!(
        "{index} {} {are}: a refused request releases its vectors from its start to the one that \
         failed. Set every trigger of the range anew, and name in a request only what changes.",
        vectors_words(&lost)
    );
    said.say(line, Kind::Dropped, rule, text);
}

/// MASK or UNMASK of an index that has neither.
pub(super) fn mask_action(known: &Known, asked: &Asked, said: &mut Said) {
    if asked.action == Action::Trigger || known.count(asked.index) == Some(0) {
        return;
    }
    // MSIX-MASK-BY-RELEASE, MSI-RELEASE-N
    let (clause, instead) = match asked.index {
        IrqIndex::Msix => (
            "MSIX-MASK-BY-RELEASE",
            "MSI-X has no mask action. -1 as a vector's eventfd masks its entry, and what it raises \
             waits for the next eventfd; or let it signal, and hold the interrupt yourself.",
        ),
        IrqIndex::Msi => (
            "MSI-RELEASE-N",
            "MSI has no mask action, and -1 in its place loses what the vector raises, unless the \
             function masks single vectors. Let it signal, and hold the interrupt yourself.",
        ),
        IrqIndex::Intx | IrqIndex::Err | IrqIndex::Req => return,
    };
    said.say(asked.line, Kind::MaskAction, clause, instead.into());
}
