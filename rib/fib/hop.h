/*
 * The next hops of a route that has them itself: where the kernel shall have no nexthop objects
 * ([kernel] nexthop-mode = multipath). fib process and those who read routes, pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"

struct hop {
	uint32_t ifindex;
	struct addr addr; /* ADDR_NONE: the link itself */
	uint16_t weight;  /* 1 .. 256 */
	bool onlink;
};

/* A hash, whatever their order; of one alone the weight means nothing. */
uint32_t hops_sum(const struct hop *h, size_t n);
