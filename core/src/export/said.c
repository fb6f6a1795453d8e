//// *
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
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
#include <time.h>
#include <unistd.h>
#include <linux/vfio.h>

/* ---- What is said: a line for each step, and how the whole went. ---- */

#define WORD 8400		/* longest word: 4096 bytes in hex */

static int line;		/* the scenario's line under way */
static bool begun;		/* something is printed of it */
static char last[WORD];		/* its last word, not printed yet, */
static unsigned int times;	/* and how many times it came in a row */
static char reply[WORD];	/* the last answer */
static char verdict[3 * WORD] = "held";

static void print_last(void)
{
	if (times == 0)
		return;
	if (begun)
		printf(", %s", last);
	else
		printf("%d %s", line, last);
	if (times > 1)
		printf(" x%u", times);
	begun = true;
	times = 0;
}

static void step(int number)
{
	print_last();
	if (begun)
		printf("\n");
	fflush(stdout);
	line = number;
	begun = false;
	reply[0] = '\0';
}

//// say
static void say(const char *format, ...)
{
	static char word[WORD];
	va_list list;

	va_start(list, format);
	vsnprintf(word, sizeof(word), format, list);
	va_end(list);
	if (times > 0 && strcmp(word, last) != 0)
		print_last();
	strcpy(last, word);
	times++;
}

//// fail
/* Only the first that does not hold is told. */
static void fail(const char *expected, const char *got)
{
	if (strcmp(verdict, "held") == 0)
		snprintf(verdict, sizeof(verdict), "failed %d: %s, got %s", line, expected, got);
}

//// cannot
/* The scenario says something that this program can't do. */
static void cannot(const char *what)
{
	if (strcmp(verdict, "held") == 0)
		snprintf(verdict, sizeof(verdict), "cannot %d: %s", line, what);
	fprintf(stderr, "line %d: not carried: %s\n", line, what);
}

//// *
static _Noreturn void die(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fprintf(stderr, "error: ");
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fprintf(stderr, "\n");
	exit(2);
}

