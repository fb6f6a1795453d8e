//! The device's regions: where they are in its descriptor, and accesses to them.
//!
//! Left out: regions beyond vfio-pci's nine (a variant driver's own), and accesses that are done by
//! halves, which are EIO.

use vfio_irq_core::errno::Errno;

use super::numbers::{DEVICE_GET_REGION_INFO, REGION_SPAN, REGIONS, long, numbers};
use super::sys::Mapping;
use super::{VfioDevice, errno};

#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Region {
    pub(super) size: u64,
    offset: u64,
}

/// vfio-pci's regions, by number.
pub(super) type Regions = [Region; REGIONS as usize];

impl VfioDevice {
    /// Asks the kernel for every region.
    pub(super) fn learn_regions(&mut self) {
        for region in 0..REGIONS {
            let mut info = numbers(&[32, 0, region, 0, 0, 0, 0, 0]);
            // One the function has not may be refused (VGA).
            let known = self.ioctl(DEVICE_GET_REGION_INFO, &mut info).is_ok();
            let place = Region { size: long(&info, 16), offset: long(&info, 24) };
            self.regions[region as usize] = if known { place } else { Region::default() };
        }
    }

    /// A region; EBADF while the device is closed, EINVAL for a number too large.
    pub(super) fn region(&self, region: u32) -> Result<Region, Errno> {
        self.fd()?;
        self.regions.get(region as usize).copied().ok_or(Errno::EINVAL)
    }

    /// Where an access goes in the descriptor.
    fn at(&self, region: u32, offset: u64) -> Result<u64, Errno> {
        let start = self.region(region)?.offset;
        if offset >= REGION_SPAN {
            return Err(Errno::EINVAL);
        }
        // A region the function has not is still where vfio-pci keeps it: it says no itself.
        let start = if start == 0 { u64::from(region) * REGION_SPAN } else { start };
        Ok(start + offset)
    }

    pub(super) fn pwrite(&self, region: u32, offset: u64, data: &[u8]) -> Result<(), Errno> {
        let at = self.at(region, offset)?;
        match rustix::io::pwrite(self.fd()?, data, at).map_err(errno)? {
            written if written == data.len() => Ok(()),
            _ => Err(Errno::EIO),
        }
    }

    pub(super) fn pread(&self, region: u32, offset: u64, data: &mut [u8]) -> Result<(), Errno> {
        let at = self.at(region, offset)?;
        let len = data.len();
        match rustix::io::pread(self.fd()?, data, at).map_err(errno)? {
            read if read == len => Ok(()),
            _ => Err(Errno::EIO),
        }
    }

    /// Reads a region by mapping it: what the function itself holds there, also in its MSI-X
    /// table, which pread does not show. `len` and `offset` are multiples of four. EINVAL beyond
    /// the region, and for a region that can't be mapped.
    pub fn region_map_read(
        &mut self,
        region: u32,
        offset: u64,
        len: u32,
    ) -> Result<Vec<u32>, Errno> {
        let page = rustix::param::page_size() as u64;
        let Region { size, offset: start } = self.region(region)?;
        let end = offset.checked_add(u64::from(len)).filter(|end| *end <= size);
        let end = end.ok_or(Errno::EINVAL)?.next_multiple_of(page);
        let first = offset / page * page;
        let mapped = Mapping::new(self.fd()?, start + first, (end - first) as usize);
        let mapped = mapped.map_err(errno)?;
        let places = (offset - first..).step_by(4).take(len as usize / 4);
        places.map(|at| mapped.read(at as usize).ok_or(Errno::EINVAL)).collect()
    }
}
