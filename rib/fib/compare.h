/*
 * The slow audit of routes: lists what the kernel has in our tables, so that bgp can compare it
 * with what should be there (FIB_MSG_AUDIT, FIB_MSG_FOUND). fib process, edge.
 *
 * Each family has rounds of its own through all tables: COMPARE_MS after the last round, when no
 * route of that family was written for COMPARE_QUIET_MS; at once when notifications were lost. One
 * datagram of a dump at a time, between the other work of the loop.
 *
 * IPv6: while its table changes the kernel begins its walk anew for each datagram, and dump and
 * writer hold each other up. So a round waits for quiet however long, and is broken off and tried
 * again when routes are written. IPv4 waits COMPARE_LATE_MS at most and reads on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/dump.h"

enum {
	COMPARE_MS = 20000,
	COMPARE_LATE_MS = 5000,
	COMPARE_QUIET_MS = 1000,
	COMPARE_RETRY_MS = 1000, /* after a dump that the kernel interrupted */
};

/* The rounds of one family. */
struct compare {
	uint64_t at_ms;      /* the next round; 0: at once */
	uint64_t retry_ms;   /* within a round, not before */
	uint64_t written_ms; /* when routes were last written */
	uint32_t *table;     /* to be listed in this round; the last is in work */
	size_t table_n;      /* 0: no round runs */
	struct dump dump;
	uint64_t packets; /* done when it began */
	bool list;        /* a round is due, or runs, that FIB_MSG_LIST asked for */
};

struct compares {
	struct compare family[2]; /* IPv4, IPv6 */
};

void compare_start(struct fib *f);
void compare_now(struct fib *f); /* notifications were lost */
/* FIB_MSG_LIST: a round of both families at once, then LISTED. No other bulk work meanwhile. */
void compare_list(struct fib *f);
bool compare_lists(const struct compares *c); /* that is not done yet */
/* Before routes are written; families are bits: 1 IPv4, 2 IPv6. */
void compare_writes(struct fib *f, unsigned families);
/* ms until compare_step() has something to do; 0: now. */
int compare_wait_ms(const struct fib *f, uint64_t now_ms);
void compare_step(struct fib *f); /* one slice */
void compare_free(struct compares *c);
