//// *
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{ExitCode, exit};
use std::ptr;

/// What <linux/vfio.h> says.
#[allow(dead_code, reason = "a program uses a part of it")]
mod vfio {
    pub const SET_IOMMU: u64 = 0x3b66;
    pub const GROUP_GET_STATUS: u64 = 0x3b67;
    pub const GROUP_SET_CONTAINER: u64 = 0x3b68;
    pub const GROUP_GET_DEVICE_FD: u64 = 0x3b6a;
    pub const DEVICE_GET_INFO: u64 = 0x3b6b;
    pub const DEVICE_GET_REGION_INFO: u64 = 0x3b6c;
    pub const DEVICE_GET_IRQ_INFO: u64 = 0x3b6d;
    pub const DEVICE_SET_IRQS: u64 = 0x3b6e;
    pub const DEVICE_RESET: u64 = 0x3b6f;
    pub const IOMMU_MAP_DMA: u64 = 0x3b71;

    pub const TYPE1V2_IOMMU: u64 = 3;
    pub const GROUP_FLAGS_VIABLE: u32 = 1;
    pub const DEVICE_FLAGS_RESET: u32 = 1;
    pub const DMA_MAP_FLAG_READ: u32 = 1;
    pub const DMA_MAP_FLAG_WRITE: u32 = 2;

    pub const PCI_BAR0_REGION_INDEX: u32 = 0;
    pub const PCI_BAR1_REGION_INDEX: u32 = 1;
    pub const PCI_BAR2_REGION_INDEX: u32 = 2;
    pub const PCI_BAR3_REGION_INDEX: u32 = 3;
    pub const PCI_BAR4_REGION_INDEX: u32 = 4;
    pub const PCI_BAR5_REGION_INDEX: u32 = 5;
    pub const PCI_CONFIG_REGION_INDEX: u32 = 7;
    pub const PCI_NUM_REGIONS: u32 = 9;

    pub const PCI_INTX_IRQ_INDEX: u32 = 0;
    pub const PCI_MSI_IRQ_INDEX: u32 = 1;
    pub const PCI_MSIX_IRQ_INDEX: u32 = 2;
    pub const PCI_ERR_IRQ_INDEX: u32 = 3;
    pub const PCI_REQ_IRQ_INDEX: u32 = 4;

    pub const IRQ_SET_DATA_NONE: u32 = 1 << 0;
    pub const IRQ_SET_DATA_BOOL: u32 = 1 << 1;
    pub const IRQ_SET_DATA_EVENTFD: u32 = 1 << 2;
    pub const IRQ_SET_ACTION_MASK: u32 = 1 << 3;
    pub const IRQ_SET_ACTION_UNMASK: u32 = 1 << 4;
    pub const IRQ_SET_ACTION_TRIGGER: u32 = 1 << 5;

    /// Bytes of a request without its data.
    pub const IRQ_SET_SIZE: u32 = 20;
    /// Bytes of an answer about an index.
    pub const IRQ_INFO_SIZE: u32 = 16;

    /// A request; its data follows.
    pub struct IrqSet {
        pub argsz: u32,
        pub flags: u32,
        pub index: u32,
        pub start: u32,
        pub count: u32,
    }

    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    pub struct IrqInfo {
        pub argsz: u32,
        pub flags: u32,
        pub index: u32,
        pub count: u32,
    }

    #[repr(C)]
    #[derive(Default)]
    pub struct RegionInfo {
        pub argsz: u32,
        pub flags: u32,
        pub index: u32,
        pub cap_offset: u32,
        pub size: u64,
        pub offset: u64,
    }

    #[repr(C)]
    pub struct DmaMap {
        pub argsz: u32,
        pub flags: u32,
        pub vaddr: u64,
        pub iova: u64,
        pub size: u64,
    }
}

/// What libc has and std has not.
#[allow(dead_code, reason = "a program uses a part of it")]
mod libc {
    use std::ffi::{c_int, c_uint, c_void};

