//! The host: vfio-pci's interrupt code and, below it, the kernel's MSI code.
//!
//! Models `drivers/vfio/pci/vfio_pci_{intrs,config,core}.c`, `drivers/pci/msi/` and as much of
//! `kernel/irq` as decides where an interrupt ends. A call becomes [`op::Op`]s that expand lazily
//! into micro-steps, so that a half-done ioctl is part of the state.
//!
//! Left out: sharing of an INTx line with other devices, interrupt affinity and CPU vectors
//! (on x86 their exhaustion shows as ENOSPC from a block), irq bypass, mask eventfds (Linux has
//! none), power states, and config space outside of what touches interrupts.

mod block;
mod config;
mod err_req;
mod intx;
mod lifecycle;
mod msi;
mod msix;
pub(crate) mod op;
pub mod profile;
mod receive;

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::device::Fd;
use crate::event::CauseId;
use crate::pci::Function;
use crate::uapi::{IrqIndex, IrqInfo, IrqInfoFlags};

pub use profile::{DIFFERENCES, Difference, HostProfile, PROFILES, Rules};

/// Interrupt Disable in the Command register (PCIe 7.5.1.1.3).
pub(crate) const INTERRUPT_DISABLE: u16 = 1 << 10;
/// Memory Space in the Command register.
pub(crate) const MEMORY_SPACE: u16 = 1 << 1;
/// Bus Master in the Command register.
pub(crate) const BUS_MASTER: u16 = 1 << 2;

/// INTx as vfio-pci drives it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Intx {
    /// The eventfd signalled; INTx can be enabled without one.
    pub trigger: Option<Fd>,
    /// Masked by the user, by the handler (automask), or by Interrupt Disable: one flag for all.
    pub masked: bool,
    /// The eventfd that unmasks.
    pub unmask: Option<Fd>,
    /// The handler is installed.
    pub(crate) handler: bool,
}

/// Which of the three exclusive indexes vfio-pci has enabled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum IrqMode {
    /// None.
    #[default]
    None,
    /// INTx.
    Intx(Intx),
    /// MSI; its vectors are [`Host::vectors`].
    Msi,
    /// MSI-X; its vectors are [`Host::vectors`].
    Msix,
}

impl IrqMode {
    /// The index enabled.
    pub fn index(self) -> Option<IrqIndex> {
        match self {
            Self::None => None,
            Self::Intx(_) => Some(IrqIndex::Intx),
            Self::Msi => Some(IrqIndex::Msi),
            Self::Msix => Some(IrqIndex::Msix),
        }
    }
}

/// The kernel's irq descriptor of one vector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Slot {
    /// A host vector belongs to it.
    pub(crate) allocated: bool,
    /// Its message reaches a descriptor (the remapping entry is programmed).
    pub(crate) active: bool,
    /// The message the MSI code would write next is the real one (zero after a release).
    pub(crate) cached: bool,
    /// The handler's eventfd.
    pub(crate) handler: Option<Fd>,
    /// A message came before the handler did.
    pub(crate) pending: Option<CauseId>,
}

/// The descriptors of the capability the MSI code has enabled.
#[derive(PartialEq, Eq, Hash, Debug)]
pub(crate) struct Irqs {
    pub(crate) index: IrqIndex,
    pub(crate) slots: Vec<Slot>,
}

/// `clone_from` keeps what was allocated.
impl Clone for Irqs {
    fn clone(&self) -> Self {
        Self { index: self.index, slots: self.slots.clone() }
    }

    fn clone_from(&mut self, other: &Self) {
        self.index = other.index;
        self.slots.clone_from(&other.slots);
    }
}

impl Irqs {
    pub(crate) fn slot(&self, vector: u32) -> Option<&Slot> {
        self.slots.get(vector as usize).filter(|slot| slot.allocated)
    }
}

/// One vector, as [`Host::vectors`] shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VectorState {
    /// Its number.
    pub vector: u16,
    /// The eventfd of its handler; `None`: no handler is installed.
    pub eventfd: Option<Fd>,
    /// A message waits in the irq descriptor.
    pub pending: bool,
}

/// The host.
#[derive(PartialEq, Eq, Debug)]
pub struct Host {
    profile: HostProfile,
    pub(crate) mode: IrqMode,
    pub(crate) irqs: Option<Irqs>,
    /// The MSI code's copy of MSI Mask Bits.
    pub(crate) msi_mask: u32,
    pub(crate) err: Option<Fd>,
    pub(crate) req: Option<Fd>,
    pub(crate) opened: bool,
    /// Host vectors not taken; none: never short.
    pub(crate) supply: Option<u32>,
    pub(crate) vconfig: config::Virtual,
    /// Most vectors the user may set in Multiple Message Enable, as a power of two: those of the
    /// last MSI enable (`msi_qmax`), which even a close does not forget.
    pub(crate) msi_limit: u8,
    /// Command as the device was opened with; a close gives it back.
    pub(crate) command_at_open: u16,
}

/// `clone_from` keeps what was allocated.
impl Clone for Host {
    fn clone(&self) -> Self {
        let irqs = self.irqs.clone();
        Self { profile: self.profile.clone(), irqs, vconfig: self.vconfig.clone(), ..*self }
    }

    fn clone_from(&mut self, other: &Self) {
        if self.profile != other.profile {
            self.profile.clone_from(&other.profile);
        }
        self.irqs.clone_from(&other.irqs);
        self.vconfig.clone_from(&other.vconfig);
        let Self { profile: _, irqs: _, vconfig: _, mode, msi_mask, err, req, .. } = *other;
        (self.mode, self.msi_mask, self.err, self.req) = (mode, msi_mask, err, req);
        let Self { opened, supply, msi_limit, command_at_open, .. } = *other;
        (self.opened, self.supply) = (opened, supply);
        (self.msi_limit, self.command_at_open) = (msi_limit, command_at_open);
    }
}

