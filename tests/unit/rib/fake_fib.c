#include "tests/unit/rib/fake_fib.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rib/fake_plain.h"

struct fake_event {
	struct fake_event *next;
	union {
		struct chan_head head;
		struct fib_msg_done done;
		struct fib_msg_route_error route_error;
		struct fib_msg_gateway_lost gateway_lost;
		struct {
			struct chan_head head;
			struct fib_handle group;
		} group_flushed;
		struct {
			struct chan_head head;
			struct fib_drift is;
		} drift;
		struct fib_msg_audit audit;
		struct {
			struct chan_head head;
			struct fib_route is;
		} found;
		struct {
			struct chan_head head;
			struct fib_resolved is;
		} resolved;
	} m;
};

struct fake_fib *fake_new(struct rib *r)
{
	struct fake_fib *f = calloc(1, sizeof(*f));
	f->rib = r;
	f->routes_room = 1 << 10;
	f->routes = calloc(f->routes_room, sizeof(*f->routes));
	f->used = calloc(f->routes_room, sizeof(*f->used));
	return f;
}

void fake_free(struct fake_fib *f)
{
	while (f->head) {
		struct fake_event *e = f->head;
		f->head = e->next;
		free(e);
	}
	for (size_t i = 0; i < f->routes_room && f->plain; i++)
		free(f->routes[i].hop);
	free(f->routes);
	free(f->used);
	free(f);
}

static struct fake_event *event(struct fake_fib *f, enum fib_msg_type type)
{
	struct fake_event *e = calloc(1, sizeof(*e));
	e->m.head.type = (uint8_t)type;
	if (f->tail && f->head)
		f->tail->next = e;
	else
		f->head = e;
	f->tail = e;
	return e;
}

static void tell_lost(struct fake_fib *f, uint32_t gateway, int error)
{
	struct fake_event *e = event(f, FIB_MSG_GATEWAY_LOST);
	e->m.gateway_lost.gateway = gateway;
	e->m.gateway_lost.error = error;
	snprintf(e->m.gateway_lost.text, sizeof(e->m.gateway_lost.text), "%s", strerror(error));
}

/* ---- routes ---- */

static struct fake_route *route_slot(
	const struct fake_fib *f, uint32_t table, const struct prefix *p, uint32_t metric)
{
	size_t i = hash_bytes(p, sizeof(*p), table + metric) & (f->routes_room - 1);
	while (f->routes[i].table &&
		(f->routes[i].table != table || f->routes[i].metric != metric ||
			!prefix_equal(f->routes[i].prefix, *p)))
		i = (i + 1) & (f->routes_room - 1);
	return &f->routes[i];
}

/* The slot for a route that comes; slots that were given out before may have moved. */
static struct fake_route *slot_take(
	struct fake_fib *f, uint32_t table, const struct prefix *p, uint32_t metric)
{
	struct fake_route *old = f->routes, *r;
	size_t old_n = f->used_n;

	if (f->used_n >= f->routes_room / 2) {
		struct fake_route **was = f->used;
		f->routes_room *= 8;
		f->routes = calloc(f->routes_room, sizeof(*f->routes));
		f->used = calloc(f->routes_room, sizeof(struct fake_route *));
		for (size_t i = 0; i < old_n; i++) {
			f->used[i] = route_slot(f, was[i]->table, &was[i]->prefix, was[i]->metric);
			*f->used[i] = *was[i];
		}
		free(was);
		free(old);
	}
	r = route_slot(f, table, p, metric);
	if (!r->table)
		f->used[f->used_n++] = r;
	r->table = table;
	r->prefix = *p;
	r->metric = metric;
	return r;
}

static bool is_ours(uint32_t group)
{
	return group && group != FAKE_FOREIGN;
}

const struct fake_route *fake_route(
	const struct fake_fib *f, uint32_t table, const struct prefix *p)
{
	const struct fake_route *r = route_slot(f, table, p, 0);
	for (size_t i = 0; i < f->metrics_n && !is_ours(r->group); i++)
		r = route_slot(f, table, p, f->metrics[i]);
	return r;
}

uint32_t fake_route_group(const struct fake_fib *f, uint32_t table, const struct prefix *p)
{
	uint32_t group = fake_route(f, table, p)->group;
	return group == FAKE_FOREIGN ? 0 : group;
}

