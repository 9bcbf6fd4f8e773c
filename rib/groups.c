#include <stdlib.h>
#include <string.h>

#include "rib/nexthops.h"
#include "rib/state.h"

/* Of the gateways alone: weights need not be the same to serve. */
static uint32_t id_hash(const struct group_id *id)
{
	uint32_t h = hash_bytes(id->live.gateway, id->live.n * sizeof(uint32_t), id->live.n);
	return hash_bytes(id->fallback.gateway, id->fallback.n * sizeof(uint32_t), h);
}

static void set_copy(struct group_set *to, const struct group_set *from)
{
	to->n = from->n;
	memcpy(to->gateway, from->gateway, from->n * sizeof(from->gateway[0]));
	memcpy(to->weight, from->weight, from->n);
}

static void set_named(struct rib *r, const struct group_set *s, int by)
{
	for (uint16_t i = 0; i < s->n; i++)
		gateway_named(r, s->gateway[i], by);
}

static void members_tell(struct fib_member *to, const struct group_set *s)
{
	for (uint16_t i = 0; i < s->n; i++)
		to[i] = (struct fib_member){.gateway = s->gateway[i], .weight = s->weight[i]};
}

static void group_tell(struct rib *r, const struct group *g)
{
	struct fib_msg_group m = {
		.head = {.version = FIB_CHANNEL_VERSION, .type = FIB_MSG_GROUP, .count = 1},
		.group = g->handle,
		.live_n = g->id.live.n,
		.fallback_n = g->id.fallback.n};
	members_tell(m.member, &g->id.live);
	members_tell(m.member + m.live_n, &g->id.fallback);
	out_push(&r->out, &m, fib_msg_group_len(&m));
}

static uint16_t group_new(struct rib *r, uint32_t hash)
{
	uint16_t slot = 0;
	while (r->groups[slot])
		slot++;
	struct group *g = reserve_malloc(&r->out.reserve, sizeof(*g));
	if (!g) {
		r->out.no_memory = true;
		return 0;
	}
	*g = (struct group){.handle = ++r->group_handle, .hash = hash};
	set_copy(&g->id.live, &r->wanted.live);
	set_copy(&g->id.fallback, &r->wanted.fallback);
	set_named(r, &g->id.live, 1);
	set_named(r, &g->id.fallback, 1);
	r->groups[slot] = g;
	r->groups_n++;
	group_tell(r, g);
	return (uint16_t)(slot + 1);
}

void group_rehash(struct group *g)
{
	g->hash = id_hash(&g->id);
}

bool group_claim(struct rib *r, uint16_t group)
{
	struct group *g = r->groups[group - 1];

	if (!g->adopted || !group_set_serves(&g->id.live, &r->wanted.live))
		return false;
	g->adopted = false;
	if (!r->wanted.fallback.n)
		return true;
	set_copy(&g->id.fallback, &r->wanted.fallback);
	set_named(r, &g->id.fallback, 1);
	group_rehash(g);
	group_tell(r, g);
	return true;
}

static bool usable_gateway(const struct candidate *c, size_t n, uint32_t gateway)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].gateway == gateway)
			return true;
	return false;
}

static bool set_usable(const struct group_set *s, const struct candidate *c, size_t n)
{
	for (uint16_t i = 0; i < s->n; i++)
		if (!usable_gateway(c, n, s->gateway[i]))
			return false;
	return true;
}

static unsigned in_common(const struct group_set *a, const struct group_set *b)
{
	unsigned common = 0;
	for (uint16_t i = 0; i < a->n; i++)
		common += group_set_has(b, a->gateway[i]);
	return common;
}

/* The cap is reached: the group with most live members of the wanted ones, none of which the prefix
 * has no usable path through. */
static uint16_t group_nearest(const struct rib *r, const struct candidate *c, size_t n)
{
	unsigned best_common = 0;
	uint16_t best = 0;

	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++) {
		const struct group *g = r->groups[i];
		if (!g || g->leaves || !set_usable(&g->id.live, c, n) ||
			!set_usable(&g->id.fallback, c, n))
			continue;
		unsigned common = in_common(&g->id.live, &r->wanted.live);
		if (common > best_common) {
			best_common = common;
			best = (uint16_t)(i + 1);
		}
	}
	return best;
}

