#include "rib/attr.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ext_community.h"
#include "rib/as_path.h"
#include "rib/attr_table.h"

enum {
	ATTR_BYTES_MAX = UINT16_MAX,
	/* Of a set, what its hash and its equality are about begins here. */
	ATTR_KEY_AT = offsetof(struct attrs, med),
};

struct attr_store {
	struct attr_table table;
	size_t sets_bytes;
	uint32_t seed;
	/* A set is put together here; only one that is new is copied to memory of its own. */
	union {
		struct attrs candidate;
		uint8_t candidate_bytes[sizeof(struct attrs) + ATTR_BYTES_MAX];
	};
};

struct attr_store *attr_store_new(uint32_t seed)
{
	struct attr_store *s = calloc(1, sizeof(*s));
	if (s && !attr_table_init(&s->table)) {
		free(s);
		return NULL;
	}
	if (s)
		s->seed = seed;
	return s;
}

void attr_store_free(struct attr_store *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->table.buckets; i++) {
		struct attrs *a =
			s->table.segments[i / ATTR_SEGMENT_BUCKETS][i % ATTR_SEGMENT_BUCKETS];
		while (a) {
			struct attrs *next = a->next;
			free(a);
			a = next;
		}
	}
	attr_table_drop(&s->table);
	free(s);
}

size_t attr_store_count(const struct attr_store *s)
{
	return s->table.count;
}

size_t attr_store_bytes(const struct attr_store *s)
{
	return sizeof(*s) + s->table.bytes + s->sets_bytes;
}

/* first_as, origin_as and the length, from the path that stands in bytes[]. */
static void path_summarise(struct attrs *a)
{
	struct rd path = rd_init(a->bytes, a->as_path_len);
	struct as_segment seg;
	bool first = true;
	unsigned length = 0;
	while (as_segment_next(&path, 4, &seg)) {
		length += as_segment_length(&seg);
		if (as_segment_is_confed(&seg))
			continue;
		uint32_t as = as_segment_number(&seg);
		if (seg.type == AS_SEGMENT_SEQUENCE && first)
			a->first_as = as;
		first = false;
		for (uint32_t next; (next = as_segment_number(&seg));)
			as = next;
		a->origin_as = seg.type == AS_SEGMENT_SEQUENCE ? as : 0;
	}
	a->as_path_length = (uint16_t)length;
}

static bool part_add(struct attrs *a, struct attr_bytes part, uint16_t *part_len)
{
	if (part.len > ATTR_BYTES_MAX - a->len)
		return false;
	if (part.len)
		memcpy(a->bytes + a->len, part.bytes, part.len);
	a->len = (uint16_t)(a->len + part.len);
	*part_len = part.len;
	return true;
}

enum {
	GRACEFUL_SHUTDOWN = (int)0xffff0000,
	LLGR_STALE = (int)0xffff0006,
	NO_LLGR = (int)0xffff0007,
};

/* Of the communities that mean the same to everybody those that we act on. */
static unsigned community_flags(struct attr_bytes communities)
{
	struct rd r = rd_init(communities.bytes, communities.len);
	unsigned flags = 0;

	while (rd_left(&r) > 0) {
		int32_t community = (int32_t)rd_u32(&r);
		flags |= community == GRACEFUL_SHUTDOWN ? ATTR_GRACEFUL_SHUTDOWN : 0;
		flags |= community == LLGR_STALE ? ATTR_LLGR_STALE : 0;
		flags |= community == NO_LLGR ? ATTR_NO_LLGR : 0;
	}
	return flags;
}

/* The lowest link bandwidth; 0: none. *bad: one is of no use. */
static float lowest_bandwidth(const uint8_t *list, size_t len, bool *bad)
{
	struct ext_community c;
	float lowest = 0, one;

	for (size_t i = 0; i + sizeof(c) <= len; i += sizeof(c)) {
		memcpy(&c, list + i, sizeof(c));
		if (!ext_community_bandwidth(&c, &one))
			continue;
		*bad |= one <= 0;
		if (one > 0 && (lowest <= 0 || one < lowest))
			lowest = one;
	}
	return lowest;
}

float attr_bandwidth(const struct attrs *a)
{
	bool bad = false;
	return lowest_bandwidth(
		a->bytes + a->as_path_len + a->communities_len, a->ext_communities_len, &bad);
}

static uint8_t view_flags(const struct attr_view *v)
{
	unsigned flags = community_flags(v->communities);
	if (v->has_med)
		flags |= ATTR_HAS_MED;
	if (v->has_local_pref)
		flags |= ATTR_HAS_LOCAL_PREF;
	if (v->atomic_aggregate)
		flags |= ATTR_ATOMIC_AGGREGATE;
	if (v->has_otc)
		flags |= ATTR_HAS_OTC;
	bool bad = false;
	lowest_bandwidth(v->ext_communities.bytes, v->ext_communities.len, &bad);
	if (bad)
		flags |= ATTR_BAD_BANDWIDTH;
	return (uint8_t)flags;
}

