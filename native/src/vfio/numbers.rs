//! The numbers of `include/uapi/linux/vfio.h` and `iommufd.h` that the core has no use for: ioctls,
//! and how their arguments are laid out.
//!
//! Those of vfio.h are tested against the `vfio-bindings` crate; it has none of iommufd.h, and those
//! were seen to work on a kernel. Arguments are lists of 32-bit fields in the machine's order. Left
//! out: what the backend does not say or look at.

/// `_IO(';', number)`.
const fn io(number: u32) -> u32 {
    (TYPE as u32) << 8 | number
}

/// VFIO_TYPE.
pub(super) const TYPE: u8 = b';';
/// VFIO_BASE.
pub(super) const BASE: u32 = 100;
const IOMMUFD_BASE: u32 = 0x80;

/// VFIO_SET_IOMMU: a number.
pub(super) const SET_IOMMU: u32 = io(BASE + 2);
/// VFIO_GROUP_GET_STATUS: size, flags.
pub(super) const GROUP_GET_STATUS: u32 = io(BASE + 3);
/// VFIO_GROUP_SET_CONTAINER: the container's descriptor.
pub(super) const GROUP_SET_CONTAINER: u32 = io(BASE + 4);
/// VFIO_GROUP_GET_DEVICE_FD: the device's name, with a zero byte behind it.
pub(super) const GROUP_GET_DEVICE_FD: u32 = io(BASE + 6);
/// VFIO_DEVICE_GET_INFO: size, flags, and more.
pub(super) const DEVICE_GET_INFO: u32 = io(BASE + 7);
/// VFIO_DEVICE_GET_REGION_INFO: size, flags, region, 0, then two 64-bit fields: size, offset.
pub(super) const DEVICE_GET_REGION_INFO: u32 = io(BASE + 8);
/// VFIO_DEVICE_GET_IRQ_INFO: size, flags, index, count.
pub(super) const DEVICE_GET_IRQ_INFO: u32 = io(BASE + 9);
/// VFIO_DEVICE_SET_IRQS: size, flags, index, start, count, data.
pub(super) const DEVICE_SET_IRQS: u32 = io(BASE + 10);
/// VFIO_DEVICE_RESET: nothing.
pub(super) const DEVICE_RESET: u32 = io(BASE + 11);
/// VFIO_IOMMU_MAP_DMA: size, flags, then 64-bit fields: address here, address there, length.
pub(super) const IOMMU_MAP_DMA: u32 = io(BASE + 13);
/// VFIO_DEVICE_BIND_IOMMUFD: size, flags, descriptor, and a number that comes back.
pub(super) const DEVICE_BIND_IOMMUFD: u32 = io(BASE + 18);
/// VFIO_DEVICE_ATTACH_IOMMUFD_PT: size, flags, IOAS.
pub(super) const DEVICE_ATTACH_IOMMUFD_PT: u32 = io(BASE + 19);
/// IOMMU_IOAS_ALLOC: size, flags, and the IOAS that comes back.
pub(super) const IOAS_ALLOC: u32 = io(IOMMUFD_BASE + 1);
/// IOMMU_IOAS_MAP: size, flags, IOAS, 0, then 64-bit fields: address here, length, address there.
pub(super) const IOAS_MAP: u32 = io(IOMMUFD_BASE + 5);

/// VFIO_TYPE1v2_IOMMU.
pub(super) const TYPE1V2_IOMMU: usize = 3;
/// VFIO_TYPE1_IOMMU.
pub(super) const TYPE1_IOMMU: usize = 1;
/// VFIO_GROUP_FLAGS_VIABLE.
pub(super) const GROUP_VIABLE: u32 = 1;
/// VFIO_DEVICE_FLAGS_RESET.
pub(super) const CAN_RESET: u32 = 1;
/// VFIO_DMA_MAP_FLAG_READ and _WRITE.
pub(super) const DMA_READ_WRITE: u32 = 3;
/// IOMMU_IOAS_MAP_FIXED_IOVA, _WRITEABLE and _READABLE.
pub(super) const IOAS_FIXED_READ_WRITE: u32 = 7;

/// VFIO_PCI_NUM_REGIONS: BARs, ROM, config space, VGA.
pub(super) const REGIONS: u32 = 9;
/// vfio-pci puts region n at n << 40 of the descriptor (`VFIO_PCI_OFFSET_SHIFT` in
/// `include/linux/vfio_pci_core.h`): an offset beyond would be another region's.
pub(super) const REGION_SPAN: u64 = 1 << 40;

/// 32-bit fields one after the other.
pub(super) fn numbers(fields: &[u32]) -> Vec<u8> {
    fields.iter().flat_map(|field| field.to_ne_bytes()).collect()
}

