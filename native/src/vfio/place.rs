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

/// The driver that has to have a device.
const DRIVER: &str = "vfio-pci";

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
                Some(driver) if driver != DRIVER && driver != "pcieport" => {
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

    /// The character device of a device, where the kernel has CONFIG_VFIO_DEVICE_CDEV.
    pub(super) fn cdev(&self, address: Address) -> Option<PathBuf> {
        let folder = self.device(address).join("vfio-dev");
        let entry = fs::read_dir(folder).ok()?.flatten().next()?;
        let path = self.dev.join("vfio/devices").join(entry.file_name());
        (path.exists() && self.dev.join("iommu").exists()).then_some(path)
    }
}

fn name_of_link(path: &Path) -> Option<String> {
    let target = fs::read_link(path).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}
