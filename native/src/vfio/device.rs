//! The seam's calls on a real device: each goes to the kernel as it is, and its answer comes back as
//! it is.
//!
//! Left out: causes and micro-steps, which nobody outside the kernel sees; the events are the calls
//! and their answers.

use std::fs::File;

use rustix::event::{EventfdFlags, eventfd};
use vfio_irq_core::device::{Answer, Device, Fd, RegionInfo};
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::{Call, Event, Outcome};
use vfio_irq_core::guest::GuestCall;
use vfio_irq_core::uapi::{IrqInfo, IrqSetHeader};

use super::numbers::{DEVICE_GET_IRQ_INFO, DEVICE_RESET, DEVICE_SET_IRQS, number, numbers};
use super::{VfioDevice, errno, sys};

fn done(_: &()) -> Outcome {
    Outcome::Answer(Answer::Done)
}

impl VfioDevice {
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
        self.release(held, planned);
        self.events.push(Event::Return(match &answer {
            Ok(value) => outcome(value),
            Err(errno) => Outcome::Refused { errno: *errno, clause: None },
        }));
        answer
    }

    /// SET_IRQS without leaving an event.
    pub(super) fn set_irqs_now(
        &mut self,
        header: IrqSetHeader,
        data: &[u8],
    ) -> Result<Answer, Errno> {
        let IrqSetHeader { argsz, flags, index, start, count } = header;
        let mut bytes = numbers(&[argsz, flags, index, start, count]);
        bytes.extend_from_slice(data);
        Ok(match self.ioctl(DEVICE_SET_IRQS, &mut bytes)? {
            0 => Answer::Done,
            count => Answer::Only(count.unsigned_abs()),
        })
    }
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
        let call = Call::SetIrqs { header, data: data.to_vec() };
        let set = |device: &mut Self| device.set_irqs_now(header, data);
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
        let fd = self.fds.keep(made)?;
        self.events.push(Event::Opened { fd, eventfd: true });
        Ok(fd)
    }

    fn plain_fd_create(&mut self) -> Result<Fd, Errno> {
        let made = File::open("/dev/null").map_err(|_| Errno::EMFILE)?;
        let fd = self.fds.keep(made)?;
        self.events.push(Event::Opened { fd, eventfd: false });
        Ok(fd)
    }

    fn eventfd_wait(&mut self, fd: Fd, at_least: u64) {
        self.fds.wait(fd, at_least);
    }

    fn eventfd_read(&mut self, fd: Fd) -> Result<u64, Errno> {
        let Self { fds, kvm, events, .. } = self;
        let read = kvm.read(fd, fds, &mut |event| events.push(Event::Guest(event)));
        match read {
            Ok(value) => self.events.push(Event::Read { fd, value: Some(value) }),
            Err(Errno::EAGAIN) => self.events.push(Event::Read { fd, value: None }),
            Err(_) => {}
        }
        read
    }

    fn eventfd_write(&mut self, fd: Fd, value: u64) -> Result<(), Errno> {
        self.fds.write(fd, value)?;
        self.events.push(Event::Wrote { fd, value });
        let Self { fds, kvm, events, .. } = self;
        kvm.wrote(fd, fds, &mut |event| events.push(Event::Guest(event)));
        Ok(())
    }

    fn eventfd_close(&mut self, fd: Fd) -> Result<(), Errno> {
        let Self { fds, kvm, events, .. } = self;
        let mut told = Vec::new();
        kvm.let_go(fd, fds, &mut |event| told.push(Event::Guest(event)));
        fds.close(fd)?;
        events.push(Event::Closed { fd });
        events.append(&mut told);
        Ok(())
    }

    fn guest(&mut self, call: GuestCall) -> Result<bool, Errno> {
        let Self { fds, kvm, events, .. } = self;
        if kvm.begins() {
            events.push(Event::Note("KVM and its guest are played by this program".into()));
        }
        kvm.call(call, fds, &mut |event| events.push(Event::Guest(event)))
    }

    fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}