    pub const EFD_NONBLOCK_CLOEXEC: c_int = 0o2_004_000;
    pub const F_DUPFD_CLOEXEC: c_int = 1030;
    pub const PROT_NONE: c_int = 0;
    pub const PROT_READ_WRITE: c_int = 3;
    pub const MAP_PRIVATE_ANONYMOUS: c_int = 0x22;
    pub const POLLIN: i16 = 1;
    pub const RLIMIT_NOFILE: c_int = 7;

    #[repr(C)]
    pub struct PollFd {
        pub fd: c_int,
        pub events: i16,
        pub revents: i16,
    }

    unsafe extern "C" {
        pub fn ioctl(fd: c_int, request: u64, ...) -> c_int;
        pub fn eventfd(initial: c_uint, flags: c_int) -> c_int;
        pub fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
        pub fn getrlimit(resource: c_int, limit: *mut [u64; 2]) -> c_int;
        pub fn setrlimit(resource: c_int, limit: *const [u64; 2]) -> c_int;
        pub fn poll(fds: *mut PollFd, count: u64, timeout: c_int) -> c_int;
        pub fn read(fd: c_int, data: *mut c_void, size: usize) -> isize;
        pub fn write(fd: c_int, data: *const c_void, size: usize) -> isize;
        pub fn close(fd: c_int) -> c_int;
        pub fn mmap(
            at: *mut c_void,
            size: usize,
            access: c_int,
            flags: c_int,
            fd: c_int,
            offset: i64,
        ) -> *mut c_void;
        pub fn mprotect(at: *mut c_void, size: usize, access: c_int) -> c_int;
        pub fn munmap(at: *mut c_void, size: usize) -> c_int;
    }
}

/// The errnos that are looked at.
#[allow(dead_code, reason = "a program uses a part of them")]
mod errno {
    pub const EIO: i32 = 5;
    pub const EBADF: i32 = 9;
    pub const EAGAIN: i32 = 11;
    pub const EINVAL: i32 = 22;
    pub const EOPNOTSUPP: i32 = 95;
}

use errno::*;

fn last_errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(EIO)
}

fn text_of(errno: i32) -> String {
    io::Error::from_raw_os_error(errno).to_string()
}

/// Nothing can be done with this device.
fn die(why: String) -> ! {
    eprintln!("error: {why}");
    exit(2)
}

//// error_name
fn error_name(errno: i32) -> String {
    let name = match errno {
        1 => "EPERM",
        2 => "ENOENT",
        5 => "EIO",
        6 => "ENXIO",
        9 => "EBADF",
        11 => "EAGAIN",
        12 => "ENOMEM",
        13 => "EACCES",
        14 => "EFAULT",
        16 => "EBUSY",
        19 => "ENODEV",
        22 => "EINVAL",
        24 => "EMFILE",
        25 => "ENOTTY",
        28 => "ENOSPC",
        34 => "ERANGE",
        95 => "EOPNOTSUPP",
        other => return format!("errno {other}"),
    };
    name.into()
}

//// *

/// An ioctl whose argument is this structure.
fn ioctl<T>(fd: i32, request: u64, argument: &mut T) -> Result<i32, i32> {
    // SAFETY: each request here takes a pointer to what it is given.
    match unsafe { libc::ioctl(fd, request, ptr::from_mut(argument)) } {
        done if done < 0 => Err(last_errno()),
        done => Ok(done),
    }
}

/// A number that is never open.
const CLOSED: i32 = i32::MAX;

/// The device, and what is said: a line for each step, and how the whole went.
#[allow(dead_code, reason = "a program looks at a part of it")]
struct Run {
    address: String,
    group: File,
    container: File,
    device: Option<File>,
    /// Its registers, so that it can interrupt.
    prepared: bool,
    /// The number of the next descriptor: none is used twice, so that a closed one stays closed. 0:
    /// there was none yet.
    next_fd: i32,
    line: u32,
    words: Vec<(String, u32)>,
    /// The last answer.
    reply: String,
    /// What `irq_info` said last.
    info: vfio::IrqInfo,
    /// What was read last, if it is eight bytes at most.
    value: u64,
    verdict: Option<String>,
}

