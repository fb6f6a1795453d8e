//! The list of differences between emulator and real kernels that stay: `tests/differences.txt`.
//!
//! ```text
//! Kernel: linux-6.1, linux-6.12
//! Device: e1000e, e1000e-no-remapping
//! Scenario: intx/line_up_before_enable.scenario
//! Lines: 10, 11
//! Whose: QEMU
//! Reason: one or more lines,
//!   the later ones indented
//! ```
//! Kernel and device may be `all`. Only the answers to those lines may differ. Stanzas are parted by empty lines; `#` begins a comment. The comparisons hold what they find
//! against the list (crate `vfio-irq-tests`, `replay`), the book shows it. Left out: whether
//! kernels, devices and scenarios of these names exist, which the comparisons know.

use anyhow::{Context, Result, bail, ensure};

/// Who makes it a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The machine the kernel ran on is no real one.
    Qemu,
    /// The device does what a real one may do, and our function does not.
    Device,
    /// We do not do what the kernel does, and know it.
    Ours,
}

impl Whose {
    /// As the list says it.
    pub fn name(self) -> &'static str {
        match self {
            Whose::Qemu => "QEMU",
            Whose::Device => "device",
            Whose::Ours => "ours",
        }
    }
}

/// A stanza.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The line it begins at, from 1.
    pub line: usize,
    /// Names of host profiles; empty for all.
    pub kernels: Vec<String>,
    /// Names of devices, with the way the machine is set up behind a dash, unless it is the usual
    /// one: `edu`, `edu-no-remapping`; empty for all.
    pub devices: Vec<String>,
    /// Names of scenarios.
    pub scenarios: Vec<String>,
    /// Numbers of the lines whose answers differ.
    pub lines: Vec<u32>,
    /// Who makes it one.
    pub whose: Whose,
    /// Why it stays.
    pub reason: String,
}

impl Difference {
    /// Whether it speaks of a run; the device as in [`Self::devices`].
    pub fn is_of(&self, kernel: &str, device: &str, scenario: &str) -> bool {
        let has = |list: &[String], name: &str| list.is_empty() || list.iter().any(|x| x == name);
        has(&self.kernels, kernel)
            && has(&self.devices, device)
            && self.scenarios.iter().any(|x| x == scenario)
    }
}

/// Reads the list.
///
/// # Errors
/// With the line, when a stanza lacks a field, has one twice, or one that is not known.
pub fn parse(text: &str) -> Result<Vec<Difference>> {
    let mut stanzas: Vec<(usize, Vec<(String, String)>)> = Vec::new();
    let mut inside = false;
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() {
            inside = false;
        } else if line.starts_with('#') {
        } else if line.starts_with([' ', '\t']) {
            let field = stanzas.last_mut().filter(|_| inside).and_then(|(_, f)| f.last_mut());
            let (_, value) = field.with_context(|| format!("{number}: continues nothing"))?;
            *value += " ";
            *value += line.trim();
        } else {
            let (key, value) = line
                .split_once(':')
                .with_context(|| format!("{number}: a line is `Key: value`, found `{line}`"))?;
            if !inside {
                stanzas.push((number, Vec::new()));
            }
            inside = true;
            let (_, fields) = stanzas.last_mut().expect("pushed before the first field");
            fields.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    stanzas.into_iter().map(|(line, fields)| stanza(line, fields)).collect()
}

const KEYS: [&str; 6] = ["Kernel", "Device", "Scenario", "Lines", "Whose", "Reason"];

fn stanza(line: usize, fields: Vec<(String, String)>) -> Result<Difference> {
    for (key, _) in &fields {
        ensure!(KEYS.contains(&key.as_str()), "{line}: `{key}`: a stanza has {}", KEYS.join(", "));
    }
    let field = |key: &str| -> Result<&str> {
        let mut found = fields.iter().filter(|(name, _)| name == key).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (Some(value), None) if !value.is_empty() => Ok(value),
            (_, Some(_)) => bail!(
                "{line}: `{key}` stands twice; list several behind one, or \
                                   part stanzas by an empty line"
            ),
            _ => bail!("{line}: the stanza lacks `{key}:`"),
        }
    };
    let list = |key: &str| -> Result<Vec<String>> {
        let value = field(key)?;
        let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(if value == "all" { Vec::new() } else { names.map(str::to_owned).collect() })
    };
    let whose = match field("Whose")? {
        "QEMU" => Whose::Qemu,
        "device" => Whose::Device,
        "ours" => Whose::Ours,
        other => bail!("{line}: `Whose: {other}`: it is QEMU, device or ours"),
    };
    let lines = list("Lines")?.into_iter().map(|number| {
        number.parse().with_context(|| format!("{line}: `Lines`: `{number}` is no line's number"))
    });
    let lines = lines.collect::<Result<Vec<u32>>>()?;
    ensure!(!lines.is_empty(), "{line}: `Lines` names lines, not all of them");
    let scenarios = list("Scenario")?;
    ensure!(!scenarios.is_empty(), "{line}: `Scenario` names scenarios, not all of them");
    Ok(Difference {
        line,
        kernels: list("Kernel")?,
        devices: list("Device")?,
        scenarios,
        lines,
        whose,
        reason: field("Reason")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANZA: &str = "Kernel: linux-6.1, linux-7.3\nDevice: all\nScenario: a/b.scenario\n\
                          Lines: 3, 4\nWhose: QEMU\nReason: it forgets\n  what rose\n";

    #[test]
    fn stanza_is_of_the_runs_it_names() {
        let list = parse(&format!("# a comment\n\n{STANZA}")).unwrap();
        assert_eq!((list.len(), list[0].line), (1, 3));
        assert_eq!(list[0].reason, "it forgets what rose");
        assert_eq!(list[0].lines, [3, 4]);
        assert!(list[0].is_of("linux-7.3", "edu", "a/b.scenario"));
        assert!(!list[0].is_of("linux-6.12", "edu", "a/b.scenario"));
        assert!(!list[0].is_of("linux-6.1", "edu", "a/c.scenario"));
    }

    #[test]
    fn stanza_that_is_wrong_is_an_error_with_its_line() {
        let said = |text: &str| format!("{:#}", parse(text).unwrap_err());
        assert_eq!(said("\nKernel: all\n"), "2: the stanza lacks `Whose:`");
        assert!(said(&STANZA.replace("3, 4", "all")).contains("not all of them"));
        assert!(said(&STANZA.replace("3, 4", "x")).contains("`x` is no line's number"));
        assert!(said(&STANZA.replace("QEMU", "mine")).contains("`Whose: mine`"));
        assert!(said(&STANZA.replace("Whose", "Who")).starts_with("1: `Who`"));
        assert!(said(&format!("{STANZA}Reason: two\n")).contains("stands twice"));
        assert!(said("no colon\n").starts_with("1: "));
        assert!(said("\n  indented\n").starts_with("2: "));
    }
}
