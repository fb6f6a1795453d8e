//! The recipes behind one face, whichever language they are written in.

use std::os::fd::{BorrowedFd, OwnedFd};

use crate::add::Added;
use crate::base::{NotDone, disable};
use crate::kvm::Intx;
use crate::{add, enable, kvm, shut_down, switch};

/// What was enabled, or why not.
pub type Enabled = Result<Vec<OwnedFd>, NotDone>;

/// The recipes. Arguments and results are those of the modules of this package.
#[allow(missing_docs, reason = "said where each stands")]
pub trait Recipes {
    fn language(&self) -> &'static str;
    fn disable(&self, device: BorrowedFd<'_>, index: u32) -> Result<(), NotDone>;
    fn enable(&self, device: BorrowedFd<'_>, index: u32, n: u32) -> Enabled;
    fn enable_some(&self, device: BorrowedFd<'_>, index: u32, least: u32, most: u32) -> Enabled;
    fn fall_back(
        &self,
        device: BorrowedFd<'_>,
        least: u32,
        most: u32,
    ) -> Result<(u32, Vec<OwnedFd>), NotDone>;
    fn add(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        fds: &mut Vec<OwnedFd>,
    ) -> Result<Added, NotDone>;
    fn enable_ahead(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        n: u32,
        count: u32,
    ) -> Result<Vec<Option<OwnedFd>>, NotDone>;
    fn arm(&self, device: BorrowedFd<'_>, index: u32, vector: u32) -> Result<OwnedFd, NotDone>;
    fn leave_intx(
        &self,
        device: BorrowedFd<'_>,
        trigger: OwnedFd,
        index: u32,
        n: u32,
    ) -> Result<Vec<OwnedFd>, (OwnedFd, NotDone)>;
    fn intx_to_kvm(
        &self,
        device: BorrowedFd<'_>,
        vm: BorrowedFd<'_>,
        gsi: u32,
    ) -> Result<Intx, NotDone>;
    fn intx_from_kvm(
        &self,
        device: BorrowedFd<'_>,
        vm: BorrowedFd<'_>,
        gsi: u32,
        intx: Intx,
    ) -> Result<OwnedFd, (Intx, NotDone)>;
    fn shut_down(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        fds: &mut Vec<OwnedFd>,
    ) -> Result<u64, NotDone>;
}

/// The recipes in Rust.
#[derive(Clone, Copy, Debug)]
pub struct Rust;

impl Recipes for Rust {
    fn language(&self) -> &'static str {
        "rust"
    }

    fn disable(&self, device: BorrowedFd<'_>, index: u32) -> Result<(), NotDone> {
        disable(device, index)
    }

    fn enable(&self, device: BorrowedFd<'_>, index: u32, n: u32) -> Enabled {
        enable::enable(device, index, n)
    }

    fn enable_some(&self, device: BorrowedFd<'_>, index: u32, least: u32, most: u32) -> Enabled {
        enable::enable_some(device, index, least, most)
    }

    fn fall_back(
        &self,
        device: BorrowedFd<'_>,
        least: u32,
        most: u32,
    ) -> Result<(u32, Vec<OwnedFd>), NotDone> {
        enable::fall_back(device, least, most)
    }

    fn add(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        fds: &mut Vec<OwnedFd>,
    ) -> Result<Added, NotDone> {
        add::add(device, index, fds)
    }

    fn enable_ahead(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        n: u32,
        count: u32,
    ) -> Result<Vec<Option<OwnedFd>>, NotDone> {
        add::enable_ahead(device, index, n, count)
    }

    fn arm(&self, device: BorrowedFd<'_>, index: u32, vector: u32) -> Result<OwnedFd, NotDone> {
        add::arm(device, index, vector)
    }

    fn leave_intx(
        &self,
        device: BorrowedFd<'_>,
        trigger: OwnedFd,
        index: u32,
        n: u32,
    ) -> Result<Vec<OwnedFd>, (OwnedFd, NotDone)> {
        switch::leave_intx(device, trigger, index, n)
    }

    fn intx_to_kvm(
        &self,
        device: BorrowedFd<'_>,
        vm: BorrowedFd<'_>,
        gsi: u32,
    ) -> Result<Intx, NotDone> {
        kvm::intx_to_kvm(device, vm, gsi)
    }

    fn intx_from_kvm(
        &self,
        device: BorrowedFd<'_>,
        vm: BorrowedFd<'_>,
        gsi: u32,
        intx: Intx,
    ) -> Result<OwnedFd, (Intx, NotDone)> {
        kvm::intx_from_kvm(device, vm, gsi, intx)
    }

    fn shut_down(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        fds: &mut Vec<OwnedFd>,
    ) -> Result<u64, NotDone> {
        shut_down::shut_down(device, index, fds)
    }
}
