/*
 * How long repairs took, as a histogram: from the loss of a session to the kernel's answer. bgp
 * process; pure.
 */
#pragma once

#include <stdint.h>

enum {
	REPAIR_BOUNDS_N = 10,
};

/* Upper bounds in microseconds, ascending. */
extern const uint32_t repair_bound_us[REPAIR_BOUNDS_N];

struct repairs {
	uint64_t n;                       /* all */
	uint64_t sum_us;                  /* of all */
	uint64_t within[REPAIR_BOUNDS_N]; /* as long as that bound or shorter */
};

void repairs_add(struct repairs *r, uint64_t took_us);
