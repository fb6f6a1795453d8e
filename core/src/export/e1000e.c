//// stimulate
/* Intel 82574L (e1000e): Interrupt Cause Set raises any cause. Registers: its datasheet, 10.2.4. */
#define SETTLE 0x08	/* Device Status: can be read without effect */
#define ICR 0xc0
#define ITR 0xc4
#define ICS 0xc8
#define IMS 0xd0
#define EIAC 0xdc
#define IVAR 0xe4
#define EITR 0xe8
#define LINK (1u << 2)
#define QUEUE0 20	/* bit of the first queue's cause; five causes have a vector each */

/* QEMU's keeps 128 us between two interrupts of a vector, whatever ITR and EITR say. */
static void rest(void)
{
	nap(192);
	nap(64);
	nap(64);
}

//// prepare
static int prepare(void)
{
	static const struct write writes[] = {
		{ IVAR, 0x80000000 | 8 | 9 << 4 | 10 << 8 | 11 << 12 | 12 << 16 },
		{ EIAC, 0 }, { ITR, 0 },
		{ EITR, 0 }, { EITR + 4, 0 }, { EITR + 8, 0 }, { EITR + 12, 0 }, { EITR + 16, 0 },
		{ ICR, UINT32_MAX },	/* what came up before nobody asked for */
		{ IMS, 0x1fu << QUEUE0 | LINK },
	};

	if (prepared)
		return 0;
	prepared = true;
	return bar0(writes, COUNT(writes));
}

//// fire
static int fire(unsigned int vector)
{
	if (vector >= 5)
		return EOPNOTSUPP;
	/* A cause that is set already is not told again: clear it first. */
	struct write writes[] = { { ICR, UINT32_MAX }, { ICS, 1u << (QUEUE0 + vector) } };
	return stimulate(writes, COUNT(writes));
}

//// assert_intx
static int assert_intx(void)
{
	if (!by_pin())
		return EOPNOTSUPP;
	return stimulate(&(struct write){ ICS, LINK }, 1);
}

//// deassert_intx
static int deassert_intx(void)
{
	return stimulate(&(struct write){ ICR, UINT32_MAX }, 1);
}
