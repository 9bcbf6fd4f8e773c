#include "rib/group.h"

#include <string.h>

#include "rib/weight.h"

/* Index of the first member that is not below the handle. */
static uint16_t set_place(const struct group_set *s, uint32_t gateway)
{
	uint16_t i = 0;
	while (i < s->n && s->gateway[i] < gateway)
		i++;
	return i;
}

void group_set_add(struct group_set *s, uint32_t gateway, uint8_t weight)
{
	uint16_t i = set_place(s, gateway);

	if (s->n == FIB_GROUP_MEMBERS_MAX || (i < s->n && s->gateway[i] == gateway))
		return;
	memmove(&s->gateway[i + 1], &s->gateway[i], (size_t)(s->n - i) * sizeof(s->gateway[0]));
	memmove(&s->weight[i + 1], &s->weight[i], (size_t)(s->n - i));
	s->gateway[i] = gateway;
	s->weight[i] = weight;
	s->n++;
}

bool group_set_has(const struct group_set *s, uint32_t gateway)
{
	uint16_t i = set_place(s, gateway);
	return i < s->n && s->gateway[i] == gateway;
}

uint8_t group_set_weight(const struct group_set *s, uint32_t gateway)
{
	uint16_t i = set_place(s, gateway);
	return i < s->n && s->gateway[i] == gateway ? s->weight[i] : 0;
}

static bool same_gateways(const struct group_set *a, const struct group_set *b)
{
	return a->n == b->n && memcmp(a->gateway, b->gateway, a->n * sizeof(a->gateway[0])) == 0;
}

bool group_set_equal(const struct group_set *a, const struct group_set *b)
{
	return same_gateways(a, b) && memcmp(a->weight, b->weight, a->n) == 0;
}

bool group_id_equal(const struct group_id *a, const struct group_id *b)
{
	return group_set_equal(&a->live, &b->live) && group_set_equal(&a->fallback, &b->fallback);
}

bool group_set_serves(const struct group_set *have, const struct group_set *wanted)
{
	return same_gateways(have, wanted) && weights_serve(have->weight, wanted->weight, have->n);
}

bool group_id_serves(const struct group_id *have, const struct group_id *wanted)
{
	return group_set_serves(&have->live, &wanted->live) &&
	       group_set_serves(&have->fallback, &wanted->fallback);
}

static bool set_remove(struct group_set *s, uint32_t gateway)
{
	uint16_t i = set_place(s, gateway);

	if (i == s->n || s->gateway[i] != gateway)
		return false;
	s->n--;
	memmove(&s->gateway[i], &s->gateway[i + 1], (size_t)(s->n - i) * sizeof(s->gateway[0]));
	memmove(&s->weight[i], &s->weight[i + 1], (size_t)(s->n - i));
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
