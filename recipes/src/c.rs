//! The recipes in C behind the same face: numbers become values, and nothing else is added.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

use crate::add::Added;
use crate::base::NotDone;
use crate::kvm::Intx;
use crate::recipes::{Enabled, Recipes};

unsafe extern "C" {
    fn irq_disable(device: i32, index: u32) -> i32;
    fn irq_enable(device: i32, index: u32, n: u32, fds: *mut i32, can: *mut u32) -> i32;
    fn irq_enable_some(
        device: i32,
        index: u32,
        least: u32,
        most: u32,
        fds: *mut i32,
        got: *mut u32,
    ) -> i32;
    fn irq_fall_back(
        device: i32,
        least: u32,
        most: u32,
        fds: *mut i32,
        index: *mut u32,
        got: *mut u32,
    ) -> i32;
    fn irq_add(device: i32, index: u32, live: u32, fds: *mut i32, look: *mut bool) -> i32;
    fn irq_enable_ahead(
        device: i32,
        index: u32,
        n: u32,
        all: u32,
        fds: *mut i32,
        can: *mut u32,
    ) -> i32;
    fn irq_arm(device: i32, index: u32, vector: u32, fd: *mut i32) -> i32;
    fn irq_leave_intx(
        device: i32,
        intx: *mut i32,
        index: u32,
        n: u32,
        fds: *mut i32,
        can: *mut u32,
    ) -> i32;
    fn irq_intx_to_kvm(device: i32, vm: i32, gsi: u32, fds: *mut i32) -> i32;
    fn irq_intx_from_kvm(device: i32, vm: i32, gsi: u32, fds: *mut i32) -> i32;
    fn irq_shut_down(device: i32, index: u32, n: u32, fds: *mut i32, left: *mut u64) -> i32;
}

/// The recipes in C.
#[derive(Clone, Copy, Debug)]
pub struct C;

/// Room for the descriptors of any index.
const ROOM: usize = 2048;

/// What C returned: 0 or −errno, and nothing else.
fn done(ret: i32) -> Result<(), NotDone> {
    assert!(ret <= 0, "a number above 0 is neither");
    if ret == 0 {
        return Ok(());
    }
    let error = io::Error::from_raw_os_error(-ret);
    Err(if -ret == libc::ENOTRECOVERABLE { NotDone::Off(error) } else { error.into() })
}

/// The same, with how many can be had.
fn enabled(ret: i32, can: u32) -> Result<(), NotDone> {
    match done(ret) {
        Err(why) if why.is(libc::ENOSPC) && can > 0 => Err(NotDone::Only(can)),
        done => done,
    }
}

