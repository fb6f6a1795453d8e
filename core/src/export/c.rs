//! The C program.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::plan::{Bytes, One, Op, Place, Plan, Raise, Request};
use super::{Known, MAX_PROGRAM, parts};
use crate::guest::{GuestCall, Irqfd};
use crate::scenario::ast::WriteData;
use crate::uapi::{CONFIG_REGION, IrqIndex, IrqSetFlags};

const HEAD: &str = include_str!("head.c");
const SAID: &str = include_str!("said.c");
pub(super) const PRELUDE: &str = include_str!("prelude.c");
const BAR0: &str = include_str!("bar0.c");
const STIMULATE: &str = include_str!("stimulate.c");
pub(super) const START_CLEAN: &str = include_str!("start.c");
const UNKNOWN: &str = include_str!("unknown.c");

/// Longest string literal every compiler takes (C11 5.2.4.1), less some room.
const MAX_STRING: usize = 4000;
/// Longest text of a step in a test, quoted.
const MAX_STEP: usize = 400;

fn registers(known: Known) -> &'static str {
    match known {
        Known::E1000e => include_str!("e1000e.c"),
        Known::Xhci => include_str!("xhci.c"),
        Known::Edu => include_str!("edu.c"),
    }
}

/// The program; `None`: too long.
pub(super) fn program(plan: &Plan<'_>) -> Option<String> {
    let mut body = Body::default();
    body.main(plan)?;
    let start = match plan.known {
        Some(_) => String::from(START_CLEAN),
        None => START_CLEAN.replace("\tdeassert_intx();\n", ""),
    };
    let texts: [&str; 6] = match plan.known {
        Some(known) => [SAID, PRELUDE, BAR0, registers(known), STIMULATE, &start],
        None => [SAID, PRELUDE, UNKNOWN, &start, "", ""],
    };
    let mut text = String::from(HEAD);
    for part in parts::used(&texts, &body.code) {
        text.push_str(part);
    }
    text.push_str("\n/* ---- The scenario ---- */\n\n");
    text.push_str(&body.text);
    (text.len() <= MAX_PROGRAM).then_some(text)
}

/// A function, `main` or a test, and the same without comments.
#[derive(Default)]
pub(super) struct Body {
    pub(super) text: String,
    pub(super) code: String,
    deep: bool,
    test: Option<Test>,
}

/// What is particular about a test of many.
#[derive(Default)]
struct Test {
    /// Where the scenario's function has its MSI-X capability: the program looks for the device's.
    msix_at: Option<u64>,
    /// The first step is written.
    begun: bool,
}

impl Body {
    fn line(&mut self, line: &str) {
        let tabs = if self.deep { "\t\t" } else { "\t" };
        for text in [&mut self.text, &mut self.code] {
            text.push_str(tabs);
            text.push_str(line);
            text.push('\n');
        }
    }

    fn comment(&mut self, text: &str) {
        let text = in_comment(text);
        let tabs = if self.deep { "\t\t" } else { "\t" };
        self.text.push_str(&format!("{tabs}/* {} */\n", text.trim()));
    }

    /// Of a test; `msix_at`: where the scenario's function has its MSI-X capability.
    pub(super) fn of_a_test(msix_at: Option<u64>) -> Self {
        Self { test: Some(Test { msix_at, begun: false }), ..Self::default() }
    }

    /// A test; `None`: too long.
    pub(super) fn test(&mut self, plan: &Plan<'_>, name: &str) -> Option<()> {
        for text in [&mut self.text, &mut self.code] {
            text.push_str(&format!("static void {name}(void)\n{{\n"));
        }
        for (array, len) in plan.variables.arrays.values() {
            self.line(&format!("static int {array}[{len}];"));
        }
        if !plan.variables.arrays.is_empty() {
            self.text.push('\n');
        }
        if plan.opens {
            self.line("start();");
        }
        for op in &plan.ops {
            self.op(op);
            if self.text.len() > MAX_PROGRAM {
                return None;
            }
        }
        // A descriptor that is made and nothing else: main would look what was left in it.
        for place in &plan.variables.made {
            if let Place::One { variable, .. } = place
                && parts::words(&self.code, variable) == 1
            {
                self.line(&format!("(void){variable};"));
            }
        }
        self.text.push_str("}\n");
        Some(())
    }

    /// A step of a test says its own text, so that a failure can.
    fn test_step(&mut self, number: u32, text: &str) {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut text = quoted(&words);
        if text.len() > MAX_STEP {
            let short: String = words.chars().take(MAX_STEP / 2).collect();
            text = quoted(&format!("{short} ..."));
        }
        self.line(&format!("step({number}, {text});"));
    }

