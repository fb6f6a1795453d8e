//// stimulate
/* QEMU's teaching device (edu): one register raises, another acknowledges. */
#define SETTLE 0x00	/* Identification: can be read without effect */
#define RAISE 0x60
#define ACKNOWLEDGE 0x64

static void rest(void)
{
}

//// prepare
static int prepare(void)
{
	return 0;
}

//// fire
static int fire(unsigned int vector)
{
	if (vector > 0)
		return EOPNOTSUPP;
	return stimulate(&(struct write){ RAISE, 1 }, 1);
}

//// assert_intx
static int assert_intx(void)
{
	if (!by_pin())
		return EOPNOTSUPP;
	return stimulate(&(struct write){ RAISE, 2 }, 1);
}

//// deassert_intx
static int deassert_intx(void)
{
	return stimulate(&(struct write){ ACKNOWLEDGE, UINT32_MAX }, 1);
}