/// A descriptor C has opened and handed over; −1 is none.
fn own(fd: i32) -> Option<OwnedFd> {
    // SAFETY: it was made for us, and C has no other use for it.
    (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}

fn own_all(fds: &[i32]) -> Vec<OwnedFd> {
    fds.iter().filter_map(|fd| own(*fd)).collect()
}

/// Descriptors handed to C, with room behind them.
fn lend(fds: &mut Vec<OwnedFd>) -> Vec<i32> {
    let mut room: Vec<i32> = fds.drain(..).map(IntoRawFd::into_raw_fd).collect();
    room.resize(ROOM, -1);
    room
}

// SAFETY, for every call below: descriptors are numbers, and each pointer leads to as many as the
// function may write.
impl Recipes for C {
    fn language(&self) -> &'static str {
        "c"
    }

    fn disable(&self, device: BorrowedFd<'_>, index: u32) -> Result<(), NotDone> {
        done(unsafe { irq_disable(device.as_raw_fd(), index) })
    }

    fn enable(&self, device: BorrowedFd<'_>, index: u32, n: u32) -> Enabled {
        let (mut fds, mut can) = (vec![-1; ROOM], 0);
        let fd = device.as_raw_fd();
        let ret = unsafe { irq_enable(fd, index, n, fds.as_mut_ptr(), &raw mut can) };
        enabled(ret, can)?;
        Ok(own_all(&fds[..n as usize]))
    }

    fn enable_some(&self, device: BorrowedFd<'_>, index: u32, least: u32, most: u32) -> Enabled {
        let (mut fds, mut got) = (vec![-1; ROOM], 0);
        let (fd, room) = (device.as_raw_fd(), fds.as_mut_ptr());
        done(unsafe { irq_enable_some(fd, index, least, most, room, &raw mut got) })?;
        Ok(own_all(&fds[..got as usize]))
    }

    fn fall_back(
        &self,
        device: BorrowedFd<'_>,
        least: u32,
        most: u32,
    ) -> Result<(u32, Vec<OwnedFd>), NotDone> {
        let (mut fds, mut index, mut got) = (vec![-1; ROOM], 0, 0);
        let (fd, room) = (device.as_raw_fd(), fds.as_mut_ptr());
        done(unsafe { irq_fall_back(fd, least, most, room, &raw mut index, &raw mut got) })?;
        Ok((index, own_all(&fds[..got as usize])))
    }

    fn add(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        fds: &mut Vec<OwnedFd>,
    ) -> Result<Added, NotDone> {
        let (live, mut look) = (fds.len() as u32, false);
        let mut room = lend(fds);
        let fd = device.as_raw_fd();
        let ret = unsafe { irq_add(fd, index, live, room.as_mut_ptr(), &raw mut look) };
        *fds = own_all(&room);
        done(ret)?;
        Ok(if look { Added::Rebuilt } else { Added::Alone })
    }

    fn enable_ahead(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        n: u32,
        count: u32,
    ) -> Result<Vec<Option<OwnedFd>>, NotDone> {
        let (mut fds, mut can) = (vec![-1; ROOM], 0);
        let (fd, room) = (device.as_raw_fd(), fds.as_mut_ptr());
        let ret = unsafe { irq_enable_ahead(fd, index, n, count, room, &raw mut can) };
        enabled(ret, can)?;
        Ok(fds[..count as usize].iter().map(|fd| own(*fd)).collect())
    }

    fn arm(&self, device: BorrowedFd<'_>, index: u32, vector: u32) -> Result<OwnedFd, NotDone> {
        let mut fd = -1;
        done(unsafe { irq_arm(device.as_raw_fd(), index, vector, &raw mut fd) })?;
        Ok(own(fd).expect("armed with one"))
    }

    fn leave_intx(
        &self,
        device: BorrowedFd<'_>,
        trigger: OwnedFd,
        index: u32,
        n: u32,
    ) -> Result<Vec<OwnedFd>, (OwnedFd, NotDone)> {
        let (mut intx, mut fds, mut can) = (trigger.into_raw_fd(), vec![-1; ROOM], 0);
        let (fd, room) = (device.as_raw_fd(), fds.as_mut_ptr());
        let ret = unsafe { irq_leave_intx(fd, &raw mut intx, index, n, room, &raw mut can) };
        match enabled(ret, can) {
            Ok(()) => Ok(own_all(&fds)),
            Err(why) => Err((own(intx).expect("still the caller's"), why)),
        }
    }

    fn intx_to_kvm(
        &self,
        device: BorrowedFd<'_>,
        vm: BorrowedFd<'_>,
        gsi: u32,
    ) -> Result<Intx, NotDone> {
        let mut fds = [-1; 2];
        let (device, vm) = (device.as_raw_fd(), vm.as_raw_fd());
        done(unsafe { irq_intx_to_kvm(device, vm, gsi, fds.as_mut_ptr()) })?;
        let [trigger, unmask] = fds.map(|fd| own(fd).expect("made"));
        Ok(Intx { trigger, unmask })
    }

    fn intx_from_kvm(
        &self,
        device: BorrowedFd<'_>,
        vm: BorrowedFd<'_>,
        gsi: u32,
        intx: Intx,
    ) -> Result<OwnedFd, (Intx, NotDone)> {
        let mut fds = [intx.trigger.into_raw_fd(), intx.unmask.into_raw_fd()];
        let (device, vm) = (device.as_raw_fd(), vm.as_raw_fd());
        let done = done(unsafe { irq_intx_from_kvm(device, vm, gsi, fds.as_mut_ptr()) });
        let [trigger, unmask] = fds.map(own);
        let trigger = trigger.expect("the caller's");
        match done {
            Ok(()) => Ok(trigger),
            Err(why) => Err((Intx { trigger, unmask: unmask.expect("the caller's") }, why)),
        }
    }

    fn shut_down(
        &self,
        device: BorrowedFd<'_>,
        index: u32,
        fds: &mut Vec<OwnedFd>,
    ) -> Result<u64, NotDone> {
        let n = fds.len() as u32;
        let (mut room, mut left) = (lend(fds), 0);
        let fd = device.as_raw_fd();
        let ret = unsafe { irq_shut_down(fd, index, n, room.as_mut_ptr(), &raw mut left) };
        *fds = own_all(&room);
        done(ret).map(|()| left)
    }
}
