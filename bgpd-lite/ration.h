/*
 * Who has to give way when routes take more memory than they may. Pure; bytes, milliseconds.
 *
 * Of each bound the last sixteenth is kept for neighbours whose routes hardly grow: who loads a
 * table is refused before it, so the changes of those that are there go on. Growth is what a
 * neighbour has more than about a minute ago. Beyond the bound whoever grew most goes; where that
 * is less than what is too much (the bound was lowered), the one with most paths.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ration_bound {
	uint64_t limit; /* 0: none */
	uint64_t used;
};

enum ration_level {
	RATION_FREE,
	RATION_SHORT, /* in the last sixteenth */
	RATION_OVER,
};

struct ration_share {
	uint64_t paths; /* 0: not to be ended */
	uint64_t grown; /* of them */
};

enum ration_level ration_level(const struct ration_bound *b);
/* What may be used before it is short; 0: nothing. */
uint64_t ration_room(const struct ration_bound *b);
/* About what so many paths use of it; of is the number of all. */
uint64_t ration_bytes(const struct ration_bound *b, uint64_t paths, uint64_t of);
/* Index of the one that has to go, or -1. */
int ration_pick(const struct ration_bound *b, const struct ration_share *shares, size_t n);
/* Until it may try again without more room than there was, by how often it was ended before: 30 s,
 * doubling to 30 minutes. */
uint64_t ration_wait_ms(unsigned before);
