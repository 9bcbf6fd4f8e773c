/*
 * Takes over gateways and groups that an earlier life left in the kernel (channel.h, Adoption). fib
 * process, edge.
 *
 * Ours are those of our protocol in our range of ids. What is not adopted (too many, a group with a
 * foreign member) is left to FIB_MSG_SWEEP.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "rib/fib/nlread.h"

struct fib;

/* The objects of the kernel, by one dump. */
struct inventory {
	struct nlread_nexthop *object;
	size_t n;
};
int inventory_read(struct fib *f, struct inventory *v); /* 0 or -errno; free() object */
/* The same without nexthop objects: gateways and groups as the routes of our protocol,
 * in all tables, have them. */
void adopt_routes(struct fib *f);
void adopt_objects(struct fib *f, const struct inventory *v);
