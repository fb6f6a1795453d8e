//! The Rust program.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::plan::{Bytes, One, Op, Place, Plan, Raise, Request};
use super::{Known, MAX_PROGRAM, parts};
use crate::guest::{GuestCall, Irqfd};
use crate::scenario::ast::WriteData;
use crate::uapi::{CONFIG_REGION, IrqIndex, IrqSetFlags};

const HEAD: &str = include_str!("head.rs");
const PRELUDE: &str = include_str!("prelude.rs");
const STIMULATE: &str = include_str!("stimulate.rs");
const START: &str = include_str!("start.rs");
const UNKNOWN: &str = include_str!("unknown.rs");

fn registers(known: Known) -> &'static str {
    match known {
        Known::E1000e => include_str!("e1000e.rs"),
        Known::Xhci => include_str!("xhci.rs"),
        Known::Edu => include_str!("edu.rs"),
    }
}

/// The program; `None`: too long.
pub(super) fn program(plan: &Plan<'_>) -> Option<String> {
    let mut body = Body::default();
    body.main(plan)?;
    let (methods, constants) = match plan.known {
        Some(known) => {
            let (methods, constants) = registers(known).split_once("//// registers\n")?;
            (methods, format!("//// *\n\n{constants}"))
        }
        None => (UNKNOWN, String::new()),
    };
    let (stimulate, start) = match plan.known {
        Some(_) => (STIMULATE, String::from(START)),
        None => ("", START.replace("        let _ = self.deassert_intx();\n", "")),
    };
    let mut text = String::from(HEAD);
    text.push('\n');
    for part in parts::used(&[PRELUDE, methods, stimulate, &start, &constants], &body.code) {
        text.push_str(part);
    }
    text.push('\n');
    text.push_str(&body.text);
    (text.len() <= MAX_PROGRAM).then_some(text)
}

/// `main`, and the same without comments.
#[derive(Default)]
struct Body {
    text: String,
    code: String,
    deep: bool,
}

impl Body {
    fn line(&mut self, line: &str) {
        let indent = if self.deep { "        " } else { "    " };
        for text in [&mut self.text, &mut self.code] {
            text.push_str(indent);
            text.push_str(line);
            text.push('\n');
        }
    }

    fn comment(&mut self, text: &str) {
        let indent = if self.deep { "        " } else { "    " };
        self.text.push_str(&format!("{indent}// {}\n", text.trim()));
    }

    fn main(&mut self, plan: &Plan<'_>) -> Option<()> {
        for text in [&mut self.text, &mut self.code] {
            text.push_str("fn main() -> ExitCode {\n");
        }
        self.line("let arguments: Vec<String> = std::env::args().collect();");
        self.line("let [_, address] = arguments.as_slice() else {");
        self.line("    die(\"what is the address of the device, such as 0000:00:06.0?\".into())");
        self.line("};");
        self.line("let mut run = Run::new(address);");
        for (array, len) in plan.variables.arrays.values() {
            self.line(&format!("let mut {array} = vec![CLOSED; {len}];"));
        }
        if plan.opens {
            self.line("run.start();");
        }
        self.text.push('\n');
        for op in &plan.ops {
            self.op(op);
            if self.text.len() > MAX_PROGRAM {
                return None;
            }
        }
        self.text.push('\n');
        let left = plan.variables.made.iter().map(|place| match place {
            Place::One { variable, name } => format!("(\"{name}\", &[{variable}], None)"),
            Place::Row { array, stem, first, last } => {
                format!("(\"{stem}\", &{array}[{first}..={last}], Some({first}))")
            }
        });
        let left: Vec<String> = left.collect();
        if left.len() <= 3 {
            self.line(&format!("run.finish(&[{}])", left.join(", ")));
        } else {
            self.line("run.finish(&[");
            left.iter().for_each(|one| self.line(&format!("    {one},")));
            self.line("])");
        }
        self.text.push_str("}\n");
        Some(())
    }

