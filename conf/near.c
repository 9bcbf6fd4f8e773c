#include "conf/near.h"

#include <stdbool.h>
#include <string.h>

enum {
	NEAR_LEN_MAX = 63, /* longer names are compared by their beginning */
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that make b of a. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAR_LEN_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]),
				least(last[j], row[j - 1]) + 1);
			bool swapped =
				i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
			if (swapped)
				row[j] = least(row[j], before[j - 2] + 1);
		}
		size_t *spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

struct conf_near conf_near_init(const char *wrong)
{
	return (struct conf_near){.wrong = wrong};
}

void conf_near_offer(struct conf_near *n, const char *name)
{
	size_t wrong_len = least(strlen(n->wrong), NEAR_LEN_MAX);
	size_t name_len = least(strlen(name), NEAR_LEN_MAX);
	size_t d = edit_distance(n->wrong, wrong_len, name, name_len);
	bool starts = wrong_len >= 3 && strncmp(name, n->wrong, wrong_len) == 0;
	if (starts)
		d = 1;
	if (d > least(wrong_len, name_len) / 3 + 1 || d >= least(wrong_len, name_len))
		return;
	if (!n->best || d < n->distance) {
		n->best = name;
		n->distance = d;
	}
}
