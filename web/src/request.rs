//! A request as a form: each field of `struct vfio_irq_set` as it is typed, the scenario line it
//! is, its bytes, and what a machine answers to it. Any value a `u32` holds can be said, wrong ones
//! too.
//!
//! The line is the scenario language's own: printed by [`Action`], and a list of descriptors is
//! read by its parser.

use std::cell::RefCell;
use std::collections::BTreeMap;

use vfio_irq_core::device::Fd;
use vfio_irq_core::event::{Call, Event, Outcome, Sink};
use vfio_irq_core::machine::Machine;
use vfio_irq_core::scenario::Scenario;
use vfio_irq_core::scenario::ast::{Action, Data, Names, SetAction, SetIrqs, Statement};
use vfio_irq_core::uapi::{IrqIndex, IrqInfo, IrqSetFlags, IrqSetHeader};

/// What stands behind the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Nothing.
    None,
    /// Descriptors, by name or number: `a, -1 x3, 7`.
    Eventfds,
    /// Bytes, one a vector: `1, 0`.
    Bools,
    /// Any bytes, in hex.
    Hex,
}

/// The fields, in the structure's order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// `argsz`; empty: header and data.
    Argsz,
    /// `flags`.
    Flags,
    /// `index`, by word or number.
    Index,
    /// `start`.
    Start,
    /// `count`; empty: as many as the list has items.
    Count,
    /// `data`.
    Data,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Argsz, Self::Flags, Self::Index, Self::Start, Self::Count, Self::Data];

    /// Its name in `vfio.h`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Argsz => "argsz",
            Self::Flags => "flags",
            Self::Index => "index",
            Self::Start => "start",
            Self::Count => "count",
            Self::Data => "data",
        }
    }
}

/// The form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Form {
    /// GET_IRQ_INFO, which has `argsz` and `index` only, in place of SET_IRQS.
    pub info: bool,
    /// What stands in each field.
    pub said: [String; 6],
    /// What the data field means.
    pub kind: Kind,
}

/// A field that can't be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Which.
    pub field: Field,
    /// What is wrong with it, and what it takes.
    pub message: String,
}

/// The flags by their names in `vfio.h`, without `VFIO_IRQ_SET_`.
pub const FLAGS: [(u32, &str); 6] = [
    (1, "DATA_NONE"),
    (2, "DATA_BOOL"),
    (4, "DATA_EVENTFD"),
    (8, "ACTION_MASK"),
    (16, "ACTION_UNMASK"),
    (32, "ACTION_TRIGGER"),
];

/// What one wants most, with the form that says it.
pub const PRESETS: [&str; 6] =
    ["Enable", "Add one", "De-assign one", "Disable", "Unmask INTx", "Loopback trigger"];

impl Default for Form {
    fn default() -> Self {
        Self::new("msix", 0x24, "0", "", Kind::Eventfds, "a")
    }
}

impl Form {
    fn new(index: &str, flags: u32, start: &str, count: &str, kind: Kind, data: &str) -> Self {
        let flags = hex(flags, 2);
        let said = ["", &flags, index, start, count, data].map(str::to_owned);
        Self { info: false, said, kind }
    }

    /// One of [`PRESETS`] for what a machine has, by the index of this form if it is MSI or MSI-X.
    pub fn preset(&self, which: usize, machine: &Machine) -> Self {
        let said = IrqIndex::from_word(self.get(Field::Index).trim());
        let index = said.filter(|index| matches!(index, IrqIndex::Msi | IrqIndex::Msix));
        let index = index.unwrap_or(IrqIndex::Msix);
        let word = index.word();
        let count = machine.host.count(&machine.function, index);
        let next = machine.host.vectors().last().map_or(0, |vector| u32::from(vector.vector) + 1);
        match which {
            0 => {
                let all = match count {
                    0 | 1 => "v0".to_owned(),
                    _ => format!("v0..v{}", count.min(4) - 1),
                };
                Self::new(word, 0x24, "0", "", Kind::Eventfds, &all)
            }
            1 => {
                let (start, name) = (next.to_string(), format!("v{next}"));
                Self::new(word, 0x24, &start, "", Kind::Eventfds, &name)
            }
            2 => Self::new(word, 0x24, "0", "", Kind::Eventfds, "-1"),
            3 => Self::new(word, 0x21, "0", "0", Kind::None, ""),
            4 => Self::new("intx", 0x11, "0", "1", Kind::None, ""),
            _ => Self::new(word, 0x21, "0", "1", Kind::None, ""),
        }
    }