/// The profile is left out: hosts that are hashed are mostly one host.
impl Hash for Host {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Self { profile: _, mode, irqs, msi_mask, err, req, opened, supply, .. } = self;
        (mode, irqs, msi_mask, err, req, opened, supply).hash(hasher);
        (&self.vconfig, self.msi_limit, self.command_at_open).hash(hasher);
    }
}

impl Host {
    /// A host with the device closed. One that emulates the device takes no host vectors
    /// (MEDIATED-SUPPLY).
    pub fn new(mut profile: HostProfile) -> Self {
        // MEDIATED-SUPPLY
        if profile.rules.emulated {
            profile.vectors = None;
        }
        Self {
            supply: profile.vectors,
            profile,
            mode: IrqMode::None,
            irqs: None,
            msi_mask: 0,
            err: None,
            req: None,
            opened: false,
            vconfig: config::Virtual::default(),
            msi_limit: 0,
            command_at_open: 0,
        }
    }

    /// Its profile.
    pub fn profile(&self) -> &HostProfile {
        &self.profile
    }

    /// The enabled one of the three exclusive indexes, with INTx's state.
    pub fn mode(&self) -> IrqMode {
        self.mode
    }

    /// Whether the user has the device open.
    pub fn is_open(&self) -> bool {
        self.opened
    }

    /// The allocated vectors of the MSI or MSI-X capability, rising.
    pub fn vectors(&self) -> impl Iterator<Item = VectorState> + '_ {
        let slots = self.irqs.iter().flat_map(|irqs| irqs.slots.iter().enumerate());
        slots.filter(|(_, slot)| slot.allocated).map(|(vector, slot)| VectorState {
            vector: vector as u16,
            eventfd: slot.handler,
            pending: slot.pending.is_some(),
        })
    }

    /// The eventfd of ERR.
    pub fn err(&self) -> Option<Fd> {
        self.err
    }

    /// The eventfd of REQ.
    pub fn req(&self) -> Option<Fd> {
        self.req
    }

    /// Host vectors left; `None`: never short.
    pub fn supply(&self) -> Option<u32> {
        self.supply
    }

    /// Changes what is left of the host vectors. A host that emulates the device takes none.
    pub(crate) fn set_supply(&mut self, supply: Option<u32>) {
        if !self.profile.rules.emulated {
            self.supply = supply;
        }
    }

    /// The user set Interrupt Disable in the virtual Command register.
    pub fn intx_disabled(&self) -> bool {
        self.vconfig.intx_disabled
    }

    /// Number of vectors of an index (`vfio_pci_get_irq_count`).
    pub fn count(&self, function: &Function, index: IrqIndex) -> u32 {
        match index {
            // INFO-INTX-COUNT, INFO-MSI-COUNT, INFO-MSIX-COUNT; INFO-ZERO: 0 without it.
            IrqIndex::Intx => u32::from(virtual_pin(function) != 0),
            IrqIndex::Msi => function.msi().map_or(0, |msi| u32::from(msi.vectors())),
            IrqIndex::Msix => function.msix().map_or(0, |msix| u32::from(msix.vectors())),
            // ERR-REQ-CONVENTIONAL: with count 0, every request fails by SET-RANGE.
            IrqIndex::Err => u32::from(self.has_err(function)),
            IrqIndex::Req => 1,
        }
    }

    /// Whether the function has the ERR index.
    pub(crate) fn has_err(&self, function: &Function) -> bool {
        function.is_express() || self.profile.rules.err_on_conventional
    }

    /// Whether vectors can be added to this index while it is enabled.
    pub fn can_grow(&self, index: IrqIndex) -> bool {
        match index {
            // NORESIZE-MSIX, NORESIZE-MSI, MEDIATED-FLAGS; NORESIZE-FIXED: of host and
            // index, not of what was done.
            IrqIndex::Msix => self.profile.rules.dynamic_msix,
            IrqIndex::Msi => self.profile.rules.emulated,
            _ => false,
        }
    }

    /// What GET_IRQ_INFO says of an index the function has. INFO-NO-STATE: whatever is enabled.
    /// MEDIATED-FLAGS: by the host.
    pub(crate) fn info(&self, function: &Function, index: IrqIndex) -> IrqInfo {
        // INFO-EVENTFD: every index has it.
        // INFO-NO-STATE: neither mode nor vectors are looked at.
        let mut flags = IrqInfoFlags::EVENTFD;
        match index {
            // INFO-MASKABLE, INFO-AUTOMASKED; NORESIZE-INTX: no NORESIZE for INTx.
            IrqIndex::Intx => flags |= IrqInfoFlags::MASKABLE | IrqInfoFlags::AUTOMASKED,
            // A kernel can't add vectors to a capability that is not there, and says so.
            IrqIndex::Msi if function.msi().is_some() && self.can_grow(index) => {}
            IrqIndex::Msix if function.msix().is_some() && self.can_grow(index) => {}
            // INFO-NORESIZE; NORESIZE-OLD: 6.1 sets it on both.
            _ => flags |= IrqInfoFlags::NORESIZE,
        }
        IrqInfo { flags: flags.bits(), index: index.raw(), count: self.count(function, index) }
    }
}

/// The Interrupt Pin the user sees: 0 for a VF whatever the register says (PCIe 9.3.4.1.14).
/// INTX-PIN-HIDDEN.
pub(crate) fn virtual_pin(function: &Function) -> u8 {
    // INTX-VF
    if function.is_vf() { 0 } else { function.pin() }
}
