//! What is said of devices that can't be used, on machines made of folders.

use std::fs;
use std::os::unix::fs::symlink;

use rustix::io::Errno;
use tempfile::TempDir;

use super::*;

/// A machine without hardware: `/sys` and `/dev` in a folder of their own.
struct Machine(TempDir);

impl Machine {
    /// With a device, e1000e by its ids, that has neither driver nor group.
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().expect("a folder"));
        machine.device(address(), &[0x86, 0x80, 0xd3, 0x10]);
        fs::create_dir_all(machine.path("dev/vfio")).expect("made");
        machine
    }

    /// As [`Self::new`], bound to vfio-pci and in group 7.
    fn bound() -> Self {
        let machine = Self::new();
        machine.driver(address(), "vfio-pci");
        machine.group(address());
        machine
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path)
    }

    fn device(&self, address: Address, config: &[u8]) {
        let folder = self.path("sys/bus/pci/devices").join(address.to_string());
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join("config"), config).expect("written");
    }

    fn driver(&self, address: Address, name: &str) {
        let link = self.places().device(address).join("driver");
        let _ = fs::remove_file(&link);
        symlink(format!("../../../../bus/pci/drivers/{name}"), link).expect("linked");
    }

    fn group(&self, address: Address) {
        let folder = self.path("sys/kernel/iommu_groups/7/devices");
        fs::create_dir_all(&folder).expect("made");
        let device = self.places().device(address);
        symlink(&device, folder.join(address.to_string())).expect("linked");
        symlink("../../../../kernel/iommu_groups/7", device.join("iommu_group")).expect("linked");
    }

    fn file(&self, path: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
        fs::write(path, "").expect("written");
    }

    fn places(&self) -> Places {
        Places { sys: self.path("sys"), dev: self.path("dev") }
    }

    /// What is said when the device is to be used; the machine's folder is `/`.
    fn says(&self, interface: Interface) -> String {
        let error = VfioDevice::new(self.places(), address(), interface).err();
        let error = anyhow::Error::from(error.expect("there is no hardware here"));
        format!("{error:#}").replace(&format!("{}/", self.0.path().display()), "/")
    }
}

fn address() -> Address {
    "0000:00:06.0".parse().expect("an address")
}

fn has_all(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is missing in: {said}");
    }
}

#[test]
fn device_that_is_not_there_is_named() {
    let machine = Machine::new();
    fs::remove_dir_all(machine.places().device(address())).expect("removed");

    has_all(&machine.says(Interface::Any), &["no PCI device 0000:00:06.0", "lspci -D"]);
    let error = machine.places().config(address()).expect_err("nothing to read");
    assert!(matches!(error, Unusable::NoSuchDevice { .. }), "{error}");
}

#[test]
fn device_of_another_driver_is_told_how_to_bind_and_to_give_back() {
    let machine = Machine::bound();
    machine.driver(address(), "e1000e");

    has_all(
        &machine.says(Interface::Any),
        &[
            "has the driver e1000e",
            "\n  modprobe vfio-pci\n",
            "\n  echo 0000:00:06.0 > /sys/bus/pci/devices/0000:00:06.0/driver/unbind\n",
            "\n  echo vfio-pci > /sys/bus/pci/devices/0000:00:06.0/driver_override\n",
            "\n  echo 0000:00:06.0 > /sys/bus/pci/drivers_probe\n",
            "To give it back:",
            "\n  echo > /sys/bus/pci/devices/0000:00:06.0/driver_override\n",
        ],
    );
}

#[test]
fn device_of_no_driver_needs_no_unbinding_first() {
    let machine = Machine::new();
    let said = machine.says(Interface::Any);

    has_all(&said, &["has no driver", "driver_override", "drivers_probe"]);
    let (first, _) = said.split_once("give it back").expect("how to");
    assert!(!first.contains("unbind"), "{first}");
}

#[test]
fn variant_driver_of_vfio_pci_will_do() {
    let machine = Machine::bound();
    machine.driver(address(), "mlx5_vfio_pci");

    assert_eq!(machine.places().group(address()).ok().as_deref(), Some("7"));
}

#[test]
fn device_in_no_group_says_the_iommu_is_off() {
    let machine = Machine::new();
    machine.driver(address(), "vfio-pci");

    has_all(&machine.says(Interface::Any), &["no IOMMU group", "intel_iommu=on", "AMD-Vi"]);
}

#[test]
fn missing_files_of_vfio_say_what_makes_them() {
    let machine = Machine::bound();
    has_all(&machine.says(Interface::Group), &["no /dev/vfio/vfio;", "modprobe vfio_iommu_type1"]);
    machine.file("dev/vfio/vfio");
    has_all(&machine.says(Interface::Any), &["no /dev/vfio/7;", "container or sandbox"]);
    machine.file("dev/vfio/noiommu-7");
    has_all(&machine.says(Interface::Group), &["no-IOMMU mode (/dev/vfio/noiommu-7)"]);
}