static void route_put(struct fake_fib *f, struct fake_route *r, uint32_t group)
{
	r->moved = false;
	f->routes_n += (size_t)is_ours(group) - (size_t)is_ours(r->group);
	r->group = group;
}

static struct fib_route route_message(const struct fake_fib *f, const struct fake_route *r)
{
	struct fib_route m = {.table = r->table,
		.group = !is_ours(r->group) ? 0
			 : f->plain         ? plain_group(f, r)
					    : r->group,
		.metric = r->metric,
		.family = r->prefix.addr.family,
		.len = r->prefix.len};
	memcpy(m.addr, r->prefix.addr.b, sizeof(m.addr));
	memcpy(m.source, r->source, sizeof(m.source));
	return m;
}

static void tell_drift(struct fake_fib *f, const struct fake_route *r, enum fib_drift_cause cause)
{
	struct fake_event *e = event(f, FIB_MSG_DRIFT);
	e->m.drift.is = (struct fib_drift){route_message(f, r), cause};
}

/* The next route of ours from a place on; NULL: there is none. */
static struct fake_route *route_at(struct fake_fib *f, size_t at)
{
	for (size_t i = 0; i < f->routes_room && f->routes_n; i++) {
		struct fake_route *r = &f->routes[(at + i) & (f->routes_room - 1)];
		if (is_ours(r->group))
			return r;
	}
	return NULL;
}

void fake_delete_route(struct fake_fib *f, size_t at, bool told)
{
	struct fake_route *r = route_at(f, at);
	if (!r)
		return;
	if (told)
		tell_drift(f, r, FIB_DRIFT_DELETED);
	route_put(f, r, 0);
}

void fake_replace_route(struct fake_fib *f, size_t at, size_t by_group, bool told)
{
	struct fake_route *r = route_at(f, at);
	const struct fake_group *g = f->groups_n ? &f->groups[by_group % f->groups_n] : NULL;
	if (!r || (by_group != FAKE_NO_GROUP && (!g || !g->present)))
		return;
	if (by_group == FAKE_NO_GROUP || !f->plain)
		route_put(f, r, by_group == FAKE_NO_GROUP ? FAKE_FOREIGN : g->handle);
	if (f->plain)
		plain_set(f, r, by_group == FAKE_NO_GROUP ? NULL : g);
	r->moved = true;
	if (told)
		tell_drift(f, r, FIB_DRIFT_REPLACED);
}

void fake_set_source(struct fake_fib *f, const struct prefix *p, struct addr source, bool told)
{
	struct fake_route *r = (struct fake_route *)fake_route(f, 1001, p);
	memcpy(r->source, source.b, sizeof(r->source));
	if (told)
		tell_drift(f, r, FIB_DRIFT_REPLACED);
}

void fake_remove_route(struct fake_fib *f, const struct prefix *p)
{
	route_put(f, (struct fake_route *)fake_route(f, 1001, p), 0);
}

void fake_add_route(struct fake_fib *f, const struct prefix *p, uint32_t group)
{
	struct fake_route *r = slot_take(f, 1001, p, 0);
	route_put(f, r, group ? group : f->groups[0].handle);
}

static bool table_known(const struct fake_fib *f, uint32_t table)
{
	for (size_t i = 0; i < 16; i++)
		if (f->tables[i] == table)
			return true;
	return false;
}

static void tell_audit(struct fake_fib *f, enum fib_audit_phase phase)
{
	struct fake_event *e = event(f, FIB_MSG_AUDIT);
	e->m.audit.table = 1001 + f->audit_table;
	e->m.audit.family = ADDR_V4;
	e->m.audit.phase = (uint8_t)phase;
	e->m.audit.packets = f->served;
}

void fake_audit(struct fake_fib *f, size_t slots)
{
	if (!f->audit_runs)
		tell_audit(f, FIB_AUDIT_BEGIN);
	f->audit_runs = true;
	for (; slots && f->audit_at < f->routes_room; slots--, f->audit_at++) {
		const struct fake_route *r = &f->routes[f->audit_at];
		if (is_ours(r->group) && r->table == 1001 + f->audit_table)
			event(f, FIB_MSG_FOUND)->m.found.is = route_message(f, r);
	}
	if (f->audit_at < f->routes_room)
		return;
	tell_audit(f, FIB_AUDIT_END);
	f->audit_runs = false;
	f->audit_at = 0;
	f->audit_table = !f->audit_table && table_known(f, 1002);
	if (f->audit_table && slots)
		fake_audit(f, slots);
}

