#include "rib/attr_table.h"

#include <assert.h>
#include <stdlib.h>

static struct attrs **bucket_at(const struct attr_table *t, size_t i)
{
	return &t->segments[i / ATTR_SEGMENT_BUCKETS][i % ATTR_SEGMENT_BUCKETS];
}

/* The greatest power of two that is not above the number of buckets. */
static size_t round_size(const struct attr_table *t)
{
	return (size_t)1 << (63 - __builtin_clzll(t->buckets));
}

static size_t bucket_index(const struct attr_table *t, uint32_t hash)
{
	size_t round = round_size(t);
	size_t i = hash & (2 * round - 1);
	return i < t->buckets ? i : i - round;
}

static struct attrs **bucket_of(const struct attr_table *t, uint32_t hash)
{
	return bucket_at(t, bucket_index(t, hash));
}

static bool segment_add(struct attr_table *t)
{
	size_t at = t->buckets / ATTR_SEGMENT_BUCKETS;
	if (at == t->segments_max) {
		size_t max = at ? at * 2 : 8;
		struct attrs ***more = realloc(t->segments, max * sizeof(*more));
		if (!more)
			return false;
		t->bytes += (max - t->segments_max) * sizeof(*more);
		t->segments = more;
		t->segments_max = max;
	}
	t->segments[at] = calloc(ATTR_SEGMENT_BUCKETS, sizeof(struct attrs *));
	if (!t->segments[at])
		return false;
	t->bytes += ATTR_SEGMENT_BUCKETS * sizeof(struct attrs *);
	return true;
}

bool attr_table_init(struct attr_table *t)
{
	*t = (struct attr_table){0};
	if (!segment_add(t)) {
		free(t->segments);
		return false;
	}
	t->buckets = ATTR_SEGMENT_BUCKETS;
	return true;
}

void attr_table_drop(struct attr_table *t)
{
	size_t n = (t->buckets + ATTR_SEGMENT_BUCKETS - 1) / ATTR_SEGMENT_BUCKETS;
	for (size_t i = 0; i < n; i++)
		free(t->segments[i]);
	free(t->segments);
}

struct attrs *attr_table_chain(const struct attr_table *t, uint32_t hash)
{
	return *bucket_of(t, hash);
}

/* One bucket more: the chain it is split from is dealt out again. */
static void table_grow(struct attr_table *t)
{
	if (t->buckets % ATTR_SEGMENT_BUCKETS == 0 && !segment_add(t))
		return;
	struct attrs **from = bucket_at(t, t->buckets - round_size(t));
	struct attrs *a = *from;
	*from = NULL;
	t->buckets++;
	while (a) {
		struct attrs *next = a->next;
		struct attrs **to = bucket_of(t, a->hash);
		a->next = *to;
		*to = a;
		a = next;
	}
}

/* One bucket less: the last chain goes back to the one it was split from. */
static void table_shrink(struct attr_table *t)
{
	struct attrs **last = bucket_at(t, t->buckets - 1);
	struct attrs *a = *last;
	*last = NULL;
	t->buckets--;
	while (a) {
		struct attrs *next = a->next;
		struct attrs **to = bucket_of(t, a->hash);
		a->next = *to;
		*to = a;
		a = next;
	}
	if (t->buckets % ATTR_SEGMENT_BUCKETS == 0) {
		free(t->segments[t->buckets / ATTR_SEGMENT_BUCKETS]);
		t->bytes -= ATTR_SEGMENT_BUCKETS * sizeof(struct attrs *);
	}
}

void attr_table_insert(struct attr_table *t, struct attrs *a)
{
	struct attrs **bucket = bucket_of(t, a->hash);
	a->next = *bucket;
	*bucket = a;
	if (++t->count > t->buckets)
		table_grow(t);
}

void attr_table_remove(struct attr_table *t, struct attrs *a)
{
	struct attrs **at = bucket_of(t, a->hash);
	while (*at && *at != a)
		at = &(*at)->next;
	assert(*at == a);
	*at = a->next;
	t->count--;
	/* two, so that a table that empties comes back to its smallest size */
	for (int i = 0; i < 2; i++) {
		if (t->buckets > ATTR_SEGMENT_BUCKETS && t->count < t->buckets / 2)
			table_shrink(t);
	}
}
