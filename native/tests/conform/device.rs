//! A second emulator as the device: told to lie, and watched for what must not be done to a real
//! one. What no two devices have in common is another thing here: registers that have nothing to do
//! with interrupts, what firmware left in Command and Interrupt Line, and the numbers of
//! descriptors, of which the lowest that is free is given out as a kernel does.

use std::collections::{BTreeMap, BTreeSet};

use vfio_irq_core::device::{Answer, Device, Fd, Moment, RegionInfo, Stimulate, Stimulus};
use vfio_irq_core::errno::Errno;
use vfio_irq_core::event::{Event, Loss, Outcome};
use vfio_irq_core::eventfd::Fds;
use vfio_irq_core::guest::GuestCall;
use vfio_irq_core::host::IrqMode;
use vfio_irq_core::machine::{Emulator, Machine};
use vfio_irq_core::uapi::{CONFIG_REGION, IrqIndex, IrqInfo, IrqSetFlags, IrqSetHeader};

/// First number given out.
const FIRST_FD: Fd = 1000;

/// What a device says that is not so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lie {
    /// Nothing.
    None,
    /// EINVAL where an index has no such action, in place of ENOTTY.
    WrongErrno,
    /// After a live vector was given an eventfd again, its next signal is lost.
    LostAfterRearm,
    /// Two signals count as three.
    CountOffByOne,
    /// MSI's Message Control shows the hardware's Enable, not the user's.
    MsiEnableShown,
    /// The unmask eventfd keeps its count.
    UnmaskNotTaken,
    /// GET_IRQ_INFO never says NORESIZE.
    Resizes,
    /// The n-th refused request answers ENOMEM, and never again.
    OnceOnly(u32),
}

/// An emulator as a device.
pub(crate) struct Liar {
    emulator: Emulator,
    lie: Lie,
    events: Vec<Event>,
    /// The emulator's descriptor by the number the user has.
    numbers: BTreeMap<Fd, Fd>,
    /// Every number given out.
    given: BTreeSet<Fd>,
    /// The bytes of Command, and of Interrupt Line, that were written since the open.
    written: [bool; 3],
    /// A level was asserted, and has not fallen.
    asserted: bool,
    /// Signals to be lost, by eventfd.
    lose: BTreeSet<Fd>,
    /// Counts kept by unmask eventfds.
    kept: BTreeMap<Fd, u64>,
    refused: u32,
    /// What was done that must not be.
    pub(crate) trespasses: BTreeSet<String>,
    /// Every call, stimulus and access of a descriptor, as text.
    pub(crate) log: Option<Vec<String>>,
    /// Which stimuli it can carry.
    pub(crate) able: fn(Stimulus) -> bool,
    /// Most descriptors open at once.
    pub(crate) most_open: usize,
}

impl Liar {
    pub(crate) fn new(machine: Machine, lie: Lie) -> Self {
        Self {
            emulator: Emulator::new(machine),
            lie,
            events: Vec::new(),
            numbers: BTreeMap::new(),
            given: BTreeSet::new(),
            written: [false; 3],
            asserted: false,
            lose: BTreeSet::new(),
            kept: BTreeMap::new(),
            refused: 0,
            trespasses: BTreeSet::new(),
            log: None,
            able: |_| true,
            most_open: 0,
        }
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.emulator.machine
    }

