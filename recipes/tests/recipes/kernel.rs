//! A kernel made of the emulator: this program's own `ioctl`, which the recipes call, in C and in Rust.
//!
//! The descriptors are real: a device is `/dev/null` under a number this module knows, eventfds are the
//! recipes' own. The emulator has eventfds of its own; what one counts is moved to the other. KVM and the
//! guest are the emulator's, too. Every other ioctl goes to the real kernel.
//!
//! One kernel a thread. [`Kernel::answer`] and [`Kernel::refuse_irqfd`] make the next requests fail as only a
//! real host could: they are not carried out. Left out: a descriptor that is closed stays open here.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::{c_int, c_ulong, c_void};
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, RawFd};

use vfio_irq_core::device::{Answer, Device, Fd, Moment, Stimulate, Stimulus};
use vfio_irq_core::event::Event;
use vfio_irq_core::guest::{GuestCall, GuestEvent, Irqfd};
use vfio_irq_core::machine::Emulator;
use vfio_irq_core::scenario::{Overrides, Scenario};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqInfo, IrqSetFlags, IrqSetHeader};
use vfio_irq_recipes::stories::{World, count};

const GET_IRQ_INFO: c_ulong = 0x3b6d;
const SET_IRQS: c_ulong = 0x3b6e;
const CHECK_EXTENSION: c_ulong = 0xae03;
const IRQFD: c_ulong = 0x4020_ae76;
const CAP_IRQFD_RESAMPLE: usize = 82;
const DEASSIGN: u32 = 1;
const RESAMPLE: u32 = 2;
/// A number the emulator has never opened.
const CLOSED: Fd = i32::MAX;

thread_local! {
    static KERNEL: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// An eventfd of the user's, as the kernel holds it, and the emulator's beside it.
struct Pair {
    held: File,
    emulated: Fd,
    /// The host reads it, to unmask.
    unmask: bool,
}

struct State {
    device: File,
    vm: File,
    resamples: bool,
    emulator: Emulator,
    /// By the number the kernel gives an eventfd.
    pairs: BTreeMap<u64, Pair>,
    /// GSIs that rose, and were not asked for yet.
    raised: Vec<u32>,
    /// Answers to the next requests, before any is carried out; none: carried out.
    answers: VecDeque<Option<c_int>>,
    irqfd_errno: Option<i32>,
    /// Every SET_IRQS, and its answer: `index action data start+count: answer`.
    said: Vec<String>,
}

/// What is behind a descriptor.
enum Behind {
    Nothing,
    Plain,
    Eventfd(u64),
}

fn behind(fd: RawFd) -> Behind {
    let Ok(link) = fs::read_link(format!("/proc/self/fd/{fd}")) else { return Behind::Nothing };
    if link.as_os_str() != "anon_inode:[eventfd]" {
        return Behind::Plain;
    }
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).expect("it is open");
    let id = info.lines().find_map(|line| line.strip_prefix("eventfd-id:"));
    Behind::Eventfd(id.expect("since Linux 5.2").trim().parse().expect("a number"))
}

impl State {
    fn emulated(&mut self, fd: RawFd) -> Fd {
        if fd < 0 {
            return fd;
        }
        match behind(fd) {
            Behind::Nothing => CLOSED,
            Behind::Plain => self.emulator.plain_fd_create().expect("numbers are left"),
            Behind::Eventfd(id) => self.pair(id, fd).emulated,
        }
    }

    fn pair(&mut self, id: u64, fd: RawFd) -> &mut Pair {
        let emulator = &mut self.emulator;
        self.pairs.entry(id).or_insert_with(|| {
            // SAFETY: the caller has just looked at it.
            let fd = unsafe { BorrowedFd::borrow_raw(fd) };
            // SAFETY: no memory is passed.
            let (flags, cloexec) = unsafe {
                (
                    libc::fcntl(fd.as_raw_fd(), libc::F_GETFL),
                    libc::fcntl(fd.as_raw_fd(), libc::F_GETFD),
                )
            };
            assert!(flags & libc::O_NONBLOCK != 0, "an eventfd that blocks");
            assert!(cloexec & libc::FD_CLOEXEC != 0, "an eventfd that outlives an exec");
            Pair {
                held: copy(fd),
                emulated: emulator.eventfd_create().expect("numbers are left"),
                unmask: false,
            }
        })
    }