    fn main(&mut self, plan: &Plan<'_>) -> Option<()> {
        for text in [&mut self.text, &mut self.code] {
            text.push_str("int main(int argc, char **argv)\n{\n");
        }
        for (array, len) in plan.variables.arrays.values() {
            self.line(&format!("static int {array}[{len}];"));
        }
        if !plan.variables.arrays.is_empty() {
            self.text.push('\n');
        }
        self.line("if (argc != 2)");
        self.line("\tdie(\"usage: %s 0000:00:06.0, the address of a device\", argv[0]);");
        self.line("address = argv[1];");
        self.line("find_device();");
        self.line("start_clean();");
        if plan.opens {
            self.line("start();");
        }
        self.text.push('\n');
        for op in &plan.ops {
            self.op(op);
            if self.text.len() > MAX_PROGRAM {
                return None;
            }
        }
        self.text.push('\n');
        self.line("step(0);");
        for place in &plan.variables.made {
            match place {
                Place::One { variable, name } => {
                    self.line(&format!("left({variable}, \"{name}\");"));
                }
                Place::Row { array, stem, first, last } => {
                    self.line(&format!("left_row({array}, \"{stem}\", {first}, {last});"));
                }
            }
        }
        self.line("return finish();");
        self.text.push_str("}\n");
        Some(())
    }

    fn op(&mut self, op: &Op<'_>) {
        if let Some(test) = &mut self.test {
            test.begun |= matches!(op, Op::Step(..));
            match op {
                Op::Blank | Op::Comment(_) | Op::Note(_) if !test.begun => return,
                Op::Step(number, text) => {
                    if !self.text.ends_with("{\n") {
                        self.text.push('\n');
                    }
                    return self.test_step(*number, text);
                }
                Op::Blank => return,
                Op::Read { region: CONFIG_REGION, offset, width }
                    if test.msix_at.is_some_and(|at| *offset == at + 2) =>
                {
                    let call = "region_read(VFIO_PCI_CONFIG_REGION_INDEX, msix_at + 2";
                    return self.line(&format!("{call}, {width});"));
                }
                _ => {}
            }
        }
        match op {
            Op::Blank => self.text.push('\n'),
            Op::Comment(text) => match text.trim_start_matches('#').trim() {
                "" => self.text.push('\n'),
                text => self.comment(text),
            },
            Op::Note(note) => self.comment(note),
            Op::Step(number, text) => {
                if !self.text.ends_with("\n\n") {
                    self.text.push('\n');
                }
                self.comment(text);
                self.line(&format!("step({number});"));
            }
            Op::Make(places, eventfd) => {
                let new = if *eventfd { "new_eventfd()" } else { "new_plain()" };
                for place in places {
                    match place {
                        Place::One { variable, .. } => {
                            self.line(&format!("int {variable} = {new};"))
                        }
                        Place::Row { array, first, last, .. } if first == last => {
                            self.line(&format!("{array}[{first}] = {new};"));
                        }
                        Place::Row { array, first, last, .. } => {
                            self.line(&format!("for (int i = {first}; i <= {last}; i++)"));
                            self.line(&format!("\t{array}[i] = {new};"));
                        }
                    }
                }
            }
            Op::Repeat(times) => {
                self.line(&format!("for (int i = 0; i < {times}; i++) {{"));
                self.deep = true;
            }
            Op::End => {
                self.deep = false;
                self.line("}");
            }
            Op::Open => self.line("answer(open_device());"),
            Op::Close => self.line("answer(close_device());"),
            Op::Reset => self.line("answer(reset_device());"),
            Op::SetIrqs(request) => self.set_irqs(request),
            Op::IrqInfo { index, argsz } => {
                let argsz = argsz.map_or("sizeof(struct vfio_irq_info)".into(), number);
                self.line(&format!("irq_info({argsz}, {});", index_name(*index)));
            }
            Op::Read { region, offset, width } => {
                let region = region_name(*region);
                self.line(&format!("region_read({region}, {offset:#04x}, {width});"));
            }
            Op::Write { region, offset, data } => self.write(*region, *offset, data),
            Op::Raise(raise, text) => {
                let call = match raise {
                    Raise::Fire(vector) => format!("fire({vector})"),
                    Raise::AssertIntx => "assert_intx()".into(),
                    Raise::DeassertIntx => "deassert_intx()".into(),
                };
                self.line(&format!("carried({call}, \"{text}\");"));
            }
            Op::Cannot(text) => self.line(&format!("cannot({});", quoted(text))),
            Op::ReadFd { fd, name, expected } => {
                self.line(&format!("read_eventfd({}, \"{name}\", {});", one(fd), long(*expected)));
            }
            Op::WriteFd(fd, value) => {
                self.line(&format!("write_eventfd({}, {});", one(fd), long(*value)));
            }
            Op::CloseFd(fd) => self.line(&format!("close_fd({});", one(fd))),
            Op::Irqfd(call) => self.irqfd(call),
            Op::Expect(text) => self.line(&format!("expect(\"{text}\");")),
            Op::ExpectData(bytes, text) if text.len() > MAX_STRING => {
                let all = bytes.iter().map(|byte| format!("{byte:#04x}"));
                let list = list("uint8_t", all);
                self.line(&format!("expect_data({list}, {});", bytes.len()));
            }
            Op::ExpectData(_, text) => self.line(&format!("expect(\"{text}\");")),
            Op::ExpectValue { value, care, width, text } => {
                let care = match width {
                    0..8 => care & ((1 << (8 * width)) - 1),
                    _ => *care,
                };
                let (value, care) = (long(*value), format!("{care:#x}"));
                self.line(&format!("expect_value({value}, {care}, {width}, \"{text}\");"));
            }
            Op::ExpectCount(count) => self.line(&format!("expect_count({count});")),
            Op::ExpectFlags(flags, text) => {
                self.line(&format!("expect_flags({flags:#x}, \"{text}\");"));
            }
            Op::Counters(Place::One { variable, name }, value, text) => {
                let value = long(*value);
                self.line(&format!("counter({variable}, \"{name}\", {value}, \"{text}\");"));
            }
            Op::Counters(Place::Row { array, stem, first, last }, value, text) => {
                let value = long(*value);
                self.line(&format!(
                    "counters({array}, \"{stem}\", {first}, {last}, {value}, \"{text}\");"
                ));
            }
        }
    }

