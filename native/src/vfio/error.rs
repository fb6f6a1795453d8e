//! Why a device can't be used, and what to do about it.

use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

use super::Address;

/// What keeps a device from being used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// No such function on this machine.
    #[error("there is no PCI device {address}; `lspci -D` lists those there are")]
    NoSuchDevice {
        /// What was asked for.
        address: Address,
    },
    /// Another driver, or none, has the device.
    #[error(
        "{address} {}, and vfio-pci has to have it. As root:\n  \
         modprobe vfio-pci\n  \
         {}echo vfio-pci > /sys/bus/pci/devices/{address}/driver_override\n  \
         echo {address} > /sys/bus/pci/drivers_probe\n\
         Whatever uses the device loses it; an empty driver_override and another probe give it back",
        has(driver.as_deref()),
        unbind(*address, driver.as_deref())
    )]
    NotBound {
        /// The device.
        address: Address,
        /// Its driver.
        driver: Option<String>,
    },
    /// No IOMMU, or it is off.
    #[error(
        "{address} is in no IOMMU group: this machine has no IOMMU, or it is off. Turn on VT-d or \
         AMD-Vi in the firmware, and boot an Intel machine with intel_iommu=on"
    )]
    NoIommu {
        /// The device.
        address: Address,
    },
    /// Another device of the group has a driver of the host.
    #[error(
        "IOMMU group {group} can't be used while a host driver has a device of it: {others}. Bind \
         those to vfio-pci too, or unbind them"
    )]
    NotViable {
        /// The group.
        group: String,
        /// What is in the way.
        others: String,
    },
    /// A file of /dev/vfio is missing.
    #[error("there is no {}; `modprobe vfio-pci vfio_iommu_type1` as root makes it", path.display())]
    NoVfio {
        /// The file.
        path: PathBuf,
    },
    /// No permission for a file of /dev/vfio.
    #[error(
        "no permission for {}: run as root, or as root give it to your user: chown $USER {}",
        path.display(),
        path.display()
    )]
    NoPermission {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else has it.
    #[error("{} is in use: another program (a virtual machine?) has the device", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The IOMMU can't be used as it is.
    #[error(
        "the kernel refuses the IOMMU for this group: no interrupt remapping. Where that risk may be \
         taken (a device could forge interrupts): load vfio_iommu_type1 with \
         allow_unsafe_interrupts=1"
    )]
    NoRemapping,
    /// Another thing about a file.
    #[error("{}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A call of the kernel failed.
    #[error("{what}")]
    Call {
        /// Which.
        what: &'static str,
        /// What the kernel says.
        source: Errno,
    },
}

impl Unusable {
    /// What it means that a file of /dev/vfio did not open.
    pub(super) fn opening(path: PathBuf, error: Errno) -> Self {
        match error {
            Errno::NOENT | Errno::NODEV => Self::NoVfio { path },
            Errno::ACCESS | Errno::PERM => Self::NoPermission { path },
            Errno::BUSY => Self::Busy { path },
            other => Self::File { path, source: other.into() },
        }
    }
}

fn has(driver: Option<&str>) -> String {
    match driver {
        Some(driver) => format!("has the driver {driver}"),
        None => "has no driver".into(),
    }
}

fn unbind(address: Address, driver: Option<&str>) -> String {
    match driver {
        Some(_) => {
            format!("echo {address} > /sys/bus/pci/devices/{address}/driver/unbind\n  ")
        }
        None => String::new(),
    }
}