static bool candidate_fill(struct attrs *a, const struct attr_view *v)
{
	memset(a, 0, sizeof(*a));
	a->origin = v->origin;
	a->flags = view_flags(v);
	a->med = v->has_med ? v->med : 0;
	a->local_pref = v->has_local_pref ? v->local_pref : 100;
	if (v->has_originator_id)
		a->originator_id = v->originator_id;
	a->otc = v->has_otc ? v->otc : 0;
	if (v->has_aggregator) {
		a->aggregator = addr_u32(v->aggregator);
		a->aggregator_as = v->aggregator_as;
	}
	if (!part_add(a, v->as_path, &a->as_path_len) ||
		!part_add(a, v->communities, &a->communities_len) ||
		!part_add(a, v->ext_communities, &a->ext_communities_len) ||
		!part_add(a, v->large_communities, &a->large_communities_len) ||
		!part_add(a, v->cluster_list, &a->cluster_list_len))
		return false;
	path_summarise(a);
	return true;
}

/* Memory of a set ends with its bytes, without the padding of the struct. */
static size_t set_size(const struct attrs *a)
{
	return offsetof(struct attrs, bytes) + a->len;
}

static struct attrs *store_find(const struct attr_store *s, const struct attrs *like)
{
	struct attrs *a = attr_table_chain(&s->table, like->hash);
	for (; a; a = a->next) {
		if (a->hash == like->hash && a->len == like->len &&
			memcmp((const char *)a + ATTR_KEY_AT, (const char *)like + ATTR_KEY_AT,
				set_size(a) - ATTR_KEY_AT) == 0)
			return a;
	}
	return NULL;
}

static struct attrs *store_add(struct attr_store *s, const struct attrs *candidate)
{
	struct attrs *a = malloc(set_size(candidate));
	if (!a)
		return NULL;
	memcpy(a, candidate, set_size(candidate));
	s->sets_bytes += set_size(a);
	attr_table_insert(&s->table, a);
	return a;
}

static struct attr_bytes part_take(const uint8_t **at, uint16_t len)
{
	struct attr_bytes part = {*at, len};
	*at += len;
	return part;
}

const struct attrs *attr_get(struct attr_store *s, const struct attr_view *view,
	struct addr next_hop, struct addr next_hop_link_local)
{
	struct attrs *c = &s->candidate;
	if (!candidate_fill(c, view))
		return NULL;
	c->next_hop = next_hop;
	c->next_hop_link_local = next_hop_link_local;
	c->hash = hash_bytes((const char *)c + ATTR_KEY_AT, set_size(c) - ATTR_KEY_AT, s->seed);
	struct attrs *a = store_find(s, c);
	if (!a)
		a = store_add(s, c);
	if (a)
		a->refs++;
	return a;
}

struct attr_view attr_view_of(const struct attrs *a)
{
	const uint8_t *at = a->bytes;
	struct attr_view v = {.origin = a->origin,
		.has_med = a->flags & ATTR_HAS_MED,
		.has_local_pref = a->flags & ATTR_HAS_LOCAL_PREF,
		.atomic_aggregate = a->flags & ATTR_ATOMIC_AGGREGATE,
		.has_aggregator = a->aggregator_as != 0,
		.has_originator_id = a->originator_id.family != ADDR_NONE,
		.has_otc = a->flags & ATTR_HAS_OTC,
		.med = a->med,
		.local_pref = a->local_pref,
		.aggregator_as = a->aggregator_as,
		.otc = a->otc,
		.aggregator = addr_v4(a->aggregator),
		.originator_id = a->originator_id};

	v.as_path = part_take(&at, a->as_path_len);
	v.communities = part_take(&at, a->communities_len);
	v.ext_communities = part_take(&at, a->ext_communities_len);
	v.large_communities = part_take(&at, a->large_communities_len);
	v.cluster_list = part_take(&at, a->cluster_list_len);
	return v;
}

bool attr_has_community(const struct attrs *a, uint32_t community)
{
	struct rd r = rd_init(a->bytes + a->as_path_len, a->communities_len);

	while (rd_left(&r) > 0)
		if (rd_u32(&r) == community)
			return true;
	return false;
}

void attr_ref(const struct attrs *a)
{
	((struct attrs *)a)->refs++;
}

void attr_put(struct attr_store *s, const struct attrs *borrowed)
{
	struct attrs *a = (struct attrs *)borrowed;
	assert(a->refs > 0);
	if (--a->refs)
		return;
	attr_table_remove(&s->table, a);
	s->sets_bytes -= set_size(a);
	free(a);
}
