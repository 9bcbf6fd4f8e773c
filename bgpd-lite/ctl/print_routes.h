/*
 * `show routes`: routes are made rows as they come, and printed sorted by VRF and prefix when all
 * are there. The client.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "bgpd-lite/ctl/table.h"
#include "lib/addr.h"

struct route_rows {
	struct prefix prefix;
	const char *vrf; /* of `vrfs` */
	size_t first;    /* row of the table */
	size_t n;
};

struct route_table {
	struct table table;
	struct route_rows *routes;
	size_t routes_n;
	size_t capacity;
	json_t *vrfs; /* an object: each name once */
};

void routes_init(struct route_table *r);
void routes_add(struct route_table *r, const json_t *routes); /* an array of them */
void routes_sort(struct route_table *r);
/* Lines of the route of that place; header first. */
void routes_line(const struct route_table *r, size_t i, struct text *out);
void routes_free(struct route_table *r);
