#include "bgpd-lite/budget.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgpd-lite/bgp/adj_out.h"
#include "bgpd-lite/cgroup.h"
#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	LOOK_OCTETS = 64 * 1024, /* of UPDATEs between two looks */
	CGROUP_MS = 20,          /* between two looks at the control group */
	TICK_S = 10,
	SETTLE_MS = 10000, /* in which a control group gets back what was freed */
	BASE_TICKS = 3,
	STAYED_MS = 600000, /* then it is ended for the first time again */
	CGROUP_LEAST = 4 << 20,
	TEXT_MAX = 32,
};

/* "57.1 MiB" */
static const char *size_text(uint64_t bytes, char out[TEXT_MAX])
{
	snprintf(out, TEXT_MAX, "%.1f MiB", (double)bytes / (1 << 20));
	return out;
}

const char *budget_name(enum budget_kind kind)
{
	return kind == BUDGET_LIMIT ? "memory-limit" : "the control group's memory.max";
}

/* ---- what is used ---- */

static struct ration_bound of_limit(const struct daemon *d)
{
	struct ration_bound b = {.limit = d->conf->bgp.memory_limit};
	struct rib_use u;

	if (!b.limit)
		return b;
	rib_use(d->rib, &u);
	b.used = u.bytes + adj_out_bytes(announcer_table(d->announcer));
	for (size_t i = 0; i < d->neighbors_n; i++)
		b.used += session_bytes(d->neighbors[i]->session);
	return b;
}

/* What is free in our pools and in the allocator is taken before the group has to give more. */
static struct ration_bound of_cgroup(const struct daemon *d)
{
	struct cgroup_memory m;
	struct rib_use u;

	if (!cgroup_memory("/sys/fs/cgroup", "/proc/self/cgroup", &m))
		return (struct ration_bound){0};
	uint64_t kept = m.max / 16 > CGROUP_LEAST ? m.max / 16 : CGROUP_LEAST;
	struct ration_bound b = {.limit = m.max > 2 * kept ? m.max - kept : m.max / 2};
	rib_use(d->rib, &u);
	b.used = m.used + u.kernel_due;
	uint64_t spare = u.spare;
	if (ration_level(&b) != RATION_FREE)
		spare += mallinfo2().fordblks;
	b.used -= spare < b.used ? spare : b.used;
	return b;
}

struct ration_bound budget_bound(const struct daemon *d, enum budget_kind kind)
{
	return kind == BUDGET_LIMIT ? of_limit(d) : of_cgroup(d);
}

/* The same, but the control group is not read more often than need be. */
static struct ration_bound bound_of(struct daemon *d, enum budget_kind kind)
{
	struct budget *o = &d->budget;
	uint64_t now = clock_ms();

	if (kind == BUDGET_CGROUP && o->cgroup_ms && now - o->cgroup_ms < CGROUP_MS)
		return o->bound[kind];
	if (kind == BUDGET_CGROUP)
		o->cgroup_ms = now;
	return o->bound[kind] = budget_bound(d, kind);
}

static uint32_t paths_of(const struct neighbor *n)
{
	struct rib_peer_counts c = {0};

	if (n->peer != RIB_NO_PEER)
		rib_peer_count(n->daemon->rib, n->peer, &c);
	return c.received;
}

/* ---- one has to go ---- */

static void hold_back(struct neighbor *n, enum budget_kind kind, const char *what)
{
	struct daemon *d = n->daemon;
	struct ration *x = &n->ration;
	struct session_info info;
	uint64_t now = clock_ms();

	session_info(n->session, &info);
	if (info.state == FSM_ESTABLISHED && now - info.since_ms >= STAYED_MS)
		x->before = 0;
	uint64_t wait_ms = ration_wait_ms(x->before++);
	x->n++;
	d->budget.refused_n++;
	x->held = true;
	x->by = kind;
	x->paths = paths_of(n);
	x->known = false;
	x->until_ms = now + wait_ms;
	snprintf(x->why, sizeof(x->why),
		"out of memory (%s) with %u paths of it; tried again when there is room, or after "
		"%u s",
		what, x->paths, (unsigned)(wait_ms / 1000));
	log_event(LOG_LEVEL_ERR, LOG_ID_LIMIT,
		"neighbor ended neighbor=\"%s\" reason=\"%s\" paths=%u grown=%llu wait_s=%u",
		n->conf->name, what, x->paths,
		(unsigned long long)(x->paths > x->base[0] ? x->paths - x->base[0] : 0),
		(unsigned)(wait_ms / 1000));
	events_add(&d->events, clock_realtime_ns(), EVENT_SESSION, n->conf->name, "%s", x->why);
	session_stop(n->session, BGP_CEASE_RESOURCES, NULL);
	snprintf(n->waiting, sizeof(n->waiting), "%s", x->why);
	d->budget.waits = true;
	fibc_kick(d);
}

static struct neighbor *pick(struct daemon *d, const struct ration_bound *b)
{
	struct ration_share *shares = calloc(d->neighbors_n + 1, sizeof(*shares));
	struct neighbor *found = NULL;

