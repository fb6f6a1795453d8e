//! The kernels of the laboratory, and busybox, from Debian's packages.
//!
//! For each host profile the newest kernel of a suite is fetched once, with an apt of our own, and
//! what a guest needs of it is kept in [`tools_folder`]: the kernel, the modules of vfio-pci in the
//! order in which they are loaded, and a record of what it is. After that no network is used.
//! Left out: installing anything, and the packages themselves, which are deleted once unpacked.

mod apt;
mod busybox;
pub mod deb822;
mod image;
mod modules;
pub mod sources;

use anyhow::{Context, Result, bail};
use apt::Apt;
use deb822::Stanza;
use std::fs;
use std::path::{Path, PathBuf};

pub use busybox::busybox;

/// Where a kernel comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The host profile it stands for.
    pub host: &'static str,
    /// The suites that are asked.
    suites: &'static [&'static str],
    /// What its version begins with.
    version: &'static str,
}

/// The three kernels, oldest first.
pub const KERNELS: [Source; 3] = [
    Source { host: "linux-6.1", suites: &["bookworm", "bookworm-security"], version: "6.1." },
    Source { host: "linux-6.12", suites: &["bookworm-backports"], version: "6.12." },
    Source { host: "linux-7.3", suites: &["trixie-backports"], version: "7." },
];

/// Modules the guest loads, with what they depend on.
const MODULES: [&str; 2] = ["vfio_iommu_type1", "vfio-pci"];
/// Modules for a fast line out, loaded before; newer kernels have the first built in.
const LINE_MODULES: [&str; 2] = ["virtio_pci", "virtio_console"];
/// Modules that are kept when the kernel has them; a script loads them when it wants to.
const EXTRAS: [&str; 1] = ["pci-pf-stub"];
/// KVM's, for a guest that asks it ([`crate::guest::Guest::kvm`]): QEMU emulates AMD's virtualization.
const KVM_MODULES: [&str; 1] = ["kvm-amd"];
const RECORD: &str = "kernel.txt";
const IMAGE: &str = "vmlinux";

/// A kernel that lies ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// The host profile it stands for: `linux-6.1`.
    pub host: String,
    /// What `uname -r` says: `6.1.0-56-amd64`.
    pub release: String,
    /// The version of its package: `6.1.192-2`.
    pub version: String,
    /// The modules to load, in this order, without ending.
    pub modules: Vec<String>,
    /// Further modules that are there.
    pub extras: Vec<String>,
    /// KVM's modules, to load after `modules`, in this order.
    pub kvm: Vec<String>,
    /// Where it lies.
    pub folder: PathBuf,
    /// Its image's name there.
    image: String,
}

/// Whether a kernel that is there will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// Use what is there, without any network; fetch what is missing or damaged.
    Never,
    /// Fetch the newest, then replace what is there.
    Always,
}

impl Kernel {
    /// The kernel of a host profile, fetched if it is not there.
    ///
    /// # Errors
    /// When there is no such profile, or the kernel can't be had; what is there stays.
    pub fn ready(host: &str, refresh: Refresh) -> Result<Self> {
        Self::ready_in(&tools_folder()?, host, refresh)
    }

    /// As [`Self::ready`], in another folder than the usual one.
    ///
    /// # Errors
    /// As [`Self::ready`].
    pub fn ready_in(tools: &Path, host: &str, refresh: Refresh) -> Result<Self> {
        let Some(source) = KERNELS.iter().find(|source| source.host == host) else {
            let known = KERNELS.map(|source| source.host).join(", ");
            bail!("no kernel stands for the host {host}; there are {known}");
        };
        let folder = tools.join("kernels").join(host);
        // What is incomplete, or left by an older version of this program, is fetched anew.
        if refresh == Refresh::Never
            && let Ok(kernel) = Self::read(&folder)
        {
            return Ok(kernel);
        }
        Self::fetch(source, &folder).with_context(|| format!("the kernel of {host}"))
    }

