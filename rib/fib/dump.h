/*
 * A dump of the routes of ours in one table or all, read one datagram at a time. fib process, edge.
 *
 * The kernel filters by table, family and protocol; routes by protocol alone are not yet ours. It
 * makes a datagram when the one before is read, so a dump may be stopped at any place and costs
 * nothing while it waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rib/fib/nlread.h"

struct fib;

struct dump {
	struct transport *socket; /* NULL: none runs */
	uint32_t seq;
	uint32_t table; /* 0: all */
	uint8_t family; /* enum addr_family */
	bool interrupted;
};

enum dump_state {
	DUMP_MORE,
	DUMP_DONE,   /* all was told; also where the table does not exist */
	DUMP_BROKEN, /* an error, or the kernel says that it may have skipped some */
};

int dump_open(struct fib *f, struct dump *d, uint8_t family, uint32_t table); /* 0 or -errno */
typedef void dump_route(void *ctx, const struct nlread_route *r);
enum dump_state dump_read(struct fib *f, struct dump *d, dump_route *take, void *ctx);
void dump_close(struct dump *d); /* also one that does not run */
