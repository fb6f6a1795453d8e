//! The strategies, as a table.

use alloc::boxed::Box;

use super::policy::Policy;
use super::{crosvm, openvmm, qemu, rebuild, up_front};

/// How a user of VFIO enables vectors.
#[derive(Clone, Copy)]
pub struct Strategy {
    /// Name on the command line and in tables.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What it does with NORESIZE and without, and what when the host is out of vectors: Markdown,
    /// one paragraph, the flag first.
    pub text: &'static str,
    /// Where that is written: project, file, functions.
    pub source: &'static str,
    /// There is a guest behind it, who hears of no failure; without, it is the driver itself.
    pub guest: bool,
    make: fn() -> Box<dyn Policy>,
}

impl Strategy {
    /// The strategy of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        STRATEGIES.iter().find(|one| one.name == name)
    }

    pub(super) fn policy(&self) -> Box<dyn Policy> {
        (self.make)()
    }
}

impl core::fmt::Debug for Strategy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Strategy {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// All, those that arm everything at once first.
pub static STRATEGIES: &[Strategy] = &[
    Strategy {
        name: "cloud-hypervisor",
        summary: "every vector of the table, once",
        text: "NORESIZE is of no matter to it: when the guest sets MSI-X Enable, one request arms \
               every vector of the table, used or not, and nothing is requested after that. Nothing \
               is lost, at the price of a host vector for each entry. Out of vectors it takes a \
               positive answer for success and logs an errno; MSI-X stays off, INTx was disabled \
               before, and the guest is not told: every interrupt is lost.",
        source: "cloud-hypervisor pci/src/vfio.rs: enable_msix, update_msix_capabilities; rust-vmm \
                 vfio-ioctls/src/vfio_device.rs: enable_irq, set_device_irqs",
        guest: true,
        make: || Box::new(up_front::CloudHypervisor),
    },
    Strategy {
        name: "dpdk",
        summary: "every vector it will use, once",
        text: "NORESIZE is of no matter to it: a driver that knows how many vectors it will use arms \
               them in one request before any queue runs. Nothing is lost. Out of vectors any answer \
               but 0 is an error, and the driver does not start: nothing is lost, and nothing works.",
        source: "DPDK lib/eal/linux/eal_interrupts.c: vfio_enable_msix, vfio_disable_msix",
        guest: false,
        make: || Box::new(up_front::Dpdk),
    },
    Strategy {
        name: "qemu",
        summary: "one at a time; with NORESIZE, tear down and rebuild",
        text: "With NORESIZE, a vector above those armed so far makes it disable the index and enable \
               it again with one more, and what the running queues send in between is lost. Without, \
               it enables the index with vector 0 and −1, then arms each vector alone, and nothing is \
               lost. It holds no more host vectors than the guest has used. Out of vectors it logs \
               and goes on; with NORESIZE the teardown has then taken the vectors that worked, too, \
               and the guest is not told.",
        source: "QEMU hw/vfio/pci.c: vfio_msix_enable, vfio_enable_msix_no_vec, vfio_enable_vectors, \
                 vfio_msix_vector_do_use, vfio_msix_vector_release, vfio_msix_disable",
        guest: true,
        make: || Box::<qemu::Qemu>::default(),
    },
    Strategy {
        name: "crosvm",
        summary: "the whole table with −1, then updates",
        text: "NORESIZE is of no matter to it: its first request covers the whole table, with one \
               spare eventfd and −1 for the rest, and so the host allocates every vector; each vector \
               is armed alone when its entry is unmasked. Nothing is lost, at the price of a host \
               vector for each entry. Out of vectors it takes a positive answer for success; the \
               first entry unmasked is then a first enable of the vectors up to its own, which may \
               work, and with NORESIZE those above are refused. An errno brings INTx back, of which \
               the guest knows nothing.",
        source: "crosvm devices/src/pci/vfio_pci.rs: enable_msix, msix_vector_update, \
                 get_msix_irqfd, disable_msix; devices/src/vfio.rs: irq_enable",
        guest: true,
        make: || Box::<crosvm::Crosvm>::default(),
    },
    Strategy {
        name: "openvmm",
        summary: "one at a time; does not run with NORESIZE",
        text: "With NORESIZE its user-mode drivers refuse the device. Without, each queue's vector is \
               armed alone when the queue is made, the first of them enabling the index, and nothing \
               is lost. It holds no more host vectors than it uses. Out of vectors the queue is not \
               made, and its driver knows.",
        source: "OpenVMM vm/devices/user_driver/src/vfio.rs: restore, enable_device, map_interrupt; \
                 vm/devices/user_driver/vfio_sys/src/lib.rs: map_msix",
        guest: false,
        make: || Box::<openvmm::OpenVmm>::default(),
    },
    Strategy {
        name: "rebuild",
        summary: "nobody's code: tears down and rebuilds, always",
        text: "NORESIZE is of no matter to it, and that is its mistake: it tears down and rebuilds \
               for each vector where it need not, and loses what the running queues send in between \
               on every host whose disable reaches the function. Out of vectors it asks again for \
               what the positive answer says, and goes without the rest; with an errno it falls back \
               to INTx.",
        source: "no project; DPDK did so for 13 days of 2019 (89aac60e0b, reverted by 33543fb3b6)",
        guest: false,
        make: || Box::<rebuild::Rebuild>::default(),
    },
];