void fake_audit_broken(struct fake_fib *f)
{
	if (f->audit_runs)
		tell_audit(f, FIB_AUDIT_BROKEN);
	f->audit_runs = false;
	f->audit_at = f->audit_table = 0;
}

static void flush(struct fake_fib *f, uint32_t group)
{
	for (size_t i = 0; i < f->used_n; i++)
		if (f->used[i]->group == group && group) {
			route_put(f, f->used[i], 0);
			f->flushed++;
		}
}

/* ---- gateways and groups ---- */

static struct fake_gateway *gateway(struct fake_fib *f, uint32_t handle)
{
	for (size_t i = 0; i < f->gateways_n; i++)
		if (f->gateways[i].handle == handle)
			return &f->gateways[i];
	return NULL;
}

const struct fake_gateway *fake_gateway(const struct fake_fib *f, uint32_t handle)
{
	return gateway((struct fake_fib *)f, handle);
}

static struct fake_group *group(struct fake_fib *f, uint32_t handle)
{
	for (size_t i = 0; i < f->groups_n; i++)
		if (f->groups[i].handle == handle)
			return &f->groups[i];
	return NULL;
}

const struct group_id *fake_group_id(const struct fake_fib *f, uint32_t handle)
{
	const struct fake_group *g = group((struct fake_fib *)f, handle);
	return g ? &g->id : NULL;
}

bool fake_group_whole(const struct fake_fib *f, uint32_t handle)
{
	const struct fake_group *g = group((struct fake_fib *)f, handle);
	return g && group_set_equal(&g->has, &g->id.live);
}

bool fake_route_whole(const struct fake_fib *f, uint32_t table, const struct prefix *p)
{
	const struct fake_route *r = fake_route(f, table, p);
	const struct fake_group *g = group((struct fake_fib *)f, r->group);
	return !f->plain || (g && plain_same(f, r, &g->id.live));
}

/* ---- the kernel's part ---- */

static void kernel_group_del(struct fake_fib *f, struct fake_group *g)
{
	g->present = false;
	g->has.n = 0;
	flush(f, g->handle);
}

static void kernel_object_del(struct fake_fib *f, struct fake_gateway *g)
{
	g->object = false;
	for (size_t i = 0; i < f->groups_n && !f->plain; i++) {
		struct fake_group *x = &f->groups[i];
		struct group_id has = {.live = x->has};
		if (x->present && group_drop(&has, g->handle)) {
			x->has = has.live;
			if (!x->has.n)
				kernel_group_del(f, x);
		}
	}
}

/* False: one of the members is not there. */
static bool kernel_group_set(struct fake_fib *f, struct fake_group *g)
{
	for (uint16_t i = 0; i < g->id.live.n; i++)
		if (!f->plain && !gateway(f, g->id.live.gateway[i])->object)
			return false;
	g->present = true;
	g->has = g->id.live;
	return true;
}

void fake_link_down(struct fake_fib *f, uint32_t ifindex)
{
	for (size_t i = 0; i < f->gateways_n; i++)
		if (f->gateways[i].ifindex == ifindex)
			kernel_object_del(f, &f->gateways[i]);
	for (size_t i = 0; i < f->routes_room && f->plain; i++)
		if (is_ours(f->routes[i].group) && plain_all_on(&f->routes[i], ifindex))
			route_put(f, &f->routes[i], 0);
}

void fake_delete_object(struct fake_fib *f, size_t at)
{
	if (f->gateways_n && !f->plain)
		kernel_object_del(f, &f->gateways[at % f->gateways_n]);
}

void fake_delete_group(struct fake_fib *f, size_t at)
{
	if (f->groups_n && !f->plain)
		kernel_group_del(f, &f->groups[at % f->groups_n]);
}

/* ---- fib's part ---- */

static void group_dead(struct fake_fib *f, struct fake_group *g)
{
	struct fake_event *e = event(f, FIB_MSG_GROUP_FLUSHED);
	e->m.group_flushed.group.handle = g->handle;
	g->dead = true;
	g->created = false;
	g->id = (struct group_id){0};
}