/// The last part of where a link leads.
fn name_of_link(link: &Path) -> Option<String> {
    Some(fs::read_link(link).ok()?.file_name()?.to_string_lossy().into_owned())
}

fn open_file(path: &str, hint: &str) -> File {
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.unwrap_or_else(|error| die(format!("can't open {path}: {error}; {hint}")))
}

impl Run {
    /// Finds the way to the device: its group, in a container.
    fn new(address: &str) -> Self {
        let folder = Path::new("/sys/bus/pci/devices").join(address);
        if !folder.exists() {
            die(format!("no PCI device {address}; lspci -D lists those there are"));
        }
        let driver = name_of_link(&folder.join("driver")).unwrap_or("no driver".into());
        if !driver.contains("vfio") {
            die(format!(
                "{address} has {driver}, not vfio-pci: unbind it, write vfio-pci to \
                 {}/driver_override and {address} to /sys/bus/pci/drivers_probe",
                folder.display()
            ));
        }
        let Some(number) = name_of_link(&folder.join("iommu_group")) else {
            die(format!("{address} is behind no IOMMU: switch it on (intel_iommu=on)"))
        };
        let container = open_file("/dev/vfio/vfio", "modprobe vfio-pci, run as root");
        let group = open_file(&format!("/dev/vfio/{number}"), "does another program use the device?");
        let mut status = [8u32, 0];
        let asked = ioctl(group.as_raw_fd(), vfio::GROUP_GET_STATUS, &mut status);
        if let Err(errno) = asked {
            die(format!("VFIO_GROUP_GET_STATUS: {}", text_of(errno)));
        }
        if status[1] & vfio::GROUP_FLAGS_VIABLE == 0 {
            die(format!(
                "group {number} can't be used: every device of it must be under vfio-pci or have \
                 no driver"
            ));
        }
        let mut fd = container.as_raw_fd();
        if let Err(errno) = ioctl(group.as_raw_fd(), vfio::GROUP_SET_CONTAINER, &mut fd) {
            die(format!("VFIO_GROUP_SET_CONTAINER: {}", text_of(errno)));
        }
        // SAFETY: the argument is a number.
        if unsafe { libc::ioctl(fd, vfio::SET_IOMMU, vfio::TYPE1V2_IOMMU) } < 0 {
            let error = io::Error::last_os_error();
            let hint = "EPERM: no interrupt remapping; vfio_iommu_type1 allow_unsafe_interrupts=1";
            die(format!("VFIO_SET_IOMMU: {error} ({hint})"));
        }
        let mut run = Self {
            address: address.into(),
            group,
            container,
            device: None,
            prepared: false,
            next_fd: 0,
            line: 0,
            words: Vec::new(),
            reply: String::new(),
            info: vfio::IrqInfo::default(),
            value: 0,
            verdict: None,
        };
        run.start_clean();
        run
    }