    /// Moves counts until nothing moves.
    fn settle(&mut self) {
        let mut moved = true;
        while std::mem::take(&mut moved) {
            // First what KVM took: what the emulator counts now came later, or was let be.
            self.hear_kvm();
            let Self { emulator, pairs, .. } = self;
            for pair in pairs.values_mut() {
                if pair.unmask {
                    let count = take(&mut pair.held);
                    if count > 0 {
                        moved = true;
                        emulator.eventfd_write(pair.emulated, count).expect("there is room");
                    }
                } else if let Ok(count) = emulator.eventfd_read(pair.emulated) {
                    moved = true;
                    pair.held.write_all(&count.to_ne_bytes()).expect("there is room");
                }
            }
        }
    }

    /// What KVM did since: counts it took are gone, and a GSI rose.
    fn hear_kvm(&mut self) {
        for event in self.emulator.take_events() {
            let Event::Guest(event) = event else { continue };
            let taken = match event {
                GuestEvent::Injected { eventfd, gsi, merged } => {
                    if !merged {
                        self.raised.push(gsi);
                    }
                    eventfd
                }
                GuestEvent::Deassigned { eventfd, .. } => eventfd,
                _ => continue,
            };
            if let Some(pair) = self.pairs.values_mut().find(|pair| pair.emulated == taken) {
                take(&mut pair.held);
            }
        }
    }

    fn irq_info(&mut self, info: &mut [u32; 4]) -> Result<c_int, i32> {
        let IrqInfo { flags, count, .. } =
            self.emulator.irq_info(info[0], info[2]).map_err(|errno| errno.0)?;
        (info[1], info[3]) = (flags, count);
        Ok(0)
    }

    fn set_irqs(&mut self, header: IrqSetHeader, mut data: Vec<u8>) -> Result<c_int, i32> {
        let flags = IrqSetFlags::from_bits_retain(header.flags);
        if flags.contains(IrqSetFlags::DATA_EVENTFD) {
            for word in data.chunks_exact_mut(4) {
                let fd = i32::from_ne_bytes(word.try_into().expect("four"));
                let emulated = self.emulated(fd);
                word.copy_from_slice(&emulated.to_ne_bytes());
                if let (true, Behind::Eventfd(id)) =
                    (flags.contains(IrqSetFlags::ACTION_UNMASK), behind(fd))
                {
                    self.pair(id, fd).unmask = true;
                }
            }
        }
        if let Some(answer) = self.answers.pop_front().flatten() {
            return if answer < 0 { Err(-answer) } else { Ok(answer) };
        }
        match self.emulator.set_irqs(header, &data) {
            Ok(Answer::Done) => Ok(0),
            Ok(Answer::Only(count)) => Ok(count.cast_signed()),
            Err(errno) => Err(errno.0),
        }
    }

    fn irqfd(&mut self, [fd, gsi, flags, resample]: [u32; 4]) -> Result<c_int, i32> {
        if let Some(errno) = self.irqfd_errno.take() {
            return Err(errno);
        }
        let eventfd = self.emulated(fd.cast_signed());
        let call = if flags & DEASSIGN != 0 {
            GuestCall::Deassign { eventfd, gsi }
        } else {
            let resample = (flags & RESAMPLE != 0).then(|| self.emulated(resample.cast_signed()));
            self.count_back(eventfd);
            GuestCall::Assign(Irqfd { eventfd, gsi, resample })
        };
        self.emulator.guest(call).map(|_| 0).map_err(|errno| errno.0)
    }

    /// What nobody has read yet goes back to the emulator, for KVM to look at. Of an eventfd that KVM has
    /// already, it is nothing new.
    fn count_back(&mut self, eventfd: Fd) {
        let Self { emulator, pairs, .. } = self;
        if emulator.machine.guest.irqfd(eventfd).is_none()
            && let Some(pair) = pairs.values_mut().find(|pair| pair.emulated == eventfd)
            && !pair.unmask
            && let count @ 1.. = take(&mut pair.held)
        {
            emulator.eventfd_write(eventfd, count).expect("there is room");
        }
    }
}