    /// Descriptors open now.
    pub(crate) fn open_fds(&self) -> usize {
        self.machine().fds.iter().filter(|(_, _, open)| *open).count()
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(text());
        }
    }

    fn must(&mut self, held: bool, what: &str) {
        if !held {
            self.trespasses.insert(what.to_owned());
        }
    }

    fn unmask(&self) -> Option<Fd> {
        match self.machine().host.mode() {
            IrqMode::Intx(intx) => intx.unmask,
            _ => None,
        }
    }

    fn triggers(&self) -> BTreeSet<Fd> {
        let host = &self.machine().host;
        let intx = match host.mode() {
            IrqMode::Intx(intx) => intx.trigger,
            _ => None,
        };
        let vectors = host.vectors().filter_map(|vector| vector.eventfd);
        vectors.chain(intx).chain(host.err()).chain(host.req()).collect()
    }

    /// The eventfd of each live vector.
    fn live(&self) -> BTreeMap<u16, Fd> {
        let vectors = self.machine().host.vectors();
        vectors.filter_map(|vector| Some((vector.vector, vector.eventfd?))).collect()
    }

    /// What must hold after each call, whatever was asked.
    fn look(&mut self) {
        let triggers = self.triggers();
        let unmask = self.unmask();
        self.must(unmask.is_none_or(|fd| !triggers.contains(&fd)), "unmask eventfd is a trigger");
        let fds = &self.machine().fds;
        let full = triggers.iter().any(|fd| fds.counter(*fd).is_some_and(|n| n > u64::MAX / 2));
        self.must(!full, "a trigger's counter is near its end");
        self.asserted &= self.machine().function.intx_status();
        let hidden = self.asserted && self.machine().function.mode().is_some();
        self.must(!hidden, "MSI or MSI-X enabled with a level asserted");
        self.most_open = self.most_open.max(self.open_fds());
    }

    /// Whether registers in BARs answer.
    fn reachable(&self) -> bool {
        let function = &self.machine().function;
        self.machine().host.is_open() && (function.is_vf() || function.command() & 2 != 0)
    }

    fn waits(&self) -> bool {
        let function = &self.machine().function;
        function.intx_status()
            || function.msi().is_some_and(|msi| msi.pending_bits() != 0)
            || function.msix().is_some_and(|msix| msix.pending().next().is_some())
    }

    fn keep_events(&mut self) {
        self.events.extend(self.emulator.take_events());
    }

    /// Puts another answer in place of the last one.
    fn answer(&mut self, outcome: Outcome) {
        self.keep_events();
        let mut returns = self.events.iter_mut().rev();
        if let Some(last) = returns.find(|event| matches!(event, Event::Return(_))) {
            *last = Event::Return(outcome);
        }
    }

    fn refuse(&mut self, errno: Errno) -> Result<Answer, Errno> {
        self.answer(Outcome::Refused { errno, clause: None });
        Err(errno)
    }

    /// Gives a descriptor the lowest number that is free.
    fn give(&mut self, made: Result<Fd, Errno>) -> Result<Fd, Errno> {
        let emulated = made?;
        let free = (FIRST_FD..).find(|number| !self.numbers.contains_key(number));
        let number = free.expect("there are billions");
        self.numbers.insert(number, emulated);
        self.given.insert(number);
        Ok(number)
    }

    /// The emulator's descriptor for a number; negative ones mean themselves.
    fn emulated(&self, fd: Fd) -> Fd {
        if fd < 0 { fd } else { self.numbers.get(&fd).copied().unwrap_or(Fd::MAX) }
    }

    /// Puts the emulator's descriptors into a request's data.
    fn translate(&self, header: &IrqSetHeader, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        if header.flags & IrqSetFlags::DATA.bits() == IrqSetFlags::DATA_EVENTFD.bits() {
            for b in data.chunks_exact_mut(4) {
                let fd = self.emulated(Fd::from_le_bytes([b[0], b[1], b[2], b[3]]));
                b.copy_from_slice(&fd.to_le_bytes());
            }
        }
        data
    }

    /// Makes bytes of config space another device's that have nothing to do with interrupts.
    fn disguise(&self, offset: u64, data: &mut [u8]) {
        let function = &self.machine().function;
        let msi = function.msi().map(|msi| {
            let len = 10 + if msi.wide() { 4 } else { 0 } + if msi.maskable() { 10 } else { 0 };
            (u64::from(msi.offset()), len)
        });
        let msix = function.msix().map(|msix| (u64::from(msix.offset()), 12));
        for (at, byte) in (offset..).zip(data) {
            let inside = |(first, len): (u64, u64)| (first + 2..first + len).contains(&at);
            match at {
                4 | 5 if !self.written[at as usize - 4] => *byte |= 1,
                0x3c if !self.written[2] => *byte = 0x0b,
                4..8 | 0x3c | 0x3d => {}
                _ if msi.is_some_and(inside) || msix.is_some_and(inside) => {}
                _ => *byte ^= 0x5a,
            }
        }
    }

    /// Raw descriptor numbers in a request: names' numbers, or none that could be open.
    fn check_numbers(&mut self, header: &IrqSetHeader, data: &[u8]) {
        if header.flags & IrqSetFlags::DATA_EVENTFD.bits() == 0 {
            return;
        }
        let numbers = data.chunks_exact(4).map(|b| Fd::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let strange = |fd: &Fd| (0..65_536).contains(fd) && !self.given.contains(fd);
        let held = !numbers.into_iter().any(|fd| strange(&fd));
        self.must(held, "a raw number that may be open");
    }
}