    fn set_irqs(&mut self, request: &Request<'_>) {
        let size = request.data.len();
        let argsz = match request.argsz {
            Some(argsz) => number(argsz),
            None if size == 0 => "sizeof(struct vfio_irq_set)".into(),
            None => match &request.data {
                Bytes::Fds(_) | Bytes::Row(_) => {
                    format!("sizeof(struct vfio_irq_set) + {} * sizeof(int32_t)", size / 4)
                }
                _ => format!("sizeof(struct vfio_irq_set) + {size}"),
            },
        };
        let data = match &request.data {
            _ if size == 0 => "NULL".into(),
            Bytes::None => "NULL".into(),
            Bytes::Row(Place::Row { array, first: 0, .. }) => array.clone(),
            Bytes::Row(Place::Row { array, first, .. }) => format!("&{array}[{first}]"),
            Bytes::Row(Place::One { variable, .. }) => format!("&{variable}"),
            Bytes::Bool(items) => {
                let all = items.iter().flat_map(|item| (0..item.times).map(|_| item.what));
                list("uint8_t", all.map(|byte| format!("{byte}")))
            }
            Bytes::Raw(bytes) => list("uint8_t", bytes.iter().map(|byte| format!("{byte:#04x}"))),
            Bytes::Fds(fds) => {
                list("int32_t", fds.iter().flat_map(|(fd, times)| (0..*times).map(|_| one(fd))))
            }
        };
        let flags = match request.flags {
            Ok(flags) => format!("{flags:#04x}"),
            Err(flags) => flag_names(flags),
        };
        self.line("set_irqs(&(struct vfio_irq_set){");
        self.line(&format!("\t.argsz = {argsz},"));
        self.line(&format!("\t.flags = {flags},"));
        self.line(&format!("\t.index = {},", index_name(request.index)));
        self.line(&format!("\t.start = {},", number(request.start)));
        self.line(&format!("\t.count = {},", number(request.count)));
        self.line(&format!("}}, {data}, {size});"));
    }

    fn irqfd(&mut self, call: &GuestCall<One>) {
        let (eventfd, gsi, flag, resample) = match call {
            GuestCall::Assign(Irqfd { eventfd, gsi, resample: None }) => (eventfd, gsi, None, None),
            GuestCall::Assign(Irqfd { eventfd, gsi, resample }) => {
                (eventfd, gsi, Some("RESAMPLE"), resample.as_ref())
            }
            GuestCall::Deassign { eventfd, gsi } => (eventfd, gsi, Some("DEASSIGN"), None),
            GuestCall::Eoi(_) | GuestCall::Look(_) => return,
        };
        self.line("kvm_irqfd((struct kvm_irqfd){");
        self.line(&format!("\t.fd = {},", one(eventfd)));
        self.line(&format!("\t.gsi = {},", number(*gsi)));
        if let Some(flag) = flag {
            self.line(&format!("\t.flags = KVM_IRQFD_FLAG_{flag},"));
        }
        if let Some(resample) = resample {
            self.line(&format!("\t.resamplefd = {},", one(resample)));
        }
        self.line("});");
    }

