//// error_name
static const char *error_name(int error)
{
	static char number[32];

	switch (error) {
	case EPERM: return "EPERM";
	case ENOENT: return "ENOENT";
	case EIO: return "EIO";
	case ENXIO: return "ENXIO";
	case EBADF: return "EBADF";
	case EAGAIN: return "EAGAIN";
	case ENOMEM: return "ENOMEM";
	case EACCES: return "EACCES";
	case EFAULT: return "EFAULT";
	case EBUSY: return "EBUSY";
	case ENODEV: return "ENODEV";
	case EINVAL: return "EINVAL";
	case EMFILE: return "EMFILE";
	case ENOTTY: return "ENOTTY";
	case ENOSPC: return "ENOSPC";
	case ERANGE: return "ERANGE";
	case EOPNOTSUPP: return "EOPNOTSUPP";
	}
	snprintf(number, sizeof(number), "errno %d", error);
	return number;
}

//// answer
/* 0 or an errno. */
static void answer(int error)
{
	snprintf(reply, sizeof(reply), "%s", error ? error_name(error) : "0");
	say("%s", reply);
}

//// expect
static void expect(const char *expected)
{
	if (strcmp(reply, expected) != 0)
		fail(expected, reply);
}

//// expect_data
/* A string of as many digits is longer than a compiler must take. */
static void expect_data(const uint8_t *data, size_t size)
{
	static char expected[WORD];
	char *end = stpcpy(expected, "data=");

	for (size_t i = 0; i < size && end < expected + WORD - 2; i++)
		end += sprintf(end, "%02x", data[i]);
	expect(expected);
}

//// *

/* ---- The way to the device: its group, in a container. ---- */

static const char *address;	/* 0000:00:06.0 */
static int group;
static int container;
static int device = -1;		/* -1: closed */
static bool prepared;		/* its registers, so that it can interrupt */

/* The last part of where a link in the device's sysfs folder leads. */
static bool link_name(const char *name, char *target, size_t size)
{
	char path[256], found[256];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.32s/%s", address, name);
	length = readlink(path, found, sizeof(found) - 1);
	if (length < 0)
		return false;
	found[length] = '\0';
	const char *slash = strrchr(found, '/');
	snprintf(target, size, "%s", slash ? slash + 1 : found);
	return true;
}

static void find_device(void)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[256], driver[256] = "no driver", number[256];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.32s", address);
	if (access(path, F_OK) != 0)
		die("no PCI device %s; lspci -D lists those there are", address);
	if (!link_name("driver", driver, sizeof(driver)) || !strstr(driver, "vfio"))
		die("%s has %s, not vfio-pci: unbind it, write vfio-pci to %s/driver_override "
		    "and %s to /sys/bus/pci/drivers_probe", address, driver, path, address);
	if (!link_name("iommu_group", number, sizeof(number)))
		die("%s is behind no IOMMU: switch it on (intel_iommu=on, or the firmware)", address);
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container < 0)
		die("can't open /dev/vfio/vfio: %s; modprobe vfio-pci, run as root", strerror(errno));
	snprintf(path, sizeof(path), "/dev/vfio/%.32s", number);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0)
		die("can't open %s: %s; is another program using the device?", path, strerror(errno));
	if (ioctl(group, VFIO_GROUP_GET_STATUS, &status) < 0)
		die("VFIO_GROUP_GET_STATUS: %s", strerror(errno));
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		die("group %s can't be used: every device of it must be under vfio-pci or have no driver",
		    number);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) < 0)
		die("VFIO_GROUP_SET_CONTAINER: %s", strerror(errno));
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		die("VFIO_SET_IOMMU: %s%s", strerror(errno), errno == EPERM ?
		    " (no interrupt remapping? vfio_iommu_type1 allow_unsafe_interrupts=1)" : "");
}

