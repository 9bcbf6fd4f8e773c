#include "rib/fib/resolve.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

static struct resolve_target *target_find(struct resolve *r, uint32_t vrf_ifindex, struct addr a)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct fib_resolved *x = &r->target[i].told;
		if (x->vrf_ifindex == vrf_ifindex && addr_equal(x->addr, a))
			return &r->target[i];
	}
	return NULL;
}

static void look_within(struct resolve *r, uint64_t ms)
{
	uint64_t at = clock_ms() + ms;
	if (at < r->at_ms)
		r->at_ms = at;
}

/* ---- who is of interest ---- */

static void target_remove(struct fib *f, struct resolve_target *t)
{
	struct resolve *r = &f->resolve;

	*t = r->target[--r->n];
	if (!r->n)
		kernel_watch_close(&f->kernel.routes);
}

static void target_add(struct fib *f, const struct fib_resolve *m)
{
	struct resolve *r = &f->resolve;

	if (r->n == FIB_RESOLVE_MAX)
		return;
	int error = r->n ? 0 : kernel_watch_routes(&f->kernel);
	if (error)
		log_warn("route-notifications-unavailable error=\"%s\"", strerror(-error));
	r->target = fib_grow(r->target, r->n + 1, sizeof(*r->target));
	if (!r->n) {
		r->at_ms = UINT64_MAX;
		r->slow_ms = clock_ms() + RESOLVE_SLOW_MS;
	}
	r->target[r->n++] = (struct resolve_target){
		.told = {.vrf_ifindex = m->vrf_ifindex, .addr = m->addr}, .due = true};
	look_within(r, 0);
}

void resolve_take(struct fib *f, const struct fib_resolve *m)
{
	struct resolve_target *t = target_find(&f->resolve, m->vrf_ifindex, m->addr);

	if (t && !m->present)
		target_remove(f, t);
	else if (!t && m->present && addr_bits((enum addr_family)m->addr.family))
		target_add(f, m);
}

/* ---- what may have changed ---- */

void resolve_all(struct fib *f)
{
	for (size_t i = 0; i < f->resolve.n; i++)
		f->resolve.target[i].due = true;
	if (f->resolve.n)
		look_within(&f->resolve, RESOLVE_SETTLE_MS);
}

void resolve_written(struct fib *f)
{
	uint64_t at = clock_ms() + RESOLVE_OURS_MS;
	if (f->resolve.n && at < f->resolve.slow_ms)
		f->resolve.slow_ms = at;
}

static bool is_ours(const struct fib *f, const struct nlread_route *r)
{
	if (fib_route_is_plain(f, r))
		return true;
	return r->protocol == f->config.route_protocol && r->nh_id >= f->config.nexthop_id_first &&
	       r->nh_id <= f->config.nexthop_id_last;
}

/* Of any table: which ones rules lead to is for the kernel to say. */
static void take_route(void *ctx, struct nlmsghdr *m)
{
	struct fib *f = ctx;
	struct nlread_route r;

	if ((m->nlmsg_type != RTM_NEWROUTE && m->nlmsg_type != RTM_DELROUTE) ||
		!nlread_route(m, &r) || is_ours(f, &r))
		return;
	for (size_t i = 0; i < f->resolve.n; i++) {
		struct resolve_target *t = &f->resolve.target[i];
		if (!prefix_has_addr(r.prefix, t->told.addr))
			continue;
		t->due = true;
		look_within(&f->resolve, RESOLVE_SETTLE_MS);
	}
}

void resolve_read(struct fib *f)
{
	if (!kernel_watch_read(&f->kernel, &f->kernel.routes, take_route, f))
		resolve_all(f);
}

/* ---- a look ---- */

struct look {
	struct nlread_route route;
	struct nlread_hop hop;
	bool read;
};

static void take_answer(void *ctx, struct nlmsghdr *m)
{
	struct look *l = ctx;
	l->read = m->nlmsg_type == RTM_NEWROUTE && nlread_route(m, &l->route) &&
		  nlread_hop(m, &l->hop);
}

