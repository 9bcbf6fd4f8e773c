/* rtnetlink messages as lines of text, to be compared. For fake-compare.c. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;

enum {
	LINES = 512,
	LINE = 160,
};

struct lines {
	size_t n;
	char text[LINES][LINE];
};

/* Where it concerns the test: nexthops, routes of tables from LINES_TABLE on, rules 900 .. 999.
 * own: the port whose requests are ours. */
#define LINES_TABLE 1001u
void lines_take(struct lines *l, struct nlmsghdr *m, uint32_t own);
void lines_sort(struct lines *l);
