/*
 * Walking an AS_PATH in wire form: segments of type, count and AS numbers of 2 or 4 octets.
 * Pure. The codec, the attribute store, tests. RFC 4271 4.3, 5065 3, 6793 4.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wire.h"

enum as_segment_type {
	AS_SEGMENT_SET = 1,
	AS_SEGMENT_SEQUENCE = 2,
	AS_SEGMENT_CONFED_SEQUENCE = 3,
	AS_SEGMENT_CONFED_SET = 4,
};

struct as_segment {
	uint8_t type; /* as received, maybe none of enum as_segment_type */
	uint8_t n;    /* AS numbers in it */
	uint8_t as_size;
	struct rd numbers;
};

/* The next segment; as_size is 2 or 4. False at the end and on a segment that is cut short: then
 * path->err is set. */
bool as_segment_next(struct rd *path, uint8_t as_size, struct as_segment *out);
/* The next number of a segment, 0 at its end (AS 0 is refused by the decoder). */
uint32_t as_segment_number(struct as_segment *s);
bool as_segment_is_set(const struct as_segment *s);
bool as_segment_is_confed(const struct as_segment *s);
/* What a segment counts for in the length of the path: a set 1, a confederation segment 0. */
unsigned as_segment_length(const struct as_segment *s);
/* The sum over a path that was checked. RFC 4271 9.1.2.2, 5065 5.3. */
unsigned as_path_length(struct rd path, uint8_t as_size);
