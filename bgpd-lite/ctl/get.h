/*
 * Fields of a reply with defaults, for the pages that the client prints. A field that an older or
 * newer daemon does not have is empty, never an error.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "bgpd-lite/ctl/table.h"

static inline const char *get_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static inline json_int_t get_number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static inline bool get_bool(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

enum {
	CELL_MAX = 64,
};

/* print.c */
/* Any scalar as a cell: text, number, "yes"/"no", "-" for null. */
const char *get_cell(const json_t *o, const char *key, char out[CELL_MAX]);
/* Seconds as a duration; "-" for null */
const char *get_duration(const json_t *o, const char *key, char out[CELL_MAX]);
/* Milliseconds as a duration */
const char *get_duration_ms(const json_t *o, const char *key, char out[CELL_MAX]);
/* Milliseconds since 1970 as local time: "2026-11-23 14:05:10.250" */
const char *get_when(const json_t *o, const char *key, char out[CELL_MAX]);
/* Prefixes of a VRF in the kernel: "12"; where it is flushed "flushed", or "12, flushed". */
const char *get_installed(const json_t *vrf, char out[CELL_MAX]);
/* The neighbour's name without its " vrf X" */
const char *get_neighbor(const json_t *o, const char *key, char out[CELL_MAX]);
/* An array of texts: "ipv4, ipv6"; "-" for none */
void put_list(struct text *out, const json_t *array);
/* One line of a page: "  Label          value" where there is a value. */
void put_field(struct text *out, const char *label, const char *value);