#[test]
fn cdev_is_taken_where_all_of_it_is_there() {
    let machine = Machine::bound();
    has_all(&machine.says(Interface::Cdev), &["CONFIG_VFIO_DEVICE_CDEV", "--interface group"]);
    // Debian's kernels have this much.
    machine.file("sys/bus/pci/devices/0000:00:06.0/vfio-dev/vfio3/uevent");
    has_all(&machine.says(Interface::Cdev), &["CONFIG_VFIO_DEVICE_CDEV"]);
    machine.file("sys/bus/pci/devices/0000:00:06.0/vfio-dev/vfio3/dev");
    has_all(&machine.says(Interface::Cdev), &["no /dev/vfio/devices/vfio3;"]);
    machine.file("dev/vfio/devices/vfio3");
    has_all(&machine.says(Interface::Cdev), &["no /dev/iommu;", "modprobe iommufd"]);
    has_all(&machine.says(Interface::Any), &["no /dev/vfio/vfio;"]);
    machine.file("dev/iommu");
    for interface in [Interface::Any, Interface::Cdev] {
        // A plain file: the first call of the kernel says so.
        has_all(&machine.says(interface), &["IOMMU_IOAS_ALLOC: "]);
    }
    has_all(&machine.says(Interface::Group), &["no /dev/vfio/vfio;"]);
}

#[test]
fn files_that_are_not_vfios_fail_at_the_first_call() {
    let machine = Machine::bound();
    machine.file("dev/vfio/vfio");
    machine.file("dev/vfio/7");

    has_all(&machine.says(Interface::Group), &["VFIO_GROUP_GET_STATUS: "]);
}

#[test]
fn devices_in_the_way_are_those_of_host_drivers() {
    let machine = Machine::bound();
    let others = [("0000:00:06.1", "snd"), ("0000:00:06.2", "vfio-pci"), ("0000:00:06.3", "ahci")];
    for (other, driver) in others {
        let other: Address = other.parse().expect("an address");
        machine.device(other, &[]);
        machine.driver(other, driver);
        machine.group(other);
    }
    let unbound = "0000:00:06.4".parse().expect("an address");
    machine.device(unbound, &[]);
    machine.group(unbound);
    for (function, driver) in [(5, "pcieport"), (6, "mlx5_vfio_pci"), (7, "pci-stub")] {
        let other = format!("0000:00:06.{function}").parse().expect("an address");
        machine.device(other, &[]);
        machine.driver(other, driver);
        machine.group(other);
    }

    let others = machine.places().in_the_way("7");
    assert_eq!(others, "0000:00:06.1 (snd), 0000:00:06.3 (ahci)");
    let said = Unusable::NotViable { group: "7".into(), others }.to_string();
    has_all(&said, &["group 7", "0000:00:06.3 (ahci)", "vfio-pci too"]);
    has_all(&machine.places().in_the_way("8"), &["another driver"]);
}

#[test]
fn file_that_does_not_open_says_why_by_errno() {
    let opening = |errno| {
        let error = anyhow::Error::from(Unusable::opening("/dev/vfio/7".into(), errno));
        format!("{error:#}")
    };

    has_all(&opening(Errno::NOENT), &["no /dev/vfio/7"]);
    has_all(&opening(Errno::ACCESS), &["no permission for /dev/vfio/7", "chown ", " /dev/vfio/7"]);
    has_all(&opening(Errno::PERM), &["no permission"]);
    has_all(&opening(Errno::BUSY), &["/dev/vfio/7 is in use", "fuser -v /dev/vfio/*"]);
    has_all(&opening(Errno::MFILE), &["/dev/vfio/7: ", "open files"]);
}

#[test]
fn refused_iommu_says_how_to_remap_or_to_take_the_risk() {
    for module in ["vfio_iommu_type1", "iommufd"] {
        has_all(
            &Unusable::NoRemapping { module }.to_string(),
            &[
                "does not remap interrupts",
                "intremap=off",
                &format!("echo 1 > /sys/module/{module}/parameters/allow_unsafe_interrupts"),
            ],
        );
    }
    has_all(&Unusable::NoType1.to_string(), &["modprobe vfio_iommu_type1"]);
}

#[test]
fn config_space_that_is_too_short_has_no_ids() {
    let machine = Machine::bound();
    assert_eq!(machine.places().ids(address()).ok(), Some(Some((0x8086, 0x10d3))));
    machine.device(address(), &[0x86, 0x80]);
    assert_eq!(machine.places().ids(address()).ok(), Some(None));
}