uint16_t groups_get(struct rib *r, const struct candidate *c, size_t n, bool *exact)
{
	uint32_t hash = id_hash(&r->wanted);

	*exact = true;
	for (uint16_t i = 0, seen = 0; i < RIB_GROUPS_MAX && seen < r->groups_n; i++) {
		const struct group *g = r->groups[i];
		if (!g)
			continue;
		seen++;
		if (g->hash == hash && !g->leaves && group_id_serves(&g->id, &r->wanted)) {
			r->groups[i]->adopted = false;
			return (uint16_t)(i + 1);
		}
	}
	if (r->groups_n < r->groups_cap)
		return group_new(r, hash);
	*exact = false;
	return group_nearest(r, c, n);
}

/* Its routes are gone: the prefixes that named it are decided again. */
static void group_flushed(struct rib *r, struct group *g)
{
	g->flushed = true;
	sweep_all(r);
}

void rib_multipath(struct rib *r, bool on)
{
	r->multipath = on;
}

bool group_is(const struct rib *r, const struct group *g, uint32_t handle)
{
	for (uint16_t i = 0; i < RIB_GROUPS_MAX && r->multipath && g->handle != handle; i++)
		if (r->groups[i] && r->groups[i]->handle == handle)
			return group_set_serves(&r->groups[i]->id.live, &g->id.live);
	return g->handle == handle;
}

void groups_drop(struct rib *r, uint32_t gateway)
{
	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++) {
		struct group *g = r->groups[i];
		bool live = g && group_set_has(&g->id.live, gateway);
		if (!g || !group_drop(&g->id, gateway))
			continue;
		group_rehash(g);
		gateway_named(r, gateway, -1);
		if (live && r->multipath)
			g->again = sweep_all(r);
		/* Prefixes that wait must wait no more. */
		if (r->adopt != ADOPT_NONE && !g->id.live.n)
			group_flushed(r, g);
	}
}

void rib_group_flushed(struct rib *r, uint32_t group)
{
	struct group *g = NULL;

	for (uint16_t i = 0; i < RIB_GROUPS_MAX && !g; i++)
		if (r->groups[i] && r->groups[i]->handle == group)
			g = r->groups[i];
	if (!g)
		return;
	struct group_id was = g->id;
	g->id.live.n = g->id.fallback.n = 0;
	group_rehash(g);
	set_named(r, &was.live, -1);
	set_named(r, &was.fallback, -1);
	group_flushed(r, g);
}

void groups_ref(struct rib *r, uint16_t group)
{
	r->groups[group - 1]->refs++;
}

void groups_unref(struct rib *r, uint16_t group)
{
	struct group *g = r->groups[group - 1];

	if (--g->refs)
		return;
	g->idle_packet = r->out.made;
	g->idle_ms = r->now_ms;
}

static void group_free(struct rib *r, uint16_t slot)
{
	struct group *g = r->groups[slot];
	struct fib_handle m = {g->handle};

	out_add(&r->out, FIB_MSG_GROUP_FREE, &m, sizeof(m));
	r->groups[slot] = NULL;
	r->groups_n--;
	set_named(r, &g->id.live, -1);
	set_named(r, &g->id.fallback, -1);
	free(g);
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++)
		if (r->vrfs[i].waiting && !sweep_pending(r, r->vrfs[i].waits))
			r->vrfs[i].waits = sweep_job(r, i);
}

/* Until this time an unused group is kept; one that the kernel deleted is of no use, nor one that
 * was joined with another. */
static uint64_t group_end_ms(const struct group *g)
{
	return g->idle_ms + (g->flushed || g->leaves ? 0 : GROUP_LINGER_MS);
}

static bool group_idle(const struct rib *r, const struct group *g)
{
	return g && !g->refs && g->idle_packet <= r->out.acked &&
	       (!g->adopted || r->adopt == ADOPT_NONE);
}

void groups_run(struct rib *r)
{
	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++) {
		const struct group *g = r->groups[i];
		if (group_idle(r, g) && r->now_ms >= group_end_ms(g))
			group_free(r, i);
	}
	groups_join(r);
}

int groups_next_ms(const struct rib *r, uint64_t now_ms)
{
	int next = -1;

	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++) {
		const struct group *g = r->groups[i];
		if (!group_idle(r, g))
			continue;
		uint64_t at = group_end_ms(g);
		int wait = at > now_ms ? (int)(at - now_ms) : 0;
		if (next < 0 || wait < next)
			next = wait;
	}
	return next;
}

size_t rib_groups(const struct rib *r, struct rib_group_view *out, size_t max)
{
	size_t found = 0;

	for (uint16_t i = 0; i < RIB_GROUPS_MAX; i++) {
		const struct group *g = r->groups[i];
		if (g && found++ < max)
			out[found - 1] = (struct rib_group_view){
				.group = g->handle, .id = g->id, .prefixes = g->refs};
	}
	return found;
}