/* Creates it, or replaces it, which fails where it is gone. */
static void group_tell(struct fake_fib *f, struct fake_group *g)
{
	if (f->plain) {
		g->created = g->present = g->id.live.n > 0;
		g->has = g->id.live;
	} else if (!g->id.live.n)
		g->created = false;
	else if (!g->created)
		g->created = kernel_group_set(f, g);
	else if (!g->present)
		group_dead(f, g);
	else
		kernel_group_set(f, g);
}

static void group_loses(struct fake_fib *f, struct fake_group *g, uint32_t gateway)
{
	bool last = g->id.live.n == 1 && g->id.live.gateway[0] == gateway;

	if (group_drop(&g->id, gateway) && (last || !g->created || f->plain))
		group_tell(f, g);
}

static void gateway_dies(struct fake_fib *f, struct fake_gateway *g)
{
	if (!g->alive)
		return;
	g->alive = false;
	for (size_t i = 0; i < f->groups_n; i++)
		group_loses(f, &f->groups[i], g->handle);
	kernel_object_del(f, g);
}

void fake_hear(struct fake_fib *f)
{
	for (size_t i = 0; i < f->groups_n; i++)
		if (f->groups[i].created && !f->groups[i].present)
			group_dead(f, &f->groups[i]);
	for (size_t i = 0; i < f->gateways_n; i++)
		if (f->gateways[i].alive && !f->gateways[i].object) {
			gateway_dies(f, &f->gateways[i]);
			tell_lost(f, f->gateways[i].handle, 0);
		}
	for (size_t i = 0; i < f->groups_n; i++)
		if (!f->groups[i].created ||
			!group_set_equal(&f->groups[i].has, &f->groups[i].id.live))
			group_tell(f, &f->groups[i]);
}

static bool is_held(const struct fake_gateway *g)
{
	for (size_t i = 0; i < g->holds_n; i++)
		if (!g->holds[i].ended)
			return true;
	return false;
}

static struct fake_hold *hold(struct fake_gateway *g, uint32_t incarnation)
{
	for (size_t i = 0; i < g->holds_n; i++)
		if (g->holds[i].incarnation == incarnation)
			return &g->holds[i];
	return NULL;
}

void fake_session_down(struct fake_fib *f, uint32_t incarnation, enum fib_cause cause)
{
	assert_true(f->ended_n < 1024);
	f->ended[f->ended_n].incarnation = incarnation;
	f->ended[f->ended_n++].cause = cause;
	for (size_t i = 0; i < f->gateways_n; i++) {
		struct fake_gateway *g = &f->gateways[i];
		struct fake_hold *h = hold(g, incarnation);
		if (!h)
			continue;
		h->ended = true;
		if (g->alive && ((h->own && cause == FIB_CAUSE_BFD) || !is_held(g))) {
			gateway_dies(f, g);
		}
	}
}

void fake_gateway_down(struct fake_fib *f, uint32_t handle)
{
	gateway_dies(f, gateway(f, handle));
}

static const enum fib_cause *ended(const struct fake_fib *f, uint32_t incarnation)
{
	for (size_t i = 0; i < f->ended_n; i++)
		if (f->ended[i].incarnation == incarnation)
			return &f->ended[i].cause;
	return NULL;
}

/* ---- messages ---- */

static void on_gateway(struct fake_fib *f, const struct fib_gateway *m)
{
	assert_null(gateway(f, m->gateway));
	assert_true(f->gateways_n < 256);
	int error = f->refuse_gateways                        ? f->refuse_gateways
		    : f->dead_link == m->ifindex && !f->plain ? ENETDOWN
							      : 0;
	f->gateways[f->gateways_n++] = (struct fake_gateway){.handle = m->gateway,
		.ifindex = m->ifindex,
		.addr = m->addr,
		.alive = !error,
		.object = f->dead_link != m->ifindex && !error};
	if (error)
		tell_lost(f, m->gateway, error);
}

static void on_gateway_free(struct fake_fib *f, uint32_t handle)
{
	struct fake_gateway *g = gateway(f, handle);
	assert_non_null(g);
	gateway_dies(f, g);
	*g = f->gateways[--f->gateways_n];
}

static void on_hold(struct fake_fib *f, const struct fib_hold *m)
{
	struct fake_gateway *g = gateway(f, m->gateway);
	const enum fib_cause *cause = ended(f, m->incarnation);
	assert_non_null(g);
	struct fake_hold *h = hold(g, m->incarnation);
	if (!h) {
		assert_true(g->holds_n < 16);
		h = &g->holds[g->holds_n++];
	}
	*h = (struct fake_hold){m->incarnation, m->own, cause != NULL};
	if (!is_held(g) || (cause && *cause == FIB_CAUSE_BFD && h->own))
		gateway_dies(f, g);
	if (!cause && !g->alive)
		tell_lost(f, g->handle, 0);
}

