//! What can be injected at a position, as the line it becomes: what the function does also inside
//! a call, what the user does after the call's line.

use vfio_irq_core::device::Stimulus;
use vfio_irq_core::event::Event;
use vfio_irq_core::machine::Machine;

use crate::edit::{self, Spot};
use crate::state::{Action, State};
use crate::view::function::groups;

/// Something to inject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// The function or its host's hardware does something.
    Raise(Stimulus),
    /// The user does something: a line.
    Line(String),
}

/// What an act will write, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// Where: `line 4`, `in line 4`.
    pub place: String,
    /// The words.
    pub text: String,
}

impl Act {
    /// What changes the text.
    pub fn action(&self) -> Action {
        match self {
            Self::Raise(stimulus) => Action::Raise(*stimulus),
            Self::Line(line) => Action::Insert(line.clone()),
        }
    }

    /// What it will write at the position.
    pub fn preview(&self, state: &State) -> Option<Preview> {
        let spot = state.run.as_deref()?.spot(state.position);
        let lines = u32::try_from(state.text.lines().count()).unwrap_or(u32::MAX);
        let below = |line: u32| format!("line {}", line.min(lines) + 1);
        Some(match (self, spot) {
            (Self::Raise(stimulus), Spot::After(line)) => {
                Preview { place: below(line), text: edit::words(*stimulus) }
            }
            (Self::Raise(stimulus), Spot::Inside(line, moment)) => {
                let text = format!("{{ {} }}", edit::plan(&moment, *stimulus));
                Preview { place: format!("in line {line}"), text }
            }
            (Self::Line(text), Spot::After(line) | Spot::Inside(line, _)) => {
                Preview { place: below(line), text: text.clone() }
            }
        })
    }
}

/// Where the position is, for people: whether what the user does can stand there.
pub fn place(state: &State) -> Option<(Spot, String)> {
    let spot = state.run.as_deref()?.spot(state.position);
    let words = match &spot {
        Spot::After(0) => "At the top.".into(),
        Spot::After(line) => format!("After line {line}."),
        Spot::Inside(line, moment) => format!(
            "Inside the call of line {line}, after “{}”{}: what the device does happens right \
             here; what the user does comes after the line.",
            moment.step,
            if moment.nth > 1 { format!(" #{}", moment.nth) } else { String::new() },
        ),
    };
    Some((spot, words))
}

/// A write that turns an entry's Mask bit, and what the bit is now.
pub fn entry_mask(machine: &Machine, entry: u16) -> Option<(bool, String)> {
    let msix = machine.function.msix().filter(|msix| entry < msix.vectors())?;
    let masked = msix.entry(entry).masked;
    let (bar, table) = msix.table();
    // Vector control is the last of an entry's four words.
    let offset = u64::from(table) + 16 * u64::from(entry) + 12;
    Some((masked, format!("bar{bar} write {offset:#x} 4 {}", u8::from(!masked))))
}

/// A write that turns Function Mask, and what the bit is now.
pub fn function_mask(machine: &Machine) -> Option<(bool, String)> {
    let msix = machine.function.msix()?;
    let (masked, offset) = (msix.function_masked(), msix.offset() + 2);
    Some((masked, format!("config write {offset:#x} 2 {:#06x}", msix.control() ^ 1 << 14)))
}

/// A register that can be written by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// Capability and register.
    pub name: String,
    /// Offset in config space.
    pub offset: u16,
    /// Bytes written.
    pub width: u8,
    /// What the function has there.
    pub now: u64,
}

/// The function's registers.
pub fn registers(machine: &Machine) -> Vec<Named> {
    let groups = groups(&machine.function, &machine.function);
    let named = groups.iter().flat_map(|group| {
        group.registers.iter().map(|register| Named {
            name: format!("{}: {}", group.name, register.name),
            offset: register.offset,
            // A 64-bit address is two registers; the lower comes first.
            width: (register.digits / 2).min(4) as u8,
            now: register.now & 0xffff_ffff,
        })
    });
    named.collect()
}

/// A config write as a line.
pub fn config_write(offset: u16, width: u8, value: u64) -> String {
    let digits = 2 + 2 * usize::from(width);
    let mask = u64::MAX >> (64 - 8 * u32::from(width.clamp(1, 4)));
    format!("config write {offset:#x} {width} {:#0digits$x}", value & mask)
}

