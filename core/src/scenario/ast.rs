//! What a scenario's lines say, as values.
//!
//! Everything a canonical line can say is here, nothing else; positions ([`Span`]) ride along for
//! messages and never take part in comparison.

use alloc::string::String;
use alloc::vec::Vec;

use crate::device::{Moment, Stimulus};
use crate::errno::Errno;
use crate::guest::GuestCall;
use crate::pci::{MsiSpec, WhenOff};

/// Where something stands in its line: column from 1 and length, in characters.
///
/// Any two are equal: two scenarios are the same if they say the same, wherever it stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// First column, from 1; 0 when the line was never text.
    pub column: u32,
    /// Length in characters.
    pub length: u32,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

/// A value and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct At<T> {
    /// What is said.
    pub what: T,
    /// Where.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub at: Span,
}

impl<T> From<T> for At<T> {
    fn from(what: T) -> Self {
        Self { what, at: Span::default() }
    }
}

/// One line: a statement, a comment, both, or neither.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Line {
    /// What the line does.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub statement: Option<Statement>,
    /// What follows `#`, without white space at the end.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub comment: Option<String>,
}

/// What a line does.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Statement {
    /// Says what the function is.
    Function(FunctionLine),
    /// Bytes of the config space that `function config` announced.
    ConfigRow(ConfigRow),
    /// Says what the host is.
    Host(HostLine),
    /// Does something.
    Step(StepLine),
}

/// `function [PROFILE] OPTION…`
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct FunctionLine {
    /// Built-in profile to start from; without, a function that has nothing yet. `config`: the
    /// function that the rows below have the config space of.
    pub profile: Option<At<String>>,
    /// What differs from it, each kind at most once.
    pub options: Vec<At<FunctionOption>>,
}

/// `00: 86 80 d3 10 …`, a row as `lspci -xxx` prints it: bytes of config space from an offset on.
/// What no row says is zero.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ConfigRow {
    /// Offset of the first byte, below 0x1000.
    pub offset: At<u16>,
    /// 1 to 16 bytes.
    pub bytes: Vec<At<u8>>,
}

/// One property of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum FunctionOption {
    /// `intx`, `intx=b`, `intx=no`: the Interrupt Pin, 0 to 4.
    Intx(u8),
    /// `msi=4,wide,maskable`, `msi=no`.
    Msi(Option<MsiSpec>),
    /// `msix=8,table=0+0x2000,pba=0+0x3000`, `msix=no`.
    Msix(Option<MsixOption>),
    /// `vf`, `vf=no`.
    Vf(bool),
    /// `express`, `express=no`.
    Express(bool),
    /// `intx-status=no`: Interrupt Disable and Status don't work.
    IntxStatus(bool),
    /// `reset=no`: the host has no way to reset the function.
    Reset(bool),
    /// `when-off=divert`, `drop` or `hold`.
    WhenOff(WhenOff),
    /// `msi-at=0x50`: where in config space the MSI capability lies.
    MsiAt(u16),
    /// `msix-at=0x70`.
    MsixAt(u16),
    /// `express-at=0xa0`.
    ExpressAt(u16),
    /// `id=8086:10d3`: vendor and device.
    Id(u16, u16),
    /// `class=020000`: 24 bits.
    Class(u32),
    /// `name="…"`.
    Name(String),
}

/// An MSI-X capability; table and pending bit array find a place of their own if none is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MsixOption {
    /// Table size.
    pub vectors: u16,
    /// BAR and offset of the table.
    pub table: Option<(u8, u32)>,
    /// BAR and offset of the pending bit array.
    pub pba: Option<(u8, u32)>,
}

/// `host PROFILE [vectors=N] [remapping=no]`
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct HostLine {
    /// A built-in profile.
    pub profile: At<String>,
    /// How many vectors the host can still give.
    pub vectors: Option<u32>,
    /// Whether interrupt remapping is on: without it, one MSI vector is all there is.
    pub remapping: Option<bool>,
}

/// `[meanwhile] ACTION [xN] [-> EXPECTATION…] [{ after "STEP" [#N]: STIMULUS [xN]; … }]`
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct StepLine {
    /// It may as well happen anywhere below: what `explore` asks about.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "core::ops::Not::not"))]
    pub meanwhile: bool,
    /// What is done.
    pub action: At<Action>,
    /// How many times in a row, at least 1.
    pub times: u32,
    /// What should come of it.
    pub expect: Vec<At<Expect>>,
    /// What the device does meanwhile.
    pub moments: Vec<At<Injection>>,
}