static int open_device(void)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (device >= 0)
		return 0;
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address);
	if (device < 0) {
		device = -1;
		return errno;
	}
	/* The kernel resets what it can when it opens. */
	if (ioctl(device, VFIO_DEVICE_GET_INFO, &info) < 0 || (info.flags & VFIO_DEVICE_FLAGS_RESET))
		prepared = false;
	return 0;
}

static int close_device(void)
{
	if (device < 0)
		return EBADF;
	close(device);
	device = -1;
	return 0;
}

//// reset_device
static int reset_device(void)
{
	if (ioctl(device, VFIO_DEVICE_RESET) < 0)
		return errno;
	prepared = false;
	return 0;
}

//// *

/* ---- Interrupts ---- */

/*
 * VFIO_DEVICE_SET_IRQS: 0, the number of vectors that could be had, or -errno.
 *
 * The request ends where memory ends, so that a size that claims more is EFAULT and not chance.
 */
static int vfio_set_irqs(const struct vfio_irq_set *header, const void *data, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t total = sizeof(*header) + size;
	size_t room = (total + page - 1) / page * page;
	char *memory = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || mprotect(memory + room, page, PROT_NONE) < 0)
		die("no memory for a request: %s", strerror(errno));
	memcpy(memory + room - total, header, sizeof(*header));
	if (size > 0)
		memcpy(memory + room - size, data, size);
	int done = ioctl(device, VFIO_DEVICE_SET_IRQS, memory + room - total);
	if (done < 0)
		done = -errno;
	munmap(memory, room + page);
	return done;
}

//// set_irqs
static void set_irqs(const struct vfio_irq_set *header, const void *data, size_t size)
{
	int done = vfio_set_irqs(header, data, size);

	if (done <= 0) {
		answer(-done);
	} else {
		snprintf(reply, sizeof(reply), "only %d", done);
		say("%s", reply);
	}
}

//// irq_info
static struct vfio_irq_info info;	/* the last answer */

//// flag_words
static const char *flag_words(uint32_t flags)
{
	static const char *const words[] = { "eventfd", "maskable", "automasked", "noresize" };
	static char text[64];

	text[0] = '\0';
	if (flags >= 1 << 4) {
		snprintf(text, sizeof(text), "%#x", flags);
		return text;
	}
	for (int bit = 0; bit < 4; bit++) {
		if (flags & 1u << bit) {
			strcat(text, text[0] ? "|" : "");
			strcat(text, words[bit]);
		}
	}
	return text[0] ? text : "none";
}

//// irq_info
static void irq_info(uint32_t argsz, uint32_t index)
{
	info = (struct vfio_irq_info){ .argsz = argsz, .index = index };
	if (ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0) {
		info = (struct vfio_irq_info){ .count = UINT32_MAX };
		answer(errno);
		return;
	}
	snprintf(reply, sizeof(reply), "count=%u flags=%s", info.count, flag_words(info.flags));
	say("%s", reply);
}

//// expect_count
static void expect_count(uint32_t count)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "count=%u", count);
	if (strncmp(reply, "count=", 6) != 0 || info.count != count)
		fail(expected, reply);
}

//// expect_flags
static void expect_flags(uint32_t flags, const char *expected)
{
	if (strncmp(reply, "count=", 6) != 0 || info.flags != flags)
		fail(expected, reply);
}

//// *

/* ---- Regions: config space and BARs. ---- */

/* Where an access goes in the device's descriptor. */
static int region_at(uint32_t region, uint64_t offset, off_t *at)
{
	struct vfio_region_info place = { .argsz = sizeof(place), .index = region };

	if (device < 0)
		return EBADF;
	if (region >= VFIO_PCI_NUM_REGIONS || offset >> 40)
		return EINVAL;
	/* A region the function has not is still where vfio-pci keeps it: it says no itself. */
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &place) < 0 || place.offset == 0)
		place.offset = (uint64_t)region << 40;
	*at = (off_t)(place.offset + offset);
	return 0;
}

