//! A real device behind `/dev/vfio`: the seam's other implementor.
//!
//! What a scenario says reaches the kernel unchanged, wrong values included, and what the kernel
//! answers comes back unchanged, positive numbers included. The device is opened and closed as
//! often as the scenario says; the way to it (group and container, or an IOMMUFD) stays open
//! meanwhile. Descriptors have numbers of their own, never used twice in a run, so that an old one
//! is never by chance a new one.
//!
//! Left out: several devices of one group at once, device fds handed over by other programs, short
//! counts of pread and pwrite (EIO).

mod connection;
mod error;
mod place;
mod sys;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use vfio_irq_core::device::{Answer, Device, Fd, Moment, RegionInfo, Stimulate, Stimulus};
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::{Call, Event, Outcome};
use vfio_irq_core::uapi::{IrqInfo, IrqSetHeader};

use connection::{Connection, number, numbers};
pub use error::Unusable;
pub use place::Places;
use sys::{DmaMemory, Guarded, Mapping};

use crate::address::{Address, Interface};
use crate::stimulus::{DMA, Mode, Stimulator, Write, for_function};

// include/uapi/linux/vfio.h: _IO(';', 100 + n).
const DEVICE_GET_INFO: u32 = 0x3b6b;
const DEVICE_GET_REGION_INFO: u32 = 0x3b6c;
const DEVICE_GET_IRQ_INFO: u32 = 0x3b6d;
const DEVICE_SET_IRQS: u32 = 0x3b6e;
const DEVICE_RESET: u32 = 0x3b6f;
/// VFIO_DEVICE_FLAGS_RESET.
const CAN_RESET: u32 = 1;
/// vfio-pci's regions: BARs, ROM, config space, VGA.
const REGIONS: u32 = 9;
/// A region's offsets in the descriptor have 40 bits in vfio-pci; more would be another region.
const REGION_SPAN: u64 = 1 << 40;

/// First descriptor number of the user's: beyond those this program itself has open.
const FIRST_FD: Fd = 1000;
/// Descriptors a run may have open, where the system lets us.
const OPEN_FILES: u64 = 65_536;
/// How long an eventfd is waited for.
const PATIENCE: Duration = Duration::from_millis(100);

/// Someone who can hold the kernel still between two register writes of a call.
pub trait Halt {
    /// A call is about to be made, in which these are to happen.
    fn before(&mut self, planned: &[Planned]) -> std::io::Result<()>;
    /// The call is over; gives those moments that did not come.
    fn after(&mut self) -> std::io::Result<Vec<Moment>>;
}

/// What the device is to be made to do inside a call.
#[derive(Clone, Debug)]
pub struct Planned {
    /// When.
    pub moment: Moment,
    /// 32-bit writes: physical address and value.
    pub writes: Vec<(u64, u32)>,
}

#[derive(Clone, Copy, Default, Debug)]
struct Region {
    size: u64,
    offset: u64,
}

/// A device under vfio-pci.
pub struct VfioDevice {
    address: Address,
    places: Places,
    /// sysfs' view of config space: the physical registers.
    config: File,
    connection: Connection,
    memory: Guarded,
    device: Option<OwnedFd>,
    regions: [Region; REGIONS as usize],
    fds: BTreeMap<Fd, OwnedFd>,
    next_fd: Fd,
    events: Vec<Event>,
    stimulator: Option<Box<dyn Stimulator>>,
    /// Memory the device may read, once it needs it.
    dma: Option<DmaMemory>,
    /// The stimulator's preparations are done since the last reset.
    prepared: bool,
    halt: Option<Box<dyn Halt>>,
    plans: Vec<(Moment, Stimulus)>,
    missed: Vec<Moment>,
}

