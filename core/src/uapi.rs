//! The numbers and structures of `include/uapi/linux/vfio.h` that concern interrupts.
//!
//! Own constants because the `vfio-bindings` crate does not compile for wasm32; the native crate
//! asserts that ours equal its.

use alloc::vec::Vec;
use core::fmt;

/// Number of IRQ indexes of a vfio-pci device (`VFIO_PCI_NUM_IRQS`).
pub const NUM_IRQS: u32 = 5;

/// `VFIO_PCI_CONFIG_REGION_INDEX`: the region that shows config space; BARs are regions 0 to 5.
pub const CONFIG_REGION: u32 = 7;

/// An IRQ index of vfio-pci (`VFIO_PCI_*_IRQ_INDEX`): INFO-MAPPING.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[repr(u32)]
pub enum IrqIndex {
    /// Legacy pin interrupt.
    Intx = 0,
    /// MSI capability.
    Msi = 1,
    /// MSI-X capability.
    Msix = 2,
    /// PCIe error notification.
    Err = 3,
    /// Device-release request.
    Req = 4,
}

impl IrqIndex {
    /// All five, in index order.
    pub const ALL: [Self; 5] = [Self::Intx, Self::Msi, Self::Msix, Self::Err, Self::Req];

    /// The index with this number, if vfio-pci has it.
    pub fn from_raw(index: u32) -> Option<Self> {
        Self::ALL.get(index as usize).copied()
    }

    /// The number in the uAPI.
    pub fn raw(self) -> u32 {
        self as u32
    }

    /// The word scenarios, files and chapters use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Intx => "intx",
            Self::Msi => "msi",
            Self::Msix => "msix",
            Self::Err => "err",
            Self::Req => "req",
        }
    }

    /// The index a word of the scenario language names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|index| index.word() == word)
    }
}

impl fmt::Display for IrqIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Intx => "INTx",
            Self::Msi => "MSI",
            Self::Msix => "MSI-X",
            Self::Err => "ERR",
            Self::Req => "REQ",
        })
    }
}

bitflags::bitflags! {
    /// `struct vfio_irq_info.flags`.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub struct IrqInfoFlags: u32 {
        /// Signals by eventfd (`VFIO_IRQ_INFO_EVENTFD`).
        const EVENTFD = 1;
        /// Supports the mask and unmask actions (`VFIO_IRQ_INFO_MASKABLE`).
        const MASKABLE = 2;
        /// Masked by the host when signalled (`VFIO_IRQ_INFO_AUTOMASKED`).
        const AUTOMASKED = 4;
        /// Vectors can't be added to an enabled index (`VFIO_IRQ_INFO_NORESIZE`).
        const NORESIZE = 8;
    }
}

bitflags::bitflags! {
    /// `struct vfio_irq_set.flags`.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub struct IrqSetFlags: u32 {
        /// No data (`VFIO_IRQ_SET_DATA_NONE`).
        const DATA_NONE = 1;
        /// One byte a vector (`VFIO_IRQ_SET_DATA_BOOL`).
        const DATA_BOOL = 2;
        /// One i32 file descriptor a vector (`VFIO_IRQ_SET_DATA_EVENTFD`).
        const DATA_EVENTFD = 4;
        /// The mask action (`VFIO_IRQ_SET_ACTION_MASK`).
        const ACTION_MASK = 8;
        /// The unmask action (`VFIO_IRQ_SET_ACTION_UNMASK`).
        const ACTION_UNMASK = 16;
        /// The trigger action (`VFIO_IRQ_SET_ACTION_TRIGGER`).
        const ACTION_TRIGGER = 32;
    }
}

impl IrqSetFlags {
    /// The three data types.
    pub const DATA: Self = Self::DATA_NONE.union(Self::DATA_BOOL).union(Self::DATA_EVENTFD);
    /// The three actions.
    pub const ACTION: Self =
        Self::ACTION_MASK.union(Self::ACTION_UNMASK).union(Self::ACTION_TRIGGER);
}

/// What VFIO_DEVICE_GET_IRQ_INFO answers (`struct vfio_irq_info`): INFO-FIELDS.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct IrqInfo {
    /// Raw flags, see [`IrqInfoFlags`].
    pub flags: u32,
    /// The index asked for.
    pub index: u32,
    /// Number of vectors of the index.
    pub count: u32,
}

impl IrqInfo {
    /// Size of `struct vfio_irq_info` in bytes: the least `argsz` the ioctl accepts.
    pub const SIZE: u32 = 16;
}

/// The fixed part of `struct vfio_irq_set`, any values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct IrqSetHeader {
    /// Size of header and data in bytes, as the user claims it.
    pub argsz: u32,
    /// Raw flags, see [`IrqSetFlags`].
    pub flags: u32,
    /// IRQ index.
    pub index: u32,
    /// First vector.
    pub start: u32,
    /// Number of vectors.
    pub count: u32,
}

impl IrqSetHeader {
    /// Size in bytes: the least `argsz` the ioctl accepts.
    pub const SIZE: u32 = 20;

    /// The header's bytes, in the little-endian order of the machines modelled here.
    pub fn to_bytes(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let fields = [self.argsz, self.flags, self.index, self.start, self.count];
        for (place, field) in bytes.chunks_exact_mut(4).zip(fields) {
            place.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    /// The header at the front of these bytes, if there are twenty.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = [0; 5];
        for (field, place) in fields.iter_mut().zip(bytes.get(..20)?.chunks_exact(4)) {
            *field = u32::from_le_bytes(place.try_into().ok()?);
        }
        let [argsz, flags, index, start, count] = fields;
        Some(Self { argsz, flags, index, start, count })
    }
}

/// The data behind a `DATA_EVENTFD` header.
pub fn eventfd_data(fds: &[i32]) -> Vec<u8> {
    fds.iter().flat_map(|fd| fd.to_le_bytes()).collect()
}