    fn fd(&self) -> i32 {
        self.device.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    fn step(&mut self, line: u32) {
        let words = self.words.drain(..).map(|(word, times)| match times {
            1 => word,
            _ => format!("{word} x{times}"),
        });
        let words = words.collect::<Vec<_>>().join(", ");
        if !words.is_empty() {
            println!("{} {words}", self.line);
        }
        self.line = line;
    }

//// say
    /// A word of the line. Equal ones in a row are one, as `0 x5`.
    fn say(&mut self, word: String) {
        match self.words.last_mut() {
            Some((last, times)) if *last == word => *times += 1,
            _ => self.words.push((word, 1)),
        }
    }

//// fail
    /// Only the first that does not hold is told.
    fn fail(&mut self, expected: &str, got: &str) {
        let line = self.line;
        self.verdict.get_or_insert_with(|| format!("failed {line}: {expected}, got {got}"));
    }

//// cannot
    /// The scenario says something that this program can't do.
    fn cannot(&mut self, what: &str) {
        let line = self.line;
        eprintln!("line {line}: not carried: {what}");
        self.verdict.get_or_insert_with(|| format!("cannot {line}: {what}"));
    }

//// answer
    fn answer(&mut self, done: Result<(), i32>) {
        self.reply = match done {
            Ok(()) => "0".into(),
            Err(errno) => error_name(errno),
        };
        self.say(self.reply.clone());
    }

//// expect
    fn expect(&mut self, expected: &str) {
        if self.reply != expected {
            self.fail(expected, &self.reply.clone());
        }
    }

//// *
    // ---- The device ----

    fn open_device(&mut self) -> Result<(), i32> {
        if self.device.is_some() {
            return Ok(());
        }
        let mut name: Vec<u8> = self.address.bytes().chain([0]).collect();
        let group = self.group.as_raw_fd();
        let device = ioctl(group, vfio::GROUP_GET_DEVICE_FD, &mut name[0])?;
        // SAFETY: the kernel has just made it for us.
        self.device = Some(unsafe { File::from_raw_fd(device) });
        // The kernel resets what it can when it opens.
        let mut info = [16u32, 0, 0, 0];
        let asked = ioctl(device, vfio::DEVICE_GET_INFO, &mut info);
        if asked.is_err() || info[1] & vfio::DEVICE_FLAGS_RESET != 0 {
            self.prepared = false;
        }
        Ok(())
    }

    fn close_device(&mut self) -> Result<(), i32> {
        self.device.take().map(drop).ok_or(EBADF)
    }

//// device_open
    fn device_open(&mut self) {
        let done = self.open_device();
        self.answer(done);
    }

//// device_close
    fn device_close(&mut self) {
        let done = self.close_device();
        self.answer(done);
    }

//// device_reset
    fn device_reset(&mut self) {
        // SAFETY: the request takes no argument.
        let done = match unsafe { libc::ioctl(self.fd(), vfio::DEVICE_RESET) } {
            done if done < 0 => Err(last_errno()),
            _ => Ok(self.prepared = false),
        };
        self.answer(done);
    }

//// *
    // ---- Interrupts ----

    /// VFIO_DEVICE_SET_IRQS: 0, or the number of vectors that could be had.
    ///
    /// The request ends where memory ends, so that a size that claims more is EFAULT and not
    /// chance.
    fn vfio_set_irqs(&self, set: &vfio::IrqSet, data: &[u8]) -> Result<i32, i32> {
        const PAGE: usize = 1 << 16;
        let header = [set.argsz, set.flags, set.index, set.start, set.count];
        let mut bytes: Vec<u8> = header.iter().flat_map(|field| field.to_ne_bytes()).collect();
        bytes.extend_from_slice(data);
        let room = bytes.len().next_multiple_of(PAGE);
        // SAFETY: a new mapping; the request lies in it, right before its last part, which nobody
        // may access. The kernel reads the request and keeps no pointer.
        unsafe {
            let (access, flags) = (libc::PROT_READ_WRITE, libc::MAP_PRIVATE_ANONYMOUS);
            let memory = libc::mmap(ptr::null_mut(), room + PAGE, access, flags, -1, 0);
            let guard = memory.wrapping_byte_add(room);
            if memory.addr() == usize::MAX || libc::mprotect(guard, PAGE, libc::PROT_NONE) < 0 {
                die(format!("no memory for a request: {}", io::Error::last_os_error()));
            }
            let request = memory.byte_add(room - bytes.len());
            request.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            let done = match libc::ioctl(self.fd(), vfio::DEVICE_SET_IRQS, request) {
                done if done < 0 => Err(last_errno()),
                done => Ok(done),
            };
            libc::munmap(memory, room + PAGE);
            done
        }
    }

    /// VFIO_DEVICE_GET_IRQ_INFO.
    fn vfio_irq_info(&self, argsz: u32, index: u32) -> Result<vfio::IrqInfo, i32> {
        let mut info = vfio::IrqInfo { argsz, index, ..Default::default() };
        ioctl(self.fd(), vfio::DEVICE_GET_IRQ_INFO, &mut info).map(|_| info)
    }

//// set_irqs
    fn set_irqs(&mut self, set: vfio::IrqSet, data: &[u8]) {
        match self.vfio_set_irqs(&set, data) {
            Ok(count) if count > 0 => {
                self.reply = format!("only {count}");
                self.say(self.reply.clone());
            }
            done => self.answer(done.map(drop)),
        }
    }

//// irq_info
    fn irq_info(&mut self, argsz: u32, index: u32) {
        const WORDS: [&str; 4] = ["eventfd", "maskable", "automasked", "noresize"];
        match self.vfio_irq_info(argsz, index) {
            Ok(info) => {
                let bits = (0..4).filter(|bit| info.flags & 1 << bit != 0);
                let words: Vec<&str> = bits.map(|bit| WORDS[bit as usize]).collect();
                let flags = match info.flags {
                    0 => "none".into(),
                    flags if flags >> 4 != 0 => format!("{flags:#x}"),
                    _ => words.join("|"),
                };
                self.info = info;
                self.reply = format!("count={} flags={flags}", info.count);
                self.say(self.reply.clone());
            }
            Err(errno) => self.answer(Err(errno)),
        }
    }

//// expect_count
    fn expect_count(&mut self, count: u32) {
        if !self.reply.starts_with("count=") || self.info.count != count {
            self.fail(&format!("count={count}"), &self.reply.clone());
        }
    }

//// expect_flags
    fn expect_flags(&mut self, flags: u32, expected: &str) {
        if !self.reply.starts_with("count=") || self.info.flags != flags {
            self.fail(expected, &self.reply.clone());
        }
    }

//// *
    // ---- Regions: config space and BARs ----

    /// The device's descriptor, and where in it an access goes.
    fn region_at(&self, region: u32, offset: u64) -> Result<(&File, u64), i32> {
        let device = self.device.as_ref().ok_or(EBADF)?;
        if region >= vfio::PCI_NUM_REGIONS || offset >> 40 != 0 {
            return Err(EINVAL);
        }
        let mut place = vfio::RegionInfo { argsz: 32, index: region, ..Default::default() };
        let known = ioctl(device.as_raw_fd(), vfio::DEVICE_GET_REGION_INFO, &mut place).is_ok();
        // A region the function has not is still where vfio-pci keeps it: it says no itself.
        let start = if known && place.offset != 0 { place.offset } else { u64::from(region) << 40 };
        Ok((device, start + offset))
    }

    fn write_region(&self, region: u32, offset: u64, data: &[u8]) -> Result<(), i32> {
        let (device, at) = self.region_at(region, offset)?;
        match device.write_at(data, at) {
            Ok(done) if done == data.len() => Ok(()),
            Ok(_) => Err(EIO),
            Err(error) => Err(error.raw_os_error().unwrap_or(EIO)),
        }
    }

//// read_region
    fn read_region(&self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), i32> {
        let (device, at) = self.region_at(region, offset)?;
        match device.read_at(data, at) {
            Ok(done) if done == data.len() => Ok(()),
            Ok(_) => Err(EIO),
            Err(error) => Err(error.raw_os_error().unwrap_or(EIO)),
        }
    }

//// region_read
    fn region_read(&mut self, region: u32, offset: u64, size: usize) {
        let mut data = vec![0; size];
        self.value = 0;
        if let Err(errno) = self.read_region(region, offset, &mut data) {
            return self.answer(Err(errno));
        }
        if size <= 8 {
            self.value = data.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
        }
        let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
        self.reply = format!("data={hex}");
        self.say(self.reply.clone());
    }

//// expect_value
    fn expect_value(&mut self, wanted: u64, care: u64, size: usize, expected: &str) {
        if !self.reply.starts_with("data=") {
            self.fail(expected, &self.reply.clone());
        } else if (self.value ^ wanted) & care != 0 {
            self.fail(expected, &format!("{:#0width$x}", self.value, width = 2 + 2 * size));
        }
    }

//// region_write
    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) {
        let done = self.write_region(region, offset, data);
        self.answer(done);
    }

//// start
    /// Opens the device as a driver does, whose first act is Memory Space and Bus Master on:
    /// vfio-pci opens with Bus Master off.
    fn start(&mut self) {
        let mut command = [0; 2];
        let done = self
            .open_device()
            .and_then(|()| self.read_region(vfio::PCI_CONFIG_REGION_INDEX, 4, &mut command))
            .and_then(|()| {
                let command = [command[0] | 0x06, command[1]];
                self.write_region(vfio::PCI_CONFIG_REGION_INDEX, 4, &command)
            });
        if let Err(errno) = done {
            die(format!("can't open {}: {}", self.address, text_of(errno)));
        }
    }

//// *
    // ---- Descriptors ----