static void hold_drop(struct fake_gateway *g, uint32_t incarnation)
{
	struct fake_hold *h = hold(g, incarnation);
	if (h)
		*h = g->holds[--g->holds_n];
}

static void on_release(struct fake_fib *f, const struct fib_hold *m)
{
	struct fake_gateway *g = gateway(f, m->gateway);
	assert_non_null(g);
	hold_drop(g, m->incarnation);
}

static void on_forget(struct fake_fib *f, uint32_t incarnation)
{
	for (size_t i = 0; i < f->gateways_n; i++)
		hold_drop(&f->gateways[i], incarnation);
	for (size_t i = 0; i < f->ended_n; i++)
		if (f->ended[i].incarnation == incarnation)
			f->ended[i--] = f->ended[--f->ended_n];
}

static void on_group(struct fake_fib *f, const struct fib_msg_group *m, size_t len)
{
	struct group_id id = {0};
	struct fake_group *g = group(f, m->group);
	assert_true(!g || m->group >= FIB_ADOPTED_FIRST);
	assert_int_equal(len, fib_msg_group_len(m));
	assert_true(m->live_n > 0 && f->groups_n < 512);
	for (unsigned i = 0; i < (unsigned)m->live_n + m->fallback_n; i++) {
		assert_non_null(gateway(f, m->member[i].gateway));
		assert_true(m->member[i].weight > 0);
		group_set_add(i < m->live_n ? &id.live : &id.fallback, m->member[i].gateway,
			m->member[i].weight);
	}
	for (unsigned i = 0; i < (unsigned)m->live_n + m->fallback_n; i++)
		if (!gateway(f, m->member[i].gateway)->alive)
			group_drop(&id, m->member[i].gateway);
	bool same = g && g->present && group_set_equal(&g->has, &id.live);
	if (!g) {
		g = &f->groups[f->groups_n++];
		*g = (struct fake_group){.handle = m->group};
	}
	g->id = id;
	if (same)
		return;
	group_tell(f, g);
	f->group_ops++;
}

static void on_group_free(struct fake_fib *f, uint32_t handle)
{
	struct fake_group *g = group(f, handle);
	assert_non_null(g);
	/* only a route whose replacement was refused may still be there, or one that another
	 * program has put there; it goes with its group */
	for (size_t i = 0; i < f->routes_room && !f->refused && !f->plain; i++)
		assert_true(f->routes[i].group != handle || f->routes[i].moved);
	if (!f->plain)
		flush(f, handle);
	*g = f->groups[--f->groups_n];
}

static void on_table(struct fake_fib *f, const struct fib_table *m)
{
	size_t i = 0;
	while (i < 15 && f->tables[i] != (m->present && !table_known(f, m->table) ? 0 : m->table))
		i++;
	f->tables[i] = m->present ? m->table : 0;
	for (i = 0; i < f->used_n && !m->present; i++)
		if (f->used[i]->table == m->table && f->used[i]->group)
			route_put(f, f->used[i], 0);
}

static void route_refused(struct fake_fib *f, const struct fib_route *m, int error)
{
	struct fake_event *e = event(f, FIB_MSG_ROUTE_ERROR);
	f->refused++;
	e->m.route_error.route = *m;
	e->m.route_error.error = error;
	snprintf(e->m.route_error.text, sizeof(e->m.route_error.text), "refused: %d", error);
}

/* Deletes ours at this metric, another program's stays. */
static void route_gone(struct fake_fib *f, const struct fib_route *m, uint32_t metric)
{
	struct prefix p =
		prefix_make(addr_from_bytes((enum addr_family)m->family, m->addr), m->len);
	struct fake_route *r = route_slot(f, m->table, &p, metric);
	struct fib_route del = *m;
	int error = f->refuse ? f->refuse(f->refuse_arg, m) : 0;

	del.group = del.moves = 0;
	del.metric = metric;
	if (is_ours(r->group) && error)
		route_refused(f, &del, error);
	else if (is_ours(r->group))
		route_put(f, r, 0);
}

