//! Where a device is: its address, and what sysfs says of it.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Address, Unusable};

/// The folders the kernel shows devices in; a test has its own.
#[derive(Clone, Debug)]
pub struct Places {
    /// `/sys`.
    pub sys: PathBuf,
    /// `/dev`.
    pub dev: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self { sys: "/sys".into(), dev: "/dev".into() }
    }
}

/// Whether a driver leaves a group usable: vfio-pci, its variants (`mlx5_vfio_pci`), and those that
/// let the device be used by nobody (the kernel's `driver_managed_dma`).
fn is_harmless(driver: &str) -> bool {
    driver.contains("vfio") || ["pcieport", "pci-stub", "pciback"].contains(&driver)
}

impl Places {
    /// The device's folder in sysfs.
    pub(super) fn device(&self, address: Address) -> PathBuf {
        self.sys.join("bus/pci/devices").join(address.to_string())
    }

    /// The config space as sysfs shows it: the physical registers, without what vfio-pci makes of
    /// them. Without privilege only its first 64 bytes.
    pub fn config(&self, address: Address) -> Result<Vec<u8>, Unusable> {
        let path = self.device(address).join("config");
        fs::read(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Unusable::NoSuchDevice { address },
            _ => Unusable::File { path, source },
        })
    }

    /// Vendor and device id; `None` where config space is shorter than that.
    pub(super) fn ids(&self, address: Address) -> Result<Option<(u16, u16)>, Unusable> {
        Ok(match self.config(address)?.as_slice() {
            [a, b, c, d, ..] => Some((u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]))),
            _ => None,
        })
    }

    /// Checks that vfio-pci (or a variant driver of it) has the device, and gives its IOMMU group.
    pub(super) fn group(&self, address: Address) -> Result<String, Unusable> {
        let folder = self.device(address);
        if !folder.exists() {
            return Err(Unusable::NoSuchDevice { address });
        }
        let driver = name_of_link(&folder.join("driver"));
        if !driver.as_deref().is_some_and(|driver| driver.contains("vfio")) {
            return Err(Unusable::NotBound { address, driver });
        }
        name_of_link(&folder.join("iommu_group")).ok_or(Unusable::NoIommu { address })
    }

    /// The devices of a group that keep it from being used, with their drivers.
    pub(super) fn in_the_way(&self, group: &str) -> String {
        let folder = self.sys.join("kernel/iommu_groups").join(group).join("devices");
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match name_of_link(&entry.path().join("driver")) {
                Some(driver) if !is_harmless(&driver) => {
                    found.push(format!("{} ({driver})", entry.file_name().to_string_lossy()));
                }
                _ => {}
            }
        }
        found.sort();
        if found.is_empty() {
            "a device of it that has another driver".into()
        } else {
            found.join(", ")
        }
    }

    /// The file of a group, there or not.
    pub(super) fn group_file(&self, group: &str) -> Result<PathBuf, Unusable> {
        let folder = self.dev.join("vfio");
        let (path, other) = (folder.join(group), folder.join(format!("noiommu-{group}")));
        if !path.exists() && other.exists() {
            return Err(Unusable::NoIommuMode { path: other });
        }
        Ok(path)
    }

    /// The character device of a device, where the kernel has CONFIG_VFIO_DEVICE_CDEV.
    pub(super) fn cdev(&self, address: Address) -> Option<PathBuf> {
        let folder = self.device(address).join("vfio-dev");
        let entry = fs::read_dir(folder).ok()?.flatten().next()?;
        // The entry is there without one too; its number is not.
        if !entry.path().join("dev").exists() {
            return None;
        }
        Some(self.dev.join("vfio/devices").join(entry.file_name()))
    }

    /// Where IOMMUFD is spoken to.
    pub(super) fn iommufd(&self) -> PathBuf {
        self.dev.join("iommu")
    }
}

fn name_of_link(path: &Path) -> Option<String> {
    let target = fs::read_link(path).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}
