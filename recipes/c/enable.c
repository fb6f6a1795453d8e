#include <errno.h>

#include "recipes.h"

// ANCHOR: enable
/*
 * Enables vectors 0 to n - 1 of an index, with an eventfd each. No other of INTx, MSI and MSI-X may
 * be on, nor this one. An error leaves the index off and no descriptor open. With -ENOSPC, *can is
 * how many vectors can be had, or 0 where the host gives no number.
 */
int irq_enable(int device, uint32_t index, uint32_t n, int32_t *fds, uint32_t *can)
{
	struct vfio_irq_info info;
	int ret = irq_ask(device, index, &info);

	*can = 0;
	if (ret)
		return ret;
	if (info.count == 0 || !(info.flags & VFIO_IRQ_INFO_EVENTFD))
		return -ENODEV;
	if (n == 0)
		return -EINVAL;
	if (n > info.count) {
		*can = info.count;
		return -ENOSPC;
	}
	ret = irq_eventfds(fds, n);
	if (ret)
		return ret;
	ret = irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, n, fds, can);
	if (ret)
		irq_close(fds, n);
	return ret;
}
// ANCHOR_END: enable

// ANCHOR: some
/*
 * Enables as many vectors as can be had, from `least` to `most`: *got is how many. Before the call
 * as for irq_enable. An error leaves the index off, and *got is 0. -ENOSPC: there are not `least`;
 * -EMFILE, -ENFILE: not so many descriptors.
 */
int irq_enable_some(int device, uint32_t index, uint32_t least, uint32_t most, int32_t *fds,
		    uint32_t *got)
{
	uint32_t n = most;
	int ret = -ENOSPC;

	*got = 0;
	while (n > 0 && n >= least) {
		uint32_t can;

		ret = irq_enable(device, index, n, fds, &can);
		if (ret == 0) {
			*got = n;
			return 0;
		}
		if (can > 0 && can < n)
			n = can;	/* so many there are, says the host */
		else if (can == 0 && n > least &&
			 (ret == -ENOSPC || ret == -EMFILE || ret == -ENFILE))
			n = n / 2 < least ? least : n / 2;	/* no number: half, or what will do */
		else
			break;
	}
	return ret;
}
// ANCHOR_END: some

// ANCHOR: fall_back
/*
 * MSI-X with at least `least` vectors, else MSI with as many, else INTx with its one: *index is
 * which, and *got how many. None of the three may be on: beside INTx, MSI-X and MSI would refuse,
 * and INTx "succeed", with its live trigger replaced.
 *
 * An index that is missing, or refuses, is stepped over. When none is left all are off: the -errno
 * of the last that is not missing, or -ENODEV.
 */
int irq_fall_back(int device, uint32_t least, uint32_t most, int32_t *fds, uint32_t *index,
		  uint32_t *got)
{
	static const uint32_t order[] = {
		VFIO_PCI_MSIX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_INTX_IRQ_INDEX,
	};
	int ret = -ENODEV;

	for (uint32_t i = 0; i < 3; i++) {
		int tried;

		if (order[i] == VFIO_PCI_INTX_IRQ_INDEX)
			least = most = 1;
		tried = irq_enable_some(device, order[i], least, most, fds, got);
		*index = order[i];
		if (tried == 0)
			return 0;
		if (tried != -ENODEV)
			ret = tried;
	}
	return ret;
}
// ANCHOR_END: fall_back