impl StepLine {
    /// A step that is done once, here, with nothing expected.
    pub fn of(action: Action) -> Self {
        let action = At::from(action);
        Self { meanwhile: false, action, times: 1, expect: Vec::new(), moments: Vec::new() }
    }
}

/// What a step does.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Action {
    /// `open`: the device.
    Open,
    /// `close`: the device.
    Close,
    /// `reset`: VFIO_DEVICE_RESET.
    Reset,
    /// `set_irqs …`: VFIO_DEVICE_SET_IRQS.
    SetIrqs(SetIrqs),
    /// `irq_info INDEX [argsz=N]`: VFIO_DEVICE_GET_IRQ_INFO.
    IrqInfo {
        /// Raw index.
        index: u32,
        /// `argsz` in place of 16.
        argsz: Option<u32>,
    },
    /// `config read OFFSET WIDTH`: pread of a region.
    RegionRead {
        /// Region index: 0 to 5 are BARs, 7 is config space.
        region: u32,
        /// Offset in the region.
        offset: u64,
        /// Bytes to read.
        width: u32,
    },
    /// `config write OFFSET WIDTH VALUE`: pwrite of a region.
    RegionWrite {
        /// Region index.
        region: u32,
        /// Offset in the region.
        offset: u64,
        /// What to write.
        data: WriteData,
    },
    /// `fire N`, `assert intx`, `deassert intx`, `error`, `request`, `vectors N`.
    Stimulate(Stimulus),
    /// `eventfd NAME…`: makes eventfds.
    Eventfd(Vec<Names>),
    /// `plainfd NAME…`: makes descriptors that are no eventfds.
    Plainfd(Vec<Names>),
    /// `read FD`.
    ReadFd(FdRef),
    /// `write FD VALUE`.
    WriteFd(FdRef, u64),
    /// `close FD`.
    CloseFd(FdRef),
    /// `irqfd FD gsi N …`, `eoi N`, `guest N`.
    Guest(GuestCall<FdRef>),
    /// `ledger`: nothing happens, the counts are compared.
    Ledger,
}

impl Action {
    /// The names it makes descriptors for, where there are none yet, and whether they are eventfds.
    pub(crate) fn makes(&self) -> (Vec<&Names>, bool) {
        match self {
            Self::Eventfd(all) => (all.iter().collect(), true),
            Self::Plainfd(all) => (all.iter().collect(), false),
            Self::SetIrqs(SetIrqs { data: Data::Eventfd(Some(items)), .. }) => {
                let names = items.iter().filter_map(|item| match &item.what {
                    FdRefs::Names(names) => Some(names),
                    FdRefs::Number(_) | FdRefs::Closed => None,
                });
                (names.collect(), true)
            }
            _ => (Vec::new(), true),
        }
    }

    /// Whether it can be left to happen later (`meanwhile`): what makes a name or is nothing but a
    /// place can't.
    pub fn can_wait(&self) -> bool {
        !matches!(self, Self::Open | Self::Eventfd(_) | Self::Plainfd(_) | Self::Ledger)
    }

    /// Whether it is a call to the host, inside which a moment can lie.
    pub fn is_call(&self) -> bool {
        match self {
            Self::Open
            | Self::Close
            | Self::Reset
            | Self::SetIrqs(_)
            | Self::IrqInfo { .. }
            | Self::RegionRead { .. }
            | Self::RegionWrite { .. } => true,
            Self::Stimulate(_)
            | Self::Eventfd(_)
            | Self::Plainfd(_)
            | Self::ReadFd(_)
            | Self::WriteFd(..)
            | Self::CloseFd(_)
            | Self::Guest(_)
            | Self::Ledger => false,
        }
    }
}

/// `set_irqs INDEX ACTION DATA START[+COUNT] [LIST] [argsz=N] [flags=N] [data=HEX]`
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct SetIrqs {
    /// Raw index.
    pub index: u32,
    /// The action flag.
    pub action: SetAction,
    /// The data flag and the data.
    pub data: Data,
    /// First vector.
    pub start: u32,
    /// Number of vectors; `None`: as many as the list has items.
    pub count: Option<u32>,
    /// `argsz` in place of 20 and the size of the data.
    pub argsz: Option<u32>,
    /// `flags` in place of what the words say.
    pub flags: Option<u32>,
    /// Bytes in place of the list's.
    pub bytes: Option<Vec<u8>>,
}

