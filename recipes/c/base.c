#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "recipes.h"

// ANCHOR: ask
/*
 * What the host says of an index. One it does not have is 0 vectors and no flags: some say so
 * with EINVAL.
 */
int irq_ask(int device, uint32_t index, struct vfio_irq_info *info)
{
	*info = (struct vfio_irq_info){ .argsz = sizeof(*info), .index = index };
	if (ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, info) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	info->flags = 0;
	info->count = 0;
	return 0;
}
// ANCHOR_END: ask

// ANCHOR: set
/*
 * SET_IRQS with eventfds, or with no data where fds is NULL. The ioctl's answer above 0 means
 * that nothing was enabled and so many vectors can be had: it becomes -ENOSPC, and the number *can,
 * which is 0 otherwise. can may be NULL.
 */
int irq_set(int device, uint32_t action, uint32_t index, uint32_t start, uint32_t count,
	    const int32_t *fds, uint32_t *can)
{
	uint32_t data = fds ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE;
	uint32_t most = fds ? count : 0;
	struct vfio_irq_set *set;
	int ret;

	if (can)
		*can = 0;
	if (count > 2048)	/* PCI has no more, and argsz must not overflow */
		return -EINVAL;
	set = malloc(sizeof(*set) + most * sizeof(*fds));
	if (!set)
		return -ENOMEM;
	set->argsz = sizeof(*set) + most * sizeof(*fds);
	set->flags = data | action;
	set->index = index;
	set->start = start;
	set->count = count;
	for (uint32_t i = 0; i < most; i++)
		((int32_t *)set->data)[i] = fds[i];
	ret = ioctl(device, VFIO_DEVICE_SET_IRQS, set);
	if (ret < 0) {
		ret = -errno;
	} else if (ret > 0) {
		if (can)
			*can = ret;
		ret = -ENOSPC;
	}
	free(set);
	return ret;
}
// ANCHOR_END: set

// ANCHOR: disable
/*
 * Disables an index. EINVAL says that it is not on, which is what was wanted; the number of an index
 * the device does not have gets it too, so a wrong one is not noticed.
 */
int irq_disable(int device, uint32_t index)
{
	int ret = irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, 0, NULL, NULL);

	return ret == -EINVAL ? 0 : ret;
}
// ANCHOR_END: disable

// ANCHOR: eventfds
/* Closes those of n that are open. A -1 is a vector without one. */
void irq_close(int32_t *fds, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* Makes n eventfds, or none. */
int irq_eventfds(int32_t *fds, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fds[i] < 0) {
			int error = errno;

			irq_close(fds, i);
			return -error;
		}
	}
	return 0;
}
// ANCHOR_END: eventfds
