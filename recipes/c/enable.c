#include <errno.h>

#include "recipes.h"

// ANCHOR: enable
/*
 * Enables vectors 0 to n - 1 of an index, with an eventfd each. No other of INTx, MSI and MSI-X may
 * be on, nor this one. Whatever is not 0 leaves the index off and no descriptor open; above 0, so
 * many vectors can be had.
 */
int irq_enable(int device, uint32_t index, uint32_t n, int32_t *fds)
{
	struct vfio_irq_info info;
	int ret = irq_ask(device, index, &info);

	if (ret)
		return ret;
	if (info.count == 0 || !(info.flags & VFIO_IRQ_INFO_EVENTFD))
		return -ENODEV;
	if (n == 0)
		return -EINVAL;
	if (n > info.count)
		return info.count;
	ret = irq_eventfds(fds, n);
	if (ret)
		return ret;
	ret = irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, n, fds);
	if (ret)	/* not "ret < 0" */
		irq_close(fds, n);
	return ret;
}
// ANCHOR_END: enable

// ANCHOR: some
/*
 * Enables as many vectors as can be had, from `least` to `most`: returns how many, or -errno with
 * the index off. -ENOSPC: there are not `least`; -EMFILE, -ENFILE: not so many descriptors.
 */
int irq_enable_some(int device, uint32_t index, uint32_t least, uint32_t most, int32_t *fds)
{
	uint32_t n = most;
	int ret = -ENOSPC;

	while (n > 0 && n >= least) {
		ret = irq_enable(device, index, n, fds);
		if (ret == 0)
			return n;
		if (ret > 0 && (uint32_t)ret < n)
			n = ret;	/* so many there are, says the host */
		else if (n > least && (ret == -ENOSPC || ret == -EMFILE || ret == -ENFILE))
			n = n / 2 < least ? least : n / 2;	/* no number: half, or what will do */
		else
			break;
	}
	return ret < 0 ? ret : -ENOSPC;
}
// ANCHOR_END: some

// ANCHOR: fall_back
/*
 * MSI-X with at least `least` vectors, else MSI with as many, else INTx with its one: returns how
 * many, and which index. An index that is missing, or refuses, is stepped over. When none is left:
 * the -errno of the last that is not missing, or -ENODEV.
 */
int irq_fall_back(int device, uint32_t least, uint32_t most, int32_t *fds, uint32_t *index)
{
	static const uint32_t order[] = {
		VFIO_PCI_MSIX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_INTX_IRQ_INDEX,
	};
	int ret = -ENODEV;

	for (uint32_t i = 0; i < 3; i++) {
		int got;

		if (order[i] == VFIO_PCI_INTX_IRQ_INDEX)
			least = most = 1;
		got = irq_enable_some(device, order[i], least, most, fds);
		*index = order[i];
		if (got > 0)
			return got;
		if (got != -ENODEV)
			ret = got;
	}
	return ret;
}
// ANCHOR_END: fall_back