    fn op(&mut self, op: &Op<'_>) {
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
                self.line(&format!("run.step({number});"));
            }
            Op::Make(places, eventfd) => {
                let new = if *eventfd { "run.new_eventfd()" } else { "run.new_plain()" };
                for place in places {
                    match place {
                        Place::One { variable, .. } => {
                            self.line(&format!("let {variable} = {new};"))
                        }
                        Place::Row { array, first, last, .. } if first == last => {
                            self.line(&format!("{array}[{first}] = {new};"));
                        }
                        Place::Row { array, first, last, .. } => {
                            self.line(&format!("{array}[{first}..={last}].fill_with(|| {new});"));
                        }
                    }
                }
            }
            Op::Repeat(times) => {
                self.line(&format!("for _ in 0..{times} {{"));
                self.deep = true;
            }
            Op::End => {
                self.deep = false;
                self.line("}");
            }
            Op::Open => self.line("run.device_open();"),
            Op::Close => self.line("run.device_close();"),
            Op::Reset => self.line("run.device_reset();"),
            Op::SetIrqs(request) => self.set_irqs(request),
            Op::IrqInfo { index, argsz } => {
                let argsz = argsz.map_or("vfio::IRQ_INFO_SIZE".into(), number);
                self.line(&format!("run.irq_info({argsz}, {});", index_name(*index)));
            }
            Op::Read { region, offset, width } => {
                let region = region_name(*region);
                self.line(&format!("run.region_read({region}, {offset:#04x}, {width});"));
            }
            Op::Write { region, offset, data } => self.write(*region, *offset, data),
            Op::Raise(raise, text) => {
                let call = match raise {
                    Raise::Fire(vector) => format!("fire({vector})"),
                    Raise::AssertIntx => "assert_intx()".into(),
                    Raise::DeassertIntx => "deassert_intx()".into(),
                };
                self.line(&format!("let done = run.{call};"));
                self.line(&format!("run.carried(done, \"{text}\");"));
            }
            Op::Cannot(text) => self.line(&format!("run.cannot({text:?});")),
            Op::ReadFd { fd, name, expected } => {
                let (fd, expected) = (one(fd), long(*expected));
                self.line(&format!("run.read_eventfd({fd}, \"{name}\", {expected});"));
            }
            Op::WriteFd(fd, value) => {
                self.line(&format!("run.write_eventfd({}, {});", one(fd), long(*value)));
            }
            Op::CloseFd(fd) => self.line(&format!("run.close_fd({});", one(fd))),
            Op::Irqfd(call) => {
                // KVM_IRQFD_FLAG_DEASSIGN is 1 << 0, KVM_IRQFD_FLAG_RESAMPLE 1 << 1.
                let (eventfd, gsi, flags, resample) = match call {
                    GuestCall::Assign(Irqfd { eventfd, gsi, resample }) => {
                        let flags = resample.as_ref().map_or("0", |_| "1 << 1");
                        (eventfd, gsi, flags, resample.as_ref())
                    }
                    GuestCall::Deassign { eventfd, gsi } => (eventfd, gsi, "1 << 0", None),
                    GuestCall::Eoi(_) | GuestCall::Look(_) => return,
                };
                let resample = resample.map_or("-1".into(), one);
                self.line(&format!("run.kvm_irqfd({}, {gsi}, {flags}, {resample});", one(eventfd)));
            }
            Op::Expect(text) | Op::ExpectData(_, text) => {
                self.line(&format!("run.expect(\"{text}\");"))
            }
            Op::ExpectValue { value, care, width, text } => {
                let care = match width {
                    0..8 => care & ((1 << (8 * width)) - 1),
                    _ => *care,
                };
                let (value, care) = (long(*value), format!("{care:#x}"));
                self.line(&format!("run.expect_value({value}, {care}, {width}, \"{text}\");"));
            }
            Op::ExpectCount(count) => self.line(&format!("run.expect_count({count});")),
            Op::ExpectFlags(flags, text) => {
                self.line(&format!("run.expect_flags({flags:#x}, \"{text}\");"));
            }
            Op::Counters(Place::One { variable, name }, value, text) => {
                let value = long(*value);
                self.line(&format!("run.counter({variable}, \"{name}\", {value}, \"{text}\");"));
            }
            Op::Counters(Place::Row { array, stem, first, last }, value, text) => {
                let value = long(*value);
                self.line(&format!(
                    "run.counters(&{array}[{first}..={last}], \"{stem}\", {first}, {value}, \
                     \"{text}\");"
                ));
            }
        }
    }

    fn set_irqs(&mut self, request: &Request<'_>) {
        let size = request.data.len();
        let argsz = match request.argsz {
            Some(argsz) => number(argsz),
            None if size == 0 => "vfio::IRQ_SET_SIZE".into(),
            None => match &request.data {
                Bytes::Fds(_) | Bytes::Row(_) => format!("vfio::IRQ_SET_SIZE + {} * 4", size / 4),
                _ => format!("vfio::IRQ_SET_SIZE + {size}"),
            },
        };
        let data = match &request.data {
            _ if size == 0 => "&[]".into(),
            Bytes::None => "&[]".into(),
            Bytes::Row(Place::Row { array, first, last, .. }) => {
                format!("&fds(&{array}[{first}..={last}])")
            }
            Bytes::Row(Place::One { variable, .. }) => format!("&fds(&[{variable}])"),
            Bytes::Bool(items) => {
                let all = items.iter().flat_map(|item| (0..item.times).map(|_| item.what));
                list(all.map(|byte| byte.to_string()))
            }
            Bytes::Raw(bytes) => list(bytes.iter().map(|byte| format!("{byte:#04x}"))),
            Bytes::Fds(fds) => {
                let all = fds.iter().flat_map(|(fd, times)| (0..*times).map(|_| one(fd)));
                format!("&fds({})", list(all))
            }
        };
        let flags = match request.flags {
            Ok(flags) => format!("{flags:#04x}"),
            Err(flags) => flag_names(flags),
        };
        self.line("run.set_irqs(");
        self.line("    vfio::IrqSet {");
        self.line(&format!("        argsz: {argsz},"));
        self.line(&format!("        flags: {flags},"));
        self.line(&format!("        index: {},", index_name(request.index)));
        self.line(&format!("        start: {},", number(request.start)));
        self.line(&format!("        count: {},", number(request.count)));
        self.line("    },");
        self.line(&format!("    {data},"));
        self.line(");");
    }

    fn write(&mut self, region: u32, offset: u64, data: &WriteData) {
        let bytes = match data {
            WriteData::Value { width: width @ (1 | 2 | 4 | 8), value } => {
                let digits = 2 + 2 * *width as usize;
                format!("&{value:#0digits$x}_u{}.to_le_bytes()", 8 * width)
            }
            WriteData::Value { width, value } => {
                let bytes = &value.to_le_bytes()[..(*width as usize).min(8)];
                list(bytes.iter().map(|byte| format!("{byte:#04x}")))
            }
            WriteData::Bytes(bytes) => list(bytes.iter().map(|byte| format!("{byte:#04x}"))),
        };
        let region = region_name(region);
        self.line(&format!("run.region_write({region}, {offset:#04x}, {bytes});"));
    }
}

