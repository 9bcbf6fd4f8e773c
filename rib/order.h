/*
 * The prefixes of a table in their order, a few thousand at a time: each pass over the table, in
 * pieces, picks the first ORDER_PICKS prefixes behind the last one. Pure.
 *
 * Nothing is kept in order for the sake of those who look: the table stays a hash table, and a look
 * at a million prefixes costs about a hundred passes of a few milliseconds. A prefix that exists
 * all the time is picked exactly once whatever changes meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rib/table.h"

enum {
	ORDER_PICKS = 8192,
};

/* Compares as its prefix does within a family. */
struct order_key {
	uint64_t high, low; /* of the address, host order; IPv4 in the upper half of high */
	uint32_t entry;
	uint8_t len;
};

struct order {
	struct order_key last; /* of the pass before */
	bool has_last;
	struct prefix within; /* only what it contains; ADDR_NONE: all */
	uint32_t scanned;     /* entries of this pass so far */
	uint32_t picks_n;
	struct order_key picks[ORDER_PICKS]; /* a heap, the greatest first, until the pass ends */
};

/* From the beginning of a table. */
void order_begin(struct order *o, const struct prefix *within);
/* Looks at `budget` entries of the table. True: the pass has ended, picks[] is in order; fewer than
 * ORDER_PICKS: there are no more behind them. */
bool order_scan(struct order *o, const struct table *t, uint32_t budget);
/* Pick i as it is in the table now; NULL: gone. */
const struct entry *order_pick(const struct order *o, const struct table *t, uint32_t i);
/* The next pass: what stands behind the last pick. */
void order_next(struct order *o);