static int write_region(uint32_t region, uint64_t offset, const void *data, size_t size)
{
	off_t at;
	int error = region_at(region, offset, &at);

	if (error)
		return error;
	ssize_t done = pwrite(device, data, size, at);
	return done < 0 ? errno : (size_t)done == size ? 0 : EIO;
}

//// read_region
static int read_region(uint32_t region, uint64_t offset, void *data, size_t size)
{
	off_t at;
	int error = region_at(region, offset, &at);

	if (error)
		return error;
	ssize_t done = pread(device, data, size, at);
	return done < 0 ? errno : (size_t)done == size ? 0 : EIO;
}

//// region_read
static uint64_t value;	/* what was read, if it is eight bytes at most */

static void region_read(uint32_t region, uint64_t offset, size_t size)
{
	uint8_t data[4096];
	int error = read_region(region, offset, data, size);

	value = 0;
	if (error) {
		answer(error);
		return;
	}
	if (size <= sizeof(value))
		memcpy(&value, data, size);
	char *end = stpcpy(reply, "data=");
	for (size_t i = 0; i < size; i++)
		end += sprintf(end, "%02x", data[i]);
	say("%s", reply);
}

//// expect_value
static void expect_value(uint64_t wanted, uint64_t care, int size, const char *expected)
{
	char got[32];

	if (strncmp(reply, "data=", 5) != 0) {
		fail(expected, reply);
	} else if ((value ^ wanted) & care) {
		snprintf(got, sizeof(got), "0x%0*llx", 2 * size, (unsigned long long)value);
		fail(expected, got);
	}
}

//// region_write
static void region_write(uint32_t region, uint64_t offset, const void *data, size_t size)
{
	answer(write_region(region, offset, data, size));
}

//// let_send
/* A driver's first act: Memory Space and Bus Master on. vfio-pci opens with Bus Master off. */
static void let_send(void)
{
	uint16_t command = 0;
	int error = read_region(VFIO_PCI_CONFIG_REGION_INDEX, 4, &command, sizeof(command));

	command |= 0x0006;
	if (!error)
		error = write_region(VFIO_PCI_CONFIG_REGION_INDEX, 4, &command, sizeof(command));
	if (error)
		die("can't turn Memory Space and Bus Master on: %s", strerror(error));
}

//// *

/* ---- Descriptors ---- */

#define CLOSED INT_MAX	/* a number that is never open */

//// keep
static int next_fd;	/* the number the next one gets; 0: none was made */

/* Numbers are not used twice, so that a closed one stays closed. */
static int keep(int made)
{
	struct rlimit limit;

	if (next_fd == 0) {
		next_fd = 1000;
		/* The usual limit is 1024; more is ours to take. */
		if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
			limit.rlim_cur = limit.rlim_max;
			setrlimit(RLIMIT_NOFILE, &limit);
		}
	}
	int kept = made < 0 ? -1 : fcntl(made, F_DUPFD_CLOEXEC, next_fd);
	if (kept < 0)
		die("no new descriptor: %s; ulimit -n", strerror(errno));
	close(made);
	next_fd = kept + 1;
	return kept;
}