impl VfioDevice {
    /// Finds the way to a device, and checks that it is free. Touches nothing of the device yet.
    pub fn new(places: Places, address: Address, interface: Interface) -> Result<Self, Unusable> {
        let memory_failed = |source| Unusable::Call { what: "mmap", source };
        let mut memory = Guarded::new(1).map_err(memory_failed)?;
        let connection = Connection::new(&places, address, interface, &mut memory)?;
        let path = places.device(address).join("config");
        let config = File::options().read(true).open(&path);
        let config = config.map_err(|source| Unusable::File { path, source })?;
        let head = places.config(address)?;
        let id = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        raise_open_files();
        let mut device = Self {
            address,
            places,
            config,
            connection,
            memory,
            device: None,
            regions: Default::default(),
            fds: BTreeMap::new(),
            next_fd: FIRST_FD,
            events: Vec::new(),
            stimulator: for_function(id(0), id(2)),
            dma: None,
            prepared: false,
            halt: None,
            plans: Vec::new(),
            missed: Vec::new(),
        };
        // Whether another program has it shows here, where it can be said.
        let busy = |source| match source {
            rustix::io::Errno::BUSY => Unusable::Busy { path: device.places.device(address) },
            source => Unusable::Call { what: "VFIO_GROUP_GET_DEVICE_FD", source },
        };
        drop(device.connection.device(&mut device.memory).map_err(busy)?);
        Ok(device)
    }

    /// Lets a laboratory interrupt this device's calls.
    pub fn halt_with(&mut self, halt: Box<dyn Halt>) {
        self.halt = Some(halt);
    }

    /// The device's address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// What makes this device interrupt, if anything is known to.
    pub fn stimulator(&self) -> Option<&dyn Stimulator> {
        self.stimulator.as_deref()
    }

    /// Whether the kernel can reset the function (VFIO_DEVICE_FLAGS_RESET).
    pub fn can_reset(&mut self) -> Result<bool, Errno> {
        let mut info = numbers(&[16, 0, 0, 0]);
        self.ioctl(DEVICE_GET_INFO, &mut info)?;
        Ok(number(&info, 4) & CAN_RESET != 0)
    }

    /// Reads a region by mapping it: what the function itself holds there, also in its MSI-X
    /// table, which pread does not show. `len` and `offset` are multiples of four.
    pub fn region_map_read(
        &mut self,
        region: u32,
        offset: u64,
        len: u32,
    ) -> Result<Vec<u32>, Errno> {
        const PAGE: u64 = 4096;
        let Region { size, offset: start } = self.region(region)?;
        let end = offset.checked_add(u64::from(len)).filter(|end| *end <= size);
        let end = end.ok_or(Errno::EINVAL)?.next_multiple_of(PAGE);
        let first = offset / PAGE * PAGE;
        let mapped = Mapping::new(self.fd()?, start + first, (end - first) as usize);
        let mapped = mapped.map_err(errno)?;
        let places = (offset - first..).step_by(4).take(len as usize / 4);
        places.map(|at| mapped.read(at as usize).ok_or(Errno::EINVAL)).collect()
    }