    fn write(&mut self, region: u32, offset: u64, data: &WriteData) {
        let (bytes, width) = match data {
            WriteData::Value { width: 0, .. } => ("NULL".into(), 0),
            WriteData::Value { width: width @ (1 | 2 | 4 | 8), value } => {
                let digits = 2 + 2 * *width as usize;
                (format!("&(uint{}_t){{ {value:#0digits$x} }}", 8 * width), *width as usize)
            }
            WriteData::Value { width, value } => {
                let bytes = &value.to_le_bytes()[..(*width as usize).min(8)];
                let all = bytes.iter().map(|byte| format!("{byte:#04x}"));
                (list("uint8_t", all), bytes.len())
            }
            WriteData::Bytes(bytes) if bytes.is_empty() => ("NULL".into(), 0),
            WriteData::Bytes(bytes) => {
                let all = bytes.iter().map(|byte| format!("{byte:#04x}"));
                (list("uint8_t", all), bytes.len())
            }
        };
        let region = region_name(region);
        self.line(&format!("region_write({region}, {offset:#04x}, {bytes}, {width});"));
    }
}

/// Items a line of a list.
const ITEMS: usize = 12;

fn list(kind: &str, items: impl Iterator<Item = String>) -> String {
    let mut text = format!("({kind}[]){{ ");
    for (at, item) in items.enumerate() {
        text.push_str(match at {
            0 => "",
            _ if at % ITEMS == 0 => ",\n\t\t",
            _ => ", ",
        });
        text.push_str(&item);
    }
    text + " }"
}

fn one(fd: &One) -> String {
    match fd {
        One::Variable(variable) => variable.clone(),
        One::Element(array, number) => format!("{array}[{number}]"),
        One::Number(i32::MIN) => "INT_MIN".into(),
        One::Number(number) => format!("{number}"),
        One::Closed => "CLOSED".into(),
    }
}

fn number(number: u32) -> String {
    if number < 0x1_0000 { format!("{number}") } else { format!("{number:#x}") }
}

fn long(number: u64) -> String {
    if number < 0x1_0000 { format!("{number}") } else { format!("{number:#x}") }
}

/// Text of a comment: nothing in it opens or closes one, or is an old spelling of another character.
pub(super) fn in_comment(text: &str) -> String {
    let text = text.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?");
    // Three in a row leave two; what was parted may close one again.
    text.replace("*/", "* /").replace("??", "? ?")
}

pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                let _ = write!(quoted, "\\{c}");
            }
            // Three-letter sequences of old C begin with two of these.
            '?' => quoted.push_str("\\?"),
            ' '..='~' => quoted.push(c),
            _ => quoted.push_str("\\?"),
        }
    }
    quoted + "\""
}

fn index_name(index: u32) -> String {
    match IrqIndex::from_raw(index) {
        Some(IrqIndex::Intx) => "VFIO_PCI_INTX_IRQ_INDEX".into(),
        Some(IrqIndex::Msi) => "VFIO_PCI_MSI_IRQ_INDEX".into(),
        Some(IrqIndex::Msix) => "VFIO_PCI_MSIX_IRQ_INDEX".into(),
        Some(IrqIndex::Err) => "VFIO_PCI_ERR_IRQ_INDEX".into(),
        Some(IrqIndex::Req) => "VFIO_PCI_REQ_IRQ_INDEX".into(),
        None => number(index),
    }
}

fn region_name(region: u32) -> String {
    match region {
        CONFIG_REGION => "VFIO_PCI_CONFIG_REGION_INDEX".into(),
        0..=5 => format!("VFIO_PCI_BAR{region}_REGION_INDEX"),
        _ => number(region),
    }
}

fn flag_names(flags: IrqSetFlags) -> String {
    let data = match flags & IrqSetFlags::DATA {
        IrqSetFlags::DATA_NONE => "NONE",
        IrqSetFlags::DATA_BOOL => "BOOL",
        _ => "EVENTFD",
    };
    let action = match flags & IrqSetFlags::ACTION {
        IrqSetFlags::ACTION_MASK => "MASK",
        IrqSetFlags::ACTION_UNMASK => "UNMASK",
        _ => "TRIGGER",
    };
    format!("VFIO_IRQ_SET_DATA_{data} | VFIO_IRQ_SET_ACTION_{action}")
}