    fn keep(&mut self, made: i32) -> i32 {
        if self.next_fd == 0 {
            self.next_fd = 1000;
            // The usual limit is 1024; more is ours to take. Soft limit and hard limit.
            let mut limit = [0; 2];
            // SAFETY: two numbers, as said.
            unsafe {
                if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 {
                    libc::setrlimit(libc::RLIMIT_NOFILE, &[limit[1]; 2]);
                }
            }
        }
        // SAFETY: descriptors are numbers here; none is owned by anything else.
        let kept = unsafe { libc::fcntl(made, libc::F_DUPFD_CLOEXEC, self.next_fd) };
        if kept < 0 {
            die(format!("no new descriptor: {}; ulimit -n", io::Error::last_os_error()));
        }
        // SAFETY: as above.
        unsafe { libc::close(made) };
        self.next_fd = kept + 1;
        kept
    }

    fn new_eventfd(&mut self) -> i32 {
        // SAFETY: the arguments are numbers.
        let made = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK_CLOEXEC) };
        self.keep(made)
    }

//// new_plain
    fn new_plain(&mut self) -> i32 {
        use std::os::fd::IntoRawFd;
        let made = File::open("/dev/null").map_or(-1, IntoRawFd::into_raw_fd);
        self.keep(made)
    }