impl Device for Liar {
    fn open(&mut self) -> Result<(), Errno> {
        self.note(|| "open".into());
        if !self.machine().host.is_open() {
            self.written = [false; 3];
        }
        if self.open_fds() == 0 {
            self.emulator.machine.fds = Fds::default();
            self.lose.clear();
            self.kept.clear();
        }
        self.emulator.open()
    }

    fn close(&mut self) -> Result<(), Errno> {
        self.note(|| "close".into());
        let kept = self.waits() && self.machine().function.resets();
        self.must(!kept, "closed or reset with something waiting");
        self.emulator.close()
    }

    fn irq_info(&mut self, argsz: u32, index: u32) -> Result<IrqInfo, Errno> {
        self.note(|| format!("irq_info {argsz} {index}"));
        let mut info = self.emulator.irq_info(argsz, index)?;
        if self.lie == Lie::Resizes {
            info.flags &= !8;
            self.answer(Outcome::Info(info));
        }
        Ok(info)
    }

    fn set_irqs(&mut self, header: IrqSetHeader, data: &[u8]) -> Result<Answer, Errno> {
        self.note(|| format!("set_irqs {header:?} {data:?}"));
        self.check_numbers(&header, data);
        let (mode, up, before) =
            (self.machine().host.mode(), self.machine().function.intx_status(), self.live());
        let answer = self.emulator.set_irqs(header, &self.translate(&header, data));
        self.look();
        let now = self.machine().host.mode();
        let on = mode == IrqMode::None && matches!(now, IrqMode::Intx(_));
        self.must(!(on && up), "INTx enabled with its level up");
        match (self.lie, answer) {
            (Lie::WrongErrno, Err(Errno::ENOTTY)) => self.refuse(Errno::EINVAL),
            (Lie::OnceOnly(nth), Err(_)) => {
                self.refused += 1;
                if self.refused == nth { self.refuse(Errno::ENOMEM) } else { answer }
            }
            (Lie::LostAfterRearm, Ok(Answer::Done)) => {
                let first = header.start as u16;
                let asked = first..first.saturating_add(header.count as u16);
                let eventfds = header.flags == 0x24 && header.index == IrqIndex::Msix.raw();
                let after = self.live();
                let again = after.into_iter().filter(|(vector, _)| {
                    eventfds && asked.contains(vector) && before.contains_key(vector)
                });
                self.lose.extend(again.map(|(_, fd)| fd));
                answer
            }
            (_, answer) => answer,
        }
    }

