//// *

/* ---- What device and kernel show: it decides which tests apply. ---- */

#define KINDS 3		/* INTx, MSI, MSI-X; their numbers are those of VFIO's indexes */
#define ANY UINT32_MAX

enum fact {
	EXPRESS, RESETS, MSI_NORESIZE, MSIX_NORESIZE, ALL_MSI, ALL_MSIX,
	RANGE_FIRST, LOOPBACK_IN_RANGE, ERR_ON_CONVENTIONAL, ERR_REQ_STRICT,
	FACTS
};

/* The words for a fact that is needed, and for one that must not be. */
static const char *const wanted[FACTS][2] = {
	[EXPRESS] = { "a conventional PCI function", "a PCI Express function" },
	[RESETS] = { "a function that can't be reset", "a function that can be reset" },
	[MSI_NORESIZE] = { "NORESIZE clear for MSI", "NORESIZE set for MSI" },
	[MSIX_NORESIZE] = { "NORESIZE clear for MSI-X", "NORESIZE set for MSI-X" },
	[ALL_MSI] = { "a host short of MSI vectors", "all MSI vectors to be had at once" },
	[ALL_MSIX] = { "a host short of MSI-X vectors", "all MSI-X vectors to be had at once" },
	[RANGE_FIRST] = {
		"a kernel that checks a block vector by vector (MSI-X without NORESIZE, or 6.5 on)",
		"a kernel that checks a block's range first (up to 6.4)",
	},
	[LOOPBACK_IN_RANGE] = {
		"a kernel whose loopback skips what is not allocated (MSI-X without NORESIZE, or 6.5 on)",
		"a kernel whose loopback stays within the allocated vectors (up to 6.4)",
	},
	[ERR_ON_CONVENTIONAL] = {
		"a kernel without ERR for conventional PCI (as 6.1.192, 6.12.95)",
		"a kernel with ERR for conventional PCI (7.3 on)",
	},
	[ERR_REQ_STRICT] = {
		"a kernel that ignores a descriptor below -1 for ERR and REQ (as 6.1.192, 6.12.62)",
		"a kernel that refuses a descriptor below -1 for ERR and REQ (6.12.63, 6.19 on)",
	},
};

static struct vfio_irq_info irqs[KINDS];
static uint64_t msix_at;	/* the MSI-X capability's offset; 0: there is none */
static struct utsname kernel;
static enum { UNKNOWN, NO, YES } so[FACTS];

/* A capability's offset in config space, 0 if the function has it not. */
static uint8_t capability(uint8_t id)
{
	uint8_t at = 0, head[2] = { 0 };
	int error = read_region(VFIO_PCI_CONFIG_REGION_INDEX, 0x34, &at, 1);

	/* At most 48 fit: a list that loops ends too. */
	for (int i = 0; i < 48 && !error && at >= 0x40; i++, at = head[1] & 0xfc) {
		error = read_region(VFIO_PCI_CONFIG_REGION_INDEX, at, head, sizeof(head));
		if (!error && head[0] == id)
			return at;
	}
	return 0;
}

/*
 * Whether the host can give all vectors of an index. An errno says nothing of that: then the tests
 * run, and fail.
 */
static bool can_have_all(uint32_t index)
{
	uint32_t count = irqs[index].count;
	size_t size = count * sizeof(int32_t);
	int32_t *fds = malloc(size);
	int fd = new_eventfd();

	if (!fds)
		die("no memory");
	for (uint32_t i = 0; i < count; i++)
		fds[i] = fd;
	int done = vfio_set_irqs(&(struct vfio_irq_set){
		.argsz = (uint32_t)(sizeof(struct vfio_irq_set) + size),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
		.count = count,
	}, fds, size);
	if (done == 0)
		vfio_set_irqs(&(struct vfio_irq_set){
			.argsz = sizeof(struct vfio_irq_set),
			.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = index,
		}, NULL, 0);
	free(fds);
	return done <= 0;
}

#define RELEASE(major, minor, point) (1000000 * (major) + 1000 * (minor) + (point))
#define LAST 999

