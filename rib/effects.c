/* What policies set on paths: each combination once, and a byte a path that says which. There are
 * no such bytes while no policy sets anything. */
#include <stdlib.h>
#include <string.h>

#include "rib/state.h"

static unsigned effect_find(const struct rib *r, const struct filter_effect *e, unsigned *room)
{
	*room = 0;
	for (unsigned i = EFFECTS_MAX; i > 0; i--) {
		if (!r->effects[i].refs)
			*room = i;
		else if (filter_effect_equal(&r->effects[i].is, e))
			return i;
	}
	return 0;
}

/* The place of the combination, with one reference more. False: there is no room. */
static bool effect_get(struct rib *r, const struct filter_effect *e, uint8_t *id)
{
	unsigned room, i = 0;

	if (!filter_effect_equal(e, &r->effects[0].is)) {
		i = effect_find(r, e, &room);
		if (!i && (!room || !trait_get(r, &e->kernel, &r->effects[room].trait)))
			return false;
		if (!i)
			r->effects[i = room].is = *e;
		r->effects[i].refs++;
	}
	*id = (uint8_t)i;
	return true;
}

static void effect_put(struct rib *r, uint8_t id)
{
	if (id && --r->effects[id].refs == 0)
		trait_put(r, r->effects[id].trait);
}

static uint8_t effect_of(const struct rib *r, uint32_t path)
{
	return path < r->effect_of_n ? r->effect_of[path] : 0;
}

/* Room for the path's byte, doubling: a million paths take 20 steps. */
static bool room_made(struct rib *r, uint32_t path)
{
	uint32_t n = r->effect_of_n ? r->effect_of_n : 1024;

	if (path < r->effect_of_n)
		return true;
	while (n <= path)
		n *= 2;
	uint8_t *bytes = realloc(r->effect_of, n);
	if (!bytes)
		return false;
	memset(bytes + r->effect_of_n, 0, n - r->effect_of_n);
	r->effect_of = bytes;
	r->effect_of_n = n;
	return true;
}

bool effect_possible(struct rib *r, uint32_t path)
{
	return !r->effect_of || room_made(r, path);
}

bool effect_set(struct rib *r, uint32_t path, const struct filter_effect *e, bool *changed)
{
	uint8_t old = effect_of(r, path), id;

	if (!effect_get(r, e, &id))
		return false;
	if (id && !room_made(r, path)) {
		effect_put(r, id);
		return false;
	}
	effect_put(r, old);
	if (id != old)
		r->effect_of[path] = id;
	*changed = *changed || id != old;
	return true;
}

void effect_forget(struct rib *r, uint32_t path)
{
	effect_put(r, effect_of(r, path));
	if (path < r->effect_of_n)
		r->effect_of[path] = 0;
}

void effects_clear(struct rib *r)
{
	free(r->effect_of);
	r->effect_of = NULL;
	r->effect_of_n = 0;
}

const struct filter_effect *effect_in_force(const struct rib *r, uint32_t path)
{
	return &r->effects[effect_of(r, path)].is;
}

uint8_t effect_trait(const struct rib *r, uint32_t path)
{
	return r->effects[effect_of(r, path)].trait;
}

uint32_t path_local_pref(const struct rib *r, uint32_t path)
{
	const struct filter_effect *e = effect_in_force(r, path);
	return e->set_local_pref ? e->local_pref : rib_path(r, path)->attrs->local_pref;
}

uint32_t path_med(const struct rib *r, uint32_t path, bool *has)
{
	const struct filter_effect *e = effect_in_force(r, path);
	const struct attrs *a = rib_path(r, path)->attrs;
	*has = e->set_med || (a->flags & ATTR_HAS_MED);
	return e->set_med ? e->med : a->med;
}