    fn region_info(&mut self, region: u32) -> Result<RegionInfo, Errno> {
        self.emulator.region_info(region)
    }

    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), Errno> {
        self.note(|| format!("read {region} {offset:#x} {}", data.len()));
        self.emulator.region_read(region, offset, data)?;
        if region == CONFIG_REGION {
            self.disguise(offset, data);
            self.answer(Outcome::Data(data.to_vec()));
        }
        if let Some(msi) = self.machine().function.msi()
            && self.lie == Lie::MsiEnableShown
            && region == CONFIG_REGION
            && let Some(at) = (u64::from(msi.offset()) + 2).checked_sub(offset)
            && let Some(byte) = data.get_mut(at as usize)
        {
            *byte = *byte & !1 | u8::from(msi.enabled());
            self.answer(Outcome::Data(data.to_vec()));
        }
        Ok(())
    }

    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> Result<(), Errno> {
        self.note(|| format!("write {region} {offset:#x} {data:?}"));
        if region == CONFIG_REGION {
            let end = offset + data.len() as u64;
            for (written, at) in self.written.iter_mut().zip([4, 5, 0x3c]) {
                *written |= (offset..end).contains(&at);
            }
        }
        let wrote = self.emulator.region_write(region, offset, data);
        self.look();
        wrote
    }

    fn reset(&mut self) -> Result<(), Errno> {
        self.note(|| "reset".into());
        let kept = self.waits() && self.machine().function.resets();
        self.must(!kept, "closed or reset with something waiting");
        self.emulator.reset()
    }

    fn eventfd_create(&mut self) -> Result<Fd, Errno> {
        let made = self.emulator.eventfd_create();
        self.look();
        self.give(made)
    }

    fn plain_fd_create(&mut self) -> Result<Fd, Errno> {
        let made = self.emulator.plain_fd_create();
        self.give(made)
    }

    fn eventfd_wait(&mut self, fd: Fd, at_least: u64) {
        self.emulator.eventfd_wait(self.emulated(fd), at_least);
    }

    fn eventfd_read(&mut self, fd: Fd) -> Result<u64, Errno> {
        self.note(|| format!("read {fd}"));
        let fd = self.emulated(fd);
        let plain = self.machine().fds.lookup(fd) == Err(Errno::EINVAL);
        self.must(!plain, "a descriptor read that is no eventfd");
        let kept = self.kept.remove(&fd).unwrap_or(0);
        let value = match self.emulator.eventfd_read(fd) {
            Err(Errno::EAGAIN) if kept > 0 => Ok(kept),
            Ok(2) if self.lie == Lie::CountOffByOne => Ok(3),
            Ok(value) if self.lose.remove(&fd) => {
                if value > 1 {
                    Ok(value - 1)
                } else {
                    Err(Errno::EAGAIN)
                }
            }
            value => value,
        };
        self.keep_events();
        value
    }

    fn eventfd_write(&mut self, fd: Fd, value: u64) -> Result<(), Errno> {
        self.note(|| format!("write {fd} {value}"));
        let fd = self.emulated(fd);
        let plain = self.machine().fds.lookup(fd) == Err(Errno::EINVAL);
        self.must(!plain, "a descriptor written that is no eventfd");
        if self.lie == Lie::UnmaskNotTaken && self.unmask() == Some(fd) {
            *self.kept.entry(fd).or_default() += value;
        }
        let wrote = self.emulator.eventfd_write(fd, value);
        self.look();
        wrote
    }

    fn eventfd_close(&mut self, fd: Fd) -> Result<(), Errno> {
        self.note(|| format!("close {fd}"));
        let emulated = self.emulated(fd);
        self.numbers.remove(&fd);
        self.emulator.eventfd_close(emulated)
    }

    fn guest(&mut self, _: GuestCall) -> Result<bool, Errno> {
        Err(Errno::EOPNOTSUPP)
    }

    fn take_events(&mut self) -> Vec<Event> {
        self.keep_events();
        let no_vector =
            |event: &Event| matches!(event, Event::Lost { why: Loss::NoSuchVector, .. });
        let held = !self.events.iter().any(no_vector);
        self.must(held, "a vector fired that there is not");
        std::mem::take(&mut self.events)
    }
}

impl Stimulate for Liar {
    fn supports(&self, stimulus: Stimulus) -> bool {
        (self.able)(stimulus)
    }

    fn stimulate(&mut self, stimulus: Stimulus) -> Result<(), Errno> {
        self.note(|| format!("{stimulus:?}"));
        let (reachable, able) = (self.reachable(), (self.able)(stimulus));
        self.must(reachable, "a stimulus without access to the device");
        self.must(able, "a stimulus the device can't carry");
        let off = self.machine().function.mode().is_none();
        let far = matches!(stimulus, Stimulus::Fire(vector) if off && vector > 0);
        self.must(!far, "a vector fired with MSI and MSI-X off");
        self.must(off || stimulus != Stimulus::AssertIntx, "a level asserted with MSI or MSI-X on");
        let done = self.emulator.stimulate(stimulus);
        self.asserted |= stimulus == Stimulus::AssertIntx;
        self.look();
        done
    }

    fn stimulate_at(&mut self, moment: Moment, stimulus: Stimulus) -> Result<(), Errno> {
        self.emulator.stimulate_at(moment, stimulus)
    }

    fn take_missed(&mut self) -> Vec<Moment> {
        self.emulator.take_missed()
    }
}