    /// The device's descriptor; EBADF, as of a closed one, while there is none.
    fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        self.device.as_ref().map(AsFd::as_fd).ok_or(Errno::EBADF)
    }

    fn ioctl(&mut self, request: u32, bytes: &mut [u8]) -> Result<i32, Errno> {
        let fd = self.device.as_ref().map(AsFd::as_fd).ok_or(Errno::EBADF)?;
        self.memory.ioctl(fd, request, bytes).map_err(errno)
    }

    /// Makes a call, with what is planned inside it, and keeps the answer as an event.
    fn call<T>(
        &mut self,
        call: Call,
        act: impl FnOnce(&mut Self) -> Result<T, Errno>,
        outcome: impl FnOnce(&T) -> Outcome,
    ) -> Result<T, Errno> {
        self.events.push(Event::Call(call));
        let planned = std::mem::take(&mut self.plans);
        let held = self.hold(&planned);
        let answer = act(self);
        if held {
            match self.halt.as_mut().map(|halt| halt.after()) {
                Some(Ok(missed)) => self.missed.extend(missed),
                _ => self.missed.extend(planned.into_iter().map(|(moment, _)| moment)),
            }
        } else {
            self.missed.extend(planned.into_iter().map(|(moment, _)| moment));
        }
        self.events.push(Event::Return(match &answer {
            Ok(value) => outcome(value),
            Err(errno) => Outcome::Refused { errno: *errno, clause: None },
        }));
        answer
    }

    /// Tells the laboratory what is to happen in the next call; whether it will.
    fn hold(&mut self, plans: &[(Moment, Stimulus)]) -> bool {
        if plans.is_empty() || self.prepare().is_err() {
            return false;
        }
        let Some(bars) = self.bars() else { return false };
        let mode = self.mode().unwrap_or(Mode::Pin);
        let planned = plans.iter().map(|(moment, stimulus)| {
            // What is on when the moment comes is not known yet.
            let known = self.stimulator.as_ref()?;
            let writes = known.stimulate(*stimulus, mode);
            let writes = writes.or_else(|| known.stimulate(*stimulus, Mode::Msix))?;
            let place = |write: &Write| (bars[usize::from(write.bar)] + write.offset, write.value);
            Some(Planned { moment: moment.clone(), writes: writes.iter().map(place).collect() })
        });
        let Some(planned) = planned.collect::<Option<Vec<_>>>() else { return false };
        self.halt.as_mut().is_some_and(|halt| halt.before(&planned).is_ok())
    }

    /// Physical addresses of the BARs.
    fn bars(&self) -> Option<[u64; 6]> {
        let path = self.places.device(self.address).join("resource");
        let text = std::fs::read_to_string(path).ok()?;
        let mut bars = [0; 6];
        for (bar, line) in bars.iter_mut().zip(text.lines()) {
            let start = line.split(' ').next()?.trim_start_matches("0x");
            *bar = u64::from_str_radix(start, 16).ok()?;
        }
        Some(bars)
    }

    /// Opens the device's descriptor, and learns where its regions are.
    fn open_now(&mut self) -> Result<(), Errno> {
        if self.device.is_some() {
            return Ok(());
        }
        let device = self.connection.device(&mut self.memory).map_err(errno)?;
        self.device = Some(device);
        if self.fds.is_empty() {
            // A new run: a long series of them would else come to the end of the numbers.
            self.next_fd = FIRST_FD;
        }
        // The kernel resets what it can when it opens.
        self.prepared &= !self.can_reset()?;
        for region in 0..REGIONS {
            let mut info = numbers(&[32, 0, region, 0, 0, 0, 0, 0]);
            let known = self.ioctl(DEVICE_GET_REGION_INFO, &mut info).is_ok();
            let long =
                |at: usize| u64::from(number(&info, at)) | u64::from(number(&info, at + 4)) << 32;
            self.regions[region as usize] =
                if known { Region { size: long(16), offset: long(24) } } else { Region::default() };
        }
        Ok(())
    }

    fn region(&self, region: u32) -> Result<Region, Errno> {
        if self.device.is_none() {
            return Err(Errno::EBADF);
        }
        self.regions.get(region as usize).copied().ok_or(Errno::EINVAL)
    }

    /// Where an access goes in the descriptor.
    fn at(&self, region: u32, offset: u64) -> Result<u64, Errno> {
        let start = self.region(region)?.offset;
        if offset >= REGION_SPAN {
            return Err(Errno::EINVAL);
        }
        // A region the function has not is still where vfio-pci keeps it: it says no itself.
        let start = if start == 0 { u64::from(region) * REGION_SPAN } else { start };
        Ok(start + offset)
    }

    fn pwrite(&self, region: u32, offset: u64, data: &[u8]) -> Result<(), Errno> {
        let at = self.at(region, offset)?;
        match rustix::io::pwrite(self.fd()?, data, at).map_err(errno)? {
            written if written == data.len() => Ok(()),
            _ => Err(Errno::EIO),
        }
    }

    fn pread(&self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), Errno> {
        let at = self.at(region, offset)?;
        let len = data.len();
        match rustix::io::pread(self.fd()?, data, at).map_err(errno)? {
            read if read == len => Ok(()),
            _ => Err(Errno::EIO),
        }
    }

    /// By what the function interrupts now, from its own registers.
    fn mode(&self) -> Option<Mode> {
        let mut config = [0; 256];
        self.config.read_exact_at(&mut config, 0).ok()?;
        let mut mode = Mode::Pin;
        let mut at = config[0x34];
        // At most 48 capabilities fit.
        for _ in 0..48 {
            let place = usize::from(at & 0xfc);
            if place < 0x40 {
                break;
            }
            match (config[place], config[place + 2] & 1, config[place + 3] & 0x80) {
                (0x05, 1, _) => mode = Mode::Msi,
                (0x11, _, 0x80) => mode = Mode::Msix,
                _ => {}
            }
            at = config[place + 1];
        }
        Some(mode)
    }

    /// Makes the device able to interrupt, once after open and reset.
    fn prepare(&mut self) -> Result<(), Errno> {
        let Some(stimulator) = &self.stimulator else { return Err(Errno::EOPNOTSUPP) };
        if self.prepared {
            return Ok(());
        }
        let (contents, writes) = (stimulator.memory(), stimulator.prepare());
        if !contents.is_empty() && self.dma.is_none() {
            let memory = DmaMemory::new(0x2000).map_err(errno)?;
            contents.iter().for_each(|(offset, value)| memory.write(*offset, *value));
            let (address, len) = (memory.address(), memory.len());
            self.connection.map(&mut self.memory, address, len, DMA).map_err(errno)?;
            self.dma = Some(memory);
        }
        self.write_all(&writes)?;
        self.prepared = true;
        Ok(())
    }

    fn write_all(&self, writes: &[Write]) -> Result<(), Errno> {
        writes.iter().try_for_each(|write| {
            self.pwrite(u32::from(write.bar), write.offset, &write.value.to_le_bytes())
        })
    }
}

