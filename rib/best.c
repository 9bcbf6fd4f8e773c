/* The best path of each prefix, as followers are told of it (follow.c). */
#include <stdlib.h>
#include <string.h>

#include "rib/best.h"
#include "rib/state.h"

enum {
	TABLES = 2 * RIB_VRFS_MAX,
};

/* Longer by doubling; new elements are zero. */
void *best_longer(void *array, uint32_t *n, uint32_t want, size_t size)
{
	uint32_t room = *n ? *n : 64;

	if (want <= *n)
		return array;
	while (room < want)
		room *= 2;
	array = reallocarray(array, room, size);
	if (!array)
		abort();
	memset((uint8_t *)array + *n * size, 0, (room - *n) * size);
	*n = room;
	return array;
}

const struct attrs *best_kept(const struct rib *r, const struct table *t, uint32_t e)
{
	const struct best *b = &r->vrfs[table_vrf(t)].best[t->family == ADDR_V6];
	return e < b->n ? b->attrs[e] : NULL;
}

void best_set(struct rib *r, const struct table *t, uint32_t e, const struct attrs *a)
{
	struct best *b = &r->vrfs[table_vrf(t)].best[t->family == ADDR_V6];

	b->attrs = best_longer(b->attrs, &b->n, e + 1, sizeof(*b->attrs));
	if (b->attrs[e])
		attr_put(r->attrs, b->attrs[e]);
	b->attrs[e] = a;
}

/* A reference to what is told of the path. */
const struct attrs *best_told(struct rib *r, const struct candidate *c)
{
	struct attr_view v = attr_view_of(c->attrs);
	struct addr none = {.family = ADDR_NONE};

	v.has_aggregator = false;
	v.has_local_pref = true;
	v.local_pref = c->local_pref;
	v.med = path_med(r, c->tag, &v.has_med);
	if (!c->ebgp && !v.has_originator_id) {
		v.has_originator_id = true;
		v.originator_id = c->router_id;
	}
	const struct attrs *a = attr_get(r->attrs, &v, none, none);
	if (!a)
		abort();
	return a;
}

void best_forget(struct rib *r, const struct table *t, uint32_t e)
{
	if (best_kept(r, t, e))
		best_set(r, t, e, NULL);
}

/* ---- nobody follows any more ---- */

void best_release(struct rib *r, struct best *b)
{
	if (b->n && !b->release) {
		b->release = 1;
		r->releasing++;
	}
}

void best_keep(struct rib *r, struct best *b)
{
	if (b->release)
		r->releasing--;
	b->release = 0;
}

static void release_some(struct rib *r, struct best *b, unsigned budget)
{
	for (; budget && b->release < b->n; b->release++, budget--) {
		if (b->attrs[b->release])
			attr_put(r->attrs, b->attrs[b->release]);
		b->attrs[b->release] = NULL;
	}
	if (b->release < b->n)
		return;
	best_keep(r, b);
	free(b->attrs);
	*b = (struct best){0};
}

void best_run(struct rib *r, unsigned budget)
{
	for (unsigned i = 0; i < TABLES && r->releasing; i++) {
		struct best *b = &r->vrfs[i / 2].best[i % 2];
		if (b->release)
			release_some(r, b, budget);
	}
}

void best_clear(struct rib *r)
{
	for (unsigned i = 0; i < TABLES; i++)
		free(r->vrfs[i / 2].best[i % 2].attrs);
}
