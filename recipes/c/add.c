#include <errno.h>
#include <stddef.h>

#include "recipes.h"

// ANCHOR: add
/*
 * Adds vector `live` to an index whose vectors 0 to live - 1 are on; fds has room for it. Not to
 * one from irq_enable_ahead: irq_arm does that.
 *
 * Where NORESIZE is set the index is rebuilt: mask the interrupt causes in the device's own
 * registers before the call, and afterwards, when *look says so, unmask them and handle every
 * vector once, as if it had come. An error leaves the vectors as they were, after a rebuild too
 * (*look); but -ENOTRECOVERABLE: the index is off.
 */
int irq_add(int device, uint32_t index, uint32_t live, int32_t *fds, bool *look)
{
	struct vfio_irq_info info;
	int ret = irq_ask(device, index, &info);

	*look = false;
	if (ret)
		return ret;
	if (live >= info.count)
		return -ENOSPC;
	ret = irq_eventfds(fds + live, 1);
	if (ret)
		return ret;
	if (info.flags & VFIO_IRQ_INFO_NORESIZE) {
		ret = irq_disable(device, index);
		*look = ret == 0;
		if (ret == 0)
			ret = irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, live + 1, fds,
				      NULL);
	} else {
		/* The new one alone: what fails in a request reaches the vectors it names. */
		ret = irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, live, 1, fds + live,
			      NULL);
	}
	if (ret == 0)
		return 0;
	irq_close(fds + live, 1);
	if (*look && live > 0 &&
	    irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, live, fds, NULL) != 0)
		return -ENOTRECOVERABLE;
	return ret;
}
// ANCHOR_END: add

// ANCHOR: ahead
/*
 * Enables an index with `all` vectors, of which the first n have an eventfd; the others are -1 in
 * fds, and take one later without a rebuild (irq_arm). Returns, and sets *can, as irq_enable does.
 */
int irq_enable_ahead(int device, uint32_t index, uint32_t n, uint32_t all, int32_t *fds,
		     uint32_t *can)
{
	struct vfio_irq_info info;
	int ret = irq_ask(device, index, &info);

	*can = 0;
	if (ret)
		return ret;
	if (info.count == 0 || !(info.flags & VFIO_IRQ_INFO_EVENTFD))
		return -ENODEV;
	if (all == 0 || n > all)
		return -EINVAL;
	if (all > info.count) {
		*can = info.count;
		return -ENOSPC;
	}
	ret = irq_eventfds(fds, n);
	if (ret)
		return ret;
	for (uint32_t i = n; i < all; i++)
		fds[i] = -1;
	ret = irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, all, fds, can);
	if (ret)
		irq_close(fds, n);
	return ret;
}

/* Gives a vector that was enabled with -1 its eventfd. An error leaves it without. */
int irq_arm(int device, uint32_t index, uint32_t vector, int32_t *fd)
{
	int ret = irq_eventfds(fd, 1);

	if (ret)
		return ret;
	ret = irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, vector, 1, fd, NULL);
	if (ret)
		irq_close(fd, 1);
	return ret;
}
// ANCHOR_END: ahead
