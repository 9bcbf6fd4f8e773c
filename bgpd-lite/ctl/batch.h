/*
 * A reply that is a few arrays, built item by item as text, so that its size is known at any time.
 * Pure. bgp process.
 *
 * The arrays are filled in the order of their names. {"parameters":{"gateways":[...],"groups":[]}}
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bgpd-lite/ctl/text.h"

struct batch {
	const char *const *names; /* of the arrays; ends with NULL */
	size_t open;              /* index of the array that is being filled */
	size_t items;
	struct text body;
};

enum {
	BATCH_DUMP_FLAGS = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9),
};

void batch_init(struct batch *b, const char *const *names);
/* Begins an item of the array of that index, which is the open one or a later one: the caller
 * writes one JSON value behind the text. */
struct text *batch_item(struct batch *b, size_t array);
/* Adds an item to such an array. Takes the item. */
void batch_add(struct batch *b, size_t array, json_t *item);
/* Appends the whole reply with its NUL to out; the batch is empty again. */
void batch_flush(struct batch *b, bool continues, struct text *out);
void batch_free(struct batch *b);
/* One JSON value as compact text behind t. */
void batch_dump(struct text *t, const json_t *value);