    /// What stands in a field.
    pub fn get(&self, field: Field) -> &str {
        &self.said[field as usize]
    }

    /// Puts a flag in, or takes it out. What can't be read as flags counts as none.
    pub fn toggle(&mut self, flag: u32) {
        let flags = self.number(Field::Flags).unwrap_or(0) ^ flag;
        self.said[Field::Flags as usize] = hex(flags, 2);
    }

    /// The number in a field.
    ///
    /// # Errors
    /// It is none, or too large.
    pub fn number(&self, field: Field) -> Result<u32, Problem> {
        let said = self.get(field).trim();
        let read = match said.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => said.parse(),
        };
        // `parse` takes a sign, which nothing else here does.
        read.ok().filter(|_| !said.contains('+')).ok_or_else(|| Problem {
            field,
            message: "a number of 32 bits, decimal or 0x…".to_owned(),
        })
    }

    /// The number in a field that may be empty.
    fn optional(&self, field: Field) -> Result<Option<u32>, Problem> {
        if self.get(field).trim().is_empty() { Ok(None) } else { self.number(field).map(Some) }
    }

    /// The index, by word or number.
    fn index(&self) -> Result<u32, Problem> {
        match IrqIndex::from_word(self.get(Field::Index).trim()) {
            Some(index) => Ok(index.raw()),
            None => self.number(Field::Index).map_err(|problem| Problem {
                message: "intx, msi, msix, err, req, or a number of 32 bits".to_owned(),
                ..problem
            }),
        }
    }

    /// The step the form says.
    ///
    /// # Errors
    /// The first field that can't be read.
    pub fn action(&self) -> Result<Action, Problem> {
        let argsz = self.optional(Field::Argsz)?;
        if self.info {
            let argsz = argsz.filter(|argsz| *argsz != IrqInfo::SIZE);
            return Ok(Action::IrqInfo { index: self.index()?, argsz });
        }
        let flags = self.number(Field::Flags)?;
        let index = self.index()?;
        let start = self.number(Field::Start)?;
        let count = self.optional(Field::Count)?;
        let (data, bytes) = self.data(flags)?;
        let mut request = SetIrqs {
            index,
            action: action_word(flags),
            data,
            start,
            count,
            argsz: None,
            flags: None,
            bytes,
        };
        // A raw field is said only where the words don't say it.
        let (header, _) = request.raw(&|names| vec![0; names.len() as usize]);
        request.flags = (header.flags != flags).then_some(flags);
        request.argsz = argsz.filter(|argsz| *argsz != header.argsz);
        let listed = SetIrqs { count: None, ..request.clone() };
        let (listed, _) = listed.raw(&|names| vec![0; names.len() as usize]);
        match self.kind {
            Kind::Eventfds | Kind::Bools if count == Some(listed.count) => request.count = None,
            Kind::None | Kind::Hex if count.is_none() => {
                let message = "how many vectors: without a list it has to be said".to_owned();
                return Err(Problem { field: Field::Count, message });
            }
            _ => {}
        }
        Ok(Action::SetIrqs(request))
    }

    /// The data, and its bytes if it is only bytes.
    fn data(&self, flags: u32) -> Result<(Data, Option<Vec<u8>>), Problem> {
        let said = self.get(Field::Data);
        let of_flags = || match IrqSetFlags::from_bits_retain(flags) & IrqSetFlags::DATA {
            IrqSetFlags::DATA_BOOL => Data::Bool(None),
            IrqSetFlags::DATA_EVENTFD => Data::Eventfd(None),
            _ => Data::None,
        };
        let (head, tail) = match self.kind {
            Kind::None => return Ok((of_flags(), None)),
            Kind::Eventfds => ("trigger eventfd 0 [", "]"),
            Kind::Bools => ("trigger bool 0 [", "]"),
            Kind::Hex => ("trigger none 0+0 data=", ""),
        };
        let said: String = match self.kind {
            Kind::Hex => said.chars().filter(|letter| !letter.is_whitespace()).collect(),
            _ => said.trim().into(),
        };
        if said.is_empty() && self.kind == Kind::Hex {
            return Ok((of_flags(), None));
        }
        let problem = |message: String| Problem { field: Field::Data, message };
        let plain = |letter: char| letter.is_ascii_alphanumeric() || " ,.-_".contains(letter);
        if !said.chars().all(plain) {
            return Err(problem("letters, digits, `,`, `-`, `_` and `..` only".into()));
        }
        let line = ["set_irqs msix ", head, &said, tail].concat();
        let lines = Scenario::parse(&line).map_err(|errors| {
            let mut message = String::new();
            if let Some(error) = errors.first() {
                message.push_str(&error.message);
                if let Some(expected) = &error.expected {
                    message.push_str("; expected ");
                    message.push_str(expected);
                }
            }
            problem(message)
        })?;
        match first_step(&lines) {
            Some(Action::SetIrqs(SetIrqs { bytes: Some(bytes), .. })) => {
                Ok((of_flags(), Some(bytes.clone())))
            }
            Some(Action::SetIrqs(SetIrqs { data, .. })) => Ok((data.clone(), None)),
            _ => Err(problem("no data".into())),
        }
    }

    /// The form that says a step, if it is one of the two calls.
    pub fn of(action: &Action) -> Option<Self> {
        let request = match action {
            Action::SetIrqs(request) => request,
            Action::IrqInfo { index, argsz } => {
                let mut form = Self::new(&index_word(*index), 0x21, "0", "0", Kind::None, "");
                form.info = true;
                form.said[Field::Argsz as usize] = argsz.map_or_else(String::new, number_text);
                return Some(form);
            }
            _ => return None,
        };
        // The list as the line has it, between its brackets.
        let text = action.to_string();
        let list = text.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
        let list = list.map_or("", |(list, _)| list);
        let (kind, data) = match (&request.bytes, &request.data) {
            (Some(bytes), _) => (Kind::Hex, bytes_text(bytes)),
            (None, Data::Eventfd(Some(_))) => (Kind::Eventfds, list.to_owned()),
            (None, Data::Bool(Some(_))) => (Kind::Bools, list.to_owned()),
            _ => (Kind::None, String::new()),
        };
        let flags = request.flags.unwrap_or_else(|| request.said().bits());
        // A list beside `data=` says the count, and nothing else.
        let listed = || request.raw(&|names| vec![0; names.len() as usize]).0.count;
        let count = match (request.count, kind) {
            (None, Kind::Hex | Kind::None) => Some(listed()),
            (count, _) => count,
        };
        let mut form = Self::new(&index_word(request.index), flags, "", "", kind, &data);
        form.said[Field::Argsz as usize] = request.argsz.map_or_else(String::new, number_text);
        form.said[Field::Start as usize] = number_text(request.start);
        form.said[Field::Count as usize] = count.map_or_else(String::new, number_text);
        Some(form)
    }
}

