#include "bgpd-lite/ctl/people.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	WORD_MAX = 40,
};

const char *people_duration(uint64_t s, char out[PEOPLE_DURATION_MAX])
{
	if (s < 60)
		snprintf(out, PEOPLE_DURATION_MAX, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(out, PEOPLE_DURATION_MAX, "%" PRIu64 "m%02us", s / 60, (unsigned)(s % 60));
	else if (s < 86400)
		snprintf(out, PEOPLE_DURATION_MAX, "%" PRIu64 "h%02um", s / 3600,
			(unsigned)(s / 60 % 60));
	else
		snprintf(out, PEOPLE_DURATION_MAX, "%" PRIu64 "d%02uh", s / 86400,
			(unsigned)(s / 3600 % 24));
	return out;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* Letters to add, drop or change. Both at most WORD_MAX. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

const char *people_nearest(const char *typed, const char *const *words)
{
	const char *best = NULL;
	size_t len = strlen(typed), best_distance = 0;

	if (len > WORD_MAX)
		return NULL;
	for (; *words; words++) {
		size_t d = strlen(*words) <= WORD_MAX ? distance(typed, *words) : WORD_MAX;
		if (!best || d < best_distance) {
			best = *words;
			best_distance = d;
		}
	}
	return best && best_distance * 3 <= len + 2 ? best : NULL;
}

const char *people_complete(const char *typed, const char *const *words)
{
	const char *found = NULL;
	size_t len = strlen(typed);

	for (; *words && len; words++) {
		if (strcmp(*words, typed) == 0)
			return *words;
		if (strncmp(*words, typed, len) != 0)
			continue;
		if (found)
			return NULL;
		for (const char *const *later = words + 1; *later; later++)
			if (strcmp(*later, typed) == 0)
				return *later;
		found = *words;
	}
	return found;
}
