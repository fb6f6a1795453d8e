//// bar0

/* ---- Making the device interrupt ---- */

struct write {
	uint32_t offset, value;
};

static int bar0(const struct write *writes, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = write_region(VFIO_PCI_BAR0_REGION_INDEX, writes[i].offset,
				     &writes[i].value, sizeof(writes[i].value));
	return error;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int stimulate(const struct write *writes, size_t count);

//// by_pin
/* Whether an index is on: one that is off refuses a trigger of nothing. */
static bool is_on(uint32_t index)
{
	return vfio_set_irqs(&(struct vfio_irq_set){
		.argsz = sizeof(struct vfio_irq_set) + 1,
		.flags = VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
		.count = 1,
	}, &(uint8_t){ 0 }, 1) == 0;
}

/*
 * Whether the function interrupts by its pin: neither MSI nor MSI-X is enabled. By its own
 * registers, which sysfs shows to root; vfio-pci shows MSI's as it was written.
 */
static bool by_pin(void)
{
	char path[256];
	uint8_t config[256];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.32s/config", address);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = file < 0 ? -1 : read(file, config, sizeof(config));
	if (file >= 0)
		close(file);
	if (size != sizeof(config))
		return !is_on(VFIO_PCI_MSIX_IRQ_INDEX) && !is_on(VFIO_PCI_MSI_IRQ_INDEX);
	/* At most 48 capabilities fit: a list that loops ends too. */
	int at = config[0x34] & 0xfc;
	for (int i = 0; i < 48 && at >= 0x40; i++, at = config[at + 1] & 0xfc) {
		if (config[at] == 0x05 && config[at + 2] & 0x01)	/* MSI Enable */
			return false;
		if (config[at] == 0x11 && config[at + 3] & 0x80)	/* MSI-X Enable */
			return false;
	}
	return true;
}
