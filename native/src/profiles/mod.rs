//! `vfio-irq hosts`, `vfio-irq functions`, and what `--host` and `--function` name.

use std::path::Path;

use vfio_irq_core::host::profile::{HostProfile, PROFILES};
use vfio_irq_core::pci::import::{Imported, from_any};
use vfio_irq_core::pci::{Function, FunctionSpec, profiles as functions};
use vfio_irq_core::scenario::function_text;

use crate::Error;
use crate::input::Input;

mod compare;

pub use compare::{compare_functions, compare_hosts};

/// Names of the built-in hosts.
pub fn host_names() -> Vec<&'static str> {
    PROFILES.iter().map(|profile| &*profile.name).collect()
}

/// Names of the built-in functions.
pub fn function_names() -> Vec<&'static str> {
    functions::all().iter().map(|profile| profile.name).collect()
}

/// The built-in host of this name.
pub fn host(name: &str) -> Result<HostProfile, Error> {
    HostProfile::by_name(name)
        .ok_or_else(|| Error::UnknownHost { name: name.to_owned(), known: host_names().join(", ") })
}

/// The function `--function` names: a built-in one, or one in a config dump. `FILE#ADDRESS` picks
/// one of several.
pub fn function(argument: &str) -> Result<Function, Error> {
    named(argument).map(|(function, _)| function)
}

/// The same, and the lines of a scenario that say so.
pub fn named(argument: &str) -> Result<(Function, String), Error> {
    if let Some(spec) = functions::by_name(argument) {
        return Ok((build(argument, &spec)?, format!("function {argument}\n")));
    }
    let (path, address) = match argument.rsplit_once('#') {
        Some((path, address)) if !Path::new(argument).exists() => (path, Some(address)),
        _ => (argument, None),
    };
    if path != "-" && !Path::new(path).exists() {
        let known = function_names().join(", ");
        return Err(Error::UnknownFunction { name: argument.to_owned(), known });
    }
    let input = Input::read(Path::new(path))?;
    let found = from_any(&input.bytes)
        .map_err(|source| Error::Import { name: input.name.clone(), source })?;
    let chosen = choose(&found, path, address)?;
    match chosen.function() {
        Ok(function) => Ok((function, function_text(chosen))),
        Err(source) => Err(Error::Function { name: argument.to_owned(), source }),
    }
}

fn build(name: &str, spec: &FunctionSpec) -> Result<Function, Error> {
    Function::new(spec).map_err(|source| Error::Function { name: name.to_owned(), source })
}

/// The one function of a dump, or the one at this address (the domain `0000:` may be left out).
pub(crate) fn choose<'a>(
    found: &'a [Imported],
    name: &str,
    address: Option<&str>,
) -> Result<&'a Imported, Error> {
    let short = |address: &str| address.strip_prefix("0000:").unwrap_or(address).to_owned();
    let named = |one: &&Imported| {
        one.address.as_deref().map(short).as_deref() == address.map(short).as_deref()
    };
    let problem = match (found, address) {
        ([only], None) => return Ok(only),
        (_, None) => format!("holds {} functions", found.len()),
        (_, Some(address)) => match found.iter().find(named) {
            Some(chosen) => return Ok(chosen),
            None => format!("holds no function at {address}"),
        },
    };
    let choice = |one: &Imported| one.address.as_ref().map(|address| format!("{name}#{address}"));
    let choices = found.iter().filter_map(choice).collect::<Vec<_>>().join(", ");
    Err(Error::Choose { name: name.to_owned(), problem, choices })
}
