//// start_clean

/* ---- Before the first step ---- */

static void on_and_off(uint32_t index, uint32_t most)
{
	struct vfio_irq_info irqs = { .argsz = sizeof(irqs), .index = index };

	if (ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &irqs) < 0 || irqs.count == 0)
		return;
	if (irqs.count > most)
		irqs.count = most;
	size_t size = irqs.count * sizeof(int32_t);
	int32_t *fds = malloc(size);
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!fds || fd < 0)
		die("no memory or no descriptor: %s", strerror(errno));
	for (uint32_t i = 0; i < irqs.count; i++)
		fds[i] = fd;
	if (vfio_set_irqs(&(struct vfio_irq_set){
		.argsz = (uint32_t)(sizeof(struct vfio_irq_set) + size),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
		.count = irqs.count,
	}, fds, size) == 0)
		vfio_set_irqs(&(struct vfio_irq_set){
			.argsz = sizeof(struct vfio_irq_set),
			.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
			.index = index,
		}, NULL, 0);
	close(fd);
	free(fds);
}

/*
 * Takes away what a function keeps over a close: pending bits, its INTx level, the number of MSI
 * vectors (one stays).
 */
static void start_clean(void)
{
	int error = open_device();

	if (error)
		die("can't open %s: %s", address, strerror(error));
	write_region(VFIO_PCI_CONFIG_REGION_INDEX, 4, &(uint16_t){ 0x0006 }, 2);
	deassert_intx();
	on_and_off(VFIO_PCI_MSIX_IRQ_INDEX, UINT32_MAX);
	on_and_off(VFIO_PCI_MSI_IRQ_INDEX, 1);
	deassert_intx();
	close_device();
}