fn errno(error: rustix::io::Errno) -> Errno {
    Errno(error.raw_os_error())
}

/// Lets this process have as many descriptors as it may: a failure shows when they run out.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(OPEN_FILES).min(OPEN_FILES);
    if limit.current.is_some_and(|current| current < most) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit });
    }
}

fn done(_: &()) -> Outcome {
    Outcome::Answer(Answer::Done)
}

impl Device for VfioDevice {
    fn open(&mut self) -> Result<(), Errno> {
        self.call(Call::Open, Self::open_now, done)
    }

    fn close(&mut self) -> Result<(), Errno> {
        let close = |device: &mut Self| device.device.take().map(drop).ok_or(Errno::EBADF);
        self.call(Call::Close, close, done)
    }

    fn irq_info(&mut self, argsz: u32, index: u32) -> Result<IrqInfo, Errno> {
        let ask = |device: &mut Self| {
            let mut info = numbers(&[argsz, 0, index, 0]);
            device.ioctl(DEVICE_GET_IRQ_INFO, &mut info)?;
            let [flags, index, count] = [4, 8, 12].map(|at| number(&info, at));
            Ok(IrqInfo { flags, index, count })
        };
        self.call(Call::IrqInfo { argsz, index }, ask, |info| Outcome::Info(*info))
    }

    fn set_irqs(&mut self, header: IrqSetHeader, data: &[u8]) -> Result<Answer, Errno> {
        let set = |device: &mut Self| {
            let IrqSetHeader { argsz, flags, index, start, count } = header;
            let mut bytes = numbers(&[argsz, flags, index, start, count]);
            bytes.extend_from_slice(data);
            Ok(match device.ioctl(DEVICE_SET_IRQS, &mut bytes)? {
                0 => Answer::Done,
                count => Answer::Only(count.unsigned_abs()),
            })
        };
        let call = Call::SetIrqs { header, data: data.to_vec() };
        self.call(call, set, |answer| Outcome::Answer(*answer))
    }

