// A scenario of VFIO device interrupts, for a real device. Made by vfio-irq.
//
//     rustc --edition 2024 scenario.rs
//     ./scenario 0000:00:06.0        (as root; vfio-pci has the device)
//
// Prints the number of each line of the scenario that showed something, and what: the answer of the
// call, the counters read. At the end: counters nobody read, and whether every expectation held.
// It is what `vfio-irq answers` prints. Exit status: 0 held, 1 not, 2 no such device to be had.
//
// Nothing of value may depend on the device. For 64-bit little-endian machines.
