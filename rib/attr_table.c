#include "rib/attr_table.h"

#include <assert.h>
#include <stdlib.h>

enum {
	SEGMENTS_MIN = 8,
};

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

static bool list_resize(struct attr_table *t, size_t max)
{
	struct attrs ***list = realloc(t->segments, max * sizeof(*list));
	if (!list)
		return false;
	t->bytes = t->bytes + max * sizeof(*list) - t->segments_max * sizeof(*list);
	t->segments = list;
	t->segments_max = max;
	return true;
}

static bool segment_add(struct attr_table *t)
{
	size_t at = t->buckets / ATTR_SEGMENT_BUCKETS;
	if (at == t->segments_max && !list_resize(t, at ? at * 2 : SEGMENTS_MIN))
		return false;
	t->segments[at] = calloc(ATTR_SEGMENT_BUCKETS, sizeof(struct attrs *));
	if (!t->segments[at])
		return false;
	t->bytes += ATTR_SEGMENT_BUCKETS * sizeof(struct attrs *);
	return true;
}

/* The last segment is empty. */
static void segment_remove(struct attr_table *t)
{
	size_t at = t->buckets / ATTR_SEGMENT_BUCKETS;
	free(t->segments[at]);
	t->bytes -= ATTR_SEGMENT_BUCKETS * sizeof(struct attrs *);
	if (t->segments_max > SEGMENTS_MIN && at <= t->segments_max / 4)
		(void)list_resize(t, t->segments_max / 2);
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

static struct attrs *chain_take(struct attrs **bucket)
{
	struct attrs *chain = *bucket;
	*bucket = NULL;
	return chain;
}

static void chain_deal(struct attr_table *t, struct attrs *a)
{
	while (a) {
		struct attrs *next = a->next;
		struct attrs **to = bucket_of(t, a->hash);
		a->next = *to;
		*to = a;
		a = next;
	}
}

/* One bucket more: the chain it is split from is dealt out again. */
static void table_grow(struct attr_table *t)
{
	if (t->buckets % ATTR_SEGMENT_BUCKETS == 0 && !segment_add(t))
		return;
	struct attrs *chain = chain_take(bucket_at(t, t->buckets - round_size(t)));
	t->buckets++;
	chain_deal(t, chain);
}

/* One bucket less: the last chain goes back to the one it was split from. */
static void table_shrink(struct attr_table *t)
{
	struct attrs *chain = chain_take(bucket_at(t, t->buckets - 1));
	t->buckets--;
	chain_deal(t, chain);
	if (t->buckets % ATTR_SEGMENT_BUCKETS == 0)
		segment_remove(t);
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
