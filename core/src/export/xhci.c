//// stimulate
/*
 * NEC's USB 3.0 controller (xhci) as QEMU has it: an interrupter whose event ring looks unread
 * interrupts again. Registers: xHCI 1.2, 4.17 and 5.5.2. Vector n is interrupter n; only the first
 * drives the pin.
 */
#define SETTLE 0x00	/* CAPLENGTH: can be read without effect */
#define USBCMD 0x40
#define IMAN(vector) (0x1020 + 0x20 * (vector))
#define ERSTSZ(vector) (IMAN(vector) + 0x08)
#define ERSTBA(vector) (IMAN(vector) + 0x10)
#define ERDP(vector) (IMAN(vector) + 0x18)
#define PENDING_AND_ENABLE 3
#define VECTORS 16
#define DMA 0x100000	/* where the device finds the segment table, and behind it the ring */
#define RING 0x1000

static void rest(void)
{
}

//// prepare
static int map_ring(void)
{
	static uint32_t *memory;
	size_t size = 0x10000;

	if (memory)
		return 0;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die("no memory for an event ring: %s", strerror(errno));
	memory[0] = DMA + RING;
	memory[2] = 16;		/* entries */
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = DMA,
		.size = size,
	};
	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map) < 0 ? errno : 0;
}

static int prepare(void)
{
	int error;

	if (prepared)
		return 0;
	prepared = true;
	error = map_ring();
	if (!error)
		error = bar0(&(struct write){ USBCMD, 1 << 2 }, 1);
	for (uint32_t vector = 0; vector < VECTORS && !error; vector++) {
		struct write writes[] = {
			{ ERSTSZ(vector), 1 },
			{ ERSTBA(vector), DMA },
			{ ERSTBA(vector) + 4, 0 },
			{ IMAN(vector), PENDING_AND_ENABLE },
		};
		error = bar0(writes, COUNT(writes));
	}
	return error;
}

//// fire
static int fire(unsigned int vector)
{
	if (vector >= VECTORS || (vector > 0 && by_pin()))
		return EOPNOTSUPP;
	/* The dequeue pointer, short of the enqueue pointer, with Event Handler Busy. */
	struct write writes[] = {
		{ IMAN(vector), PENDING_AND_ENABLE },
		{ ERDP(vector) + 4, 0 },
		{ ERDP(vector), (DMA + RING + 0x10) | 1 << 3 },
	};
	return stimulate(writes, COUNT(writes));
}

//// assert_intx
static int assert_intx(void)
{
	if (!by_pin())
		return EOPNOTSUPP;
	return fire(0);
}

//// deassert_intx
static int deassert_intx(void)
{
	return stimulate(&(struct write){ IMAN(0), PENDING_AND_ENABLE }, 1);
}
