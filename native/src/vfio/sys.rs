//! Every unsafe block of the native backend: ioctls, descriptors they return, mapped memory, this
//! thread's place among others.
//!
//! An ioctl's argument may claim to be longer than it is (that is what scenarios are for), so each
//! is placed right before a page nothing can access: the kernel finds what is there and no more,
//! and answers EFAULT beyond, as it would for a program that ends there.
//!
//! What callers promise, and this file can't see: requests are those of `numbers`, each given to
//! the function for its kind of argument, and the only address in an argument is a `DmaMemory`'s,
//! which the device's owner keeps as long as the way to the device.

#![expect(unsafe_code, reason = "the kernel's interface is ioctls and mapped memory")]

use std::ffi::c_void;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;

use rustix::io::Result;
use rustix::ioctl::{self, Ioctl, IoctlOutput, Opcode};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap, mmap_anonymous, mprotect, munmap};

/// Smallest mapping; a page or a few on every machine Linux runs on.
const PAGE: usize = 1 << 16;

/// An ioctl by number, with whatever it answers.
struct Raw {
    request: Opcode,
    argument: *mut c_void,
}

// SAFETY: `argument` is a number the request takes as it is, or points to memory of a `Guarded`,
// which ends at a page without access: the kernel can't reach beyond it. Every value of the
// answer is an `i32`.
unsafe impl Ioctl for Raw {
    type Output = i32;
    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        self.request
    }

    fn as_ptr(&mut self) -> *mut c_void {
        self.argument
    }

    unsafe fn output_from_ptr(out: IoctlOutput, _: *mut c_void) -> Result<i32> {
        Ok(out)
    }
}

/// An ioctl whose argument is a number.
pub(super) fn ioctl_number(fd: BorrowedFd<'_>, request: u32, argument: usize) -> Result<i32> {
    let raw = Raw { request, argument: std::ptr::without_provenance_mut(argument) };
    // SAFETY: the request takes a number, not a pointer.
    unsafe { ioctl::ioctl(fd, raw) }
}

/// Lets every other thread of this CPU go first, from now on, if it can be had.
pub(super) fn give_way() {
    // The kernel's struct sched_param; libcs have longer ones.
    let priority: libc::c_int = 0;
    // SAFETY: the kernel reads a number of ours and keeps nothing of it. (Not by the function of
    // that name: musl's refuses.)
    unsafe {
        libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_IDLE, &raw const priority);
    }
}

/// Memory for ioctl arguments that ends at a page without access.
#[derive(Debug)]
pub(super) struct Guarded {
    memory: Memory,
    len: usize,
}

impl Guarded {
    pub(super) fn new(len: usize) -> Result<Self> {
        let len = len.max(1).next_multiple_of(PAGE);
        let memory = Memory::anonymous(len + PAGE)?;
        // SAFETY: the last page of our own mapping, which nobody has a reference into.
        unsafe {
            mprotect(memory.start.as_ptr().add(len).cast(), PAGE, MprotectFlags::empty())?;
        }
        Ok(Self { memory, len })
    }

    /// An ioctl whose argument are these bytes; the kernel may change them.
    pub(super) fn ioctl(
        &mut self,
        fd: BorrowedFd<'_>,
        request: u32,
        bytes: &mut [u8],
    ) -> Result<i32> {
        if bytes.len() > self.len {
            *self = Self::new(bytes.len())?;
        }
        // SAFETY: the bytes' place lies in our mapping, right before its last page.
        unsafe {
            let place = self.memory.start.as_ptr().add(self.len - bytes.len());
            place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            let answer = ioctl::ioctl(fd, Raw { request, argument: place.cast() });
            place.copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len());
            answer
        }
    }

    /// The same for an ioctl that makes a descriptor.
    pub(super) fn ioctl_descriptor(
        &mut self,
        fd: BorrowedFd<'_>,
        request: u32,
        bytes: &mut [u8],
    ) -> Result<OwnedFd> {
        let made = self.ioctl(fd, request, bytes)?;
        // SAFETY: the kernel has just made it for us; nobody else knows it.
        Ok(unsafe { OwnedFd::from_raw_fd(made) })
    }
}

/// A mapping of ours, unmapped when dropped.
#[derive(Debug)]
struct Memory {
    start: NonNull<u8>,
    len: usize,
}

impl Memory {
    fn anonymous(len: usize) -> Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at an address the kernel chooses.
        let start =
            unsafe { mmap_anonymous(std::ptr::null_mut(), len, access, MapFlags::PRIVATE)? };
        Ok(Self { start: NonNull::new(start.cast()).expect("a mapping is not at 0"), len })
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: ours, and nobody has a reference into it.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "our own mapping");
    }
}

/// Part of a region, mapped: what the function really holds there.
#[derive(Debug)]
pub(super) struct Mapping(Memory);

impl Mapping {
    /// Maps `len` bytes (whole pages) of a device's descriptor.
    pub(super) fn new(fd: BorrowedFd<'_>, offset: u64, len: usize) -> Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at an address the kernel chooses.
        let start =
            unsafe { mmap(std::ptr::null_mut(), len, access, MapFlags::SHARED, fd, offset)? };
        let start = NonNull::new(start.cast()).expect("a mapping is not at 0");
        Ok(Self(Memory { start, len }))
    }

