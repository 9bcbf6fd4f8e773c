/*
 * The hash table under the attribute store: linear hashing, chained through struct attrs. It grows
 * by one bucket an insertion and shrinks by two a removal, so no call moves more than two chains.
 * Buckets stand in segments; only the list of segments (1/512 of the buckets) is ever re-allocated.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/attr.h"

enum {
	ATTR_SEGMENT_BUCKETS = 512, /* a power of two; also the smallest table */
};

struct attr_table {
	struct attrs ***segments;
	size_t segments_max; /* places in the list */
	size_t buckets;      /* in use, at least ATTR_SEGMENT_BUCKETS */
	size_t count;        /* sets in the table */
	size_t bytes;        /* memory held by the table itself */
};

bool attr_table_init(struct attr_table *t); /* false: no memory */
void attr_table_drop(struct attr_table *t); /* the table, not the sets */
/* The chain a hash belongs to; NULL for an empty one. */
struct attrs *attr_table_chain(const struct attr_table *t, uint32_t hash);
/* a->hash is set, a is not in the table. Without memory the table stays as small as it is. */
void attr_table_insert(struct attr_table *t, struct attrs *a);
/* a is in the table. */
void attr_table_remove(struct attr_table *t, struct attrs *a);