/// Items a line of a list.
const ITEMS: usize = 12;

fn list(items: impl Iterator<Item = String>) -> String {
    let mut text = String::from("&[");
    for (at, item) in items.enumerate() {
        text.push_str(match at {
            0 => "",
            _ if at % ITEMS == 0 => ",\n            ",
            _ => ", ",
        });
        text.push_str(&item);
    }
    text + "]"
}

fn one(fd: &One) -> String {
    match fd {
        One::Variable(variable) => variable.clone(),
        One::Element(array, number) => format!("{array}[{number}]"),
        One::Number(number) => number.to_string(),
        One::Closed => "CLOSED".into(),
    }
}

fn number(number: u32) -> String {
    long(u64::from(number))
}

fn long(number: u64) -> String {
    if number < 0x1_0000 { format!("{number}") } else { format!("{number:#x}") }
}

fn index_name(index: u32) -> String {
    let name = match IrqIndex::from_raw(index) {
        Some(IrqIndex::Intx) => "INTX",
        Some(IrqIndex::Msi) => "MSI",
        Some(IrqIndex::Msix) => "MSIX",
        Some(IrqIndex::Err) => "ERR",
        Some(IrqIndex::Req) => "REQ",
        None => return number(index),
    };
    format!("vfio::PCI_{name}_IRQ_INDEX")
}

fn region_name(region: u32) -> String {
    match region {
        CONFIG_REGION => "vfio::PCI_CONFIG_REGION_INDEX".into(),
        0..=5 => format!("vfio::PCI_BAR{region}_REGION_INDEX"),
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
    format!("vfio::IRQ_SET_DATA_{data} | vfio::IRQ_SET_ACTION_{action}")
}