static void route_there(struct fake_fib *f, const struct fib_route *m)
{
	struct prefix p =
		prefix_make(addr_from_bytes((enum addr_family)m->family, m->addr), m->len);
	struct fake_route *r = slot_take(f, m->table, &p, m->metric);

	for (size_t i = 0; i <= f->metrics_n; i++)
		if (i == f->metrics_n) {
			assert_true(f->metrics_n < 8);
			f->metrics[f->metrics_n++] = m->metric;
			break;
		} else if (f->metrics[i] == m->metric) {
			break;
		}
	memcpy(r->source, m->source, sizeof(r->source));
	route_put(f, r, m->group);
	if (f->plain)
		plain_set(f, r, group(f, m->group));
}

static void on_route(struct fake_fib *f, const struct fib_route *m)
{
	const struct fake_group *g = group(f, m->group);
	bool set = g && g->id.live.n;
	int error = f->refuse && set ? f->refuse(f->refuse_arg, m) : 0;

	if (set && !g->present) /* refused by fib, or fib does not know yet */
		error = EINVAL;
	if (set && f->plain && plain_refused(f, g))
		error = ENETDOWN;
	assert_true(table_known(f, m->table) && m->table);
	assert_true(!m->group || g);
	assert_true(!m->moves || m->was != m->metric);
	f->route_ops++;
	if (error) {
		route_refused(f, m, error);
		return;
	}
	if (set)
		route_there(f, m);
	else
		route_gone(f, m, m->metric);
	if (m->moves)
		route_gone(f, m, m->was);
}

/* ---- the way to next hops ---- */

void fake_static(struct fake_fib *f, const char *prefix, const char *gateway, uint32_t ifindex)
{
	struct fake_static s = {.ifindex = ifindex};
	size_t i = 0;
	bool host_bits;

	assert_true(prefix_parse(prefix, &s.prefix, &host_bits));
	assert_true(!gateway || addr_parse(gateway, &s.gateway));
	while (i < f->statics_n && !prefix_equal(f->statics[i].prefix, s.prefix))
		i++;
	assert_true(i < sizeof(f->statics) / sizeof(f->statics[0]));
	if (i == f->statics_n)
		f->statics_n++;
	f->statics[i] = gateway ? s : (struct fake_static){0};
}

static int ours_len(const struct fake_fib *f, struct addr a)
{
	int len = -1;

	for (size_t i = 0; i < f->used_n; i++) {
		const struct fake_route *r = f->used[i];
		if (r->group && r->group != FAKE_FOREIGN && prefix_has_addr(r->prefix, a) &&
			r->prefix.len > len)
			len = r->prefix.len;
	}
	return len;
}

static void look_up(const struct fake_fib *f, struct fib_resolved *x)
{
	int ours = ours_len(f, x->addr);
	const struct fake_static *best = NULL;

	for (size_t i = 0; i < f->statics_n; i++) {
		const struct fake_static *s = &f->statics[i];
		if (s->ifindex && prefix_has_addr(s->prefix, x->addr) &&
			(!best || s->prefix.len > best->prefix.len))
			best = s;
	}
	if (best && best->prefix.len >= ours) {
		x->way = FIB_WAY_FOUND;
		x->ifindex = best->ifindex;
		x->gateway = best->gateway;
		x->len = best->prefix.len;
	} else {
		x->way = ours < 0 ? FIB_WAY_NONE : FIB_WAY_OURS;
		x->len = ours < 0 ? 0 : (uint8_t)ours;
	}
}

size_t fake_resolve(struct fake_fib *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->resolve_n; i++) {
		struct fib_resolved *told = &f->resolve[i];
		struct fib_resolved x = {.vrf_ifindex = told->vrf_ifindex, .addr = told->addr};
		look_up(f, &x);
		if (memcmp(&x, told, sizeof(x)) == 0)
			continue;
		*told = x;
		event(f, FIB_MSG_RESOLVED)->m.resolved.is = x;
		n++;
	}
	return n;
}

static void on_resolve(struct fake_fib *f, const struct fib_resolve *m)
{
	size_t i = 0;

	while (i < f->resolve_n && (f->resolve[i].vrf_ifindex != m->vrf_ifindex ||
					   !addr_equal(f->resolve[i].addr, m->addr)))
		i++;
	assert_true((i < f->resolve_n) != m->present); /* asked for once, given back once */
	assert_true(i < sizeof(f->resolve) / sizeof(f->resolve[0]));
	if (m->present)
		f->resolve[f->resolve_n++] =
			(struct fib_resolved){.vrf_ifindex = m->vrf_ifindex, .addr = m->addr};
	else
		f->resolve[i] = f->resolve[--f->resolve_n];
}

