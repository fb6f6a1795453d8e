//! QEMU's command line.

use super::Guest;
use crate::trace;
use std::path::Path;
use std::process::Command;

/// The sockets' names in the guest's folder. On the first four we listen and QEMU connects, so
/// that nothing it says is missed; on gdb's QEMU listens, because a connection stops the guest.
pub(super) const CONSOLE: &str = "console";
pub(super) const RESULTS: &str = "results";
pub(super) const CONTROL: &str = "control";
pub(super) const QTEST: &str = "qtest";
pub(super) const GDB: &str = "gdb";
pub(super) const INITRAMFS: &str = "initramfs";

pub(super) fn command(guest: &Guest, folder: &Path) -> Command {
    let at = |name: &str| folder.join(name).display().to_string();
    let on_off = |on: bool| if on { "on" } else { "off" };
    let mut command = Command::new(&guest.qemu);
    command.args(["-machine", "q35,kernel-irqchip=split", "-accel", "tcg", "-cpu", "max"]);
    command.args(["-smp", "1", "-m", "384", "-nodefaults", "-display", "none", "-no-reboot"]);
    command.arg("-device");
    command.arg(format!("intel-iommu,intremap={}", on_off(guest.remapping)));
    for device in &guest.devices {
        command.args(&device.arguments);
    }
    // The third port would share the first one's interrupt: a line of its own keeps both honest.
    let ports = [(CONSOLE, "iobase=0x3f8,irq=4"), (RESULTS, "iobase=0x2f8,irq=3")];
    for (index, (name, place)) in
        ports.into_iter().chain([(CONTROL, "iobase=0x3e8,irq=5")]).enumerate()
    {
        command.arg("-chardev").arg(format!("socket,id={name},path={}", at(name)));
        command.arg("-device").arg(format!("isa-serial,chardev={name},index={index},{place}"));
    }
    command.arg("-kernel").arg(guest.kernel.image());
    command.arg("-initrd").arg(at(INITRAMFS));
    // Fixed addresses, for breakpoints; a panic ends QEMU at once, because it may not reboot.
    let fixed = "console=ttyS0 quiet intel_iommu=on iommu=pt nokaslr panic=-1";
    command.arg("-append").arg(format!("{fixed}{}", guest.command_line));
    if let Some(further) = &guest.trace {
        for event in trace::EVENTS.iter().copied().chain(further.iter().map(String::as_str)) {
            command.arg("-trace").arg(format!("enable={event}"));
        }
    }
    if guest.debug {
        command.arg("-gdb").arg(format!("unix:{},server=on,wait=off", at(GDB)));
        command.arg("-qtest").arg(format!("unix:{}", at(QTEST)));
        command.args(["-qtest-log", "none"]);
    }
    command.args(&guest.arguments);
    command
}
