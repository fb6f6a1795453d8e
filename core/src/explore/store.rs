//! The states seen. Each part of a machine is kept once, whatever states it is part of; a state is
//! the numbers of its parts, and how it was first come to.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::mem::size_of;

use hashbrown::HashTable;

use super::walk::{Choice, Place};
use crate::device::Fd;
use crate::eventfd::Fds;
use crate::guest::Guest;
use crate::host::Host;
use crate::ledger::Ledger;
use crate::machine::{Machine, Progress};
use crate::pci::Function;
use crate::scenario::ast::Tally;

/// A fast hash of small values; nobody outside chooses them freely, and a collision costs time only.
#[derive(Default)]
struct Quick(u64);

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.add(value.into());
    }

    fn write_u16(&mut self, value: u16) {
        self.add(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.add(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn write_u128(&mut self, value: u128) {
        self.add(value as u64);
        self.add((value >> 64) as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(super) fn hash_of(value: &impl Hash) -> u32 {
    let mut hasher = Quick::default();
    value.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}

/// A number in a table, with the half of its hash that tells it from most others: so looking and
/// growing seldom touch what is kept elsewhere.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) hash: u32,
    pub(super) number: u32,
}

/// A table's hash of the half kept: it takes its place from the low bits, its tag from the high.
pub(super) fn spread(half: u32) -> u64 {
    u64::from(half) << 32 | u64::from(half)
}

/// Bytes of a table: hashbrown fills at most seven eighths, and keeps a byte a slot.
pub(super) fn table_bytes(table: &HashTable<Slot>) -> usize {
    table.capacity() * 8 / 7 * (size_of::<Slot>() + 1)
}

/// What a table needs on top while it grows.
fn growth(table: &HashTable<Slot>) -> usize {
    if table.len() < table.capacity() { 0 } else { 2 * table_bytes(table).max(64) }
}

/// A value that lies partly elsewhere.
trait Part: Eq + Hash + Clone {
    /// Bytes elsewhere, near enough.
    fn elsewhere(&self) -> usize;
}

impl Part for Function {
    fn elsewhere(&self) -> usize {
        let entries = self.msix().map_or(0, |msix| 24 * msix.entries().len());
        64 + entries + 16 * self.pending_count()
    }
}

impl Part for Host {
    fn elsewhere(&self) -> usize {
        16 + self.irqs.as_ref().map_or(0, |irqs| 24 * irqs.slots.len())
    }
}

impl Part for Fds {
    fn elsewhere(&self) -> usize {
        16 + 24 * self.iter().count()
    }
}

impl Part for Guest {
    fn elsewhere(&self) -> usize {
        64 * self.irqfds().len()
    }
}

impl Part for Ledger {
    fn elsewhere(&self) -> usize {
        16 + 16 * self.waiting().count()
    }
}

impl Part for Option<Progress> {
    fn elsewhere(&self) -> usize {
        self.as_ref().map_or(0, |progress| {
            16 + progress.work.capacity() * size_of::<crate::host::op::Op>() + progress.data.bytes()
        })
    }
}

impl Part for Place {
    fn elsewhere(&self) -> usize {
        0
    }
}

/// All values a part has had.
struct Values<T> {
    all: Vec<T>,
    table: HashTable<Slot>,
    elsewhere: usize,
}

impl<T: Part> Values<T> {
    fn new() -> Self {
        Self { all: Vec::new(), table: HashTable::new(), elsewhere: 0 }
    }

    fn find(&self, value: &T) -> Option<u32> {
        self.found(value, hash_of(value))
    }

    fn found(&self, value: &T, hash: u32) -> Option<u32> {
        let same = |slot: &Slot| slot.hash == hash && self.all[slot.number as usize] == *value;
        self.table.find(spread(hash), same).map(|slot| slot.number)
    }

    fn number(&mut self, value: &T) -> u32 {
        let hash = hash_of(value);
        if let Some(number) = self.found(value, hash) {
            return number;
        }
        let number = self.all.len() as u32;
        self.elsewhere += value.elsewhere();
        self.all.push(value.clone());
        self.table.insert_unique(spread(hash), Slot { hash, number }, |slot| spread(slot.hash));
        number
    }

    /// The number of a value that was `before` before. `None`: it is new, and there is no room.
    fn changed(&mut self, value: &T, before: u32, full: bool) -> Option<u32> {
        if self.all[before as usize] == *value {
            Some(before)
        } else if full {
            self.find(value)
        } else {
            Some(self.number(value))
        }
    }

    fn memory(&self) -> usize {
        self.all.capacity() * size_of::<T>() + self.elsewhere + table_bytes(&self.table)
    }

    /// What one value more may need.
    fn growth(&self) -> usize {
        let vec = if self.all.len() < self.all.capacity() { 0 } else { 2 * self.all.len().max(4) };
        vec * size_of::<T>() + growth(&self.table)
    }
}

/// A state's numbers: of the machine but for its descriptors, of these, and of its place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    pub(super) core: u32,
    fds: u32,
    place: u32,
}

impl Key {
    /// What no state has.
    const NONE: Self = Self { core: u32::MAX, fds: u32::MAX, place: u32::MAX };
}

/// The numbers of a machine's parts, but for its descriptors.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Core {
    function: u32,
    host: u32,
    guest: u32,
    ledger: u32,
    call: u32,
}

impl Part for Core {
    fn elsewhere(&self) -> usize {
        0
    }
}

/// A state, and how it was first come to.
#[derive(Clone, Copy)]
struct Row {
    key: Key,
    from: u32,
    choice: u8,
}

/// Rows a block holds: what is kept grows by blocks, and nothing is moved.
const BLOCK: usize = 1 << 10;

/// Every state seen, numbered in the order seen.
pub(super) struct Store {
    functions: Values<Function>,
    hosts: Values<Host>,
    fds: Values<Fds>,
    guests: Values<Guest>,
    ledgers: Values<Ledger>,
    calls: Values<Option<Progress>>,
    cores: Values<Core>,
    places: Values<Place>,
    /// What a signal makes of descriptors: before, which eventfd, after.
    raises: Vec<(u32, Fd, u32)>,
    raise_table: HashTable<Slot>,
    blocks: Vec<Box<[Row]>>,
    len: u32,
    table: HashTable<Slot>,
    /// The machine that moves; its parts are those of `loaded`.
    pub(super) machine: Machine,
    loaded: Key,
    /// Values of parts there were when room was looked at last.
    parts: usize,
    /// No other state may be kept.
    is_full: bool,
}

impl Store {
    pub(super) fn new(machine: Machine) -> Self {
        Self {
            functions: Values::new(),
            hosts: Values::new(),
            fds: Values::new(),
            guests: Values::new(),
            ledgers: Values::new(),
            calls: Values::new(),
            cores: Values::new(),
            places: Values::new(),
            raises: Vec::new(),
            raise_table: HashTable::new(),
            blocks: Vec::new(),
            len: 0,
            table: HashTable::new(),
            machine,
            loaded: Key::NONE,
            parts: 0,
            is_full: false,
        }
    }

    /// Keeps the state everything begins with.
    pub(super) fn root(&mut self, place: &Place, kept: &[Tally]) {
        self.machine.ledger.forget(kept);
        let machine = &self.machine;
        let core = Core {
            function: self.functions.number(&machine.function),
            host: self.hosts.number(&machine.host),
            guest: self.guests.number(&machine.guest),
            ledger: self.ledgers.number(&machine.ledger),
            call: self.calls.number(&machine.call),
        };
        let (core, fds) = (self.cores.number(&core), self.fds.number(&machine.fds));
        let key = Key { core, fds, place: self.places.number(place) };
        self.loaded = key;
        self.insert(Row { key, from: u32::MAX, choice: 0 }, hash_of(&key));
    }

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    fn row(&self, at: u32) -> &Row {
        &self.blocks[at as usize / BLOCK][at as usize % BLOCK]
    }

    fn insert(&mut self, row: Row, hash: u32) {
        let at = self.len as usize;
        if at.is_multiple_of(BLOCK) {
            self.blocks.push(vec![row; BLOCK].into_boxed_slice());
        }
        self.blocks[at / BLOCK][at % BLOCK] = row;
        let slot = Slot { hash, number: self.len };
        self.table.insert_unique(spread(hash), slot, |slot| spread(slot.hash));
        self.len += 1;
    }

    /// A state's key, and where its threads are.
    pub(super) fn state(&self, at: u32) -> (Key, Place) {
        let key = self.row(at).key;
        (key, self.places.all[key.place as usize])
    }

    fn core(&self, key: &Key) -> &Core {
        &self.cores.all[key.core as usize]
    }

    /// Makes the machine that of a key: only what is another is put there.
    pub(super) fn load(&mut self, key: &Key) {
        fn put<T: Clone>(number: u32, loaded: Option<u32>, values: &Values<T>, to: &mut T) {
            if Some(number) != loaded {
                to.clone_from(&values.all[number as usize]);
            }
        }
        let machine = &mut self.machine;
        let to = self.cores.all[key.core as usize];
        let now = self.cores.all.get(self.loaded.core as usize);
        put(to.function, now.map(|core| core.function), &self.functions, &mut machine.function);
        put(to.host, now.map(|core| core.host), &self.hosts, &mut machine.host);
        put(to.guest, now.map(|core| core.guest), &self.guests, &mut machine.guest);
        put(to.ledger, now.map(|core| core.ledger), &self.ledgers, &mut machine.ledger);
        put(to.call, now.map(|core| core.call), &self.calls, &mut machine.call);
        put(key.fds, Some(self.loaded.fds), &self.fds, &mut machine.fds);
        self.loaded = *key;
    }

    /// The key of the machine as it is now, moved from the state of another key. `None`: it has a
    /// part never seen, and there is no room.
    pub(super) fn number(&mut self, before: &Key, place: &Place) -> Option<Key> {
        // Until it is known, the machine is no state's.
        self.loaded = Key::NONE;
        let (machine, was, full) = (&self.machine, *self.core(before), self.is_full);
        let core = Core {
            function: self.functions.changed(&machine.function, was.function, full)?,
            host: self.hosts.changed(&machine.host, was.host, full)?,
            guest: self.guests.changed(&machine.guest, was.guest, full)?,
            ledger: self.ledgers.changed(&machine.ledger, was.ledger, full)?,
            call: self.calls.changed(&machine.call, was.call, full)?,
        };
        let core = self.cores.changed(&core, before.core, full)?;
        let fds = self.fds.changed(&machine.fds, before.fds, full)?;
        let place = self.places.changed(place, before.place, full)?;
        self.loaded = Key { core, fds, place };
        Some(self.loaded)
    }

    /// The key of the state with this core, after these signals and at this place.
    pub(super) fn key_of(
        &mut self,
        before: &Key,
        core: u32,
        signals: &[Fd],
        place: &Place,
    ) -> Option<Key> {
        let mut fds = before.fds;
        for fd in signals {
            fds = self.raised(fds, *fd)?;
        }
        let place = self.places.changed(place, before.place, self.is_full)?;
        Some(Key { core, fds, place })
    }

    /// The descriptors after one more signal.
    fn raised(&mut self, before: u32, fd: Fd) -> Option<u32> {
        let hash = hash_of(&(before, fd));
        let same = |slot: &Slot| {
            let (from, of, _) = self.raises[slot.number as usize];
            slot.hash == hash && (from, of) == (before, fd)
        };
        if let Some(slot) = self.raise_table.find(spread(hash), same) {
            return Some(self.raises[slot.number as usize].2);
        }
        let mut fds = self.fds.all[before as usize].clone();
        fds.signal(fd);
        let after = self.fds.changed(&fds, before, self.is_full)?;
        if !self.is_full {
            let slot = Slot { hash, number: self.raises.len() as u32 };
            self.raise_table.insert_unique(spread(hash), slot, |slot| spread(slot.hash));
            self.raises.push((before, fd, after));
        }
        Some(after)
    }

    pub(super) fn function(&self, key: &Key) -> &Function {
        &self.functions.all[self.core(key).function as usize]
    }

    pub(super) fn host(&self, key: &Key) -> &Host {
        &self.hosts.all[self.core(key).host as usize]
    }

    pub(super) fn guest(&self, key: &Key) -> &Guest {
        &self.guests.all[self.core(key).guest as usize]
    }

    pub(super) fn call(&self, key: &Key) -> Option<&Progress> {
        self.calls.all[self.core(key).call as usize].as_ref()
    }

    /// The number of the state with a key, kept if it is new. `None`: there is no room.
    pub(super) fn keep(
        &mut self,
        key: &Key,
        from: u32,
        choice: Choice,
        memory: usize,
    ) -> Option<u32> {
        let hash = hash_of(key);
        let same = |slot: &Slot| slot.hash == hash && self.row(slot.number).key == *key;
        if let Some(slot) = self.table.find(spread(hash), same) {
            return Some(slot.number);
        }
        if self.is_full {
            return None;
        }
        self.insert(Row { key: *key, from, choice: choice.number() }, hash);
        self.look(memory);
        Some(self.len - 1)
    }

    /// Whether another state has room, looked at where something has grown or is about to.
    fn look(&mut self, memory: usize) {
        let parts = self.functions.all.len()
            + self.hosts.all.len()
            + self.fds.all.len()
            + self.guests.all.len()
            + self.ledgers.all.len()
            + self.calls.all.len()
            + self.cores.all.len()
            + self.places.all.len()
            + self.raises.len();
        let grows = self.table.len() == self.table.capacity();
        if parts != self.parts || grows || (self.len as usize).is_multiple_of(BLOCK) {
            self.parts = parts;
            self.is_full = self.len == u32::MAX || self.memory() + self.growth() > memory;
        }
    }

    /// What a state has lost.
    pub(super) fn lost(&self, at: u32) -> u32 {
        self.ledgers.all[self.core(&self.row(at).key).ledger as usize].summary().lost
    }

    /// Bytes taken.
    pub(super) fn memory(&self) -> usize {
        let rows = self.blocks.len() * BLOCK * size_of::<Row>();
        let parts = self.functions.memory()
            + self.hosts.memory()
            + self.fds.memory()
            + self.guests.memory()
            + self.ledgers.memory()
            + self.calls.memory()
            + self.cores.memory()
            + self.places.memory();
        let raises = self.raises.capacity() * size_of::<(u32, Fd, u32)>();
        rows + table_bytes(&self.table) + parts + raises + table_bytes(&self.raise_table)
    }

    /// What the next state may need at most.
    fn growth(&self) -> usize {
        let parts = self.functions.growth()
            + self.hosts.growth()
            + self.fds.growth()
            + self.guests.growth()
            + self.ledgers.growth()
            + self.calls.growth()
            + self.cores.growth()
            + self.places.growth();
        let raises = if self.raises.len() < self.raises.capacity() {
            0
        } else {
            2 * self.raises.len().max(4) * size_of::<(u32, Fd, u32)>()
        };
        BLOCK * size_of::<Row>() + growth(&self.table) + parts + raises + growth(&self.raise_table)
    }

    /// The choices that lead from the beginning to a state, the shortest way.
    pub(super) fn way(&self, to: u32) -> Vec<Choice> {
        let mut way = Vec::new();
        let mut at = to;
        loop {
            let Row { from, choice, .. } = *self.row(at);
            if from == u32::MAX {
                break;
            }
            way.push(Choice::numbered(choice));
            at = from;
        }
        way.reverse();
        way
    }
}
