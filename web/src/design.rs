//! A function being designed: what its fields say, the scenario line that says it, and which field a
//! refusal is about. No browser in here.

use vfio_irq_core::pci::{Function, Msi, WhenOff, profiles};
use vfio_irq_core::scenario::ast::{Line, Statement};
use vfio_irq_core::scenario::{DEFAULT_FUNCTION, Overrides, Scenario};

/// A field of the form: how it is filled in, its label, and the option of the line it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// What stands beside it.
    pub label: &'static str,
    /// The option that it is, or is part of.
    pub option: &'static str,
    /// How it is filled in.
    pub kind: Kind,
}

/// How a field is filled in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A number or a place.
    Text,
    /// `yes` or nothing.
    Check,
    /// One of these.
    Choice(&'static [&'static str]),
}

const fn field(label: &'static str, option: &'static str, kind: Kind) -> Field {
    Field { label, option, kind }
}

/// None, and the four of PCI.
const PINS: [&str; 5] = ["no", "a", "b", "c", "d"];

/// The fields, in the order of the form.
pub static FIELDS: [Field; 17] = [
    field("Interrupt Pin", "intx", Kind::Choice(&PINS)),
    field("MSI vectors", "msi", Kind::Text),
    field("MSI 64-bit address", "msi", Kind::Check),
    field("MSI per-vector mask", "msi", Kind::Check),
    field("MSI at", "msi-at", Kind::Text),
    field("MSI-X table size", "msix", Kind::Text),
    field("Table (BAR+offset)", "msix", Kind::Text),
    field("Pending bits (BAR+offset)", "msix", Kind::Text),
    field("MSI-X at", "msix-at", Kind::Text),
    field("PCI Express", "express", Kind::Check),
    field("Express at", "express-at", Kind::Text),
    field("Virtual function", "vf", Kind::Check),
    field("Interrupt Disable works", "intx-status", Kind::Check),
    field("Can be reset", "reset", Kind::Check),
    field(
        "Vectors while MSI, MSI-X are off",
        "when-off",
        Kind::Choice(&["divert", "drop", "hold"]),
    ),
    field("Vendor:device", "id", Kind::Text),
    field("Class", "class", Kind::Text),
];

/// What the fields hold, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Design(pub [String; 17]);

impl Design {
    /// The fields of a function.
    pub fn of(function: &Function) -> Self {
        let yes = |yes: bool| if yes { "yes".to_owned() } else { String::new() };
        let place = |(bar, offset): (u8, u32)| format!("{bar}+{offset:#x}");
        let mut config = [0; 256];
        function.config_read(0, &mut config);
        let at = |name| {
            let found = capabilities(&config).into_iter().find(|found| found.0 == name);
            found.map_or(String::new(), |(_, at, _)| format!("{at:#x}"))
        };
        let (msi, msix) = (function.msi(), function.msix());
        Self([
            PINS[usize::from(function.pin()).min(4)].into(),
            msi.map_or(String::new(), |msi| msi.vectors().to_string()),
            yes(msi.is_some_and(Msi::wide)),
            yes(msi.is_some_and(Msi::maskable)),
            at("MSI"),
            msix.map_or(String::new(), |msix| msix.vectors().to_string()),
            msix.map_or(String::new(), |msix| place(msix.table())),
            msix.map_or(String::new(), |msix| place(msix.pba())),
            at("MSI-X"),
            yes(function.is_express()),
            at("Express"),
            yes(function.is_vf()),
            yes(function.intx_status_works()),
            yes(function.resets()),
            match function.when_off() {
                WhenOff::Divert => "divert",
                WhenOff::Drop => "drop",
                WhenOff::Hold => "hold",
            }
            .into(),
            format!("{:04x}:{:04x}", function.id().0, function.id().1),
            format!("{:06x}", function.class()),
        ])
    }

    /// The `function` line. What stands in a field is said as it is, so that the language refuses it.
    pub fn line(&self) -> String {
        let said: Vec<String> =
            self.0.iter().map(|said| said.split_whitespace().collect()).collect();
        let [pin, msi, wide, maskable, msi_at, msix, table, pba, msix_at, rest @ ..] = &said[..]
        else {
            return String::new();
        };
        let [express, express_at, vf, status, reset, when_off, id, class] = rest else {
            return String::new();
        };
        let mut line = String::from("function");
        let mut say = |there: bool, key: &str, value: &str| {
            if there {
                line.push_str(key);
                line.push_str(value);
            }
        };
        say(true, " intx=", pin);
        let (has_msi, has_msix) = (!msi.is_empty(), !msix.is_empty());
        say(has_msi, " msi=", msi);
        say(has_msi && !wide.is_empty(), ",wide", "");
        say(has_msi && !maskable.is_empty(), ",maskable", "");
        say(has_msi && !msi_at.is_empty(), " msi-at=", msi_at);
        say(has_msix, " msix=", msix);
        say(has_msix && !table.is_empty(), ",table=", table);
        say(has_msix && !pba.is_empty(), ",pba=", pba);
        say(has_msix && !msix_at.is_empty(), " msix-at=", msix_at);
        say(!express.is_empty(), " express", "");
        say(!express.is_empty() && !express_at.is_empty(), " express-at=", express_at);
        say(!vf.is_empty(), " vf", "");
        say(status.is_empty(), " intx-status=no", "");
        say(reset.is_empty(), " reset=no", "");
        say(when_off != "divert", " when-off=", when_off);
        say(!id.is_empty(), " id=", id);
        say(!class.is_empty(), " class=", class);
        line
    }
}