/// The same eventfd under another number, out of the way of a test that limits them.
fn copy(fd: BorrowedFd<'_>) -> File {
    // SAFETY: no memory is passed.
    let copy = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 512) };
    assert!(copy >= 0, "{}", std::io::Error::last_os_error());
    // SAFETY: it is ours, just made.
    unsafe { File::from_raw_fd(copy) }
}

/// No limit on descriptors as long as this is there: a test limits the recipes, not the kernel.
struct Unlimited(libc::rlimit);

impl Unlimited {
    fn new() -> Self {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: both take this structure.
        unsafe {
            libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
            let most = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const most);
        }
        Self(limit)
    }
}

impl Drop for Unlimited {
    fn drop(&mut self) {
        // SAFETY: it takes this structure.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const self.0) };
    }
}

/// Reads and clears a count.
fn take(held: &mut File) -> u64 {
    count(held.as_fd()).expect("an eventfd")
}

fn said(header: IrqSetHeader, answer: &Result<c_int, i32>) -> String {
    let index = ["intx", "msi", "msix"].get(header.index as usize).unwrap_or(&"?");
    let flags = IrqSetFlags::from_bits_retain(header.flags);
    let action = match flags & IrqSetFlags::ACTION {
        IrqSetFlags::ACTION_TRIGGER => "trigger",
        IrqSetFlags::ACTION_UNMASK => "unmask",
        _ => "mask",
    };
    let data = if flags.contains(IrqSetFlags::DATA_NONE) { "none" } else { "eventfd" };
    let answer = match answer {
        Ok(number) => number.to_string(),
        Err(errno) => format!("-{errno}"),
    };
    format!("{index} {action} {data} {}+{}: {answer}", header.start, header.count)
}

/// The `ioctl` of this program. Where arguments are variable they come as these do, on the machines Linux runs on
/// that this is built for.
///
/// # Safety
/// As of the real one.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn ioctl(fd: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
    let answer = KERNEL.with_borrow_mut(|kernel| {
        let state = kernel.as_mut()?;
        let _unlimited = Unlimited::new();
        let answer = match request & 0xffff_ffff {
            GET_IRQ_INFO if fd == state.device.as_raw_fd() => {
                // SAFETY: the caller passes this structure.
                state.irq_info(unsafe { &mut *argument.cast::<[u32; 4]>() })
            }
            SET_IRQS if fd == state.device.as_raw_fd() => {
                let words = argument.cast::<u32>();
                // SAFETY: the caller passes a header, and as much more as argsz says.
                let (fields, data) = unsafe {
                    let len = (*words).saturating_sub(20) as usize;
                    (
                        *words.cast::<[u32; 5]>(),
                        std::slice::from_raw_parts(words.add(5).cast(), len).to_vec(),
                    )
                };
                let [argsz, flags, index, start, count] = fields;
                let header = IrqSetHeader { argsz, flags, index, start, count };
                let answer = state.set_irqs(header, data);
                state.said.push(said(header, &answer));
                answer
            }
            CHECK_EXTENSION if fd == state.vm.as_raw_fd() => {
                Ok((state.resamples && argument as usize == CAP_IRQFD_RESAMPLE).into())
            }
            IRQFD if fd == state.vm.as_raw_fd() => {
                // SAFETY: the caller passes this structure; its first half.
                state.irqfd(unsafe { *argument.cast::<[u32; 4]>() })
            }
            _ => return None,
        };
        state.settle();
        Some(answer)
    });
    match answer {
        Some(Ok(number)) => number,
        Some(Err(errno)) => {
            // SAFETY: errno is this thread's own.
            unsafe { *libc::__errno_location() = errno };
            -1
        }
        // SAFETY: the caller's affair.
        None => unsafe { libc::syscall(libc::SYS_ioctl, fd, request, argument) as c_int },
    }
}

/// This thread's kernel, with the device open and Memory Space and Bus Master on.
pub(crate) struct Kernel;

