//! The states seen. Each part of a machine is kept once, whatever states it is part of; a state is
//! the numbers of its parts, and how it was first come to.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::mem::size_of;

use hashbrown::HashTable;

use super::walk::{Choice, Place};
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

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = Quick::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Bytes of a table of numbers: hashbrown fills at most seven eighths, and keeps a byte a slot.
fn table_bytes(table: &HashTable<u32>) -> usize {
    table.capacity() * 8 / 7 * (size_of::<u32>() + 1)
}

/// What a table needs on top while it grows.
fn growth(table: &HashTable<u32>) -> usize {
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
    table: HashTable<u32>,
    elsewhere: usize,
}

impl<T: Part> Values<T> {
    fn new() -> Self {
        Self { all: Vec::new(), table: HashTable::new(), elsewhere: 0 }
    }

    fn find(&self, value: &T) -> Option<u32> {
        self.found(value, hash_of(value))
    }

    fn found(&self, value: &T, hash: u64) -> Option<u32> {
        self.table.find(hash, |at| self.all[*at as usize] == *value).copied()
    }

    fn number(&mut self, value: &T) -> u32 {
        let hash = hash_of(value);
        if let Some(number) = self.found(value, hash) {
            return number;
        }
        let number = self.all.len() as u32;
        self.elsewhere += value.elsewhere();
        self.all.push(value.clone());
        let all = &self.all;
        self.table.insert_unique(hash, number, |at| hash_of(&all[*at as usize]));
        number
    }

    /// The number of a value that was `before` before.
    fn changed(&mut self, value: &T, before: u32) -> u32 {
        if self.all[before as usize] == *value { before } else { self.number(value) }
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

/// The numbers of a state's parts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key([u32; PARTS]);

const PARTS: usize = 7;
const FUNCTION: usize = 0;
const HOST: usize = 1;
const FDS: usize = 2;
const GUEST: usize = 3;
const LEDGER: usize = 4;
const CALL: usize = 5;
const PLACE: usize = 6;

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
    places: Values<Place>,
    blocks: Vec<Box<[Row]>>,
    len: u32,
    table: HashTable<u32>,
    /// The machine that moves; its parts are those of `loaded`.
    pub(super) machine: Machine,
    loaded: Key,
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
            places: Values::new(),
            blocks: Vec::new(),
            len: 0,
            table: HashTable::new(),
            machine,
            loaded: Key([u32::MAX; PARTS]),
            is_full: false,
        }
    }

    /// Keeps the state everything begins with.
    pub(super) fn root(&mut self, place: &Place, kept: &[Tally]) {
        self.machine.ledger.forget(kept);
        let machine = &self.machine;
        let key = Key([
            self.functions.number(&machine.function),
            self.hosts.number(&machine.host),
            self.fds.number(&machine.fds),
            self.guests.number(&machine.guest),
            self.ledgers.number(&machine.ledger),
            self.calls.number(&machine.call),
            self.places.number(place),
        ]);
        self.loaded = key;
        self.insert(Row { key, from: u32::MAX, choice: 0 }, hash_of(&key));
    }

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    fn row(&self, at: u32) -> &Row {
        &self.blocks[at as usize / BLOCK][at as usize % BLOCK]
    }

    fn insert(&mut self, row: Row, hash: u64) {
        let at = self.len as usize;
        if at.is_multiple_of(BLOCK) {
            self.blocks.push(vec![row; BLOCK].into_boxed_slice());
        }
        self.blocks[at / BLOCK][at % BLOCK] = row;
        let blocks = &self.blocks;
        self.table.insert_unique(hash, self.len, |at| {
            hash_of(&blocks[*at as usize / BLOCK][*at as usize % BLOCK].key)
        });
        self.len += 1;
    }

    /// Makes the machine that of a state; where its threads are.
    pub(super) fn load(&mut self, at: u32) -> (Key, Place) {
        let key = self.row(at).key;
        self.reload(&key);
        (key, self.places.all[key.0[PLACE] as usize])
    }

    /// The same again, after a move: only what is another is put back.
    pub(super) fn reload(&mut self, key: &Key) {
        fn put<T: Clone>(part: usize, key: &Key, loaded: &Key, values: &Values<T>, to: &mut T) {
            if key.0[part] != loaded.0[part] {
                to.clone_from(&values.all[key.0[part] as usize]);
            }
        }
        let (machine, loaded) = (&mut self.machine, &self.loaded);
        put(FUNCTION, key, loaded, &self.functions, &mut machine.function);
        put(HOST, key, loaded, &self.hosts, &mut machine.host);
        put(FDS, key, loaded, &self.fds, &mut machine.fds);
        put(GUEST, key, loaded, &self.guests, &mut machine.guest);
        put(LEDGER, key, loaded, &self.ledgers, &mut machine.ledger);
        put(CALL, key, loaded, &self.calls, &mut machine.call);
        self.loaded = *key;
    }

    /// Keeps the state the machine is in, which came of `before`; its number. `None`: there is no
    /// room for another.
    pub(super) fn keep(
        &mut self,
        before: &Key,
        place: &Place,
        from: u32,
        choice: Choice,
        memory: usize,
    ) -> Option<u32> {
        let (machine, parts) = (&self.machine, &before.0);
        if self.is_full {
            // What was seen is known again; anything else would be one too many.
            self.functions.find(&machine.function)?;
            self.hosts.find(&machine.host)?;
            self.fds.find(&machine.fds)?;
            self.guests.find(&machine.guest)?;
            self.ledgers.find(&machine.ledger)?;
            self.calls.find(&machine.call)?;
            self.places.find(place)?;
        }
        let key = Key([
            self.functions.changed(&machine.function, parts[FUNCTION]),
            self.hosts.changed(&machine.host, parts[HOST]),
            self.fds.changed(&machine.fds, parts[FDS]),
            self.guests.changed(&machine.guest, parts[GUEST]),
            self.ledgers.changed(&machine.ledger, parts[LEDGER]),
            self.calls.changed(&machine.call, parts[CALL]),
            self.places.changed(place, parts[PLACE]),
        ]);
        self.loaded = key;
        let hash = hash_of(&key);
        if let Some(at) = self.table.find(hash, |at| self.row(*at).key == key) {
            return Some(*at);
        }
        if self.is_full {
            return None;
        }
        self.insert(Row { key, from, choice: choice.number() }, hash);
        self.is_full = self.len == u32::MAX || self.memory() + self.growth() > memory;
        Some(self.len - 1)
    }

    /// What a state has lost.
    pub(super) fn lost(&self, at: u32) -> u32 {
        self.ledgers.all[self.row(at).key.0[LEDGER] as usize].summary().lost
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
            + self.places.memory();
        rows + table_bytes(&self.table) + parts
    }

    /// What the next state may need at most.
    fn growth(&self) -> usize {
        let parts = self.functions.growth()
            + self.hosts.growth()
            + self.fds.growth()
            + self.guests.growth()
            + self.ledgers.growth()
            + self.calls.growth()
            + self.places.growth();
        BLOCK * size_of::<Row>() + growth(&self.table) + parts
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