/// The function that a text says, as the tool begins with it.
pub struct Written {
    /// Its fields.
    pub design: Design,
    /// Which of the built-in ones it is.
    pub profile: Option<usize>,
    /// Its lines as the text has them, comments left out; none: it is built in.
    pub lines: Option<String>,
    /// It is said by its config space.
    pub dumped: bool,
}

impl Written {
    /// That of a text; none if the text has an error.
    pub fn of(text: &str) -> Option<Self> {
        let scenario = Scenario::parse(text).ok()?;
        let machine = scenario.machine(&Overrides::default()).ok()?;
        let line = scenario.function_line().map(|(_, line)| line);
        let name = match line {
            None => Some(DEFAULT_FUNCTION),
            Some(line) if !line.options.is_empty() => None,
            Some(line) => line.profile.as_ref().map(|profile| &*profile.what),
        };
        let profile = profiles::all().iter().position(|one| Some(one.name) == name);
        let says = |line: &&Line| {
            matches!(line.statement, Some(Statement::Function(_) | Statement::ConfigRow(_)))
        };
        let bare = |line: &Line| Line { comment: None, ..line.clone() };
        let lines = scenario.lines().iter().filter(says).map(bare).collect();
        let lines = Scenario::from_lines(lines).ok()?.to_string();
        Some(Self {
            design: Design::of(&machine.function),
            profile,
            lines: profile.is_none().then_some(lines),
            dumped: line.is_some_and(|line| line.is_config()),
        })
    }
}

/// The option of a line in which this column, from 1, lies.
pub fn option_at(line: &str, column: u32) -> &str {
    let mut at = 1;
    let mut found = "";
    for word in line.split(' ') {
        if at <= column {
            found = word;
        }
        at += word.chars().count() as u32 + 1;
    }
    found.split(['=', ',']).next().unwrap_or(found)
}

/// A capability that concerns interrupts: its name, offset and length.
pub type Capability = (&'static str, usize, usize);

/// The capabilities in the first 256 bytes of config space, in the order of the list.
pub fn capabilities(config: &[u8]) -> Vec<Capability> {
    let byte = |at: usize| usize::from(config.get(at).copied().unwrap_or(0));
    let mut all: Vec<Capability> = Vec::new();
    let mut at = byte(0x34);
    // A list has at most as many entries as fit.
    while at >= 0x40 && all.len() < 48 {
        let (name, len) = match byte(at) {
            0x05 => {
                let wide = if byte(at + 2) & 0x80 != 0 { 4 } else { 0 };
                ("MSI", if byte(at + 3) & 1 != 0 { 20 + wide } else { 12 + wide })
            }
            0x11 => ("MSI-X", 12),
            0x10 => ("Express", 20),
            _ => ("other", 4),
        };
        all.push((name, at, len));
        at = byte(at + 1);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use vfio_irq_core::pci::FunctionSpec;

    fn function(line: &str) -> Function {
        let scenario = Scenario::parse(line).expect("the line is right");
        scenario.machine(&Overrides::default()).expect("it can be built").function
    }

    #[test]
    fn line_of_every_built_in_function_builds_its_config_space() {
        for profile in profiles::all() {
            let built_in = Function::new(&profile.spec()).expect("it is built in");
            let line = Design::of(&built_in).line();
            let (mut designed, mut built) = ([0; 256], [0; 256]);
            function(&line).config_read(0, &mut designed);
            function(&format!("function {}", profile.name)).config_read(0, &mut built);
            assert_eq!(designed, built, "{}: {line}", profile.name);
        }
    }

    #[test]
    fn tool_begins_with_the_function_of_the_text() {
        let built_in = Written::of("function e1000e  # a card\nirq_info msix\n").unwrap();
        let name = built_in.profile.map(|at| profiles::all()[at].name);
        assert_eq!((name, built_in.lines), (Some("e1000e"), None));
        let none = Written::of("irq_info msix\n").unwrap().profile;
        assert_eq!(none.map(|at| profiles::all()[at].name), Some(DEFAULT_FUNCTION));

        let designed = "function e1000e msix=7 name=\"mine\"\n";
        let written = Written::of(&format!("{designed}irq_info msix\n")).unwrap();
        assert_eq!((written.profile, written.dumped), (None, false));
        assert_eq!(written.lines.as_deref(), Some(designed));
        assert_eq!(written.design.0[5], "7");

        let config = "function config reset=no\n00: 86 80 d3 10\n";
        let written = Written::of(&format!("{config}irq_info msix  # x\n")).unwrap();
        assert_eq!((written.profile, written.dumped), (None, true));
        assert_eq!(written.lines.as_deref(), Some(config));
        assert_eq!(written.design.0[15], "8086:10d3");
        assert!(Written::of("fier 0\n").is_none());
    }

    #[test]
    fn refusal_is_about_the_option_it_stands_at() {
        let mut design = Design::of(&Function::new(&FunctionSpec::simple()).unwrap());
        design.0[8] = "0xf8".into();
        let line = design.line();
        let error = Scenario::parse(&line).unwrap().machine(&Overrides::default()).unwrap_err();
        assert_eq!(option_at(&line, error.column), "msix-at", "{error}: {line}");
        design.0[8] = "soon ".into();
        let line = design.line();
        let errors = Scenario::parse(&line).unwrap_err();
        assert_eq!(option_at(&line, errors[0].column), "msix-at", "{errors:?}");
    }

    #[test]
    fn capability_list_that_loops_ends() {
        let mut config = [0; 256];
        (config[0x34], config[0x40], config[0x41]) = (0x40, 0x05, 0x40);
        assert_eq!(capabilities(&config).len(), 48);
    }
}