/// The one action flag, or the trigger's: `flags=` says what the word does not.
fn action_word(flags: u32) -> SetAction {
    match IrqSetFlags::from_bits_retain(flags) & IrqSetFlags::ACTION {
        IrqSetFlags::ACTION_MASK => SetAction::Mask,
        IrqSetFlags::ACTION_UNMASK => SetAction::Unmask,
        _ => SetAction::Trigger,
    }
}

fn first_step(scenario: &Scenario) -> Option<&Action> {
    match scenario.lines().first()?.statement.as_ref()? {
        Statement::Step(step) => Some(&step.action.what),
        _ => None,
    }
}

fn index_word(index: u32) -> String {
    match IrqIndex::from_raw(index) {
        Some(index) => index.word().to_owned(),
        None => number_text(index),
    }
}

fn number_text(number: u32) -> String {
    if number < 0x1_0000 { number.to_string() } else { hex(number, 8) }
}

fn hex(number: u32, digits: usize) -> String {
    format!("0x{number:0digits$x}")
}

/// Bytes in hex, a space between them.
pub fn bytes_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text
}

/// A field of the request as the ioctl sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its offset.
    pub at: usize,
    /// Its name in the structure.
    pub name: &'static str,
    /// Its bytes, little-endian.
    pub bytes: Vec<u8>,
    /// What it says.
    pub says: String,
    /// It lies beyond `argsz`: the kernel does not look at it.
    pub beyond: bool,
}

