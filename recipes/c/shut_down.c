#include <unistd.h>

#include "recipes.h"

// ANCHOR: shut_down
/*
 * Disables an index and closes its eventfds; *left is what they had counted and nobody had read.
 *
 * Before: mask the interrupt causes in the device's own registers, and take the eventfds away from
 * KVM. An index that is off already is no error. An error leaves everything as it was.
 */
int irq_shut_down(int device, uint32_t index, uint32_t n, int32_t *fds, uint64_t *left)
{
	int ret = irq_disable(device, index);

	*left = 0;
	if (ret)
		return ret;
	/*
	 * INTx, MSI and MSI-X signal no more: these counts are the last. ERR and REQ may signal once
	 * more, which nobody reads.
	 */
	for (uint32_t i = 0; i < n; i++) {
		uint64_t count;

		if (fds[i] >= 0 && read(fds[i], &count, sizeof(count)) == sizeof(count))
			*left += count;
	}
	irq_close(fds, n);
	return 0;
}
// ANCHOR_END: shut_down