/// A number as people write it: decimal, or with `0x`.
pub fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The descriptors of the run that are open at a position, by name.
pub fn open_names(state: &State, machine: &Machine) -> Vec<String> {
    let Some(run) = state.run.as_deref() else { return Vec::new() };
    // A line is written before the call that goes on: what that has made is not there yet.
    let made: &[Event] = match (run.current(state.position), run.spot(state.position)) {
        (Some((entry, _)), Spot::After(line)) if line < entry.line => &entry.events,
        _ => &[],
    };
    let made = |fd| made.iter().any(|one| matches!(one, Event::Opened { fd: it, .. } if *it == fd));
    let open = machine.fds.iter().filter(|(fd, _, open)| *open && !made(*fd));
    open.filter_map(|(fd, ..)| run.trace().names.get(&fd).cloned()).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    const TEXT: &str = "function e1000e\nhost     linux-6.1\n\
        set_irqs msix trigger eventfd 0 [a]  -> 0\nset_irqs msix trigger none 0+0\nread a\n";

    fn inside() -> State {
        let state = State::new(TEXT, Some(0));
        let run = state.run.clone().expect("the text is right");
        let at = (0..run.len()).find(|row| {
            let (entry, event) = run.index.event(run.trace(), *row).expect("a row");
            entry.line == 4
                && vfio_irq_core::render::sentence(event, &run.trace().names)
                    .contains("MSI-X Enable")
        });
        state.reduce(Action::Seek(at.expect("a step of the teardown") + 1))
    }

    fn machine(state: &State) -> Machine {
        state.run.as_ref().expect("a run").machine(state.position)
    }

    /// Every act that can be made at a state.
    fn acts(state: &State) -> Vec<Act> {
        let machine = machine(state);
        let registers = registers(&machine);
        let write = |one: &Named| Act::Line(config_write(one.offset, one.width, one.now));
        let names = open_names(state, &machine);
        let mut acts: Vec<Act> = registers.iter().map(write).collect();
        acts.extend(entry_mask(&machine, 1).map(|(_, line)| Act::Line(line)));
        acts.extend(function_mask(&machine).map(|(_, line)| Act::Line(line)));
        acts.extend(names.iter().map(|name| Act::Line(format!("close {name}"))));
        acts.extend(["reset", "close", "open"].map(|line| Act::Line(line.into())));
        acts.extend([Stimulus::Fire(0), Stimulus::AssertIntx, Stimulus::Error].map(Act::Raise));
        acts.push(Act::Raise(Stimulus::Supply(Some(0))));
        acts
    }

    #[test]
    fn act_writes_what_its_preview_said_where_it_said() {
        let state = inside();
        for act in acts(&state) {
            let preview = act.preview(&state).expect("there is a run");
            let done = state.reduce(act.action());
            assert_eq!(&*done.errors, &[], "{act:?}:\n{}", done.text);
            let number = preview.place.trim_start_matches("in ").trim_start_matches("line ");
            let number = number.parse().unwrap_or(2);
            let line = done.text.lines().nth(number - 1).expect("the line is there");
            assert!(line.contains(&preview.text), "{preview:?}: {line}");
        }
    }

    #[test]
    fn act_anywhere_gives_a_text_that_runs() {
        let state = inside();
        for position in 0..=state.len() {
            let here = state.reduce(Action::Seek(position));
            for act in acts(&here) {
                let done = here.reduce(act.action());
                assert_eq!(&*done.errors, &[], "{act:?} at {position}:\n{}", done.text);
            }
        }
    }

    #[test]
    fn raise_inside_a_call_stays_inside_and_the_users_act_comes_after() {
        let state = inside();
        let place = |act: Act| act.preview(&state).expect("a run").place;
        assert_eq!(place(Act::Raise(Stimulus::Fire(0))), "in line 4");
        assert_eq!(place(Act::Line("reset".into())), "line 5");
    }

    #[test]
    fn mask_bit_is_turned_in_the_entrys_vector_control() {
        let state = State::new(TEXT, None);
        let (masked, line) = entry_mask(&machine(&state), 2).expect("it has five");
        assert_eq!((masked, &*line), (true, "bar3 write 0x2c 4 0"));
        assert_eq!(entry_mask(&machine(&state), 5), None);
    }

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        assert_eq!(
            ["12", " 0x1F ", "", "x", "-1"].map(number),
            [Some(12), Some(31), None, None, None]
        );
        assert_eq!(config_write(0x52, 2, 0x1_c004), "config write 0x52 2 0xc004");
    }
}
