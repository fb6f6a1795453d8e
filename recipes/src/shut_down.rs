//! The end.

use std::fs::File;
use std::io::Read;
use std::os::fd::{BorrowedFd, OwnedFd};

use crate::base::{NotDone, disable};

// ANCHOR: shut_down
/// Disables an index and closes its eventfds: gives what they had counted and nobody had read.
///
/// Before: mask the interrupt causes in the device's own registers, and take the eventfds away from
/// KVM. An index that is off already is no error. An error leaves everything as it was.
pub fn shut_down(
    device: BorrowedFd<'_>,
    index: u32,
    fds: &mut Vec<OwnedFd>,
) -> Result<u64, NotDone> {
    disable(device, index)?;
    // INTx, MSI and MSI-X signal no more: these counts are the last. ERR and REQ may signal once
    // more, which nobody reads.
    let mut left = 0;
    for fd in fds.drain(..) {
        let mut count = [0; 8];
        if let Ok(8) = File::from(fd).read(&mut count) {
            left += u64::from_ne_bytes(count);
        }
    }
    Ok(left)
}
// ANCHOR_END: shut_down
