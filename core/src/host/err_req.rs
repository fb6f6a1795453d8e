//! ERR and REQ: one trigger each, independent of the other indexes.
//!
//! Models `vfio_pci_set_ctx_trigger_single` of vfio_pci_intrs.c and its two callers, whose check of
//! the range no request reaches: SET-RANGE comes first.

use alloc::vec;
use alloc::vec::Vec;

use crate::clause::Refusal;
use crate::device::Answer;
use crate::errno::Errno;
use crate::eventfd::Fds;
use crate::host::Host;
use crate::host::intx::lookup;
use crate::host::op::Op;
use crate::request::{Data, Request};
use crate::uapi::IrqIndex;

const DONE: Op = Op::Finish(Ok(Answer::Done));

impl Host {
    /// The work of an ERR or REQ request.
    pub(crate) fn start_err_req(&self, fds: &Fds, request: &Request) -> Result<Vec<Op>, Refusal> {
        let invalid = |clause| Refusal::new(Errno::EINVAL, clause);
        let index = request.index;
        let trigger = if index == IrqIndex::Err { self.err } else { self.req };
        if request.start != 0 || request.count > 1 {
            return Err(invalid("ERR-REQ-SHAPE"));
        }
        let loopback = || vec![Op::LoopbackErrReq { index }, DONE];
        match &request.data {
            Data::None if trigger.is_none() => Err(invalid("ERR-REQ-NO-TRIGGER")),
            // ERR-REQ-SIGNAL
            Data::None if request.count == 0 => Ok(vec![Op::SetTrigger { index, fd: None }, DONE]),
            Data::None => Ok(loopback()),
            _ if request.count == 0 => Err(invalid("ERR-REQ-COUNT")),
            // ERR-REQ-BOOL
            Data::Bool(bytes) if bytes[0] == 0 || trigger.is_none() => Ok(vec![DONE]),
            Data::Bool(_) => Ok(loopback()),
            Data::Eventfd(wanted) => match wanted[0] {
                -1 => Ok(vec![Op::SetTrigger { index, fd: None }, DONE]),
                // ERR-REQ-REPLACE: looked up first.
                fd if fd >= 0 => {
                    lookup(fds, fd)?;
                    Ok(vec![Op::SetTrigger { index, fd: Some(fd) }, DONE])
                }
                _ if self.profile.rules.err_req_strict_negative => {
                    Err(invalid("ERR-REQ-NEGATIVE-FD"))
                }
                _ => Ok(vec![DONE]),
            },
        }
    }
}
