//// *
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <linux/vfio.h>

/* ---- TAP: by the kernel's kselftest.h where it is, else by these few lines. ---- */

#ifdef __has_include
#if __has_include("../kselftest.h")
#include "../kselftest.h"
#define HAS_KSELFTEST_H
#endif
#endif

#ifndef HAS_KSELFTEST_H
#define KSFT_PASS 0
#define KSFT_FAIL 1
#define KSFT_SKIP 4

static unsigned int ksft_passed, ksft_failed, ksft_skipped;

#define ksft_print_header() printf("TAP version 13\n")
#define ksft_set_plan(tests) printf("1..%u\n", tests)
#define ksft_print_msg(...) (printf("# "), printf(__VA_ARGS__))
#define ksft_result(how, counter, ...) \
	(counter++, printf(how, ksft_passed + ksft_failed + ksft_skipped), printf(__VA_ARGS__))
#define ksft_test_result_pass(...) ksft_result("ok %u ", ksft_passed, __VA_ARGS__)
#define ksft_test_result_fail(...) ksft_result("not ok %u ", ksft_failed, __VA_ARGS__)
#define ksft_test_result_skip(...) ksft_result("ok %u # SKIP ", ksft_skipped, __VA_ARGS__)
#define ksft_print_cnts() \
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n", \
	       ksft_passed, ksft_failed, ksft_skipped)
#define ksft_exit_skip(...) (printf("1..0 # SKIP "), printf(__VA_ARGS__), exit(KSFT_SKIP))
#define ksft_exit_fail_msg(...) \
	(printf("Bail out! "), printf(__VA_ARGS__), ksft_print_cnts(), exit(KSFT_FAIL))
#endif

#define WORD 8400		/* longest word: 4096 bytes in hex */

static bool verbose;		/* -v: every step and its answer */
static bool testing;		/* a test is under way */
static jmp_buf end_of_test;
static int line;		/* the scenario's line under way */
static const char *doing = "";	/* and its text */
static char reply[WORD];	/* the last answer */

static void step(int number, const char *text)
{
	line = number;
	doing = text;
	reply[0] = '\0';
	if (verbose)
		ksft_print_msg("%d: %s\n", number, text);
}

//// say
static void say(const char *format, ...)
{
	static char word[WORD];
	va_list list;

	va_start(list, format);
	vsnprintf(word, sizeof(word), format, list);
	va_end(list);
	if (verbose)
		ksft_print_msg("\t%s\n", word);
}

//// fail
/* What does not hold ends the test. */
static _Noreturn void fail(const char *expected, const char *got)
{
	ksft_print_msg("line %d: %s\n", line, doing);
	ksft_print_msg("expected %s, got %s\n", expected, got);
	longjmp(end_of_test, 1);
}

//// *
/* Before the first test, what is missing is a reason to skip them all. */
static _Noreturn void die(const char *format, ...)
{
	static char text[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (!testing)
		ksft_exit_skip("%s\n", text);
	else
		ksft_exit_fail_msg("line %d: %s: %s\n", line, doing, text);
	abort();
}
