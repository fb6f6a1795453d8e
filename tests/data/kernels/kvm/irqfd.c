/*
 * What KVM does with an eventfd it is given (KVM_IRQFD), asked of KVM.
 *
 * The eventfds, and who reads them; then a guest of a few instructions, which takes interrupts and
 * ends them: its handler writes port 0x10, ends the interrupt, and writes port 0x11.
 *
 * cc -static -O1 -Wall -Wextra -o irqfd irqfd.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>
#include <linux/kvm.h>

#define MEMORY 65536		/* of the guest, from address 0 */
#define CODE 0x4000
#define HANDLER 0x5000
#define STACK 0x8000
#define LEVEL 10		/* gsi and pin, level-triggered, vector 0x3a */
#define EDGE 11			/* gsi and pin, edge-triggered, vector 0x3b */
#define MESSAGE 24		/* gsi of a message, vector 0x3c */

static int kvm, vm, cpu;
static struct kvm_run *run;

static int must(int done, const char *what)
{
	if (done < 0) {
		printf("%s: %s\n", what, strerror(errno));
		exit(1);
	}
	return done;
}

static int new_eventfd(unsigned int count)
{
	return must(eventfd(count, EFD_NONBLOCK), "eventfd");
}

/* What a device does when it signals: the kernel adds 1. What is done by a work queue gets time. */
static void add(int fd, uint64_t count)
{
	if (write(fd, &count, sizeof(count)) < 0)
		printf("write: %s\n", strerror(errno));
	usleep(100000);
}

static void show_read(const char *what, int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == sizeof(count))
		printf("  read %s = %llu\n", what, (unsigned long long)count);
	else
		printf("  read %s: %s\n", what, errno == EAGAIN ? "EAGAIN" : strerror(errno));
}

static const char *assign_to(int machine, int fd, unsigned int gsi, unsigned int flags, int resample)
{
	struct kvm_irqfd irqfd = {
		.fd = (uint32_t)fd, .gsi = gsi, .flags = flags, .resamplefd = (uint32_t)resample,
	};

	if (ioctl(machine, KVM_IRQFD, &irqfd) == 0)
		return "0";
	switch (errno) {
	case EBADF: return "EBADF";
	case EBUSY: return "EBUSY";
	case EINVAL: return "EINVAL";
	default: return strerror(errno);
	}
}

static const char *assign(int fd, unsigned int gsi, unsigned int flags, int resample)
{
	return assign_to(vm, fd, gsi, flags, resample);
}

static struct kvm_ioapic_state ioapic(void)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };

	must(ioctl(vm, KVM_GET_IRQCHIP, &chip), "KVM_GET_IRQCHIP");
	return chip.chip.ioapic;
}

static void show_pin(unsigned int pin)
{
	printf("  pin %u: %s\n", pin, ioapic().irr >> pin & 1 ? "up" : "down");
}

/* Pins LEVEL and EDGE go to the guest's processor, or are masked. */
static void set_pins(int masked)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };

	chip.chip.ioapic = ioapic();
	for (unsigned int pin = LEVEL; pin <= EDGE; pin++) {
		chip.chip.ioapic.redirtbl[pin].bits = 0;
		chip.chip.ioapic.redirtbl[pin].fields.vector = (uint8_t)(0x30 + pin);
		chip.chip.ioapic.redirtbl[pin].fields.trig_mode = pin == LEVEL;
		chip.chip.ioapic.redirtbl[pin].fields.mask = masked != 0;
	}
	must(ioctl(vm, KVM_SET_IRQCHIP, &chip), "KVM_SET_IRQCHIP");
}

static void set_routes(void)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entries[3];
	} routes = { .head.nr = 3 };

	for (unsigned int at = 0; at < 2; at++) {
		routes.entries[at].gsi = LEVEL + at;
		routes.entries[at].type = KVM_IRQ_ROUTING_IRQCHIP;
		routes.entries[at].u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC;
		routes.entries[at].u.irqchip.pin = LEVEL + at;
	}
	routes.entries[2].gsi = MESSAGE;
	routes.entries[2].type = KVM_IRQ_ROUTING_MSI;
	routes.entries[2].u.msi.address_lo = 0xfee00000;
	routes.entries[2].u.msi.data = 0x3c;
	must(ioctl(vm, KVM_SET_GSI_ROUTING, &routes), "KVM_SET_GSI_ROUTING");
}

static void nothing(int signal)
{
	(void)signal;
}

