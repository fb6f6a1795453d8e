/*
 * Recipes for the interrupts of a VFIO device, in C. The book shows these functions, part by part; each
 * may be pasted with those it calls (base.c).
 *
 * Every function returns 0, which is done, or -errno, and never a number above 0: how many vectors
 * comes by pointer. -ENOTRECOVERABLE: what was on before could not be put back, and is off.
 *
 * `device` is the VFIO device's descriptor. Not for two threads at once on one device.
 */
#ifndef RECIPES_H
#define RECIPES_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/vfio.h>

/* base.c */
int irq_ask(int device, uint32_t index, struct vfio_irq_info *info);
int irq_set(int device, uint32_t action, uint32_t index, uint32_t start, uint32_t count,
	    const int32_t *fds, uint32_t *can);
int irq_disable(int device, uint32_t index);
int irq_eventfds(int32_t *fds, uint32_t n);
void irq_close(int32_t *fds, uint32_t n);

/* enable.c */
int irq_enable(int device, uint32_t index, uint32_t n, int32_t *fds, uint32_t *can);
int irq_enable_some(int device, uint32_t index, uint32_t least, uint32_t most, int32_t *fds,
		    uint32_t *got);
int irq_fall_back(int device, uint32_t least, uint32_t most, int32_t *fds, uint32_t *index,
		  uint32_t *got);

/* add.c */
int irq_add(int device, uint32_t index, uint32_t live, int32_t *fds, bool *look);
int irq_enable_ahead(int device, uint32_t index, uint32_t n, uint32_t all, int32_t *fds,
		     uint32_t *can);
int irq_arm(int device, uint32_t index, uint32_t vector, int32_t *fd);

/* switch.c */
int irq_leave_intx(int device, int32_t *intx, uint32_t index, uint32_t n, int32_t *fds,
		   uint32_t *can);

/* kvm.c */
int irq_kvm(int vm, uint32_t flags, uint32_t gsi, int trigger, int resample);
int irq_intx_to_kvm(int device, int vm, uint32_t gsi, int32_t fds[2]);
int irq_intx_from_kvm(int device, int vm, uint32_t gsi, int32_t fds[2]);

/* shut_down.c */
int irq_shut_down(int device, uint32_t index, uint32_t n, int32_t *fds, uint64_t *left);

#endif