/// The 32-bit field at this place.
pub(super) fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// The 64-bit field at this place.
pub(super) fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use vfio_bindings::bindings::vfio as header;
    use vfio_irq_core::uapi::{
        CONFIG_REGION, IrqIndex, IrqInfo, IrqInfoFlags, IrqSetFlags, IrqSetHeader, NUM_IRQS,
    };

    use super::*;

    #[test]
    fn numbers_of_the_core_are_the_headers() {
        assert_eq!(NUM_IRQS, header::VFIO_PCI_NUM_IRQS);
        assert_eq!(CONFIG_REGION, header::VFIO_PCI_CONFIG_REGION_INDEX);
        let indexes = [
            header::VFIO_PCI_INTX_IRQ_INDEX,
            header::VFIO_PCI_MSI_IRQ_INDEX,
            header::VFIO_PCI_MSIX_IRQ_INDEX,
            header::VFIO_PCI_ERR_IRQ_INDEX,
            header::VFIO_PCI_REQ_IRQ_INDEX,
        ];
        assert_eq!(IrqIndex::ALL.map(IrqIndex::raw), indexes);
        let info = [
            (IrqInfoFlags::EVENTFD, header::VFIO_IRQ_INFO_EVENTFD),
            (IrqInfoFlags::MASKABLE, header::VFIO_IRQ_INFO_MASKABLE),
            (IrqInfoFlags::AUTOMASKED, header::VFIO_IRQ_INFO_AUTOMASKED),
            (IrqInfoFlags::NORESIZE, header::VFIO_IRQ_INFO_NORESIZE),
        ];
        assert!(info.iter().all(|(ours, theirs)| ours.bits() == *theirs), "{info:?}");
        let set = [
            (IrqSetFlags::DATA_NONE, header::VFIO_IRQ_SET_DATA_NONE),
            (IrqSetFlags::DATA_BOOL, header::VFIO_IRQ_SET_DATA_BOOL),
            (IrqSetFlags::DATA_EVENTFD, header::VFIO_IRQ_SET_DATA_EVENTFD),
            (IrqSetFlags::ACTION_MASK, header::VFIO_IRQ_SET_ACTION_MASK),
            (IrqSetFlags::ACTION_UNMASK, header::VFIO_IRQ_SET_ACTION_UNMASK),
            (IrqSetFlags::ACTION_TRIGGER, header::VFIO_IRQ_SET_ACTION_TRIGGER),
            (IrqSetFlags::DATA, header::VFIO_IRQ_SET_DATA_TYPE_MASK),
            (IrqSetFlags::ACTION, header::VFIO_IRQ_SET_ACTION_TYPE_MASK),
        ];
        assert!(set.iter().all(|(ours, theirs)| ours.bits() == *theirs), "{set:?}");
    }

    #[test]
    fn structures_of_the_core_are_the_headers() {
        type Info = header::vfio_irq_info;
        assert_eq!(IrqInfo::SIZE as usize, size_of::<Info>());
        let info = [offset_of!(Info, flags), offset_of!(Info, index), offset_of!(Info, count)];
        assert_eq!(info, [4, 8, 12]);
        type Set = header::vfio_irq_set;
        assert_eq!(IrqSetHeader::SIZE as usize, offset_of!(Set, data));
        let header = IrqSetHeader { argsz: 1, flags: 2, index: 3, start: 4, count: 5 };
        let bytes = header.to_bytes();
        let places = [
            offset_of!(Set, argsz),
            offset_of!(Set, flags),
            offset_of!(Set, index),
            offset_of!(Set, start),
            offset_of!(Set, count),
        ];
        assert_eq!(places.map(|place| bytes[place]), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn numbers_of_the_backend_are_the_headers() {
        assert_eq!((TYPE, BASE), (header::VFIO_TYPE, header::VFIO_BASE));
        assert_eq!(SET_IOMMU, 0x3b66);
        assert_eq!(TYPE1_IOMMU as u32, header::VFIO_TYPE1_IOMMU);
        assert_eq!(TYPE1V2_IOMMU as u32, header::VFIO_TYPE1v2_IOMMU);
        assert_eq!(GROUP_VIABLE, header::VFIO_GROUP_FLAGS_VIABLE);
        assert_eq!(CAN_RESET, header::VFIO_DEVICE_FLAGS_RESET);
        let both = header::VFIO_DMA_MAP_FLAG_READ | header::VFIO_DMA_MAP_FLAG_WRITE;
        assert_eq!(DMA_READ_WRITE, both);
        assert_eq!(REGIONS, header::VFIO_PCI_NUM_REGIONS);
    }

    #[test]
    fn arguments_of_the_backend_are_the_headers() {
        type Region = header::vfio_region_info;
        let region = [offset_of!(Region, index), offset_of!(Region, size)];
        assert_eq!((region, offset_of!(Region, offset)), ([8, 16], 24));
        assert_eq!(size_of::<Region>(), 32);
        assert_eq!(offset_of!(header::vfio_device_info, flags), 4);
        assert_eq!(size_of::<header::vfio_group_status>(), 8);
        type Map = header::vfio_iommu_type1_dma_map;
        let map = [offset_of!(Map, vaddr), offset_of!(Map, iova), offset_of!(Map, size)];
        assert_eq!((map, size_of::<Map>()), ([8, 16, 24], 32));
        type Bind = header::vfio_device_bind_iommufd;
        assert_eq!((offset_of!(Bind, iommufd), offset_of!(Bind, out_devid)), (8, 12));
        // What came later in the structure (a PASID) is left out: the kernel takes the older size.
        type Attach = header::vfio_device_attach_iommufd_pt;
        assert_eq!((offset_of!(Attach, pt_id), offset_of!(Attach, pasid)), (8, 12));
    }
}
