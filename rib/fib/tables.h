/*
 * The routing tables in which fib may write. fib process, pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rib/fib/channel.h"

struct tables {
	struct fib_table *table; /* those present, in the order of coming */
	size_t n;
};

/* Table 0 and local (255) are nobody's to write. */
bool tables_allowed(uint32_t table);
const struct fib_table *tables_find(const struct tables *t, uint32_t table); /* NULL: not ours */
void tables_set(struct tables *t, const struct fib_table *m); /* adds, changes or removes */
void tables_free(struct tables *t);
