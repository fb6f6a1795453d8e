//! The way to a device's descriptor: by group and container, or by the device's own character
//! device and an IOMMUFD.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result as Answer};

use super::sys::{Guarded, ioctl_number, owned};
use super::{Address, Interface, Places, Unusable};

// include/uapi/linux/vfio.h: _IO(';', 100 + n); include/uapi/linux/iommufd.h: _IO(';', 0x80 + n).
pub(super) const SET_IOMMU: u32 = 0x3b66;
pub(super) const GROUP_GET_STATUS: u32 = 0x3b67;
pub(super) const GROUP_SET_CONTAINER: u32 = 0x3b68;
pub(super) const GROUP_GET_DEVICE_FD: u32 = 0x3b6a;
pub(super) const IOMMU_MAP_DMA: u32 = 0x3b71;
pub(super) const DEVICE_BIND_IOMMUFD: u32 = 0x3b76;
pub(super) const DEVICE_ATTACH_IOMMUFD_PT: u32 = 0x3b77;
const IOAS_ALLOC: u32 = 0x3b81;
const IOAS_MAP: u32 = 0x3b85;

const TYPE1V2_IOMMU: usize = 3;
const TYPE1_IOMMU: usize = 1;
const GROUP_VIABLE: u32 = 1;
/// VFIO_DMA_MAP_FLAG_READ and _WRITE.
const DMA_READ_WRITE: u32 = 3;
/// IOMMU_IOAS_MAP_FIXED_IOVA, _WRITEABLE and _READABLE.
const IOAS_FIXED_READ_WRITE: u32 = 7;

/// What stays open between two opens of a device.
#[derive(Debug)]
pub(super) enum Connection {
    Group { container: OwnedFd, group: OwnedFd, name: CString },
    Cdev { path: PathBuf, iommufd: OwnedFd, ioas: u32 },
}

fn open(path: &Path) -> Result<OwnedFd, Unusable> {
    rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| Unusable::opening(path.to_owned(), error))
}

fn call(what: &'static str) -> impl Fn(Errno) -> Unusable {
    move |source| Unusable::Call { what, source }
}

impl Connection {
    pub(super) fn new(
        places: &Places,
        address: Address,
        interface: Interface,
        memory: &mut Guarded,
    ) -> Result<Self, Unusable> {
        let group = places.group(address)?;
        match (interface, places.cdev(address)) {
            (Interface::Any | Interface::Cdev, Some(path)) => Self::cdev(places, path, memory),
            (Interface::Cdev, None) => {
                let path = places.dev.join("iommu");
                Err(Unusable::NoVfio { path })
            }
            (Interface::Any | Interface::Group, _) => Self::group(places, address, &group, memory),
        }
    }

    fn group(
        places: &Places,
        address: Address,
        name: &str,
        memory: &mut Guarded,
    ) -> Result<Self, Unusable> {
        let container = open(&places.dev.join("vfio/vfio"))?;
        let group = open(&places.dev.join("vfio").join(name))?;
        let mut status = numbers(&[8, 0]);
        memory
            .ioctl(group.as_fd(), GROUP_GET_STATUS, &mut status)
            .map_err(call("VFIO_GROUP_GET_STATUS"))?;
        if number(&status, 4) & GROUP_VIABLE == 0 {
            let others = places.in_the_way(name);
            return Err(Unusable::NotViable { group: name.to_owned(), others });
        }
        let mut argument = container.as_raw_fd().to_ne_bytes();
        memory
            .ioctl(group.as_fd(), GROUP_SET_CONTAINER, &mut argument)
            .map_err(call("VFIO_GROUP_SET_CONTAINER"))?;
        let set = |kind| ioctl_number(container.as_fd(), SET_IOMMU, kind);
        set(TYPE1V2_IOMMU).or_else(|_| set(TYPE1_IOMMU)).map_err(|error| match error {
            Errno::PERM => Unusable::NoRemapping,
            other => call("VFIO_SET_IOMMU")(other),
        })?;
        let name = CString::new(address.to_string()).expect("an address has no zero byte");
        Ok(Self::Group { container, group, name })
    }

    fn cdev(places: &Places, path: PathBuf, memory: &mut Guarded) -> Result<Self, Unusable> {
        // Whether it can be opened is asked now, not in the middle of a run.
        drop(open(&path)?);
        let iommufd = open(&places.dev.join("iommu"))?;
        let mut argument = numbers(&[12, 0, 0]);
        memory
            .ioctl(iommufd.as_fd(), IOAS_ALLOC, &mut argument)
            .map_err(call("IOMMU_IOAS_ALLOC"))?;
        let ioas = number(&argument, 8);
        Ok(Self::Cdev { path, iommufd, ioas })
    }

    /// The device's descriptor, newly opened.
    pub(super) fn device(&self, memory: &mut Guarded) -> Answer<OwnedFd> {
        match self {
            Self::Group { group, name, .. } => {
                let mut name = name.as_bytes_with_nul().to_owned();
                memory.ioctl(group.as_fd(), GROUP_GET_DEVICE_FD, &mut name).map(owned)
            }
            Self::Cdev { path, iommufd, ioas } => {
                let flags = OFlags::RDWR | OFlags::CLOEXEC;
                let device = rustix::fs::open(path, flags, Mode::empty())?;
                let mut bind = numbers(&[16, 0, iommufd.as_raw_fd() as u32, 0]);
                memory.ioctl(device.as_fd(), DEVICE_BIND_IOMMUFD, &mut bind)?;
                let mut attach = numbers(&[12, 0, *ioas]);
                memory.ioctl(device.as_fd(), DEVICE_ATTACH_IOMMUFD_PT, &mut attach)?;
                Ok(device)
            }
        }
    }

    /// Lets the device reach this process' memory at `iova`.
    pub(super) fn map(
        &self,
        memory: &mut Guarded,
        address: u64,
        len: u64,
        iova: u64,
    ) -> Answer<()> {
        let (fd, request, mut argument, order) = match self {
            Self::Group { container, .. } => {
                (container, IOMMU_MAP_DMA, numbers(&[32, DMA_READ_WRITE]), [address, iova, len])
            }
            Self::Cdev { iommufd, ioas, .. } => {
                let head = numbers(&[40, IOAS_FIXED_READ_WRITE, *ioas, 0]);
                (iommufd, IOAS_MAP, head, [address, len, iova])
            }
        };
        argument.extend(order.iter().flat_map(|number| number.to_ne_bytes()));
        memory.ioctl(fd.as_fd(), request, &mut argument).map(drop)
    }
}

/// 32-bit fields one after the other.
pub(super) fn numbers(fields: &[u32]) -> Vec<u8> {
    fields.iter().flat_map(|field| field.to_ne_bytes()).collect()
}

/// The 32-bit field at this place.
pub(super) fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}
