#include "rib/group.h"

#include <string.h>

/* Index of the first member that is not below the handle. */
static uint16_t set_place(const struct group_set *s, uint32_t gateway)
{
	uint16_t i = 0;
	while (i < s->n && s->gateway[i] < gateway)
		i++;
	return i;
}

void group_set_add(struct group_set *s, uint32_t gateway)
{
	uint16_t i = set_place(s, gateway);

	if (s->n == FIB_GROUP_MEMBERS_MAX || (i < s->n && s->gateway[i] == gateway))
		return;
	memmove(&s->gateway[i + 1], &s->gateway[i], (size_t)(s->n - i) * sizeof(s->gateway[0]));
	s->gateway[i] = gateway;
	s->n++;
}

bool group_set_has(const struct group_set *s, uint32_t gateway)
{
	uint16_t i = set_place(s, gateway);
	return i < s->n && s->gateway[i] == gateway;
}

bool group_set_equal(const struct group_set *a, const struct group_set *b)
{
	return a->n == b->n && memcmp(a->gateway, b->gateway, a->n * sizeof(a->gateway[0])) == 0;
}

bool group_id_equal(const struct group_id *a, const struct group_id *b)
{
	return group_set_equal(&a->live, &b->live) && group_set_equal(&a->fallback, &b->fallback);
}

static bool set_remove(struct group_set *s, uint32_t gateway)
{
	uint16_t i = set_place(s, gateway);

	if (i == s->n || s->gateway[i] != gateway)
		return false;
	s->n--;
	memmove(&s->gateway[i], &s->gateway[i + 1], (size_t)(s->n - i) * sizeof(s->gateway[0]));
	return true;
}

bool group_drop(struct group_id *g, uint32_t gateway)
{
	bool live = set_remove(&g->live, gateway);
	bool fallback = set_remove(&g->fallback, gateway);

	if (live && g->live.n == 0) {
		g->live = g->fallback;
		g->fallback.n = 0;
	}
	return live || fallback;
}