/// A request put to a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Its fields.
    pub parts: Vec<Part>,
    /// All its bytes.
    pub bytes: Vec<u8>,
    /// The answer.
    pub outcome: Outcome,
    /// Micro-steps made for it.
    pub steps: u32,
    /// Eventfds that rose.
    pub signals: u32,
    /// Interrupts lost.
    pub lost: u32,
}

/// Most items of data shown one by one.
const MAX_PARTS: usize = 16;

/// Puts the step to a copy of a machine. `names` are those of the whole run: one that is made only
/// later is made here, as a list does. `None`: the step is no request.
pub fn ask(machine: &Machine, names: &BTreeMap<Fd, String>, action: &Action) -> Option<Asked> {
    let mut machine = machine.clone();
    let (call, parts, bytes) = match action {
        Action::IrqInfo { index, argsz } => {
            let argsz = argsz.unwrap_or(IrqInfo::SIZE);
            let mut parts = Vec::new();
            let fields = [("argsz", argsz), ("flags", 0), ("index", *index), ("count", 0)];
            for (name, value) in fields {
                let says = if name == "index" { index_word(value) } else { value.to_string() };
                push(&mut parts, name, value, says, argsz);
            }
            let bytes = parts.iter().flat_map(|part| part.bytes.clone()).collect();
            (Call::IrqInfo { argsz, index: *index }, parts, bytes)
        }
        Action::SetIrqs(request) => {
            let known = RefCell::new(Known::new(names, &mut machine));
            let (header, data) = request.raw(&|list| known.borrow_mut().numbers(list));
            let names = known.into_inner().names;
            let parts = parts(&header, &data, &names);
            let bytes = [&header.to_bytes()[..], &data].concat();
            (Call::SetIrqs { header, data }, parts, bytes)
        }
        _ => return None,
    };
    let mut seen = Seen::default();
    let outcome = machine.call(call, &mut seen);
    let Seen { steps, signals, lost, .. } = seen;
    Some(Asked { parts, bytes, outcome, steps, signals, lost })
}

/// Names and their descriptors, as far as a machine has them.
struct Known<'m> {
    names: BTreeMap<Fd, String>,
    machine: &'m mut Machine,
}

impl<'m> Known<'m> {
    fn new(names: &BTreeMap<Fd, String>, machine: &'m mut Machine) -> Self {
        let next = machine.fds.iter().last().map_or(0, |(fd, ..)| fd + 1);
        let mut names = names.clone();
        // Made later in the run: numbers rise and are not used again.
        names.retain(|fd, _| *fd < next);
        Self { names, machine }
    }

    /// The descriptors of names; those not made yet are made.
    fn numbers(&mut self, list: &Names) -> Vec<Fd> {
        let one = |name: String| {
            if let Some((fd, _)) = self.names.iter().find(|(_, one)| **one == name) {
                return *fd;
            }
            let made = self.machine.create_fd(true, &mut ());
            made.map_or(Fd::MAX, |fd| {
                self.names.insert(fd, name);
                fd
            })
        };
        list.each().map(one).collect()
    }
}

