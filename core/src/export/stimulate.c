//// stimulate
static int stimulate(const struct write *writes, size_t count)
{
	uint32_t ignored;
	int error = prepare();

	if (!error)
		error = bar0(writes, count);
	/* A read's completion can't overtake the message (PCIe 2.4.1): then it is at the host. */
	if (!error)
		error = read_region(VFIO_PCI_BAR0_REGION_INDEX, SETTLE, &ignored, sizeof(ignored));
	rest();
	return error;
}
