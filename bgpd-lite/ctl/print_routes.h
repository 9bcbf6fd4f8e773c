/*
 * `show routes`: lines in the order in which the routes come, printed while they come. The first
 * ROUTES_ALIGNED routes say how wide the columns are; a wider cell behind them moves its line. The
 * client.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bgpd-lite/ctl/scan.h"
#include "bgpd-lite/ctl/table.h"

enum {
	ROUTES_ALIGNED = 1000,
	ROUTES_COLUMNS = 12,
};

struct route_table {
	struct table table; /* of the first routes */
	size_t routes_n;
	bool begun;                        /* the header was printed */
	struct text cells[ROUTES_COLUMNS]; /* of the line that is being made */
};

void routes_init(struct route_table *r);
/* The items of an array; the lines that can be printed now come behind out. */
void routes_add(struct route_table *r, struct scan *routes, struct text *out);
/* There are no more. */
void routes_end(struct route_table *r, struct text *out);
void routes_free(struct route_table *r);
