//! SET_IRQS from raw bytes to a value or an errno.
//!
//! The checks of `vfio_set_irqs_validate_and_prepare` and of the action table in
//! `vfio_pci_set_irqs_ioctl`, in Linux's order; the same in every kernel modelled here. What
//! depends on the state of an index comes later, in [`crate::host`].

use alloc::vec::Vec;

use crate::clause::Refusal;
use crate::device::Fd;
use crate::errno::Errno;
use crate::uapi::{IrqIndex, IrqSetFlags, IrqSetHeader, NUM_IRQS};

/// What the request does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Mask (INTx only).
    Mask,
    /// Unmask (INTx only).
    Unmask,
    /// Set or fire the trigger.
    Trigger,
}

/// The data of a request; its length is `count`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Data {
    /// No data.
    None,
    /// One byte a vector; any value but 0 is true.
    Bool(Vec<u8>),
    /// One descriptor a vector.
    Eventfd(Vec<Fd>),
}

impl Data {
    /// Bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Bool(bytes) => bytes.len(),
            Self::Eventfd(fds) => 4 * fds.len(),
        }
    }
}

/// A well-formed request.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// The index.
    pub index: IrqIndex,
    /// What to do.
    pub action: Action,
    /// First vector; below the index's count. SET-SPAN.
    pub start: u32,
    /// Number of vectors; `start + count` does not exceed the index's count.
    pub count: u32,
    /// With what.
    pub data: Data,
}

/// Bytes of data a vector for the one data type set, or SET-DATA-TYPE.
fn data_size(flags: IrqSetFlags) -> Result<u32, Refusal> {
    match flags & IrqSetFlags::DATA {
        // SET-DATA-NONE, SET-DATA-BOOL, SET-DATA-EVENTFD
        IrqSetFlags::DATA_NONE => Ok(0),
        IrqSetFlags::DATA_BOOL => Ok(1),
        IrqSetFlags::DATA_EVENTFD => Ok(4),
        _ => Err(Refusal::new(Errno::EINVAL, "SET-DATA-TYPE")),
    }
}

fn action(flags: IrqSetFlags, index: IrqIndex) -> Result<Action, Refusal> {
    match (flags & IrqSetFlags::ACTION, index) {
        // SET-ACTIONS
        (IrqSetFlags::ACTION_TRIGGER, _) => Ok(Action::Trigger),
        (IrqSetFlags::ACTION_MASK, IrqIndex::Intx) => Ok(Action::Mask),
        (IrqSetFlags::ACTION_UNMASK, IrqIndex::Intx) => Ok(Action::Unmask),
        _ => Err(Refusal::new(Errno::ENOTTY, "SET-ACTION")),
    }
}

