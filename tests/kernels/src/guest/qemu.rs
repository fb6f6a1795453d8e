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
    // Without cx16: QEMU 7.2 leaves an address in the flags after CMPXCHG16B, and an interrupt right
    // then takes the guest's kernel down.
    command.args(["-machine", "q35,kernel-irqchip=split", "-accel", "tcg", "-cpu", "max,-cx16"]);
    command.args(["-smp", "1", "-m", "384", "-nodefaults", "-display", "none", "-no-reboot"]);
    command.arg("-device");
    command.arg(format!("intel-iommu,intremap={}", on_off(guest.remapping)));
    for device in &guest.devices {
        command.args(&device.arguments);
    }
    command.arg("-chardev").arg(format!("socket,id={CONSOLE},path={}", at(CONSOLE)));
    command.arg("-serial").arg(format!("chardev:{CONSOLE}"));
    // A serial port costs an exit and a line of trace for every byte. The slot's interrupt pin
    // leads to another line than those of the usual three.
    command.args(["-device", "virtio-serial-pci,id=lines,addr=3,disable-legacy=on,ioeventfd=off"]);
    for name in [RESULTS, CONTROL] {
        command.arg("-chardev").arg(format!("socket,id={name},path={}", at(name)));
        let port = format!("virtserialport,bus=lines.0,chardev={name},name={name}");
        command.arg("-device").arg(port);
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