/* Lets the guest run up to its next write of a port, or for so many milliseconds. */
static int guest(int milliseconds)
{
	struct itimerval timer = {
		.it_value = { milliseconds / 1000, milliseconds % 1000 * 1000 },
		.it_interval = { 0, 100000 },
	};
	int done;

	setitimer(ITIMER_REAL, &timer, NULL);
	done = ioctl(cpu, KVM_RUN, 0);
	memset(&timer, 0, sizeof(timer));
	setitimer(ITIMER_REAL, &timer, NULL);
	if (done < 0)
		return errno == EINTR ? 0 : -1;
	return run->exit_reason == KVM_EXIT_IO ? run->io.port : -1;
}

static void show_guest(int milliseconds)
{
	switch (guest(milliseconds)) {
	case 0: printf("  guest: idle\n"); break;
	case 0x10: printf("  guest: has an interrupt\n"); break;
	case 0x11: printf("  guest: has ended it\n"); break;
	case 0x12: printf("  guest: is ready\n"); break;
	default: printf("  guest: exit %u\n", run->exit_reason);
	}
}

#define SOON 20000		/* what must come, on a slow machine too */
#define QUIET 1000		/* how long it is looked at whether nothing comes */

static void make_guest(void)
{
	/* Real mode, with a data segment that reaches the local APIC. */
	static const uint8_t code[] = {
		0x67, 0x66, 0xc7, 0x05, 0xf0, 0x00, 0xe0, 0xfe, 0xff, 0x01, 0x00, 0x00, /* APIC on */
		0xe6, 0x12,	/* out 0x12 */
		0xfb,		/* sti */
		0xf4,		/* hlt */
		0xeb, 0xfd,	/* and again */
	};
	static const uint8_t handler[] = {
		0xe6, 0x10,	/* out 0x10 */
		0x67, 0x66, 0xc7, 0x05, 0xb0, 0x00, 0xe0, 0xfe, 0x00, 0x00, 0x00, 0x00, /* EOI */
		0xe6, 0x11,	/* out 0x11 */
		0xcf,		/* iret */
	};
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid = { .head.nent = 256 };
	struct kvm_regs regs = { .rip = CODE, .rsp = STACK, .rflags = 2 };
	struct kvm_sregs sregs;
	uint8_t *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
		.memory_size = MEMORY, .userspace_addr = (uintptr_t)memory,
	};

	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
	cpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	run = mmap(NULL, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
		   MAP_SHARED, cpu, 0);
	must(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid), "KVM_GET_SUPPORTED_CPUID");
	must(ioctl(cpu, KVM_SET_CPUID2, &cpuid), "KVM_SET_CPUID2");
	memcpy(memory + CODE, code, sizeof(code));
	memcpy(memory + HANDLER, handler, sizeof(handler));
	for (unsigned int vector = 0x3a; vector <= 0x3c; vector++)
		memcpy(memory + 4 * vector, &(uint16_t[]){ HANDLER, 0 }, 4);
	must(ioctl(cpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.ss.base = 0;
	sregs.ds.base = 0;
	sregs.ds.limit = 0xffffffff;
	sregs.ds.g = 1;
	must(ioctl(cpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(cpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static void ask_descriptors(void)
{
	int a = new_eventfd(0), b = new_eventfd(0), u = new_eventfd(0), other;
	struct pollfd ready = { .fd = a, .events = POLLIN };

	printf("IRQFD-READS: assign a: %s\n", assign(a, 5, 0, 0));
	add(a, 1);
	show_read("a after a signal", a);
	add(a, 3);
	printf("  poll a: %d\n", poll(&ready, 1, 50));
	printf("IRQFD-BUSY: assign a again: %s\n", assign(a, 6, 0, 0));
	printf("  with RESAMPLE: %s\n", assign(a, 6, KVM_IRQFD_FLAG_RESAMPLE, u));
	printf("  b to the same gsi: %s\n", assign(b, 5, 0, 0));
	other = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	must(ioctl(other, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
	printf("  a in another VM: %s\n", assign_to(other, a, 5, 0, 0));
	close(other);
	printf("IRQFD-BAD-FD: not open: %s\n", assign(999, 6, 0, 0));
	printf("  no eventfd: %s\n", assign(open("/dev/null", O_RDONLY), 6, 0, 0));
	printf("  resample not open: %s\n", assign(u, 6, KVM_IRQFD_FLAG_RESAMPLE, 999));
	printf("  that, and busy: %s\n", assign(a, 6, KVM_IRQFD_FLAG_RESAMPLE, 999));
	printf("IRQFD-DEASSIGN: another gsi: %s\n", assign(a, 6, KVM_IRQFD_FLAG_DEASSIGN, 0));
	add(a, 1);
	show_read("a after a signal", a);
	printf("  its gsi: %s\n", assign(a, 5, KVM_IRQFD_FLAG_DEASSIGN, 0));
	printf("  once more: %s\n", assign(a, 5, KVM_IRQFD_FLAG_DEASSIGN, 0));
	add(a, 1);
	show_read("a after a signal", a);
}

/* Pin LEVEL is masked: it shows whether the line is up. */
static void ask_counts(void)
{
	int a = new_eventfd(2), b = new_eventfd(3), c = new_eventfd(0), u = new_eventfd(0), same;

	printf("IRQFD-COUNTED: a has 2, assign: %s\n", assign(a, LEVEL, KVM_IRQFD_FLAG_RESAMPLE, u));
	usleep(100000);
	show_pin(LEVEL);
	show_read("a", a);
	add(a, 1);
	show_read("a after a signal", a);
	printf("IRQFD-DEASSIGN: a level, up: %s\n", assign(a, LEVEL, KVM_IRQFD_FLAG_DEASSIGN, 0));
	show_pin(LEVEL);
	show_read("the resample eventfd", u);
	printf("  b has 3, assign, deassign: %s", assign(b, 5, 0, 0));
	printf(" %s\n", assign(b, 5, KVM_IRQFD_FLAG_DEASSIGN, 0));
	show_read("b", b);
	printf("  c, assign: %s\n", assign(c, LEVEL, KVM_IRQFD_FLAG_RESAMPLE, u));
	add(c, 0);
	printf("IRQFD-READS: a write of 0\n");
	show_pin(LEVEL);
	printf("IRQFD-CLOSE: one of two descriptors closed\n");
	same = dup(c);
	close(c);
	usleep(200000);
	show_pin(LEVEL);
	printf("  both closed\n");
	close(same);
	usleep(200000);
	show_pin(LEVEL);
}

static void ask_guest(void)
{
	int a = new_eventfd(0), b = new_eventfd(0), e = new_eventfd(0), m = new_eventfd(0);
	int u = new_eventfd(0), v = new_eventfd(0);

	printf("A guest\n");
	show_guest(SOON);
	show_guest(QUIET);
	printf("IRQFD-RESAMPLE: assign a: %s\n", assign(a, LEVEL, KVM_IRQFD_FLAG_RESAMPLE, u));
	add(a, 1);
	show_guest(SOON);
	show_pin(LEVEL);
	show_read("u", u);
	show_guest(SOON);
	show_pin(LEVEL);
	show_read("u", u);
	show_guest(QUIET);
	printf("IRQFD-RESAMPLE: once more, as a device that is still up would\n");
	add(a, 1);
	show_guest(SOON);
	show_guest(SOON);
	show_read("u", u);
	show_guest(QUIET);
	printf("IRQFD-RESAMPLE: b on the same gsi: %s\n", assign(b, LEVEL, KVM_IRQFD_FLAG_RESAMPLE, v));
	add(b, 1);
	show_guest(SOON);
	show_guest(SOON);
	show_read("u", u);
	show_read("v", v);
	printf("IRQFD-RESAMPLE-CLOSED: u closed\n");
	close(u);
	add(a, 1);
	show_guest(SOON);
	show_guest(SOON);
	show_read("a", a);
	show_read("v", v);
	printf("IRQFD-EDGE, IRQFD-COALESCE: a pin, three signals: %s\n", assign(e, EDGE, 0, 0));
	for (int times = 0; times < 3; times++)
		add(e, 1);
	show_guest(SOON);
	show_guest(SOON);
	show_guest(QUIET);
	printf("IRQFD-EDGE, IRQFD-COALESCE: a message, three signals: %s\n", assign(m, MESSAGE, 0, 0));
	for (int times = 0; times < 3; times++)
		add(m, 1);
	show_guest(SOON);
	printf("  two more before it is ended\n");
	add(m, 1);
	add(m, 1);
	show_guest(SOON);
	show_guest(SOON);
	show_guest(SOON);
	show_guest(QUIET);
}

int main(void)
{
	struct sigaction action = { .sa_handler = nothing };

	setvbuf(stdout, NULL, _IONBF, 0);
	sigaction(SIGALRM, &action, NULL);
	kvm = must(open("/dev/kvm", O_RDWR), "/dev/kvm");
	vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	must(ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000), "KVM_SET_TSS_ADDR");
	must(ioctl(vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
	set_routes();
	set_pins(1);
	ask_descriptors();
	ask_counts();
	make_guest();
	set_pins(0);
	ask_guest();
	return 0;
}