/// One of the three action flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum SetAction {
    /// VFIO_IRQ_SET_ACTION_MASK.
    Mask,
    /// VFIO_IRQ_SET_ACTION_UNMASK.
    Unmask,
    /// VFIO_IRQ_SET_ACTION_TRIGGER.
    Trigger,
}

/// One of the three data flags, with the list if the line has one.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Data {
    /// VFIO_IRQ_SET_DATA_NONE.
    None,
    /// VFIO_IRQ_SET_DATA_BOOL: one byte a vector.
    Bool(Option<Vec<Item<u8>>>),
    /// VFIO_IRQ_SET_DATA_EVENTFD: one descriptor a vector.
    Eventfd(Option<Vec<Item<FdRefs>>>),
}

/// An item of a list, `times` in a row.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Item<T> {
    /// What.
    pub what: T,
    /// How many times, at least 1.
    pub times: u32,
}

/// One name, or a row of numbered names.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Names {
    /// `a`
    One(String),
    /// `v0..v7`
    Range {
        /// What the names have in common.
        stem: String,
        /// First number.
        first: u32,
        /// Last number, not below the first.
        last: u32,
    },
}

/// A file descriptor of the user.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum FdRef {
    /// A name of the scenario.
    Name(String),
    /// A raw number.
    Number(i32),
    /// A number that is not open.
    Closed,
}

/// File descriptors in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum FdRefs {
    /// Names of the scenario.
    Names(Names),
    /// A raw number.
    Number(i32),
    /// A number that is not open.
    Closed,
}

/// What a region write writes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum WriteData {
    /// A little-endian number of `width` bytes, 0 to 8.
    Value {
        /// Bytes.
        width: u32,
        /// Value; fits in the width.
        value: u64,
    },
    /// Bytes as they lie in memory.
    Bytes(Vec<u8>),
}

/// What should come of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Expect {
    /// 0 of a call that gives no value; else the value read, compared where `care` has ones.
    Value {
        /// Expected bits.
        value: u64,
        /// Bits that count, whole hex digits.
        care: u64,
    },
    /// Refused.
    Errno(Errno),
    /// SET_IRQS's positive answer.
    Only(u32),
    /// Bytes read.
    Data(Vec<u8>),
    /// `count` of GET_IRQ_INFO.
    Count(u32),
    /// `flags` of GET_IRQ_INFO.
    Flags(u32),
    /// `a=1`: eventfds read now give this; 0 stands for EAGAIN.
    Counter(Names, u64),
    /// `lost=1`: a count of the ledger.
    Tally(Tally, u32),
}

/// A count of the ledger, see [`Summary`](crate::ledger::Summary).
#[expect(missing_docs, reason = "documented at the field of the same name in Summary")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Tally {
    Causes,
    Signalled,
    Merged,
    Waiting,
    Lost,
    Signals,
}

/// What the device does inside a call.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Injection {
    /// After which micro-step.
    pub moment: Moment,
    /// What.
    pub stimulus: Stimulus,
    /// How many times in a row, at least 1.
    pub times: u32,
}

impl Names {
    /// How many names.
    pub fn len(&self) -> u32 {
        match self {
            Self::One(_) => 1,
            Self::Range { first, last, .. } => last.saturating_sub(*first).saturating_add(1),
        }
    }

    /// Never: a row has at least one name.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Each name.
    pub fn each(&self) -> impl Iterator<Item = String> + '_ {
        let (one, range) = match self {
            Self::One(name) => (Some(name.clone()), None),
            Self::Range { stem, first, last } => {
                (None, Some((*first..=*last).map(move |n| alloc::format!("{stem}{n}"))))
            }
        };
        one.into_iter().chain(range.into_iter().flatten())
    }
}

impl Tally {
    /// All, in the order of [`Summary`](crate::ledger::Summary).
    pub const ALL: [Self; 6] =
        [Self::Causes, Self::Signalled, Self::Merged, Self::Waiting, Self::Lost, Self::Signals];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Causes => "causes",
            Self::Signalled => "signalled",
            Self::Merged => "merged",
            Self::Waiting => "waiting",
            Self::Lost => "lost",
            Self::Signals => "signals",
        }
    }
}

impl SetAction {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Unmask => "unmask",
            Self::Trigger => "trigger",
        }
    }
}
