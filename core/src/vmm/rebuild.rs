//! The naive way: disable, enable one more, each time.

use alloc::vec::Vec;

use super::policy::{Policy, Reply};
use super::seat::{Seat, Want};
use crate::device::Answer;

/// Nobody's code: what a user writes who reads the header up to "disable" and no further, and what
/// DPDK's drivers did for 13 days of 2019 (89aac60e0b, reverted by 33543fb3b6). For each vector a
/// driver comes to use, the index is disabled and enabled again with all that are in use, NORESIZE or
/// not. A vector that is masked stays armed.
///
/// Out of vectors it does what this book's recipes say: a positive answer is asked for again and the
/// vectors above go without; with an errno it falls back to INTx, where there is one, for good.
#[derive(Default)]
pub(super) struct Rebuild {
    used: Vec<u16>,
    on: bool,
    /// Runs on INTx from here on.
    fell_back: bool,
}

impl Rebuild {
    fn wants(&self, count: u16) -> Vec<Want> {
        let want = |vector| match self.used.contains(&vector) {
            true => Want::Guest(vector),
            false => Want::Nothing,
        };
        (0..count).map(want).collect()
    }

    /// Disables what is on, and enables what is in use.
    fn again(&mut self, seat: &mut Seat<'_>) -> Reply {
        if core::mem::take(&mut self.on) {
            let _ = seat.msix_off();
        }
        seat.intx_off();
        let Some(count) = self.used.iter().max().map(|last| last + 1) else { return Reply::Fine };
        let mut answer = seat.arm(0, &self.wants(count));
        if let Ok(Answer::Only(fewer)) = answer {
            let fewer = u16::try_from(fewer).unwrap_or(count);
            self.used.retain(|vector| *vector < fewer);
            answer = seat.arm(0, &self.wants(fewer));
        }
        self.on = matches!(answer, Ok(Answer::Done));
        if !self.on {
            seat.intx_on();
            self.fell_back = true;
        }
        Reply::Fine
    }
}

impl Policy for Rebuild {
    fn begin(&mut self, _: &mut Seat<'_>) -> Reply {
        Reply::Fine
    }

    fn enable(&mut self, _: u16, seat: &mut Seat<'_>) -> Reply {
        self.used = seat.view.unmasked().collect();
        self.again(seat)
    }

    fn unmask(&mut self, entry: u16, seat: &mut Seat<'_>) -> Reply {
        if self.fell_back || self.used.contains(&entry) {
            return Reply::Fine;
        }
        self.used.push(entry);
        self.again(seat);
        let served = self.used.contains(&entry);
        if served { Reply::Fine } else { Reply::Refused }
    }

    fn mask(&mut self, _: u16, _: &mut Seat<'_>) -> Reply {
        Reply::Fine
    }

    fn disable(&mut self, seat: &mut Seat<'_>) -> Reply {
        self.used.clear();
        self.fell_back = false;
        self.again(seat)
    }
}