/* 0 or -errno, which says what the routes do with such a packet. */
static int ask(struct fib *f, const struct fib_resolved *x, bool whole, struct look *l)
{
	*l = (struct look){0};
	kernel_add(&f->kernel,
		nlbuild_route_get(kernel_next(&f->kernel), x->addr, x->vrf_ifindex, whole));
	int error = kernel_dump(&f->kernel, NULL, take_answer, l);
	return error ? error : l->read ? 0 : -EPROTO;
}

static uint8_t way_of_type(uint8_t type)
{
	switch (type) {
	case RTN_UNICAST:
		return FIB_WAY_FOUND;
	case RTN_BLACKHOLE:
	case RTN_UNREACHABLE:
	case RTN_PROHIBIT:
	case RTN_THROW:
		return FIB_WAY_REFUSES;
	default: /* local, broadcast, multicast: types of the kernel */
		return FIB_WAY_HOST;
	}
}

/* `unreachable` says EHOSTUNREACH: mostly it is the default of our own that ends a VRF's table. */
static uint8_t way_of_error(int error)
{
	bool none = error == -ENETUNREACH || error == -EHOSTUNREACH || error == -ENODEV;
	return none ? FIB_WAY_NONE : FIB_WAY_REFUSES;
}

static void take_way(struct fib_resolved *x, const struct look *l)
{
	x->way = way_of_type(l->route.type);
	if (x->way != FIB_WAY_FOUND)
		return;
	if (!l->hop.ifindex) { /* all its nexthops are dead */
		x->way = FIB_WAY_NONE;
		return;
	}
	x->ifindex = l->hop.ifindex;
	x->gateway = l->hop.gateway.family ? l->hop.gateway : x->addr;
	x->onlink = l->hop.onlink;
}

/* The route that matches says whose it is; one with a nexthop object names no gateway where
 * nexthop_compat_mode is 0: then the way that a packet takes does. */
static void look_up(struct fib *f, struct fib_resolved *x)
{
	struct look l;
	int error = ask(f, x, true, &l);

	if (error) {
		x->way = way_of_error(error);
		return;
	}
	uint8_t len = l.route.prefix.len;
	if (is_ours(f, &l.route)) {
		x->way = FIB_WAY_OURS;
		x->len = len;
		return;
	}
	if (l.route.type == RTN_UNICAST && l.route.nh_id && !l.hop.ifindex)
		error = ask(f, x, false, &l);
	if (error)
		x->way = way_of_error(error);
	else
		take_way(x, &l);
	x->len = x->way == FIB_WAY_FOUND ? len : 0;
}

static void look_at(struct fib *f, struct resolve_target *t)
{
	struct {
		struct chan_head head;
		struct fib_resolved is;
	} m = {.head = {FIB_CHANNEL_VERSION, FIB_MSG_RESOLVED, 1},
		.is = {.vrf_ifindex = t->told.vrf_ifindex, .addr = t->told.addr}};

	t->due = false;
	look_up(f, &m.is);
	if (memcmp(&m.is, &t->told, sizeof(m.is)) == 0)
		return;
	t->told = m.is;
	outbox_put(&f->out, &m, sizeof(m));
}

int resolve_wait_ms(const struct resolve *r, uint64_t now_ms)
{
	uint64_t at = r->at_ms < r->slow_ms ? r->at_ms : r->slow_ms;

	if (!r->n)
		return -1;
	return at > now_ms ? (int)(at - now_ms) : 0;
}

void resolve_look(struct fib *f)
{
	struct resolve *r = &f->resolve;
	bool all = clock_ms() >= r->slow_ms;

	for (size_t i = 0; i < r->n; i++)
		if (all || r->target[i].due)
			look_at(f, &r->target[i]);
	r->at_ms = UINT64_MAX;
	if (all)
		r->slow_ms = clock_ms() + RESOLVE_SLOW_MS;
}

void resolve_free(struct resolve *r)
{
	free(r->target);
	*r = (struct resolve){0};
}
