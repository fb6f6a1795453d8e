//// *

/* ---- Running the tests that apply ---- */

struct test {
	const char *name;
	void (*run)(void);
	uint32_t least[KINDS], most[KINDS];	/* vectors of INTx, MSI and MSI-X */
	unsigned int yes, no;			/* facts that must be, and must not be: a bit each */
};

/* Why a test says nothing here; an empty string: it applies. */
static const char *why_not(const struct test *test)
{
	static const char *const names[KINDS] = { "INTx", "MSI", "MSI-X" };
	static char why[512];

	for (int i = 0; i < KINDS; i++) {
		uint32_t least = test->least[i], most = test->most[i], count = irqs[i].count;
		char wish[64];

		if (count >= least && count <= most)
			continue;
		if (most == 0)
			snprintf(wish, sizeof(wish), "no");
		else if (least == most)
			snprintf(wish, sizeof(wish), "%u", least);
		else if (most == ANY)
			snprintf(wish, sizeof(wish), "%u or more", least);
		else
			snprintf(wish, sizeof(wish), "%u to %u", least, most);
		snprintf(why, sizeof(why), "needs %s %s vectors; there %s %u", wish, names[i],
			 count == 1 ? "is" : "are", count);
		return why;
	}
	for (unsigned int fact = 0; fact < FACTS; fact++) {
		bool yes = test->yes >> fact & 1, no = test->no >> fact & 1;

		if (!(yes || no) || so[fact] == (yes ? YES : NO))
			continue;
		if (fact < RANGE_FIRST)
			snprintf(why, sizeof(why), "needs %s", wanted[fact][yes]);
		else
			snprintf(why, sizeof(why), "needs %s; %s Linux %s", wanted[fact][yes],
				 so[fact] == UNKNOWN ? "not known of" : "this is", kernel.release);
		return why;
	}
	return "";
}

/* What a test left open. */
static void close_all(void)
{
	for (int fd = 1000; fd < next_fd; fd++)
		close(fd);
	next_fd = 1000;
	close_device();
}

/* Whether it passed; true, too, when it was skipped. */
static void run(const struct test *test, unsigned int *passed, unsigned int *failed)
{
	const char *why = why_not(test);

	if (*why) {
		ksft_test_result_skip("%s: %s\n", test->name, why);
		return;
	}
	if (verbose)
		ksft_print_msg("%s\n", test->name);
	testing = true;
	if (setjmp(end_of_test) == 0) {
		step(0, "the device as it is found");
		start_clean();
		test->run();
		ksft_test_result_pass("%s\n", test->name);
		++*passed;
	} else {
		ksft_test_result_fail("%s\n", test->name);
		++*failed;
	}
	testing = false;
	close_all();
	fflush(stdout);
}

static int run_all(const struct test *tests, unsigned int count, int argc, char **argv)
{
	unsigned int passed = 0, failed = 0;

	address = getenv("VFIO_SELFTESTS_BDF");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0)
			verbose = true;
		else
			address = argv[i];
	}
	ksft_print_header();
	if (!address)
		die("usage: %s [-v] 0000:00:06.0, the address of a device under vfio-pci", argv[0]);
	find_device();
	look();
	ksft_set_plan(count);
	ksft_print_msg("%s: INTx %u, MSI %u (flags %#x), MSI-X %u (flags %#x), Linux %s\n", address,
		       irqs[0].count, irqs[1].count, irqs[1].flags, irqs[2].count, irqs[2].flags,
		       kernel.release);
	for (unsigned int i = 0; i < count; i++)
		run(&tests[i], &passed, &failed);
	ksft_print_cnts();
	return failed ? KSFT_FAIL : passed ? KSFT_PASS : KSFT_SKIP;
}
