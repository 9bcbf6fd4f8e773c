/*
 * Values of a JSON text where they stand, without building anything: for replies of a million
 * routes. Pure. The client.
 *
 * It finds where values begin and end and says false where the text cannot be JSON; what it passes
 * over is not checked further.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bgpd-lite/ctl/text.h"

struct span {
	const char *s;
	size_t len;
};

/* The items of one array, or the fields of one object. */
struct scan {
	struct span rest;
	char close;
	bool first;
	bool bad; /* it is no such value, or ends before its end */
};

struct scan scan_array(struct span value);
struct scan scan_object(struct span value);
/* False: there is no further one. */
bool scan_item(struct scan *it, struct span *value);
bool scan_field(struct scan *it, struct span *key, struct span *value); /* key without its quotes */
/* A field of an object; len 0: it has none. */
struct span scan_find(struct span object, const char *key);
bool scan_is(struct span value, const char *text); /* `true`, or a key */
/* A scalar as the cell of a table (get_cell): a text without quotes and escapes, "-" for null. */
void scan_cell(struct span value, struct text *out);
