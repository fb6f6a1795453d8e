//// fire

/* Fill in: what makes your device raise this vector. 0 when done. */
static int fire(unsigned int vector)
{
	(void)vector;
	return EOPNOTSUPP;
}

//// assert_intx

/* Fill in: what makes your device raise its INTx status. 0 when done. */
static int assert_intx(void)
{
	return EOPNOTSUPP;
}

//// deassert_intx

/* Fill in: what makes it fall. 0 when done. */
static int deassert_intx(void)
{
	return EOPNOTSUPP;
}