//// take_counter
    /// Reads and clears a counter. Waits a little for what is expected.
    fn take_counter(&self, fd: i32, expected: u64) -> Result<u64, i32> {
        let (mut sum, mut got) = (0u64, 0u64);
        loop {
            if expected > 0 {
                let mut ready = libc::PollFd { fd, events: libc::POLLIN, revents: 0 };
                // SAFETY: one structure, as said.
                unsafe { libc::poll(&mut ready, 1, 100) };
            }
            // SAFETY: eight bytes, as said.
            let size = unsafe { libc::read(fd, ptr::from_mut(&mut got).cast(), 8) };
            match size {
                8 => sum += got,
                _ if sum > 0 => return Ok(sum),
                size if size < 0 => return Err(last_errno()),
                _ => return Err(EINVAL),
            }
            if sum >= expected {
                return Ok(sum);
            }
        }
    }

//// read_eventfd
    fn read_eventfd(&mut self, fd: i32, name: &str, expected: u64) {
        let read = self.take_counter(fd, expected);
        if let Ok(sum) | Err((EAGAIN, sum)) = read.map_err(|errno| (errno, 0)) {
            self.say(format!("{name}={sum}"));
        }
        self.reply = match read {
            Ok(sum) => sum.to_string(),
            Err(errno) => error_name(errno),
        };
    }

//// write_eventfd
    fn write_eventfd(&mut self, fd: i32, value: u64) {
        // SAFETY: eight bytes, as said.
        let done = unsafe { libc::write(fd, ptr::from_ref(&value).cast(), 8) };
        self.reply = if done < 0 { error_name(last_errno()) } else { "0".into() };
        // What an unmask eventfd asks for is done by a worker of the kernel: make way for it.
        nap(50);
    }

//// close_fd
    fn close_fd(&mut self, fd: i32) {
        // SAFETY: descriptors are numbers here; none is owned by anything else.
        let done = unsafe { libc::close(fd) };
        self.reply = if done < 0 { error_name(last_errno()) } else { "0".into() };
    }

