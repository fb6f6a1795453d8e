//! Turns a Debian machine into the laboratory in which real kernels are the oracle.
//!
//! | module | does |
//! |---|---|
//! | [`packages`] | fetches three Debian kernels and unpacks what is needed of them |
//! | [`initramfs`] | packs a root file system with the caller's program and script |
//! | [`guest`] | boots it in QEMU with three functions bound to vfio-pci |
//! | [`trace`] | reads which registers the guest wrote, line by line of the scenario |
//! | [`notation`] | says those writes in the words of the recordings |
//! | [`gdb`], [`qtest`] | stop the guest's kernel; reach the functions from outside |
//! | [`stopper`] | halts an ioctl just after its n-th register write |
//!
//! It needs `qemu-system-x86_64`, `apt-get`, `dpkg-deb` and `xz`, and no root: nothing of the
//! machine is changed, all that is fetched lies in one folder (see [`packages::tools_folder`]).
//! With `zstd`, guests of newer kernels start a few seconds sooner.
//! Left out: what the guest runs and what its answers mean; that is the caller's business.

pub mod gdb;
pub mod guest;
pub mod initramfs;
pub mod notation;
pub mod oracle;
pub mod packages;
mod program;
pub mod qtest;
pub mod stopper;
pub mod trace;