    /// A kernel of one's own with all a guest needs built in, which stands for a host profile too.
    /// It is called after its file, for nobody has asked it.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn of_image(host: &str, image: &Path) -> Result<Self> {
        let image = image.canonicalize().with_context(|| format!("{}", image.display()))?;
        let name = image.file_name().context("a kernel is a file")?.to_string_lossy().into_owned();
        Ok(Self {
            host: host.to_owned(),
            release: name.clone(),
            version: format!("of {}", image.display()),
            modules: Vec::new(),
            extras: Vec::new(),
            kvm: Vec::new(),
            folder: image.parent().context("a file is in a folder")?.to_owned(),
            image: name,
        })
    }

    /// The image QEMU loads.
    pub fn image(&self) -> PathBuf {
        self.folder.join(&self.image)
    }

    /// The file of a module, not compressed.
    pub fn module(&self, name: &str) -> PathBuf {
        self.folder.join("modules").join(format!("{name}.ko"))
    }

    fn fetch(source: &Source, folder: &Path) -> Result<Self> {
        let parent = folder.parent().expect("it is a folder in the tools folder");
        fs::create_dir_all(parent)?;
        // Made aside and renamed: whoever looks sees a whole kernel or none.
        let aside = tempfile::Builder::new().prefix(".fetch-").tempdir_in(parent)?;
        let apt = Apt::new(&aside.path().join("apt"), &sources::of_machine()?, source.suites)?;
        let (package, version) = newest(&apt, source)?;
        let root = aside.path().join("root");
        for name in parts(&apt, &package, &version)? {
            let deb = apt.download(&name, &version)?;
            apt::unpack(&deb, &root)?;
        }
        let made = aside.path().join("kernel");
        fs::create_dir_all(made.join("modules"))?;
        let release = package.trim_start_matches("linux-image-").to_owned();
        let image = image(&root, &release)?;
        if image::unpack(&image, &made.join(IMAGE)).is_err() {
            fs::rename(image, made.join(IMAGE))?;
        }
        let tree = modules::Tree::read(&root, &release)?;
        let line = LINE_MODULES.into_iter().filter(|name| tree.has(name));
        let modules = tree.in_order(&line.chain(MODULES).collect::<Vec<_>>())?;
        let extras: Vec<String> =
            EXTRAS.iter().filter(|name| tree.has(name)).map(|&name| name.to_owned()).collect();
        let mut kvm = tree.in_order(&KVM_MODULES)?;
        kvm.retain(|name| !modules.contains(name));
        for name in modules.iter().chain(&extras).chain(&kvm) {
            fs::write(made.join("modules").join(format!("{name}.ko")), tree.content(name)?)?;
        }
        let host = source.host.to_owned();
        let (folder, image) = (folder.to_owned(), IMAGE.to_owned());
        let kernel = Self { host, release, version, modules, extras, kvm, folder, image };
        let folder = &kernel.folder;
        fs::write(made.join(RECORD), kernel.record())?;
        if folder.exists() {
            fs::rename(folder, aside.path().join("old"))?;
        }
        fs::rename(&made, folder).with_context(|| format!("renaming to {}", folder.display()))?;
        Ok(kernel)
    }

    fn record(&self) -> String {
        let Self { host, release, version, modules, extras, kvm, .. } = self;
        let (modules, extras, kvm) = (modules.join(" "), extras.join(" "), kvm.join(" "));
        format!(
            "Host: {host}\nRelease: {release}\nVersion: {version}\nModules: {modules}\n\
             Extras: {extras}\nKvm: {kvm}\n"
        )
    }

    fn read(folder: &Path) -> Result<Self> {
        let text = fs::read_to_string(folder.join(RECORD))?;
        let all = deb822::stanzas(&text);
        let stanza = all.first().context("the record is empty")?;
        let field = |name: &str| {
            stanza.field(name).map(str::to_owned).with_context(|| format!("no field {name}"))
        };
        let words = |name: &str| stanza.words(name).map(str::to_owned).collect::<Vec<_>>();
        let kernel = Self {
            host: field("Host")?,
            release: field("Release")?,
            version: field("Version")?,
            modules: words("Modules"),
            extras: words("Extras"),
            kvm: field("Kvm")?.split_whitespace().map(str::to_owned).collect(),
            folder: folder.to_owned(),
            image: IMAGE.to_owned(),
        };
        let files = kernel.modules.iter().chain(&kernel.kvm).map(|name| kernel.module(name));
        match files.chain([kernel.image()]).find(|file| !file.is_file()) {
            Some(missing) => bail!("{} is missing", missing.display()),
            None => Ok(kernel),
        }
    }
}

