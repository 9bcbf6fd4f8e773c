#include "rib/state.h"

enum {
	TABLES = 2 * RIB_VRFS_MAX,
};

bool sweep_pending(const struct rib *r, uint32_t due)
{
	return due > r->sweep.done;
}

uint32_t sweep_job(struct rib *r, uint16_t vrf)
{
	struct sweep *s = &r->sweep;
	bool begun = s->running && (s->table || s->entry);
	uint32_t due = s->done + (begun ? 2 : 1);

	if (!s->running) {
		s->running = true;
		s->table = 0;
		s->entry = 0;
	}
	s->until = due;
	r->vrfs[vrf].due = due;
	return due;
}

uint32_t sweep_all(struct rib *r)
{
	uint32_t due = 0;
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		if (r->vrfs[i].family[0] || r->vrfs[i].family[1])
			due = sweep_job(r, i);
	return due;
}

bool sweep_judges(const struct rib *r, const struct vrf *v, const struct path *p)
{
	const struct nexthop *n = rib_nexthop(r, p->nexthop);
	return sweep_pending(r, v->judge) || sweep_pending(r, n->due) ||
	       sweep_pending(r, r->peers[n->peer].due);
}

/* Its peer is gone, or it was stale for too long, or may not be stale for long (RFC 9494 4.3). */
static bool path_goes(const struct peer *peer, const struct table *t, const struct path *p)
{
	bool v6 = t->family == ADDR_V6;
	uint8_t age = (uint8_t)(peer->epoch[v6] - p->epoch);
	bool forbids = path_is_long_lived(peer, p, v6) && (p->attrs->flags & ATTR_NO_LLGR);
	return peer->state == PEER_GONE || age > peer->age_max[v6] || forbids;
}

/* True when the prefix must be decided again. */
static bool sweep_paths(struct rib *r, const struct vrf *v, struct table *t, uint32_t e)
{
	bool decide = false, matters;
	uint32_t *link = &table_entry(t, e)->paths;

	while (*link) {
		struct path *p = rib_path(r, *link);
		const struct nexthop *n = rib_nexthop(r, p->nexthop);
		if (path_goes(&r->peers[n->peer], t, p)) {
			path_remove(r, t, link, &matters);
			decide = decide || matters;
			continue;
		}
		if (sweep_judges(r, v, p) && path_judge(r, t, e, *link))
			decide = true;
		if (p->why == RIB_USED && sweep_pending(r, n->due))
			decide = true;
		link = &p->next;
	}
	return decide;
}

static void sweep_entry(struct rib *r, const struct vrf *v, struct table *t, uint32_t e)
{
	struct entry *x = table_entry(t, e);
	bool other = sweep_paths(r, v, t, e), decide = false;

	if (sweep_pending(r, v->forget))
		entry_forget(r, t, e);
	if (x->group && (r->groups[x->group - 1]->flushed || r->groups[x->group - 1]->leaves))
		decide = true;
	if (x->group && (sweep_pending(r, r->traits[x->trait].again) ||
				sweep_pending(r, r->groups[x->group - 1]->again))) {
		x->flags |= ENTRY_SEND;
		decide = true;
	}
	if ((x->flags & ENTRY_ADOPTED) && r->adopt == ADOPT_NONE)
		decide = true;
	if (sweep_pending(r, v->decide) || (sweep_pending(r, v->waits) && (x->flags & ENTRY_WAITS)))
		decide = true;
	if (sweep_pending(r, v->judge) && v->imports_n)
		decide = true;
	if (sweep_pending(r, v->leak) && x->paths)
		leak_mark(r, t, e);
	if (other)
		rib_mark(r, t, e);
	else if (decide)
		entry_mark(r, t, e);
	else
		entry_free_unused(r, t, e);
}

static void round_done(struct rib *r)
{
	struct sweep *s = &r->sweep;

	s->done++;
	s->running = s->until > s->done;
	s->table = 0;
	s->entry = 0;
	peers_round_done(r);
	vrfs_round_done(r);
}

/* The table the cursor stands in, moved on to one that some job concerns; NULL at the end. */
static struct table *sweep_table(struct rib *r)
{
	struct sweep *s = &r->sweep;

	for (; s->table < TABLES; s->table++, s->entry = 0) {
		struct table *t = rib_table(r, s->table);
		if (t && sweep_pending(r, r->vrfs[table_vrf(t)].due) && s->entry < t->entries.top)
			return t;
	}
	return NULL;
}

unsigned sweep_run(struct rib *r, unsigned budget)
{
	unsigned visited = 0;

	while (r->sweep.running && visited < budget) {
		struct table *t = sweep_table(r);
		if (!t) {
			round_done(r);
			break;
		}
		uint32_t e = ++r->sweep.entry;
		if (table_entry(t, e)->flags & ENTRY_USED)
			sweep_entry(r, &r->vrfs[table_vrf(t)], t, e);
		visited++;
	}
	return visited;
}
