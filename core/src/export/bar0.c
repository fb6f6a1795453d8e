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
