#include "bfd/table.h"

#include <stdlib.h>
#include <string.h>

struct bfd_table *bfd_table_new(uint32_t seed)
{
	struct bfd_table *t = calloc(1, sizeof(*t));
	if (t)
		t->seed = seed;
	return t;
}

void bfd_table_free(struct bfd_table *t)
{
	if (!t)
		return;
	bfd_heap_free(&t->heap);
	free(t);
}

static size_t bucket_u32(const struct bfd_table *t, uint32_t value)
{
	return hash_bytes(&value, sizeof(value), t->seed) % BFD_TABLE_BUCKETS;
}

static size_t bucket_path(const struct bfd_table *t, struct addr local, struct addr remote)
{
	struct addr both[2] = {local, remote};
	return hash_bytes(both, sizeof(both), t->seed) % BFD_TABLE_BUCKETS;
}

bool bfd_table_add(struct bfd_table *t, struct bfd_session *s)
{
	s->due_ns = bfd_session_due_ns(s);
	if (!bfd_heap_add(&t->heap, s))
		return false;
	struct bfd_session **id = &t->by_id[bucket_u32(t, s->id)];
	struct bfd_session **discr = &t->by_discr[bucket_u32(t, s->local_discr)];
	struct bfd_session **path = &t->by_path[bucket_path(t, s->local, s->remote)];
	s->next_by_id = *id;
	s->next_by_discr = *discr;
	s->next_by_path = *path;
	*id = *discr = *path = s;
	return true;
}

void bfd_table_remove(struct bfd_table *t, struct bfd_session *s)
{
	struct bfd_session **at = &t->by_id[bucket_u32(t, s->id)];
	while (*at != s)
		at = &(*at)->next_by_id;
	*at = s->next_by_id;
	at = &t->by_discr[bucket_u32(t, s->local_discr)];
	while (*at != s)
		at = &(*at)->next_by_discr;
	*at = s->next_by_discr;
	at = &t->by_path[bucket_path(t, s->local, s->remote)];
	while (*at != s)
		at = &(*at)->next_by_path;
	*at = s->next_by_path;
	bfd_heap_remove(&t->heap, s);
}

struct bfd_session *bfd_table_find_id(const struct bfd_table *t, uint32_t id)
{
	struct bfd_session *s = t->by_id[bucket_u32(t, id)];
	while (s && s->id != id)
		s = s->next_by_id;
	return s;
}

struct bfd_session *bfd_table_find_discr(const struct bfd_table *t, uint32_t discr)
{
	struct bfd_session *s = t->by_discr[bucket_u32(t, discr)];
	while (s && s->local_discr != discr)
		s = s->next_by_discr;
	return s;
}

static bool same_device(const char *a, const char *b)
{
	return strncmp(a, b, sizeof(((struct bfd_session *)0)->device)) == 0;
}

/* The kernel gives a packet to the socket that is bound to its interface, where there is one,
 * though its session may have no device: then the interface alone has to be right. */
bool bfd_table_on_path(const struct bfd_session *s, const struct bfd_arrival *a)
{
	if (!addr_equal(s->remote, a->remote) || !addr_equal(s->local, a->local))
		return false;
	if (s->multihop != a->multihop || (s->ifindex && s->ifindex != a->ifindex))
		return false;
	return same_device(s->device, a->device) || (s->ifindex && !s->device[0]);
}

static bool may_be_one_path(const struct bfd_session *a, const struct bfd_session *b)
{
	if (!addr_equal(a->local, b->local) || !addr_equal(a->remote, b->remote))
		return false;
	if (a->multihop != b->multihop)
		return false;
	if (a->ifindex && b->ifindex)
		return a->ifindex == b->ifindex;
	return same_device(a->device, b->device);
}

struct bfd_session *bfd_table_find_path(const struct bfd_table *t, const struct bfd_arrival *a)
{
	struct bfd_session *s = t->by_path[bucket_path(t, a->local, a->remote)];
	while (s && !bfd_table_on_path(s, a))
		s = s->next_by_path;
	return s;
}

struct bfd_session *bfd_table_find_rival(const struct bfd_table *t, const struct bfd_session *s)
{
	struct bfd_session *r = t->by_path[bucket_path(t, s->local, s->remote)];
	for (; r; r = r->next_by_path)
		if (r != s && may_be_one_path(r, s))
			return r;
	return NULL;
}

void bfd_table_update(struct bfd_table *t, struct bfd_session *s, bool exact)
{
	uint64_t due = bfd_session_due_ns(s);
	if (due == s->due_ns || (due > s->due_ns && !exact))
		return;
	s->due_ns = due;
	bfd_heap_fix(&t->heap, s);
}
