#include <errno.h>
#include <stddef.h>

#include "recipes.h"

// ANCHOR: leave_intx
/*
 * From INTx, with its trigger in *intx, to n vectors of MSI or MSI-X.
 *
 * Mask the interrupt causes in the device's own registers before the call; afterwards unmask them,
 * and handle the device once, as if it had interrupted. An error leaves INTx as it was, or on
 * without unmask eventfd, and unmasked, or masked where Interrupt Disable is set: set both anew.
 * With -ENOSPC, *can is as irq_enable's. -ENOTRECOVERABLE: nothing is on.
 */
int irq_leave_intx(int device, int32_t *intx, uint32_t index, uint32_t n, int32_t *fds,
		   uint32_t *can)
{
	struct vfio_irq_info info;
	int ret = irq_ask(device, index, &info);

	*can = 0;
	if (ret)
		return ret;
	/* What is known before anything is touched. */
	if (info.count == 0 || !(info.flags & VFIO_IRQ_INFO_EVENTFD))
		return -ENODEV;
	if (n == 0)
		return -EINVAL;
	if (n > info.count) {
		*can = info.count;
		return -ENOSPC;
	}
	ret = irq_disable(device, VFIO_PCI_INTX_IRQ_INDEX);
	if (ret)
		return ret;
	ret = irq_enable(device, index, n, fds, can);
	if (ret == 0)
		irq_close(intx, 1);
	else if (irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_INTX_IRQ_INDEX, 0, 1,
			 intx, NULL) != 0)
		ret = -ENOTRECOVERABLE;
	return ret;
}
// ANCHOR_END: leave_intx
