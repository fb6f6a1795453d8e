//! The emulated world a scenario's first lines describe.

use alloc::string::{String, ToString};

use super::Scenario;
use super::ast::{FunctionLine, FunctionOption, HostLine, MsixOption, Span, Statement};
use super::error::{TextError, unknown};
use crate::host::HostProfile;
use crate::host::profile::PROFILES;
use crate::machine::Machine;
use crate::pci::{Function, FunctionError, FunctionSpec, MsixSpec, WhenOff, profiles};

/// The host of a scenario that names none.
pub const DEFAULT_HOST: &str = "linux-6.12";
/// The function of a scenario that names none.
pub const DEFAULT_FUNCTION: &str = "simple";

/// What stands in for a scenario's own function and host.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// In place of what `host` says, `vectors=` included.
    pub host: Option<HostProfile>,
    /// In place of what `function` says.
    pub function: Option<Function>,
}

impl Scenario {
    /// The machine these lines describe, the device closed.
    pub fn machine(&self, overrides: &Overrides) -> Result<Machine, TextError> {
        let function = match &overrides.function {
            Some(function) => function.clone(),
            None => self.function()?,
        };
        let host = self.host(overrides.host.as_ref())?;
        Ok(Machine::new(function, host))
    }

    /// The `function` line and its number.
    pub fn function_line(&self) -> Option<(u32, &FunctionLine)> {
        self.lines.iter().zip(1..).find_map(|(line, number)| match &line.statement {
            Some(Statement::Function(function)) => Some((number, function)),
            _ => None,
        })
    }

    /// The `host` line and its number.
    pub fn host_line(&self) -> Option<(u32, &HostLine)> {
        self.lines.iter().zip(1..).find_map(|(line, number)| match &line.statement {
            Some(Statement::Host(host)) => Some((number, host)),
            _ => None,
        })
    }

    /// The host of the text. An override replaces its profile, not the options beside it.
    fn host(&self, instead: Option<&HostProfile>) -> Result<HostProfile, TextError> {
        let default = || HostProfile::by_name(DEFAULT_HOST).expect("the default is built in");
        let Some((number, line)) = self.host_line() else {
            return Ok(instead.cloned().unwrap_or_else(default));
        };
        let named = || {
            let name = line.profile.what.as_str();
            HostProfile::by_name(name).ok_or_else(|| {
                let all = PROFILES.iter().map(|profile| profile.name.as_ref());
                let message = unknown("host", name, all.clone());
                TextError::new(number, line.profile.at, message).expecting(listed(all))
            })
        };
        let mut profile = instead.cloned().map_or_else(named, Ok)?;
        profile.vectors = line.vectors.or(profile.vectors);
        profile.remapping = line.remapping.unwrap_or(profile.remapping);
        Ok(profile)
    }

    /// The function the text says.
    pub(crate) fn function(&self) -> Result<Function, TextError> {
        let Some((number, line)) = self.function_line() else {
            return Ok(Function::new(&FunctionSpec::simple()).expect("the default is built in"));
        };
        let Some(spec) = self.function_spec()? else {
            return self.dumped(number, line);
        };
        Function::new(&spec).map_err(|error| {
            let option = line.options.iter().find(|option| concerns(&error, &option.what));
            let at = option.map_or(Span { column: 1, length: 8 }, |option| option.at);
            TextError::new(number, at, error.to_string())
        })
    }

    /// What the function line says to build; `None`: the function of a config dump.
    pub(crate) fn function_spec(&self) -> Result<Option<FunctionSpec>, TextError> {
        let Some((number, line)) = self.function_line() else {
            return Ok(Some(FunctionSpec::simple()));
        };
        if line.is_config() {
            return Ok(None);
        }
        let mut spec = match &line.profile {
            None => blank(),
            Some(profile) => profiles::by_name(&profile.what).ok_or_else(|| {
                let all = profiles::all().iter().map(|profile| profile.name);
                let message = unknown("function", &profile.what, all.clone());
                TextError::new(number, profile.at, message).expecting(listed(all))
            })?,
        };
        for option in &line.options {
            apply(&mut spec, &option.what);
        }
        Ok(Some(spec))
    }
}

/// A function that has nothing yet.
fn blank() -> FunctionSpec {
    FunctionSpec {
        name: "function".into(),
        pin: 0,
        msi: None,
        msix: None,
        express: false,
        vf: false,
        intx_status: true,
        when_off: WhenOff::Divert,
        ..FunctionSpec::simple()
    }
}

fn apply(spec: &mut FunctionSpec, option: &FunctionOption) {
    match option {
        FunctionOption::Intx(pin) => spec.pin = *pin,
        FunctionOption::Msi(msi) => spec.msi = *msi,
        FunctionOption::Msix(msix) => spec.msix = msix.map(place),
        FunctionOption::Vf(yes) => spec.vf = *yes,
        FunctionOption::Express(yes) => spec.express = *yes,
        FunctionOption::IntxStatus(yes) => spec.intx_status = *yes,
        FunctionOption::Reset(yes) => spec.reset = *yes,
        FunctionOption::WhenOff(when_off) => spec.when_off = *when_off,
        FunctionOption::MsiAt(at) => spec.places.msi = Some(*at),
        FunctionOption::MsixAt(at) => spec.places.msix = Some(*at),
        FunctionOption::ExpressAt(at) => spec.places.express = Some(*at),
        FunctionOption::Id(vendor, device) => spec.id = (*vendor, *device),
        FunctionOption::Class(class) => spec.class = *class,
        FunctionOption::Name(name) => spec.name.clone_from(name),
    }
}

/// Table and pending bit array where they are said to be; else the table in BAR 0 from 0x2000, and
/// the array in the table's BAR on the next 4 KiB page.
fn place(msix: MsixOption) -> MsixSpec {
    let (bar, offset) = msix.table.unwrap_or((0, 0x2000));
    let end = offset.saturating_add(16 * u32::from(msix.vectors));
    let page = end.checked_next_multiple_of(0x1000).unwrap_or(end);
    MsixSpec { vectors: msix.vectors, table: (bar, offset), pba: msix.pba.unwrap_or((bar, page)) }
}

/// Whether a function can't be built because of this option.
fn concerns(error: &FunctionError, option: &FunctionOption) -> bool {
    match error {
        FunctionError::MsiVectors(_) => matches!(option, FunctionOption::Msi(_)),
        FunctionError::Pin(_) => matches!(option, FunctionOption::Intx(_)),
        FunctionError::Class(_) => matches!(option, FunctionOption::Class(_)),
        FunctionError::Place { name, .. } | FunctionError::NoCapability { name } => {
            placed(option) == Some(name)
        }
        FunctionError::Capabilities { one, other, .. } => {
            placed(option).is_some_and(|name| name == *one || name == *other)
        }
        FunctionError::MsixVectors(_)
        | FunctionError::Bar { .. }
        | FunctionError::Offset { .. }
        | FunctionError::TooFar { .. }
        | FunctionError::Overlap { .. } => matches!(option, FunctionOption::Msix(_)),
        _ => false,
    }
}

/// The capability an option puts somewhere, as errors name it.
fn placed(option: &FunctionOption) -> Option<&'static str> {
    match option {
        FunctionOption::MsiAt(_) => Some("MSI"),
        FunctionOption::MsixAt(_) => Some("MSI-X"),
        FunctionOption::ExpressAt(_) => Some("PCI Express"),
        _ => None,
    }
}

fn listed<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let names: alloc::vec::Vec<&str> = all.collect();
    alloc::format!("one of {}", names.join(", "))
}
