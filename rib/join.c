/* Groups that have become equal, each by losses of its own, are joined before they fill the cap. */
#include "rib/state.h"

static bool may_join(const struct group *g)
{
	return g && g->refs && g->id.live.n && !g->flushed && !g->adopted && !g->leaves;
}

/* The one with fewer prefixes leaves. */
static bool join(struct group *a, struct group *b)
{
	if (a->hash != b->hash || !group_id_equal(&a->id, &b->id))
		return false;
	(a->refs < b->refs ? a : b)->leaves = true;
	return true;
}

void groups_join(struct rib *r)
{
	bool found = false;

	if (r->groups_n <= r->groups_enough || r->sweep.running || r->adopt != ADOPT_NONE)
		return;
	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++)
		for (uint16_t j = 0; j < i && may_join(r->groups[i]); j++)
			if (may_join(r->groups[j]))
				found |= join(r->groups[i], r->groups[j]);
	if (found)
		sweep_all(r);
}
