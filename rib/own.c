#include <stdlib.h>
#include <string.h>

#include "rib/best.h"
#include "rib/state.h"

static int compare(const void *a, const void *b)
{
	return prefix_compare(*(const struct prefix *)a, *(const struct prefix *)b);
}

bool own_has(const struct prefix *own, size_t n, const struct prefix *p)
{
	return n && bsearch(p, own, n, sizeof(*p), compare);
}

static void judge_entry(struct rib *r, struct table *t, uint32_t e)
{
	bool matters = false;

	for (uint32_t i = table_entry(t, e)->paths; i; i = rib_path(r, i)->next)
		if (r->peers[rib_nexthop(r, rib_path(r, i)->nexthop)->peer].state == PEER_UP)
			matters = path_judge(r, t, e, i) || matters;
	if (matters)
		rib_mark(r, t, e);
}

/* The paths of a prefix are judged again, in every VRF. */
static void judge_prefix(struct rib *r, const struct prefix *p)
{
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++) {
		struct table *t = r->vrfs[i].family[p->addr.family == ADDR_V6];
		uint32_t e = t ? table_find(t, p) : 0;
		if (!e)
			continue;
		follow_mark(r, t, e);
		judge_entry(r, t, e);
	}
}

void rib_own_announcements(struct rib *r, const struct prefix *prefixes, size_t n)
{
	struct prefix *old = r->own;
	size_t old_n = r->own_n, i = 0, j = 0;
	struct prefix *copy = malloc((n + 1) * sizeof(*copy));

	if (!copy) {
		r->out.no_memory = true;
		return;
	}
	if (n)
		memcpy(copy, prefixes, n * sizeof(*copy));
	r->own = copy;
	r->own_n = n;
	while (i < old_n || j < n) {
		int c = i == old_n ? 1 : j == n ? -1 : compare(&old[i], &copy[j]);
		if (c)
			judge_prefix(r, c < 0 ? &old[i] : &copy[j]);
		i += c <= 0;
		j += c >= 0;
	}
	free(old);
}