//// kvm_irqfd
    /// KVM_IRQFD of a VM of this program's own, which has interrupt controllers and nothing that
    /// runs. A VMM has its VM already, and routes of its own from a gsi to a vector's message
    /// (KVM_SET_GSI_ROUTING).
    fn kvm_irqfd(&mut self, fd: i32, gsi: u32, flags: u32, resamplefd: i32) {
        use std::sync::OnceLock;
        // What <linux/kvm.h> says.
        const KVM_CREATE_VM: u64 = 0xae01;
        const KVM_CREATE_IRQCHIP: u64 = 0xae60;
        const KVM_IRQFD: u64 = 0x4020_ae76;
        static VM: OnceLock<i32> = OnceLock::new();
        let vm = *VM.get_or_init(|| {
            let kvm = open_file("/dev/kvm", "modprobe kvm-intel or kvm-amd");
            // SAFETY: the arguments are numbers.
            unsafe {
                let vm = libc::ioctl(kvm.as_raw_fd(), KVM_CREATE_VM, 0);
                if vm < 0 || libc::ioctl(vm, KVM_CREATE_IRQCHIP, 0) < 0 {
                    let error = io::Error::last_os_error();
                    die(format!("no VM with interrupt controllers: {error}"));
                }
                vm
            }
        });
        // struct kvm_irqfd.
        let mut irqfd = [0u32; 8];
        irqfd[..4].copy_from_slice(&[fd.cast_unsigned(), gsi, flags, resamplefd.cast_unsigned()]);
        self.reply = match ioctl(vm, KVM_IRQFD, &mut irqfd) {
            Ok(_) => "0".into(),
            Err(errno) => error_name(errno),
        };
    }

//// counter
    /// Reads an eventfd, which is expected to give this; 0: EAGAIN.
    fn counter(&mut self, fd: i32, name: &str, wanted: u64, expected: &str) {
        match self.take_counter(fd, wanted).map_err(|errno| (errno, 0)) {
            Ok(sum) | Err((EAGAIN, sum)) => {
                let got = format!("{name}={sum}");
                if sum != wanted {
                    self.fail(expected, &got);
                }
                self.say(got);
            }
            Err((errno, _)) => self.fail(expected, &format!("{name}={}", error_name(errno))),
        }
    }

//// counters
    /// The same of a row, named by a stem and their numbers.
    fn counters(&mut self, fds: &[i32], stem: &str, first: usize, wanted: u64, expected: &str) {
        for (number, fd) in (first..).zip(fds) {
            self.counter(*fd, &format!("{stem}{number}"), wanted, expected);
        }
    }

//// carried
    /// Whether the device could be told to interrupt.
    fn carried(&mut self, done: Result<(), i32>, what: &str) {
        match done {
            Ok(()) => {}
            Err(EOPNOTSUPP) => self.cannot(what),
            Err(errno) => self.fail(what, &error_name(errno)),
        }
    }

//// *
    /// The end: counters nobody read, and whether all held.
    fn finish(mut self, fds: &[(&str, &[i32], Option<u32>)]) -> ExitCode {
        self.step(0);
        let mut left = String::new();
        for (name, fds, first) in fds {
            for (number, fd) in (first.unwrap_or(0)..).zip(*fds) {
                let mut count = 0u64;
                // SAFETY: eight bytes, as said.
                let size = unsafe { libc::read(*fd, ptr::from_mut(&mut count).cast(), 8) };
                if *fd != CLOSED && size == 8 {
                    let number = first.map_or(String::new(), |_| number.to_string());
                    left += &format!(" {name}{number}={count}");
                }
            }
        }
        if !left.is_empty() {
            println!("left{left}");
        }
        let _ = self.close_device();
        drop(self.container);
        match self.verdict {
            None => println!("held"),
            Some(verdict) => {
                println!("{verdict}");
                return ExitCode::FAILURE;
            }
        }
        ExitCode::SUCCESS
    }
