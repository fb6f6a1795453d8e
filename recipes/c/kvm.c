#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <sys/ioctl.h>

#include "recipes.h"

// ANCHOR: irqfd
/*
 * Ties an eventfd to a GSI of the guest, or unties it (KVM_IRQFD_FLAG_DEASSIGN). From here on KVM
 * reads the eventfd, and nobody else may.
 */
int irq_kvm(int vm, uint32_t flags, uint32_t gsi, int trigger, int resample)
{
	struct kvm_irqfd irqfd = {
		.fd = trigger,
		.gsi = gsi,
		.flags = flags,
		.resamplefd = flags & KVM_IRQFD_FLAG_RESAMPLE ? resample : 0,
	};

	return ioctl(vm, KVM_IRQFD, &irqfd) < 0 ? -errno : 0;
}
// ANCHOR_END: irqfd

// ANCHOR: to_kvm
/*
 * Enables INTx for a guest: fds[0] is its trigger and raises the GSI, fds[1] is KVM's resample
 * eventfd and unmasks it. INTx must be off, and MSI and MSI-X: were INTx on, its trigger would be
 * replaced, and an error disable it.
 *
 * An error leaves INTx off and no descriptor open. Should the disable fail on the way back, its
 * error is returned, and INTx is still on: irq_disable.
 */
int irq_intx_to_kvm(int device, int vm, uint32_t gsi, int32_t fds[2])
{
	const uint32_t index = VFIO_PCI_INTX_IRQ_INDEX;
	struct vfio_irq_info info;
	int ret = irq_ask(device, index, &info);

	if (ret)
		return ret;
	if (info.count == 0 || !(info.flags & VFIO_IRQ_INFO_AUTOMASKED))
		return -ENODEV;	/* not a level: nothing to resample */
	if (ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_IRQFD_RESAMPLE) <= 0)
		return -EOPNOTSUPP;
	ret = irq_eventfds(fds, 2);
	if (ret)
		return ret;
	ret = irq_set(device, VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, 1, &fds[0], NULL);
	if (ret) {
		irq_close(fds, 2);
		return ret;
	}
	ret = irq_set(device, VFIO_IRQ_SET_ACTION_UNMASK, index, 0, 1, &fds[1], NULL);
	/* Last: KVM finds what the trigger has counted by now. */
	if (ret == 0)
		ret = irq_kvm(vm, KVM_IRQFD_FLAG_RESAMPLE, gsi, fds[0], fds[1]);
	if (ret) {
		int off = irq_disable(device, index);	/* takes the unmask eventfd away, too */

		irq_close(fds, 2);
		if (off)
			return off;
	}
	return ret;
}
// ANCHOR_END: to_kvm

// ANCHOR: from_kvm
/*
 * Takes INTx back into this process: fds[0] is its trigger as before, fds[1] is closed. Unmasks
 * once, for nobody else will: a line that is up signals at once.
 *
 * An error leaves both descriptors open. Either KVM has not let go, and all is as it was; or it
 * has, and INTx is on, perhaps masked, perhaps with its unmask eventfd. The call can be repeated.
 */
int irq_intx_from_kvm(int device, int vm, uint32_t gsi, int32_t fds[2])
{
	const uint32_t index = VFIO_PCI_INTX_IRQ_INDEX;
	const int32_t none = -1;
	int ret = irq_kvm(vm, KVM_IRQFD_FLAG_DEASSIGN, gsi, fds[0], -1);

	if (ret)
		return ret;
	ret = irq_set(device, VFIO_IRQ_SET_ACTION_UNMASK, index, 0, 1, &none, NULL);
	if (ret == 0)
		ret = irq_set(device, VFIO_IRQ_SET_ACTION_UNMASK, index, 0, 1, NULL, NULL);
	if (ret == 0)
		irq_close(&fds[1], 1);
	return ret;
}
// ANCHOR_END: from_kvm
