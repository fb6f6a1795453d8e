//! Every unsafe block of the native backend: ioctls, descriptors they return, mapped memory.
//!
//! An ioctl's argument may claim to be longer than it is (that is what scenarios are for), so each
//! is placed right before a page nothing can access: the kernel finds what is there and no more,
//! and answers EFAULT beyond, as it would for a program that ends there.

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

/// A descriptor that an ioctl returned.
pub(super) fn owned(fd: i32) -> OwnedFd {
    // SAFETY: the kernel has just made it for us; nobody else knows it.
    unsafe { OwnedFd::from_raw_fd(fd) }
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
}

/// A mapping of ours, unmapped when dropped.
#[derive(Debug)]
struct Memory {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: plain memory that only its owner reaches.
unsafe impl Send for Memory {}

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