    fn region_info(&mut self, region: u32) -> Result<RegionInfo, Errno> {
        self.region(region).map(|region| RegionInfo { size: region.size })
    }

    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), Errno> {
        let len = u32::try_from(data.len()).map_err(|_| Errno::EINVAL)?;
        let call = Call::RegionRead { region, offset, len };
        let read = |device: &mut Self| device.pread(region, offset, data).map(|()| data.to_vec());
        self.call(call, read, |data| Outcome::Data(data.clone())).map(drop)
    }

    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<(), Errno> {
        let call = Call::RegionWrite { region, offset, data: data.to_vec() };
        self.call(call, |device| device.pwrite(region, offset, data), done)
    }

    fn reset(&mut self) -> Result<(), Errno> {
        let reset = |device: &mut Self| {
            sys::ioctl_number(device.fd()?, DEVICE_RESET, 0).map_err(errno)?;
            device.prepared = false;
            Ok(())
        };
        self.call(Call::Reset, reset, done)
    }

    fn eventfd_create(&mut self) -> Result<Fd, Errno> {
        let made = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC).map_err(errno)?;
        self.keep(&made, true)
    }

    fn plain_fd_create(&mut self) -> Result<Fd, Errno> {
        let made = File::open("/dev/null").map_err(|_| Errno::EMFILE)?;
        self.keep(&made, false)
    }

    fn eventfd_wait(&mut self, fd: Fd, at_least: u64) {
        let Some(open) = self.fds.get(&fd) else { return };
        let end = Instant::now() + PATIENCE;
        let mut readable = [PollFd::new(open, PollFlags::IN)];
        let patience = Timespec::try_from(PATIENCE).expect("short");
        if at_least == 0 || !poll(&mut readable, Some(&patience)).is_ok_and(|ready| ready > 0) {
            return;
        }
        while at_least > 1 && Instant::now() < end && counter(open).is_some_and(|n| n < at_least) {
            std::thread::yield_now();
        }
    }

    fn eventfd_read(&mut self, fd: Fd) -> Result<u64, Errno> {
        let open = self.fds.get(&fd).ok_or(Errno::EBADF)?;
        let mut value = [0; 8];
        match rustix::io::read(open, &mut value).map_err(errno) {
            Ok(8) => {
                let value = u64::from_ne_bytes(value);
                self.events.push(Event::Read { fd, value: Some(value) });
                Ok(value)
            }
            Err(Errno::EAGAIN) => {
                self.events.push(Event::Read { fd, value: None });
                Err(Errno::EAGAIN)
            }
            Ok(_) => Err(Errno::EINVAL),
            Err(errno) => Err(errno),
        }
    }

    fn eventfd_write(&mut self, fd: Fd, value: u64) -> Result<(), Errno> {
        let open = self.fds.get(&fd).ok_or(Errno::EBADF)?;
        rustix::io::write(open, &value.to_ne_bytes()).map_err(errno)?;
        // What an unmask eventfd asks for is done by a worker of the kernel: make way for it.
        std::thread::sleep(Duration::from_micros(50));
        self.events.push(Event::Wrote { fd, value });
        Ok(())
    }

    fn eventfd_close(&mut self, fd: Fd) -> Result<(), Errno> {
        self.fds.remove(&fd).ok_or(Errno::EBADF)?;
        self.events.push(Event::Closed { fd });
        Ok(())
    }

    fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

impl VfioDevice {
    /// Keeps a descriptor under a number not used before.
    fn keep(&mut self, made: impl AsFd, eventfd: bool) -> Result<Fd, Errno> {
        let kept = rustix::io::fcntl_dupfd_cloexec(made, self.next_fd).map_err(errno)?;
        let fd = kept.as_raw_fd();
        self.next_fd = fd + 1;
        self.fds.insert(fd, kept);
        self.events.push(Event::Opened { fd, eventfd });
        Ok(fd)
    }

    /// Starts numbering descriptors anew: for the next of many runs, when none is open.
    pub fn forget_descriptors(&mut self) {
        self.fds.clear();
        self.next_fd = FIRST_FD;
    }
}

/// An eventfd's counter, as proc shows it without reading it.
fn counter(fd: &OwnedFd) -> Option<u64> {
    let path = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("eventfd-count:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

impl Stimulate for VfioDevice {
    fn supports(&self, stimulus: Stimulus) -> bool {
        let mode = self.mode().unwrap_or(Mode::Pin);
        self.stimulator().is_some_and(|known| known.stimulate(stimulus, mode).is_some())
    }

    fn stimulate(&mut self, stimulus: Stimulus) -> Result<(), Errno> {
        self.prepare()?;
        let stimulator = self.stimulator.as_ref().ok_or(Errno::EOPNOTSUPP)?;
        let mode = self.mode().ok_or(Errno::EIO)?;
        let writes = stimulator.stimulate(stimulus, mode).ok_or(Errno::EOPNOTSUPP)?;
        let (settle, interval) = (stimulator.settle(), stimulator.interval());
        self.write_all(&writes)?;
        // A read's completion can't overtake the message (PCIe 2.4.1): when it is here, the message
        // is at the host.
        self.pread(0, settle, &mut [0; 4])?;
        // Slept, not spun: an emulated device's timers come due in order with the one that wakes us.
        // More than once: the tick may wake us early, when the emulator itself was kept waiting.
        if !interval.is_zero() {
            for nap in [interval, interval / 3, interval / 3] {
                std::thread::sleep(nap);
            }
        }
        Ok(())
    }

    fn stimulate_at(&mut self, moment: Moment, stimulus: Stimulus) -> Result<(), Errno> {
        if self.halt.is_none() {
            return Err(Errno::EOPNOTSUPP);
        }
        self.plans.push((moment, stimulus));
        Ok(())
    }

    fn take_missed(&mut self) -> Vec<Moment> {
        self.missed.extend(self.plans.drain(..).map(|(moment, _)| moment));
        std::mem::take(&mut self.missed)
    }
}

#[cfg(test)]
mod tests;