/* ---- the neighbour table ---- */

static void on_neighbor(struct fake_fib *f, const struct fib_watch_neighbor *m)
{
	size_t i = 0;

	while (i < f->neighbors_n && (f->neighbors[i].ifindex != m->ifindex ||
					     !addr_equal(f->neighbors[i].addr, m->addr)))
		i++;
	assert_true((i < f->neighbors_n) != m->present); /* asked for once, given back once */
	assert_true(i < sizeof(f->neighbors) / sizeof(f->neighbors[0]));
	if (m->present)
		f->neighbors[f->neighbors_n++] = *m;
	else
		f->neighbors[i] = f->neighbors[--f->neighbors_n];
}

static void on_element(struct fake_fib *f, uint8_t type, const void *e)
{
	const struct fib_handle *h = e;

	switch (type) {
	case FIB_MSG_TABLE:
		on_table(f, e);
		break;
	case FIB_MSG_GATEWAY:
		on_gateway(f, e);
		break;
	case FIB_MSG_GATEWAY_FREE:
		on_gateway_free(f, h->handle);
		break;
	case FIB_MSG_HOLD:
		on_hold(f, e);
		break;
	case FIB_MSG_RELEASE:
		on_release(f, e);
		break;
	case FIB_MSG_FORGET:
		on_forget(f, h->handle);
		break;
	case FIB_MSG_GROUP_FREE:
		on_group_free(f, h->handle);
		break;
	case FIB_MSG_ROUTES:
		on_route(f, e);
		break;
	case FIB_MSG_RESOLVE:
		on_resolve(f, e);
		break;
	case FIB_MSG_NEIGHBOR:
		on_neighbor(f, e);
		break;
	}
}

static size_t element_size(uint8_t type)
{
	switch (type) {
	case FIB_MSG_TABLE:
		return sizeof(struct fib_table);
	case FIB_MSG_GATEWAY:
		return sizeof(struct fib_gateway);
	case FIB_MSG_HOLD:
	case FIB_MSG_RELEASE:
		return sizeof(struct fib_hold);
	case FIB_MSG_ROUTES:
		return sizeof(struct fib_route);
	case FIB_MSG_RESOLVE:
		return sizeof(struct fib_resolve);
	case FIB_MSG_NEIGHBOR:
		return sizeof(struct fib_watch_neighbor);
	case FIB_MSG_GATEWAY_FREE:
	case FIB_MSG_GROUP_FREE:
	case FIB_MSG_FORGET:
		return sizeof(struct fib_handle);
	}
	fail_msg("unknown message %u", type);
	return 0;
}

static void apply(struct fake_fib *f, const uint8_t *packet, size_t len)
{
	struct chan_head h;

	memcpy(&h, packet, sizeof(h));
	assert_int_equal(h.version, FIB_CHANNEL_VERSION);
	assert_true(len <= CHAN_PACKET_MAX);
	if (h.type == FIB_MSG_GROUP) {
		struct fib_msg_group m = {0};
		memcpy(&m, packet, len);
		on_group(f, &m, len);
		return;
	}
	if (h.type == FIB_MSG_CONFIG)
		return;
	size_t size = element_size(h.type);
	assert_int_equal(len, sizeof(h) + h.count * size);
	for (unsigned i = 0; i < h.count; i++) {
		struct fib_route element; /* the largest, aligned */
		memcpy(&element, packet + sizeof(h) + i * size, size);
		on_element(f, h.type, &element);
	}
}

/* ---- a new life ---- */

static void events_forget(struct fake_fib *f)
{
	while (f->head) {
		struct fake_event *e = f->head;
		f->head = e->next;
		free(e);
	}
}

/* What is in the kernel gets new handles; the rest is forgotten. */
static uint32_t adopted_handle(const struct fake_fib *f, uint32_t old)
{
	return old < FIB_ADOPTED_FIRST ? old + FIB_ADOPTED_FIRST + (f->lives << 16) : old;
}