impl Kernel {
    /// By the words of a scenario: `e1000e`, `linux-6.1 vectors=3`.
    pub(crate) fn new(function: &str, host: &str) -> Self {
        let text = format!("function {function}\nhost {host}\n");
        let scenario = Scenario::parse(&text).expect("a right text");
        let mut emulator =
            Emulator::new(scenario.machine(&Overrides::default()).expect("it can be"));
        emulator.open().expect("it opens");
        emulator.region_write(CONFIG_REGION, 4, &[6, 0]).expect("Command can be written");
        let null = || File::open("/dev/null").expect("there is one");
        let state = State {
            device: null(),
            vm: null(),
            resamples: true,
            emulator,
            pairs: BTreeMap::new(),
            raised: Vec::new(),
            answers: VecDeque::new(),
            irqfd_errno: None,
            said: Vec::new(),
        };
        KERNEL.set(Some(state));
        Self
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        KERNEL.with_borrow_mut(|kernel| {
            let state = kernel.as_mut().expect("as long as this value is");
            let done = act(state);
            state.settle();
            done
        })
    }

    pub(crate) fn device_fd(&self) -> BorrowedFd<'static> {
        let fd = self.with(|state| state.device.as_raw_fd());
        // SAFETY: open as long as the kernel is, which every test keeps to its end.
        unsafe { BorrowedFd::borrow_raw(fd) }
    }

    pub(crate) fn vm_fd(&self) -> BorrowedFd<'static> {
        let fd = self.with(|state| state.vm.as_raw_fd());
        // SAFETY: as of the device.
        unsafe { BorrowedFd::borrow_raw(fd) }
    }

    /// Answers to the next SET_IRQS, in order, without doing anything; `None`: does it.
    pub(crate) fn answer(&self, answers: &[Option<i32>]) {
        self.with(|state| state.answers = answers.iter().copied().collect());
    }

    /// What the next KVM_IRQFD fails with.
    pub(crate) fn refuse_irqfd(&self, errno: i32) {
        self.with(|state| state.irqfd_errno = Some(errno));
    }

    /// A KVM without the resample capability.
    pub(crate) fn no_resample(&self) {
        self.with(|state| state.resamples = false);
    }

    pub(crate) fn stimulate(&self, stimulus: Stimulus) {
        self.with(|state| state.emulator.stimulate(stimulus).expect("the emulator can"));
    }

    /// The user writes to config space.
    pub(crate) fn config_write(&self, offset: u64, data: &[u8]) {
        let written = self.with(|state| state.emulator.region_write(CONFIG_REGION, offset, data));
        written.expect("it can be written");
    }

    /// What the function does inside the next call.
    pub(crate) fn stimulate_at(&self, moment: Moment, stimulus: Stimulus) {
        self.with(|state| state.emulator.stimulate_at(moment, stimulus).expect("the emulator can"));
    }

    /// The SET_IRQS since the last call of this.
    pub(crate) fn said(&self) -> Vec<String> {
        self.with(|state| std::mem::take(&mut state.said))
    }

    /// The GSIs KVM raised since the last call of this.
    pub(crate) fn raised(&self) -> Vec<u32> {
        self.with(|state| std::mem::take(&mut state.raised))
    }

    /// The guest ends the interrupt of a GSI.
    pub(crate) fn end_of_interrupt(&self, gsi: u32) {
        self.with(|state| state.emulator.guest(GuestCall::Eoi(gsi)).expect("there is a guest"));
    }

    /// Whether an index is on: one that is off refuses a trigger of no vector.
    pub(crate) fn is_on(&self, index: u32) -> bool {
        let flags = (IrqSetFlags::DATA_BOOL | IrqSetFlags::ACTION_TRIGGER).bits();
        let header = IrqSetHeader { argsz: 21, flags, index, start: 0, count: 1 };
        self.with(|state| state.emulator.set_irqs(header, &[0]).is_ok())
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        KERNEL.set(None);
    }
}

impl World for Kernel {
    fn device(&self) -> RawFd {
        self.device_fd().as_raw_fd()
    }

    fn stimulate(&mut self, stimulus: Stimulus) {
        Kernel::stimulate(self, stimulus);
    }
}