    /// Reads four bytes at an offset that is a multiple of four; `None` beyond the mapping.
    pub(super) fn read(&self, offset: usize) -> Option<u32> {
        if !offset.is_multiple_of(4) || offset.checked_add(4)? > self.0.len {
            return None;
        }
        // SAFETY: inside the mapping and aligned; device registers are read as they are, once.
        Some(u32::from_le(unsafe {
            self.0.start.as_ptr().add(offset).cast::<u32>().read_volatile()
        }))
    }
}

/// Memory a device may read and write by DMA.
#[derive(Debug)]
pub(super) struct DmaMemory(Memory);

impl DmaMemory {
    pub(super) fn new(len: usize) -> Result<Self> {
        Memory::anonymous(len.next_multiple_of(PAGE)).map(Self)
    }

    /// Address in this process, for the ioctl that maps it.
    pub(super) fn address(&self) -> u64 {
        self.0.start.as_ptr() as u64
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len as u64
    }

    /// Writes four bytes at an offset that is a multiple of four.
    ///
    /// # Panics
    /// Beyond the memory.
    pub(super) fn write(&self, offset: usize, value: u32) {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.0.len, "inside the memory");
        // SAFETY: inside our mapping and aligned; volatile, for the device reads it too.
        unsafe { self.0.start.as_ptr().add(offset).cast::<u32>().write_volatile(value.to_le()) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Write, pipe};
    use std::os::fd::AsFd;

    use rustix::io::Errno;

    use super::*;

    /// Bytes that can be read (asm-generic/ioctls.h): the kernel writes four bytes.
    const FIONREAD: u32 = 0x541b;
    /// Blocking or not: the kernel reads four bytes.
    const FIONBIO: u32 = 0x5421;

    #[test]
    fn argument_goes_to_the_kernel_and_comes_back() {
        let (reader, mut writer) = pipe().expect("a pipe");
        writer.write_all(b"five!").expect("room");
        let mut guarded = Guarded::new(1).expect("memory");
        let mut bytes = [0xff; 4];

        assert_eq!(guarded.ioctl(reader.as_fd(), FIONREAD, &mut bytes), Ok(0));
        assert_eq!(u32::from_ne_bytes(bytes), 5);
        let yes = &mut 1_u32.to_ne_bytes();
        assert_eq!(guarded.ioctl(writer.as_fd(), FIONBIO, yes), Ok(0));
        let flags = rustix::fs::fcntl_getfl(&writer).expect("open");
        assert!(flags.contains(rustix::fs::OFlags::NONBLOCK), "{flags:?}");
    }

    #[test]
    fn argument_shorter_than_the_kernel_wants_is_efault() {
        let (reader, writer) = pipe().expect("a pipe");
        let mut guarded = Guarded::new(1).expect("memory");
        // Whatever was in the memory before must not serve as the rest.
        guarded.ioctl(writer.as_fd(), FIONBIO, &mut [0; 64]).expect("longer is fine");
        for len in 0..4 {
            for (fd, request) in [(reader.as_fd(), FIONREAD), (writer.as_fd(), FIONBIO)] {
                let answer = guarded.ioctl(fd, request, &mut vec![0; len]);
                assert_eq!(answer, Err(Errno::FAULT), "{request:#x} with {len} bytes");
            }
        }
    }

    #[test]
    fn argument_larger_than_the_memory_makes_it_grow() {
        let (reader, mut writer) = pipe().expect("a pipe");
        writer.write_all(b"five!").expect("room");
        let mut guarded = Guarded::new(1).expect("memory");
        for len in [PAGE, PAGE + 1, 3 * PAGE + 5, 4] {
            let mut bytes = vec![0xff; len];
            assert_eq!(guarded.ioctl(reader.as_fd(), FIONREAD, &mut bytes), Ok(0), "{len}");
            assert_eq!(bytes[..4], 5_u32.to_ne_bytes(), "{len}");
            assert!(bytes[4..].iter().all(|byte| *byte == 0xff), "the rest is as it was: {len}");
        }
        let short = guarded.ioctl(reader.as_fd(), FIONREAD, &mut [0; 3]);
        assert_eq!(short, Err(Errno::FAULT), "the larger memory ends like the smaller");
    }

    #[test]
    fn mapping_is_read_where_it_is_and_not_beyond() {
        let bytes: Vec<u8> = (0..4096_u32).map(|at| (at % 251) as u8).collect();
        let file = tempfile::tempfile().expect("a file");
        rustix::io::pwrite(&file, &bytes, 0).expect("room");
        let mapping = Mapping::new(file.as_fd(), 0, 4096).expect("mapped");
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));

        assert_eq!(mapping.read(0), Some(word(0)));
        assert_eq!(mapping.read(4092), Some(word(4092)));
        for beyond in [1, 4093, 4096, usize::MAX, usize::MAX - 3] {
            assert_eq!(mapping.read(beyond), None, "{beyond}");
        }
    }
}