static void restart_groups(struct fake_fib *f)
{
	for (size_t i = 0; i < f->groups_n; i++) {
		struct fake_group *g = &f->groups[i], was = *g;
		if (!g->present) {
			*g = f->groups[--f->groups_n];
			i--;
			continue;
		}
		*g = (struct fake_group){
			.handle = adopted_handle(f, was.handle), .present = true, .created = true};
		for (uint16_t k = 0; k < was.has.n; k++)
			group_set_add(
				&g->has, adopted_handle(f, was.has.gateway[k]), was.has.weight[k]);
		g->id.live = g->has;
	}
	for (size_t i = 0; i < f->routes_room; i++)
		if (is_ours(f->routes[i].group))
			f->routes[i].group = adopted_handle(f, f->routes[i].group);
}

static void restart_gateways(struct fake_fib *f)
{
	for (size_t i = 0; i < f->gateways_n; i++) {
		struct fake_gateway *g = &f->gateways[i];
		if (!g->object) {
			*g = f->gateways[--f->gateways_n];
			i--;
			continue;
		}
		g->handle = adopted_handle(f, g->handle);
		g->alive = true;
		g->holds_n = 0;
	}
}

static void restart_tell(struct fake_fib *f)
{
	for (size_t i = 0; i < f->gateways_n; i++) {
		const struct fake_gateway *g = &f->gateways[i];
		struct fib_gateway m = {
			.gateway = g->handle, .ifindex = g->ifindex, .addr = g->addr};
		rib_adopt_gateway(f->rib, &m);
	}
	for (size_t i = 0; i < f->groups_n; i++) {
		const struct fake_group *g = &f->groups[i];
		struct fib_msg_group m = {.group = g->handle, .live_n = g->has.n};
		for (uint16_t k = 0; k < g->has.n; k++)
			m.member[k] = (struct fib_member){
				.gateway = g->has.gateway[k], .weight = g->has.weight[k]};
		rib_adopt_group(f->rib, &m);
	}
}

void fake_restart(struct fake_fib *f, struct rib *r)
{
	events_forget(f);
	f->rib = r;
	f->lives++;
	f->served = 0;
	f->ended_n = 0;
	f->resolve_n = f->neighbors_n = 0;
	f->audit_at = 0;
	f->audit_runs = false;
	memset(f->tables, 0, sizeof(f->tables));
	if (f->plain) {
		plain_restart(f);
	} else {
		restart_groups(f);
		restart_gateways(f);
	}
	restart_tell(f);
}

void fake_list(struct fake_fib *f)
{
	for (size_t i = 0; i < f->routes_room; i++)
		if (f->routes[i].group && f->routes[i].group != FAKE_FOREIGN) {
			struct fib_route m = route_message(f, &f->routes[i]);
			rib_audit_found(f->rib, &m);
		}
	rib_adopt_listed(f->rib);
}

size_t fake_take(struct fake_fib *f, size_t max)
{
	size_t n = 0, len;
	const void *packet;

	while (n < max && (packet = rib_out_peek(f->rib, &len))) {
		apply(f, packet, len);
		rib_out_pop(f->rib);
		f->served++;
		n++;
	}
	if (n)
		event(f, FIB_MSG_DONE)->m.done.packets = f->served;
	return n;
}

size_t fake_answer(struct fake_fib *f, size_t max, uint64_t now_ms)
{
	size_t n = 0;

	for (; n < max && f->head; n++) {
		struct fake_event *e = f->head;
		f->head = e->next;
		if (e->m.head.type == FIB_MSG_DONE)
			rib_fib_done(f->rib, e->m.done.packets);
		else if (e->m.head.type == FIB_MSG_ROUTE_ERROR)
			rib_route_error(f->rib, &e->m.route_error, now_ms);
		else if (e->m.head.type == FIB_MSG_GROUP_FLUSHED)
			rib_group_flushed(f->rib, e->m.group_flushed.group.handle);
		else if (e->m.head.type == FIB_MSG_DRIFT)
			rib_route_drift(f->rib, &e->m.drift.is);
		else if (e->m.head.type == FIB_MSG_AUDIT)
			rib_audit(f->rib, &e->m.audit);
		else if (e->m.head.type == FIB_MSG_FOUND)
			rib_audit_found(f->rib, &e->m.found.is);
		else if (e->m.head.type == FIB_MSG_RESOLVED)
			rib_resolved(f->rib, &e->m.resolved.is);
		else
			rib_gateway_lost(f->rib, &e->m.gateway_lost, now_ms);
		free(e);
	}
	return n;
}
