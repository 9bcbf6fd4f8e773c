/*
 * Memory held back for what must not fail: where the system gives no more, the reserve is given up
 * for it, and until it is there again nothing that a peer could do without is taken. Never touched,
 * so it costs address space alone. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	/* The queue for fib as long as it may be (RIB_QUEUE_HIGH) and as much again for groups,
	 * holds and routes that the kernel refuses. */
	RESERVE_BYTES = 1 << 20,
	RESERVE_LEAST = 64 << 10, /* where memory is free in pieces alone */
};

struct reserve {
	void *bytes;
};

bool reserve_take(struct reserve *r); /* or it is there already; false: no memory */
/* True where there was one: what failed is worth another try. */
bool reserve_yield(struct reserve *r);
void *reserve_malloc(struct reserve *r, size_t size); /* NULL: not even with it */