impl Request {
    /// Checks a raw request against `count_of`, the number of vectors of each index.
    pub fn parse(
        header: &IrqSetHeader,
        data: &[u8],
        count_of: impl Fn(IrqIndex) -> u32,
    ) -> Result<Self, Refusal> {
        let invalid = |clause| Refusal::new(Errno::EINVAL, clause);
        if header.argsz < IrqSetHeader::SIZE {
            return Err(invalid("SET-ARGSZ"));
        }
        let Some(index) = IrqIndex::from_raw(header.index) else {
            debug_assert!(header.index >= NUM_IRQS, "every index below five is known");
            return Err(invalid("SET-INDEX"));
        };
        if header.count >= u32::MAX - header.start {
            return Err(invalid("SET-OVERFLOW"));
        }
        let Some(flags) = IrqSetFlags::from_bits(header.flags) else {
            return Err(invalid("SET-FLAGS"));
        };
        let vectors = count_of(index);
        if header.start >= vectors || header.start + header.count > vectors {
            return Err(invalid("SET-RANGE"));
        }
        let size = data_size(flags)?;
        // No overflow: count is at most 2,048 here.
        let wanted = header.count * size;
        if header.argsz - IrqSetHeader::SIZE < wanted {
            return Err(invalid("SET-DATA-SIZE"));
        }
        let Some(bytes) = data.get(..wanted as usize) else {
            return Err(Refusal::new(Errno::EFAULT, "SET-DATA-FAULT"));
        };
        let data = match size {
            0 => Data::None,
            1 => Data::Bool(bytes.to_vec()),
            _ => Data::Eventfd(
                bytes
                    .chunks_exact(4)
                    .map(|fd| Fd::from_le_bytes([fd[0], fd[1], fd[2], fd[3]]))
                    .collect(),
            ),
        };
        let action = action(flags, index)?;
        Ok(Self { index, action, start: header.start, count: header.count, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: IrqSetHeader =
        IrqSetHeader { argsz: 24, flags: 0x24, index: 2, start: 1, count: 1 };

    fn parse(header: IrqSetHeader) -> Result<Request, Refusal> {
        Request::parse(&header, &[3, 0, 0, 0], |index| match index {
            IrqIndex::Msix => 4,
            IrqIndex::Intx => 1,
            _ => 0,
        })
    }

    #[test]
    fn valid_request_parses() {
        let request = parse(VALID).expect("valid");
        assert_eq!(request.data, Data::Eventfd(alloc::vec![3]));
        assert_eq!((request.start, request.count, request.action), (1, 1, Action::Trigger));
    }

    /// Each later fault is present too, so the table also fixes the order of the checks.
    #[test]
    fn faults_answer_in_linux_order() {
        let all_bad =
            IrqSetHeader { argsz: 19, flags: 0xff, index: 5, start: 9, count: u32::MAX - 9 };
        let cases: [(IrqSetHeader, Errno, &str); 8] = [
            (all_bad, Errno::EINVAL, "SET-ARGSZ"),
            (IrqSetHeader { argsz: 20, ..all_bad }, Errno::EINVAL, "SET-INDEX"),
            (IrqSetHeader { argsz: 20, index: 2, ..all_bad }, Errno::EINVAL, "SET-OVERFLOW"),
            (IrqSetHeader { argsz: 20, index: 2, count: 1, ..all_bad }, Errno::EINVAL, "SET-FLAGS"),
            (
                IrqSetHeader { argsz: 20, flags: 0x3f, index: 2, start: 4, count: 0 },
                Errno::EINVAL,
                "SET-RANGE",
            ),
            (
                IrqSetHeader { argsz: 20, flags: 0x3f, index: 2, start: 3, count: 1 },
                Errno::EINVAL,
                "SET-DATA-TYPE",
            ),
            (
                IrqSetHeader { argsz: 23, flags: 0x3c, index: 2, start: 3, count: 1 },
                Errno::EINVAL,
                "SET-DATA-SIZE",
            ),
            (
                IrqSetHeader { argsz: 24, flags: 0x3c, index: 2, start: 3, count: 1 },
                Errno::ENOTTY,
                "SET-ACTION",
            ),
        ];
        for (header, errno, clause) in cases {
            assert_eq!(parse(header), Err(Refusal::new(errno, clause)), "{header:?}");
        }
    }

    #[test]
    fn data_beyond_readable_memory_is_efault() {
        let header = IrqSetHeader { argsz: 28, start: 0, count: 2, ..VALID };
        assert_eq!(parse(header), Err(Refusal::new(Errno::EFAULT, "SET-DATA-FAULT")));
    }

    #[test]
    fn mask_action_exists_for_intx_only() {
        let intx = IrqSetHeader { argsz: 20, flags: 0x9, index: 0, start: 0, count: 1 };
        assert_eq!(parse(intx).map(|request| request.action), Ok(Action::Mask));
        let msix = IrqSetHeader { index: 2, ..intx };
        assert_eq!(parse(msix), Err(Refusal::new(Errno::ENOTTY, "SET-ACTION")));
    }
}