//// new_eventfd
static int new_eventfd(void)
{
	return keep(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

//// new_plain
static int new_plain(void)
{
	return keep(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

//// nap
static void nap(long microseconds)
{
	struct timespec time = { .tv_nsec = 1000 * microseconds };

	nanosleep(&time, NULL);
}

//// take
/* Reads and clears a counter: 0 or an errno. Waits a little for what is expected. */
static int take(int fd, uint64_t expected, uint64_t *sum)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	uint64_t got;

	*sum = 0;
	do {
		if (expected > 0)
			poll(&ready, 1, 100);
		ssize_t size = read(fd, &got, sizeof(got));
		if (size != sizeof(got))
			return *sum ? 0 : size < 0 ? errno : EINVAL;
		*sum += got;
	} while (*sum < expected);
	return 0;
}

//// read_eventfd
static void read_eventfd(int fd, const char *name, uint64_t expected)
{
	uint64_t sum;
	int error = take(fd, expected, &sum);

	if (!error || error == EAGAIN)
		say("%s=%llu", name, (unsigned long long)sum);
	if (error)
		snprintf(reply, sizeof(reply), "%s", error_name(error));
	else
		snprintf(reply, sizeof(reply), "%llu", (unsigned long long)sum);
}

//// write_eventfd
static void write_eventfd(int fd, uint64_t value)
{
	int error = write(fd, &value, sizeof(value)) < 0 ? errno : 0;

	snprintf(reply, sizeof(reply), "%s", error ? error_name(error) : "0");
	/* What an unmask eventfd asks for is done by a worker of the kernel: make way for it. */
	nap(50);
}

//// close_fd
static void close_fd(int fd)
{
	snprintf(reply, sizeof(reply), "%s", close(fd) < 0 ? error_name(errno) : "0");
}

//// kvm_irqfd
#include <linux/kvm.h>

/*
 * KVM_IRQFD of a VM of this program's own, which has interrupt controllers and nothing that runs. A
 * VMM has its VM already, and routes of its own from a gsi to a vector's message (KVM_SET_GSI_ROUTING).
 */
static void kvm_irqfd(struct kvm_irqfd irqfd)
{
	static int vm = -1;

	if (vm < 0) {
		int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

		if (kvm < 0)
			die("can't open /dev/kvm: %s", strerror(errno));
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
		if (vm < 0 || ioctl(vm, KVM_CREATE_IRQCHIP, 0) < 0)
			die("no VM with interrupt controllers: %s", strerror(errno));
		close(kvm);
	}
	snprintf(reply, sizeof(reply), "%s", ioctl(vm, KVM_IRQFD, &irqfd) < 0 ? error_name(errno) : "0");
}

//// counter
/* Reads an eventfd, which is expected to give this; 0: EAGAIN. */
static void counter(int fd, const char *name, uint64_t wanted, const char *expected)
{
	char got[128];
	uint64_t sum;
	int error = take(fd, wanted, &sum);

	if (!error || error == EAGAIN) {
		snprintf(got, sizeof(got), "%s=%llu", name, (unsigned long long)sum);
		say("%s", got);
		if (sum != wanted)
			fail(expected, got);
	} else {
		snprintf(got, sizeof(got), "%s=%s", name, error_name(error));
		fail(expected, got);
	}
}

//// counters
/* The same of a row, named by a stem and their numbers. */
static void counters(const int *fds, const char *stem, int first, int last, uint64_t wanted,
		     const char *expected)
{
	char name[64];

	for (int i = first; i <= last; i++) {
		snprintf(name, sizeof(name), "%s%d", stem, i);
		counter(fds[i], name, wanted, expected);
	}
}

//// left
/* A counter nobody read. */
static void left(int fd, const char *name)
{
	uint64_t count;

	if (fd == CLOSED || read(fd, &count, sizeof(count)) != sizeof(count))
		return;
	printf("%s %s=%llu", begun ? "" : "left", name, (unsigned long long)count);
	begun = true;
}

//// left_row
static void left_row(const int *fds, const char *stem, int first, int last)
{
	char name[64];

	for (int i = first; i <= last; i++) {
		snprintf(name, sizeof(name), "%s%d", stem, i);
		left(fds[i], name);
	}
}

//// start
/* Opens the device, as a driver does. */
static void start(void)
{
	int error = open_device();

	if (error)
		die("can't open %s: %s", address, strerror(error));
	let_send();
}

//// finish
static int finish(void)
{
	if (begun)
		printf("\n");
	close_device();
	printf("%s\n", verdict);
	return strcmp(verdict, "held") != 0;
}

//// carried
/* Whether the device could be told to interrupt. */
static void carried(int error, const char *what)
{
	if (error == EOPNOTSUPP)
		cannot(what);
	else if (error)
		fail(what, error_name(error));
}
