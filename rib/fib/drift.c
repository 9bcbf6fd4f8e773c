#include "rib/fib/drift.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

enum {
	PACKET_N = 256, /* elements of one packet */
};

static void drift_add(struct fib *f, const struct fib_drift *x)
{
	struct drift *d = &f->drift;
	if (d->n == DRIFT_MAX) {
		compare_now(f);
		return;
	}
	if (!d->route)
		d->route = fib_grow(NULL, DRIFT_MAX, sizeof(d->route[0]));
	d->route[d->n++] = *x;
}

/* A v6 route whose nexthop the kernel takes is told as deleted by nobody: what follows from the
 * loss of a nexthop has its own way. */
static bool by_the_kernel(const struct nlmsghdr *m, const struct nlread_route *r)
{
	return m->nlmsg_pid == 0 && r->prefix.addr.family == ADDR_V6;
}

static bool metric_is_known(const struct drift *d, uint32_t metric)
{
	for (size_t i = 0; i < d->metric_n; i++)
		if (d->metric[i] == metric)
			return true;
	return d->metric_n == DRIFT_METRICS_MAX;
}

void drift_metric(struct drift *d, uint32_t metric)
{
	if (!metric_is_known(d, metric))
		d->metric[d->metric_n++] = metric;
}

void drift_event(struct fib *f, struct nlmsghdr *m)
{
	bool deleted = m->nlmsg_type == RTM_DELROUTE;
	struct nlread_route r;
	if (!nlread_route(m, &r) || by_the_kernel(m, &r))
		return;
	const struct fib_table *t = tables_find(&f->tables, r.table);
	if (!t || (deleted && r.protocol != f->config.route_protocol))
		return;
	if (deleted && r.metric == NLBUILD_DEFAULT_METRIC && r.prefix.len == 0) {
		f->drift.defaults |= t->unreachable_default;
		return;
	}
	struct fib_drift x = {.route = fib_route_found(f, &r),
		.cause = deleted ? FIB_DRIFT_DELETED : FIB_DRIFT_REPLACED};
	if (!deleted && x.route.metric && !metric_is_known(&f->drift, x.route.metric))
		return;
	drift_add(f, &x);
}

void drift_nexthop(struct fib *f)
{
	struct fib_drift x = {.cause = FIB_DRIFT_NEXTHOP};
	drift_add(f, &x);
}

int drift_wait_ms(const struct drift *d, uint64_t now_ms)
{
	if (!d->n && !d->defaults)
		return -1;
	uint64_t at = d->told_ms + DRIFT_MS;
	return at > now_ms ? (int)(at - now_ms) : 0;
}

static void tell_routes(struct fib *f)
{
	struct {
		struct chan_head head;
		struct fib_drift x[PACKET_N];
	} m;
	struct drift *d = &f->drift;
	for (size_t at = 0; at < d->n;) {
		size_t n = d->n - at < PACKET_N ? d->n - at : PACKET_N;
		m.head = (struct chan_head){FIB_CHANNEL_VERSION, FIB_MSG_DRIFT, (uint16_t)n};
		memcpy(m.x, d->route + at, n * sizeof(m.x[0]));
		outbox_put(&f->out, &m, sizeof(m.head) + n * sizeof(m.x[0]));
		at += n;
	}
	d->n = 0;
}

void drift_tell(struct fib *f)
{
	f->drift.told_ms = clock_ms();
	tell_routes(f);
	for (size_t i = 0; f->drift.defaults && i < f->tables.n; i++)
		if (f->tables.table[i].unreachable_default)
			fib_defaults_set(f, f->tables.table[i].table);
	f->drift.defaults = false;
}

void drift_free(struct drift *d)
{
	free(d->route);
}
