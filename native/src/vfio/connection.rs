//! The way to a device's descriptor: by group and container, or by the device's own character
//! device and an IOMMUFD.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result as Answer};

use super::numbers::{
    DEVICE_ATTACH_IOMMUFD_PT, DEVICE_BIND_IOMMUFD, DMA_READ_WRITE, GROUP_GET_DEVICE_FD,
    GROUP_GET_STATUS, GROUP_SET_CONTAINER, GROUP_VIABLE, IOAS_ALLOC, IOAS_FIXED_READ_WRITE,
    IOAS_MAP, IOMMU_MAP_DMA, SET_IOMMU, TYPE1_IOMMU, TYPE1V2_IOMMU, number, numbers,
};
use super::sys::{DmaMemory, Guarded, ioctl_number};
use super::{Address, Interface, Places, Unusable};

/// What stays open between two opens of a device.
#[derive(Debug)]
pub(super) enum Connection {
    Group { container: OwnedFd, group: OwnedFd, path: PathBuf, name: CString },
    Cdev { path: PathBuf, iommufd: OwnedFd, ioas: u32 },
}

/// A call that failed on the way to a device's descriptor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed {
    call: Way,
    errno: Errno,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    GetDeviceFd,
    Open,
    Bind,
    Attach,
}

impl Failed {
    pub(super) fn errno(self) -> vfio_irq_core::errno::Errno {
        super::errno(self.errno)
    }
}

impl Way {
    fn failed(self) -> impl Fn(Errno) -> Failed {
        move |errno| Failed { call: self, errno }
    }
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
        let cdev = match interface {
            Interface::Group => None,
            Interface::Cdev => Some(places.cdev(address).ok_or(Unusable::NoCdev { address })?),
            Interface::Any => {
                places.cdev(address).filter(|path| path.exists() && places.iommufd().exists())
            }
        };
        match cdev {
            Some(path) => Self::cdev(places, path, memory),
            None => Self::group(places, address, &group, memory),
        }
    }

    fn group(
        places: &Places,
        address: Address,
        name: &str,
        memory: &mut Guarded,
    ) -> Result<Self, Unusable> {
        let container = open(&places.dev.join("vfio/vfio"))?;
        let path = places.group_file(name)?;
        let group = open(&path)?;
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
        set(TYPE1V2_IOMMU).or_else(|first| set(TYPE1_IOMMU).map_err(|_| first)).map_err(
            |error| match error {
                Errno::PERM => Unusable::NoRemapping { module: "vfio_iommu_type1" },
                Errno::NODEV | Errno::INVAL => Unusable::NoType1,
                other => call("VFIO_SET_IOMMU")(other),
            },
        )?;
        let name = CString::new(address.to_string()).expect("an address has no zero byte");
        Ok(Self::Group { container, group, path, name })
    }

    fn cdev(places: &Places, path: PathBuf, memory: &mut Guarded) -> Result<Self, Unusable> {
        // Whether it can be opened is asked now, not in the middle of a run.
        drop(open(&path)?);
        let iommufd = open(&places.iommufd())?;
        let mut argument = numbers(&[12, 0, 0]);
        memory
            .ioctl(iommufd.as_fd(), IOAS_ALLOC, &mut argument)
            .map_err(call("IOMMU_IOAS_ALLOC"))?;
        let ioas = number(&argument, 8);
        Ok(Self::Cdev { path, iommufd, ioas })
    }

    /// The device's descriptor, newly opened.
    pub(super) fn device(&self, memory: &mut Guarded) -> Result<OwnedFd, Failed> {
        match self {
            Self::Group { group, name, .. } => {
                let mut name = name.as_bytes_with_nul().to_owned();
                memory
                    .ioctl_descriptor(group.as_fd(), GROUP_GET_DEVICE_FD, &mut name)
                    .map_err(Way::GetDeviceFd.failed())
            }
            Self::Cdev { path, iommufd, ioas } => {
                let flags = OFlags::RDWR | OFlags::CLOEXEC;
                let device = rustix::fs::open(path, flags, Mode::empty());
                let device = device.map_err(Way::Open.failed())?;
                let mut bind = numbers(&[16, 0, iommufd.as_raw_fd() as u32, 0]);
                memory
                    .ioctl(device.as_fd(), DEVICE_BIND_IOMMUFD, &mut bind)
                    .map_err(Way::Bind.failed())?;
                let mut attach = numbers(&[12, 0, *ioas]);
                memory
                    .ioctl(device.as_fd(), DEVICE_ATTACH_IOMMUFD_PT, &mut attach)
                    .map_err(Way::Attach.failed())?;
                Ok(device)
            }
        }
    }

    /// What it means that the descriptor could not be had.
    pub(super) fn unusable(&self, failed: Failed) -> Unusable {
        let (Self::Group { path, .. } | Self::Cdev { path, .. }) = self;
        let path = path.clone();
        match (failed.call, failed.errno) {
            // A cdev can be bound once; the second is told EINVAL (7.3, vfio_df_open), or EBUSY
            // where the first came by the group.
            (_, Errno::BUSY) | (Way::Bind, Errno::INVAL) => Unusable::Busy { path },
            (Way::Bind | Way::Attach, Errno::PERM) => Unusable::NoRemapping { module: "iommufd" },
            (Way::Open, error) => Unusable::opening(path, error),
            (Way::GetDeviceFd, error) => call("VFIO_GROUP_GET_DEVICE_FD")(error),
            (Way::Bind, error) => call("VFIO_DEVICE_BIND_IOMMUFD")(error),
            (Way::Attach, error) => call("VFIO_DEVICE_ATTACH_IOMMUFD_PT")(error),
        }
    }

    /// Lets the device reach this memory at `iova`.
    pub(super) fn map(&self, guarded: &mut Guarded, memory: &DmaMemory, iova: u64) -> Answer<()> {
        let (address, len) = (memory.address(), memory.len());
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
        guarded.ioctl(fd.as_fd(), request, &mut argument).map(drop)
    }
}
