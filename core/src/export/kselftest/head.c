// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * What VFIO_DEVICE_GET_IRQ_INFO and VFIO_DEVICE_SET_IRQS answer: one test a scenario of vfio-irq,
 * which made this file.
 *
 *	cc -std=gnu11 -Wall -Wextra -o vfio_irq_test vfio_irq_test.c
 *	./vfio_irq_test [-v] 0000:00:06.0	(as root; vfio-pci has the device)
 *
 * Without an address, VFIO_SELFTESTS_BDF in the environment says it. Output is TAP 13. Exit status:
 * 0 passed, 1 one failed, 4 all skipped (no such device). -v shows every step and its answer.
 *
 * Needs libc and <linux/vfio.h> alone. In tools/testing/selftests/vfio it takes ../kselftest.h by
 * itself: a line in the Makefile, TEST_GEN_PROGS += vfio_irq_test, is all. A device that takes long
 * to reset wants "timeout=" in a file called settings: each test opens it twice.
 *
 * Which tests apply is decided by what is shown: vector counts, the flags of GET_IRQ_INFO,
 * capabilities. Only where no flag shows a difference between kernels, the release decides; the
 * reason of a skip says which. What a test expects is one answer, never either of two.
 *
 * The device need not interrupt: where a scenario fires a vector that signals at once, the test has
 * the host signal it: TRIGGER with DATA_NONE. MSI-X's Message
 * Control is compared by its high bits, Enable and Function Mask.
 *
 * Nothing of value may depend on the device: it is reset where it can be. For little-endian machines.
 */
