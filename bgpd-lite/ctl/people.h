/*
 * Numbers and words as people read and mistype them. Pure. The client.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	PEOPLE_DURATION_MAX = 24,
};

/* "45s", "12m05s", "1h02m", "3d04h"; returns out */
const char *people_duration(uint64_t seconds, char out[PEOPLE_DURATION_MAX]);
/* The word of `words` (ends with NULL) that is nearest to what was typed; NULL where none is near:
 * more than a third of it would have to change. */
const char *people_nearest(const char *typed, const char *const *words);
/* The word that begins with what was typed, where only one does, or is it; else NULL. */
const char *people_complete(const char *typed, const char *const *words);