/// Where fetched things are kept: `$VFIO_IRQ_TOOLS`, or `vfio-irq/tools` in the user's cache.
///
/// # Errors
/// When neither that nor `$XDG_CACHE_HOME` nor `$HOME` is set.
pub fn tools_folder() -> Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = variable("VFIO_IRQ_TOOLS") {
        return Ok(std::path::absolute(folder)?);
    }
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let cache = cache.context("no place for kernels: set VFIO_IRQ_TOOLS to a folder")?;
    Ok(cache.join("vfio-irq/tools"))
}

/// The package of the newest kernel that will do, and its version.
fn newest(apt: &Apt, source: &Source) -> Result<(String, String)> {
    let offered = apt.versions("linux-image-amd64")?;
    let version = |stanza: &Stanza| stanza.field("Version").unwrap_or_default().to_owned();
    let Some(stanza) = offered.iter().find(|one| version(one).starts_with(source.version)) else {
        let offered: Vec<_> = offered.iter().map(version).collect();
        bail!(
            "{} offers Linux {}, but {} stands for {}x",
            source.suites.join(", "),
            offered.join(", "),
            source.host,
            source.version
        );
    };
    pinned(stanza)
        .find(|(name, _)| name.starts_with("linux-image-"))
        .with_context(|| format!("linux-image-amd64 {} names no kernel", version(stanza)))
}

/// The packages with files in them: an image may be a mere meta package of a binary and modules.
fn parts(apt: &Apt, package: &str, version: &str) -> Result<Vec<String>> {
    let offered = apt.versions(package)?;
    let stanza = offered.iter().find(|one| one.field("Version") == Some(version));
    let stanza = stanza.with_context(|| format!("{package} {version} is not offered"))?;
    let mut parts = vec![package.to_owned()];
    let further = pinned(stanza).map(|(name, _)| name);
    parts
        .extend(further.filter(|name| {
            name.starts_with("linux-binary-") || name.starts_with("linux-modules-")
        }));
    Ok(parts)
}

/// The dependencies that are bound to one version: `name (= version)`.
fn pinned(stanza: &Stanza) -> impl Iterator<Item = (String, String)> {
    stanza.field("Depends").unwrap_or_default().split(',').filter_map(|one| {
        let (name, rest) = one.trim().split_once(" (= ")?;
        Some((name.to_owned(), rest.strip_suffix(')')?.to_owned()))
    })
}

fn image(root: &Path, release: &str) -> Result<PathBuf> {
    ["boot/vmlinuz-RELEASE", "usr/lib/modules/RELEASE/vmlinuz", "lib/modules/RELEASE/vmlinuz"]
        .map(|path| root.join(path.replace("RELEASE", release)))
        .into_iter()
        .find(|file| file.is_file())
        .with_context(|| format!("the packages of {release} hold no image"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_bound_to_a_version_are_found_among_others() {
        let text = "Depends: a | b (>= 1), linux-image-7.3.4-amd64 (= 7.3.4-1~bpo13+1), kmod\n";
        let found: Vec<_> = pinned(&deb822::stanzas(text)[0]).collect();
        assert_eq!(found, [("linux-image-7.3.4-amd64".into(), "7.3.4-1~bpo13+1".into())]);
    }

    #[test]
    fn record_read_back_is_the_same_kernel() {
        let folder = tempfile::tempdir().expect("a folder");
        let kernel = Kernel {
            host: "linux-6.1".into(),
            release: "6.1.0-56-amd64".into(),
            version: "6.1.192-2".into(),
            modules: vec!["vfio".into()],
            extras: vec![],
            kvm: vec![],
            folder: folder.path().into(),
            image: IMAGE.into(),
        };
        fs::write(folder.path().join(RECORD), kernel.record()).expect("written");
        let error = Kernel::read(folder.path()).expect_err("no files yet").to_string();
        assert!(error.contains("is missing"), "{error}");
        fs::create_dir(folder.path().join("modules")).expect("made");
        fs::write(kernel.module("vfio"), "").expect("written");
        fs::write(kernel.image(), "").expect("written");
        assert_eq!(Kernel::read(folder.path()).expect("whole"), kernel);
    }

    #[test]
    fn unknown_host_is_an_error_that_names_the_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Kernel::ready_in(folder.path(), "linux-2.4", Refresh::Never);
        let error = error.expect_err("unknown").to_string();
        assert!(error.contains("linux-6.12"), "{error}");
    }
}
