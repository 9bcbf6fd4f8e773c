#include "rib/fib/compare.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

struct found {
	struct chan_head head;
	struct fib_route route[FIB_ROUTES_PER_PACKET];
};

static struct compare *of_family(struct fib *f, enum addr_family family)
{
	return &f->compares.family[family == ADDR_V6];
}

void compare_start(struct fib *f)
{
	uint64_t now = clock_ms();
	for (size_t i = 0; i < 2; i++)
		f->compares.family[i] =
			(struct compare){.at_ms = now + COMPARE_MS, .written_ms = now};
}

void compare_now(struct fib *f)
{
	for (size_t i = 0; i < 2; i++)
		f->compares.family[i].at_ms = 0;
}

/* When the next slice may be done. */
static uint64_t step_ms(const struct compare *c, bool v6)
{
	uint64_t at = c->table_n ? c->retry_ms : c->at_ms;
	uint64_t quiet = c->written_ms + COMPARE_QUIET_MS;
	uint64_t late = c->at_ms ? c->at_ms + COMPARE_LATE_MS : 0;
	if (c->dump.socket)
		return 0;
	if (c->list)
		return at;
	if (!v6 && c->table_n)
		return at;
	if (!v6 && late < quiet)
		quiet = late;
	return quiet > at ? quiet : at;
}

int compare_wait_ms(const struct fib *f, uint64_t now_ms)
{
	uint64_t v4 = step_ms(&f->compares.family[0], false);
	uint64_t v6 = step_ms(&f->compares.family[1], true);
	uint64_t at = v4 < v6 ? v4 : v6;
	return at > now_ms ? (int)(at - now_ms) : 0;
}

static void tell(struct fib *f, const struct compare *c, enum fib_audit_phase phase)
{
	struct fib_msg_audit m = {
		.head = {.version = FIB_CHANNEL_VERSION, .type = FIB_MSG_AUDIT, .count = 1},
		.table = c->dump.table,
		.packets = c->packets,
		.family = c->dump.family,
		.phase = (uint8_t)phase};
	outbox_put(&f->out, &m, sizeof(m));
}

uint32_t fib_metric(const struct fib *f, enum addr_family family)
{
	return f->config.metric || family == ADDR_V4 ? f->config.metric : FIB_METRIC_IPV6;
}

static bool is_plain(const struct fib *f, const struct nlread_route *r)
{
	return !r->nh_id && r->type == RTN_UNICAST && r->protocol == f->config.route_protocol;
}

bool fib_route_is_plain(const struct fib *f, const struct nlread_route *r)
{
	return f->config.multipath && is_plain(f, r);
}

bool fib_route_is_plain_left(const struct fib *f, const struct nlread_route *r)
{
	return f->config.plain_left && is_plain(f, r);
}

static uint32_t found_group(struct fib *f, const struct nlread_route *r)
{
	const struct group *g;
	if (f->config.multipath && !fib_route_is_plain(f, r))
		return 0;
	if (!f->config.multipath) {
		g = r->nh_id ? handles_find(&f->ledger.group_ids, r->nh_id) : NULL;
		return g ? g->handle : 0;
	}
	g = ledger_group_of(&f->ledger, r->hop, r->hop_n);
	return g ? g->handle : FIB_GROUP_OTHER;
}

struct fib_route fib_route_found(struct fib *f, const struct nlread_route *r)
{
	struct fib_route x = {.table = r->table,
		.group = r->type == RTN_UNICAST ? found_group(f, r) : 0,
		.metric = r->metric == fib_metric(f, r->prefix.addr.family) ? 0 : r->metric,
		.family = r->prefix.addr.family,
		.len = r->prefix.len};
	memcpy(x.addr, r->prefix.addr.b, sizeof(x.addr));
	memcpy(x.source, r->source.b, sizeof(x.source));
	return x;
}

static void found_flush(struct fib *f, struct found *m)
{
	if (!m->head.count)
		return;
	outbox_put(&f->out, m, sizeof(m->head) + m->head.count * sizeof(m->route[0]));
	m->head.count = 0;
}

struct listing {
	struct fib *f;
	struct found m;
};