/*
 * What no flag shows, by release; a release in no row is not known. A change that stable kernels
 * may have taken is absent only up to the point release that was read. There a distribution's
 * X.Y.0 is in no row: it says nothing of what was taken. Nothing below 6.1 is in a row, for the
 * same reason.
 */
static const struct {
	enum fact fact;
	int first, last;
	bool so;
} releases[] = {
	{ RANGE_FIRST, RELEASE(6, 1, 0), RELEASE(6, 4, LAST), true },
	{ RANGE_FIRST, RELEASE(6, 5, 0), INT_MAX, false },
	{ LOOPBACK_IN_RANGE, RELEASE(6, 1, 0), RELEASE(6, 4, LAST), true },
	{ LOOPBACK_IN_RANGE, RELEASE(6, 5, 0), INT_MAX, false },
	{ ERR_ON_CONVENTIONAL, RELEASE(6, 1, 1), RELEASE(6, 1, 192), false },
	{ ERR_ON_CONVENTIONAL, RELEASE(6, 12, 1), RELEASE(6, 12, 95), false },
	{ ERR_ON_CONVENTIONAL, RELEASE(7, 3, 0), INT_MAX, true },
	{ ERR_REQ_STRICT, RELEASE(6, 1, 1), RELEASE(6, 1, 192), false },
	{ ERR_REQ_STRICT, RELEASE(6, 12, 1), RELEASE(6, 12, 62), false },
	{ ERR_REQ_STRICT, RELEASE(6, 12, 63), RELEASE(6, 12, LAST), true },
	{ ERR_REQ_STRICT, RELEASE(6, 19, 0), INT_MAX, true },
};

/* Debian's release may be an ABI, 6.1.0-56-amd64; its version has the point release. */
static void by_release(const char *release, const char *version)
{
	const char *debian = strstr(version, " Debian ");
	int major = 0, minor = 0, point = 0;

	if (!debian || sscanf(debian, " Debian %d.%d.%d", &major, &minor, &point) < 2)
		sscanf(release, "%d.%d.%d", &major, &minor, &point);
	int at = RELEASE(major, minor, point < LAST ? point : LAST);
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
		if (at >= releases[i].first && at <= releases[i].last)
			so[releases[i].fact] = releases[i].so ? YES : NO;
}

static void look(void)
{
	struct vfio_device_info device_info = { .argsz = sizeof(device_info) };
	int error = open_device();

	if (error)
		die("can't open %s: %s", address, strerror(error));
	if (ioctl(device, VFIO_DEVICE_GET_INFO, &device_info) < 0)
		die("VFIO_DEVICE_GET_INFO: %s", strerror(errno));
	so[RESETS] = device_info.flags & VFIO_DEVICE_FLAGS_RESET ? YES : NO;
	so[EXPRESS] = capability(0x10) ? YES : NO;
	msix_at = capability(0x11);
	for (uint32_t index = 0; index < KINDS; index++) {
		irqs[index] = (struct vfio_irq_info){ .argsz = sizeof(irqs[0]), .index = index };
		if (ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &irqs[index]) < 0)
			die("VFIO_DEVICE_GET_IRQ_INFO of index %u: %s", index, strerror(errno));
	}
	if (irqs[1].count > 0) {
		so[MSI_NORESIZE] = irqs[1].flags & VFIO_IRQ_INFO_NORESIZE ? YES : NO;
		so[ALL_MSI] = can_have_all(1) ? YES : NO;
	}
	if (irqs[2].count > 0) {
		so[MSIX_NORESIZE] = irqs[2].flags & VFIO_IRQ_INFO_NORESIZE ? YES : NO;
		so[ALL_MSIX] = can_have_all(2) ? YES : NO;
	}
	close_device();
	uname(&kernel);
	by_release(kernel.release, kernel.version);
	/* The flag is shown, and came with both. */
	if (so[MSIX_NORESIZE] == NO)
		so[RANGE_FIRST] = so[LOOPBACK_IN_RANGE] = NO;
}