	for (size_t i = 0; i < d->neighbors_n && shares; i++) {
		const struct neighbor *n = d->neighbors[i];
		if (!neighbor_is_up(n))
			continue;
		uint64_t paths = paths_of(n), base = n->ration.base[0];
		shares[i] = (struct ration_share){paths, paths > base ? paths - base : 0};
	}
	int i = shares ? ration_pick(b, shares, d->neighbors_n) : -1;
	if (i >= 0)
		found = d->neighbors[i];
	free(shares);
	return found;
}

static void tell_near(struct budget *o, enum budget_kind kind)
{
	char used[TEXT_MAX], limit[TEXT_MAX];

	if (o->told_near)
		return;
	o->told_near = true;
	log_warn("memory short used=\"%s\" of=\"%s\" limit=\"%s\"",
		size_text(o->bound[kind].used, used), size_text(o->bound[kind].limit, limit),
		budget_name(kind));
}

static void look(struct daemon *d)
{
	struct budget *o = &d->budget;
	char what[120], used[TEXT_MAX], limit[TEXT_MAX];
	bool any = false;

	o->told = 0;
	for (int kind = 0; kind < BUDGET_KINDS; kind++) {
		struct ration_bound b = bound_of(d, (enum budget_kind)kind);
		if (ration_level(&b) == RATION_FREE)
			continue;
		any = true;
		tell_near(o, (enum budget_kind)kind);
		if (rib_sweeping(d->rib)) {
			o->waits = true; /* what it takes away counts */
			return;
		}
		struct neighbor *n = pick(d, &b);
		if (!n)
			continue;
		snprintf(what, sizeof(what), "%s: %s of %s", budget_name((enum budget_kind)kind),
			size_text(b.used, used), size_text(b.limit, limit));
		hold_back(n, (enum budget_kind)kind, what);
		return;
	}
	o->waits = false;
	o->told_near = o->told_near && any;
}

bool budget_admits(struct neighbor *n, size_t octets)
{
	struct daemon *d = n->daemon;

	d->budget.told += octets;
	if (d->budget.told < LOOK_OCTETS)
		return true;
	look(d);
	return neighbor_is_up(n);
}

void budget_no_memory(struct neighbor *n)
{
	rib_give_reserve(n->daemon->rib);
	hold_back(n, BUDGET_LIMIT, "the system gives no more");
}

/* ---- and comes back ---- */

void budget_established(struct neighbor *n)
{
	n->ration.base[0] = n->ration.base[1] = paths_of(n);
}

void budget_free(struct neighbor *n)
{
	n->ration.held = false;
	n->ration.before = 0;
}

static bool may_return(struct daemon *d, struct ration *x)
{
	uint64_t now = clock_ms();

	if (now >= x->until_ms)
		return true;
	if (d->budget.waits || !x->known)
		return false;
	struct ration_bound b = bound_of(d, x->by);
	if (!b.limit)
		return true;
	uint64_t room = ration_room(&b);
	if (now < x->settles_ms && room > x->room) /* its own, on its way back */
		x->room = room;
	return room > x->room + x->room / 4;
}

static void let_back(struct daemon *d)
{
	bool any = false;

	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct neighbor *n = d->neighbors[i];
		if (!n->ration.held || !may_return(d, &n->ration))
			continue;
		n->ration.held = false;
		log_info("neighbor may return neighbor=\"%s\"", n->conf->name);
		neighbor_hold_changed(n);
		any = true;
	}
	if (any)
		listeners_sync(d);
}

/* The paths of those that were ended are gone. Where the system gives no more nobody knows what is
 * enough. */
static void note_room(struct daemon *d)
{
	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct ration *x = &d->neighbors[i]->ration;
		struct ration_bound b = {0};
		if (x->held && !x->known)
			b = bound_of(d, x->by);
		if (!b.limit)
			continue;
		x->room = ration_room(&b);
		x->settles_ms = clock_ms() + (x->by == BUDGET_CGROUP ? SETTLE_MS : 0);
		x->known = true;
	}
}

void budget_worked(struct daemon *d)
{
	if (!d->budget.waits || rib_sweeping(d->rib))
		return;
	d->budget.cgroup_ms = 0;
	look(d);
	if (!d->budget.waits)
		note_room(d);
}

void budget_at_rest(struct daemon *d)
{
	if (d->budget.refused_n)
		let_back(d);
}

static void sample(struct daemon *d)
{
	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct neighbor *n = d->neighbors[i];
		n->ration.base[0] = n->ration.base[1];
		n->ration.base[1] = paths_of(n);
	}
}

static void on_tick(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct daemon *d = w->data;

	(void)loop;
	(void)events;
	if (!d->applied)
		return;
	if (++d->budget.ticks % BASE_TICKS == 0)
		sample(d);
	look(d);
	let_back(d);
	if (d->budget.waits)
		fibc_kick(d);
}

void budget_configured(struct daemon *d, uint64_t limit_before)
{
	bool changed = d->conf->bgp.memory_limit != limit_before;

	for (size_t i = 0; i < d->neighbors_n && changed; i++)
		d->neighbors[i]->ration.until_ms = 0;
	look(d);
	let_back(d);
}

void budget_start(struct daemon *d)
{
	ev_timer_init(&d->budget.tick, on_tick, TICK_S, TICK_S);
	d->budget.tick.data = d;
	ev_timer_start(d->loop, &d->budget.tick);
}

void budget_stop(struct daemon *d)
{
	ev_timer_stop(d->loop, &d->budget.tick);
}