static void list_route(void *ctx, const struct nlread_route *r)
{
	struct listing *l = ctx;
	l->m.route[l->m.head.count++] = fib_route_found(l->f, r);
	if (l->m.head.count == FIB_ROUTES_PER_PACKET)
		found_flush(l->f, &l->m);
}

bool compare_lists(const struct compares *c)
{
	return c->family[0].list || c->family[1].list;
}

static void round_end(struct fib *f, struct compare *c)
{
	struct chan_head listed = {FIB_CHANNEL_VERSION, FIB_MSG_LISTED, 1};
	bool asked = c->list;
	c->list = false;
	c->at_ms = c->at_ms ? clock_ms() + COMPARE_MS : 0;
	if (asked && !compare_lists(&f->compares))
		outbox_put(&f->out, &listed, sizeof(listed));
}

static void round_begin(struct fib *f, struct compare *c)
{
	c->at_ms = clock_ms() + COMPARE_MS;
	c->retry_ms = 0;
	c->table_n = f->tables.n;
	if (!c->table_n) {
		round_end(f, c);
		return;
	}
	c->table = fib_grow(c->table, c->table_n, sizeof(c->table[0]));
	for (size_t i = 0; i < c->table_n; i++)
		c->table[i] = f->tables.table[i].table;
}

/* The dump is at its end: the table is done, or `again` has to be listed once more. */
static void table_end(struct fib *f, struct compare *c, bool again)
{
	dump_close(&c->dump);
	tell(f, c, again ? FIB_AUDIT_BROKEN : FIB_AUDIT_END);
	if (!again && --c->table_n == 0)
		round_end(f, c);
}

void compare_list(struct fib *f)
{
	compare_now(f);
	for (size_t i = 0; i < 2; i++) {
		struct compare *c = &f->compares.family[i];
		if (c->dump.socket)
			table_end(f, c, true);
		c->table_n = 0;
		c->list = true;
	}
}

static void table_begin(struct fib *f, struct compare *c, enum addr_family family)
{
	uint32_t table = c->table[c->table_n - 1];
	c->packets = f->out.done;
	if (tables_find(&f->tables, table) && dump_open(f, &c->dump, (uint8_t)family, table) == 0)
		tell(f, c, FIB_AUDIT_BEGIN);
	else if (--c->table_n == 0)
		round_end(f, c);
}

static void table_read(struct fib *f, struct compare *c)
{
	struct listing l = {
		.f = f, .m = {.head = {.version = FIB_CHANNEL_VERSION, .type = FIB_MSG_FOUND}}};
	enum dump_state state = dump_read(f, &c->dump, list_route, &l);
	found_flush(f, &l.m);
	c->retry_ms = state == DUMP_BROKEN ? clock_ms() + COMPARE_RETRY_MS : 0;
	if (state != DUMP_MORE)
		table_end(f, c, state == DUMP_BROKEN);
}

static void family_step(struct fib *f, enum addr_family family)
{
	struct compare *c = of_family(f, family);
	if (c->dump.socket)
		table_read(f, c);
	else if (c->table_n)
		table_begin(f, c, family);
	else
		round_begin(f, c);
}

void compare_step(struct fib *f)
{
	uint64_t now = clock_ms();
	const struct compare *v4 = &f->compares.family[0], *v6 = &f->compares.family[1];
	/* One dump at a time: the one that runs goes on. */
	if (!v6->dump.socket && step_ms(v4, false) <= now)
		family_step(f, ADDR_V4);
	else if (step_ms(v6, true) <= now)
		family_step(f, ADDR_V6);
}

void compare_writes(struct fib *f, unsigned families)
{
	uint64_t now = clock_ms();
	for (size_t i = 0; i < 2; i++)
		if (families & 1u << i)
			f->compares.family[i].written_ms = now;
	if (families & 2 && f->compares.family[1].dump.socket)
		table_end(f, &f->compares.family[1], true);
}

void compare_free(struct compares *c)
{
	for (size_t i = 0; i < 2; i++) {
		dump_close(&c->family[i].dump);
		free(c->family[i].table);
	}
}