/// Counts what comes of a call; what a call under way brings before it is not its own.
#[derive(Default)]
struct Seen {
    begun: bool,
    steps: u32,
    signals: u32,
    lost: u32,
}

impl Sink for Seen {
    fn event(&mut self, event: Event) {
        match event {
            Event::Call(_) => self.begun = true,
            Event::Step(_) if self.begun => self.steps += 1,
            Event::Signalled { .. } if self.begun => self.signals += 1,
            Event::Lost { .. } if self.begun => self.lost += 1,
            _ => {}
        }
    }
}

fn push(parts: &mut Vec<Part>, name: &'static str, value: u32, says: String, argsz: u32) {
    let at = parts.len() * 4;
    let beyond = at + 4 > argsz as usize;
    parts.push(Part { at, name, bytes: value.to_le_bytes().to_vec(), says, beyond });
}

fn parts(header: &IrqSetHeader, data: &[u8], names: &BTreeMap<Fd, String>) -> Vec<Part> {
    let mut parts = Vec::new();
    let fields = [
        ("argsz", header.argsz, header.argsz.to_string()),
        ("flags", header.flags, flag_words(header.flags)),
        ("index", header.index, index_word(header.index)),
        ("start", header.start, header.start.to_string()),
        ("count", header.count, header.count.to_string()),
    ];
    for (name, value, says) in fields {
        push(&mut parts, name, value, says, header.argsz);
    }
    let eventfds = header.flags & 7 == 4;
    let width = if eventfds { 4 } else { 8 };
    for (n, bytes) in data.chunks(width).enumerate() {
        let at = 20 + n * width;
        if n == MAX_PARTS {
            let says = format!("{} more bytes", data.len() - n * width);
            parts.push(Part { at, name: "data", bytes: Vec::new(), says, beyond: false });
            break;
        }
        let number = <[u8; 4]>::try_from(bytes).ok().map(Fd::from_le_bytes);
        let says = match number.filter(|_| eventfds) {
            Some(fd) => match names.get(&fd) {
                Some(name) => format!("{name} (fd {fd})"),
                None => format!("fd {fd}"),
            },
            None => String::new(),
        };
        let beyond = at + bytes.len() > header.argsz as usize;
        parts.push(Part { at, name: "data", bytes: bytes.to_vec(), says, beyond });
    }
    parts
}

/// `DATA_EVENTFD | ACTION_TRIGGER`, what has no name in hex.
pub fn flag_words(flags: u32) -> String {
    let mut words = String::new();
    let mut add = |word: &str| {
        if !words.is_empty() {
            words.push_str(" | ");
        }
        words.push_str(word);
    };
    FLAGS.iter().filter(|(flag, _)| flags & flag != 0).for_each(|(_, word)| add(word));
    match flags & !0x3f {
        0 if flags == 0 => add("0"),
        0 => {}
        rest => add(&hex(rest, 2)),
    }
    words
}

/// The bytes as a C program says them: an array of 32-bit words that is a `struct vfio_irq_set`.
pub fn c_text(parts: &[Part], bytes: &[u8]) -> String {
    let mut text = String::from("__u32 request[] = {");
    for (word, at) in bytes.chunks(4).zip((0..).step_by(4)) {
        let mut whole = [0; 4];
        whole[..word.len()].copy_from_slice(word);
        let value = u32::from_le_bytes(whole);
        let name = parts.iter().find(|part| part.at == at).map_or("data", |part| part.name);
        text.push_str("\n\t");
        match name {
            "flags" => {
                let words = flag_words(value);
                let prefixed = words.split(" | ").map(|word| match word.starts_with('0') {
                    true => word.to_owned(),
                    false => ["VFIO_IRQ_SET_", word].concat(),
                });
                text.push_str(&prefixed.collect::<Vec<_>>().join(" | "));
            }
            _ => text.push_str(&number_text(value)),
        }
        text.push_str(", /* ");
        text.push_str(name);
        text.push_str(" */");
    }
    text.push_str("\n};\n");
    text
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
