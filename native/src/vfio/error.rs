//! Why a device can't be used, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

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
         Whatever uses the device loses it. To give it back:\n  \
         echo {address} > /sys/bus/pci/devices/{address}/driver/unbind\n  \
         echo > /sys/bus/pci/devices/{address}/driver_override\n  \
         echo {address} > /sys/bus/pci/drivers_probe",
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
    /// The device is used without an IOMMU.
    #[error(
        "the device is in no-IOMMU mode ({}): it could write anywhere in memory. vfio-irq wants an \
         IOMMU; bind the device again with enable_unsafe_noiommu_mode off",
        path.display()
    )]
    NoIommuMode {
        /// The group's file.
        path: PathBuf,
    },
    /// A file of VFIO is missing.
    #[error("there is no {}; {}", path.display(), made_by(path))]
    NoVfio {
        /// The file.
        path: PathBuf,
    },
    /// The kernel has no character device for it.
    #[error(
        "this kernel has no character device for {address}: that needs Linux 6.6 or newer with \
         CONFIG_IOMMUFD and CONFIG_VFIO_DEVICE_CDEV. `--interface group` works without"
    )]
    NoCdev {
        /// The device.
        address: Address,
    },
    /// No permission for a file of VFIO.
    #[error(
        "no permission for {}: run as root, or as root give yourself the file: chown {} {}",
        path.display(),
        rustix::process::getuid().as_raw(),
        path.display()
    )]
    NoPermission {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else has it.
    #[error(
        "{} is in use: another program (a virtual machine?) has the device; as root, \
         `fuser -v /dev/vfio/* /dev/vfio/devices/*` names it",
        path.display()
    )]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The kernel part that maps memory is not there.
    #[error("the kernel has no type 1 IOMMU for VFIO groups; as root: modprobe vfio_iommu_type1")]
    NoType1,
    /// Interrupts are not remapped.
    #[error(
        "the kernel refuses the device: this machine does not remap interrupts, so a device could \
         forge any. Turn interrupt remapping on (with the IOMMU in the firmware; no intremap=off on \
         the kernel's command line), or where the risk may be taken, as root:\n  \
         echo 1 > /sys/module/{module}/parameters/allow_unsafe_interrupts"
    )]
    NoRemapping {
        /// The kernel module that may allow it.
        module: &'static str,
    },
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
    /// A call on the open device failed.
    pub(crate) fn call(what: &'static str, errno: vfio_irq_core::errno::Errno) -> Self {
        Self::Call { what, source: Errno::from_raw_os_error(errno.0) }
    }

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

/// What makes a file of VFIO.
fn made_by(path: &Path) -> &'static str {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("vfio") => "as root: modprobe vfio_iommu_type1",
        Some("iommu") => "as root: modprobe iommufd, or try `--interface group`",
        _ => "vfio-pci has the device, so this container or sandbox was not given the file",
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
