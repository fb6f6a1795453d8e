//! The emulated function and host most like a real device and its kernel.

use vfio_irq_core::host::HostProfile;
use vfio_irq_core::pci::import::{Imported, from_config};
use vfio_irq_core::pci::{Function, FunctionSpec, profiles as functions};

/// The emulated function most like a device: the built-in one of its ids, else one made from its
/// config space. With a word for people on where it comes from.
pub fn likeness(config: &[u8], address: &str) -> Result<(Function, String), crate::Error> {
    let name = || format!("config space of {address}");
    let found =
        from_config(config).map_err(|source| crate::Error::Import { name: name(), source })?;
    if let Some((spec, profile)) = built_in(&found) {
        let function = Function::new(&spec)
            .map_err(|source| crate::Error::Function { name: name(), source })?;
        return Ok((function, format!("the built-in {profile}")));
    }
    let function = found.function();
    let function = function.map_err(|source| crate::Error::Function { name: name(), source })?;
    Ok((function, "its own config space".into()))
}

fn built_in(found: &Imported) -> Option<(FunctionSpec, &'static str)> {
    let id = (found.decoded.vendor, found.decoded.device);
    let vf = found.decoded.vf;
    functions::all().iter().map(|profile| (profile.spec(), profile.name)).find(|(spec, _)| {
        let capabilities = spec.msi.map(|msi| msi.vectors)
            == found.decoded.msi.as_ref().map(|msi| msi.vectors)
            && spec.msix.map(|msix| msix.vectors)
                == found.decoded.msix.as_ref().map(|msix| msix.vectors);
        spec.id == id && spec.vf == vf && capabilities
    })
}

/// The built-in host most like a kernel of this release (`uname -r`), and whether the release is
/// one that profile was made from.
pub fn host_for(release: &str) -> (HostProfile, bool) {
    let mut numbers = release.split(['.', '-', '+']).map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let (name, exact) = match version {
        // Vectors can be added since 6.5; the other differences are of no release we know exactly.
        (6, 1) => ("linux-6.1", true),
        version if version < (6, 5) => ("linux-6.1", false),
        (6, 12) => ("linux-6.12", true),
        version if version < (7, 0) => ("linux-6.12", false),
        version => ("linux-7.3", version == (7, 3)),
    };
    (HostProfile::by_name(name).expect("built in"), exact)
}

/// The release of the running kernel.
pub fn release() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}
