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

/* The same in steps, so that what a large value has inside is read once: `it` stands before an
 * item, or before a field's value. Then scan_value() takes it, or scan_array(it->rest),
 * scan_object(it->rest) goes through it to its end, and scan_leave() lets `it` go on behind. */
bool scan_next(struct scan *it);
bool scan_key(struct scan *it, struct span *key);
bool scan_value(struct scan *it, struct span *value);
void scan_leave(struct scan *it, const struct scan *inner);

/* A field of an object; len 0: it has none. */
struct span scan_find(struct span object, const char *key);
bool scan_is(struct span value, const char *text); /* `true`, or a key */
/* A scalar as the cell of a table (get_cell): a text without quotes and escapes, "-" for null. */
void scan_cell(struct span value, struct text *out);
