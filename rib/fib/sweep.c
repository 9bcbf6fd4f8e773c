#include "rib/fib/sweep.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

static bool id_in_range(const struct fib *f, uint32_t id)
{
	return id >= f->config.nexthop_id_first && id <= f->config.nexthop_id_last;
}

static bool id_to_sweep(const struct fib *f, uint32_t id, bool all_lives)
{
	return id_in_range(f, id) && (all_lives || !ledger_id_known(&f->ledger, id));
}

bool sweep_busy(const struct sweep *s)
{
	return s->phase != SWEEP_IDLE;
}

static void begin(struct sweep *s, bool all_lives, uint32_t table)
{
	s->all_lives = all_lives;
	s->table = table;
	s->phase = SWEEP_DUMP;
	s->family = ADDR_V4;
	s->routes = s->objects = 0;
	s->object_n = s->found_n = 0;
}

void sweep_failed(struct fib *f)
{
	struct sweep *s = &f->sweep;
	if (s->again)
		return;
	s->again = true;
	s->again_wait_ms = s->again_wait_ms ? 2 * s->again_wait_ms : SWEEP_AGAIN_MS;
	if (s->again_wait_ms > SWEEP_AGAIN_MAX_MS)
		s->again_wait_ms = SWEEP_AGAIN_MAX_MS;
	s->again_ms = clock_ms() + s->again_wait_ms;
}

int sweep_wait_ms(const struct sweep *s, uint64_t now_ms)
{
	if (!s->again || !s->asked || sweep_busy(s))
		return -1;
	return s->again_ms > now_ms ? (int)(s->again_ms - now_ms) : 0;
}

void sweep_begin_old(struct fib *f)
{
	f->sweep.asked = true;
	f->sweep.again = false;
	begin(&f->sweep, false, 0);
	if (f->config.multipath)
		compare_now(f); /* bgp finds what nobody wants */
}

void sweep_begin_table(struct fib *f, uint32_t table)
{
	begin(&f->sweep, true, table);
}

/* --- routes --- */

/* The unreachable default of a table that is not configured any more. */
static bool default_is_old(const struct nlread_route *r, bool configured)
{
	return !configured && r->metric == NLBUILD_DEFAULT_METRIC && r->prefix.len == 0 &&
	       r->type == RTN_UNREACHABLE;
}

static bool route_goes(const struct fib *f, const struct nlread_route *r)
{
	bool configured = tables_find(&f->tables, r->table) != NULL;
	return (f->sweep.all_lives && fib_route_is_plain(f, r)) ||
	       ((configured || f->sweep.all_lives) && fib_route_is_plain_left(f, r)) ||
	       id_to_sweep(f, r->nh_id, f->sweep.all_lives || !configured) ||
	       (!f->sweep.table && default_is_old(r, configured));
}

static void take_route(void *ctx, const struct nlread_route *r)
{
	struct fib *f = ctx;
	struct sweep *s = &f->sweep;
	if (s->found_n == SWEEP_FOUND_MAX || !route_goes(f, r))
		return;
	if (!s->found)
		s->found = fib_grow(NULL, SWEEP_FOUND_MAX, sizeof(s->found[0]));
	s->found[s->found_n++] = (struct sweep_found){
		.prefix = r->prefix, .table = r->table, .metric = r->metric, .nh_id = r->nh_id};
}

/* The dump of one family found nothing more. */
static void next_dump(struct sweep *s)
{
	s->family = s->family == ADDR_V4 ? ADDR_V6 : ADDR_NONE;
}

static void step_dump(struct fib *f)
{
	struct sweep *s = &f->sweep;
	if (s->family == ADDR_NONE) {
		free(s->found);
		s->found = NULL;
		s->phase = s->all_lives ? SWEEP_IDLE : SWEEP_OBJECTS;
		if (s->all_lives)
			fib_defaults_del(f, s->table);
		return;
	}
	if (!s->dump.socket) {
		int error = dump_open(f, &s->dump, s->family, s->table);
		if (error) {
			log_err("sweep-failed table=%u error=\"%s\"", s->table, strerror(-error));
			sweep_failed(f);
			next_dump(s);
		}
		return;
	}
	enum dump_state state = dump_read(f, &s->dump, take_route, f);
	if (state == DUMP_MORE && s->found_n < SWEEP_FOUND_MAX)
		return;
	if (state == DUMP_BROKEN)
		sweep_failed(f);
	dump_close(&s->dump);
	s->deleted_at = s->refused = 0;
	if (s->found_n)
		s->phase = SWEEP_DELETE;
	else
		next_dump(s);
}

static void route_refused(void *ctx, size_t index, int error, const char *text)
{
	struct fib *f = ctx;
	if (error == ESRCH || error == ENOENT)
		return;
	f->sweep.refused++;
	sweep_failed(f);
	fib_log_refusal(f, "sweep-route-of-table", f->sweep.table, text);
}

static void step_delete(struct fib *f)
{
	struct sweep *s = &f->sweep;
	size_t n = s->found_n - s->deleted_at;
	if (n > KERNEL_BATCH_MAX)
		n = KERNEL_BATCH_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct sweep_found *x = &s->found[s->deleted_at + i];
		struct nlbuild_route r = {.table = x->table,
			.metric = x->metric,
			.nh_id = x->nh_id,
			.protocol = f->config.route_protocol,
			.prefix = x->prefix};
		kernel_add(&f->kernel, nlbuild_route_del(kernel_next(&f->kernel), &r));
	}
	kernel_commit(&f->kernel, route_refused, f);
	s->deleted_at += n;
	if (s->deleted_at < s->found_n)
		return;
	s->routes += s->found_n - s->refused;
	s->found_n = 0;
	s->phase = SWEEP_DUMP;
	/* What cannot be deleted would be found for ever. */
	if (s->refused)
		next_dump(s);
}

/* --- objects --- */

struct listing {
	struct fib *f;
	bool all_lives;
	bool groups;
};

static void list_object(void *ctx, struct nlmsghdr *m)
{
	struct listing *x = ctx;
	struct sweep *s = &x->f->sweep;
	struct nlread_nexthop o;
	if (!nlread_nexthop(m, &o) || o.protocol != x->f->config.nexthop_protocol ||
		o.group != x->groups || !id_to_sweep(x->f, o.id, x->all_lives))
		return;
	s->object = fib_grow(s->object, s->object_n + 1, sizeof(s->object[0]));
	s->object[s->object_n++] = o.id;
}

static int list_objects(struct fib *f, bool all_lives)
{
	struct listing x = {.f = f, .all_lives = all_lives, .groups = true};
	int error = 0;
	f->sweep.object_n = 0;
	for (int pass = 0; pass < 2 && !error; pass++, x.groups = false) {
		kernel_add(&f->kernel, nlbuild_dump_nexthops(kernel_next(&f->kernel)));
		/* An interrupted dump may list an id twice: the second deletion finds none. */
		error = kernel_dump(&f->kernel, NULL, list_object, &x);
	}
	return error;
}

static void object_refused(void *ctx, size_t index, int error, const char *text)
{
	struct fib *f = ctx;
	if (error == ENOENT || error == ESRCH)
		return;
	sweep_failed(f);
	fib_log_refusal(f, "delete-old-object", (uint32_t)index, text);
}

static void delete_objects(struct fib *f, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		kernel_add(&f->kernel,
			nlbuild_nexthop_del(kernel_next(&f->kernel), f->sweep.object[i]));
		if (f->kernel.n == KERNEL_BATCH_MAX)
			kernel_commit(&f->kernel, object_refused, f);
	}
	kernel_commit(&f->kernel, object_refused, f);
}

/* From now on what others write by our protocol is theirs. */
static void plain_swept(struct fib *f)
{
	struct chan_head swept = {FIB_CHANNEL_VERSION, FIB_MSG_SWEPT, 1};
	f->config.plain_left = 0;
	outbox_put(&f->out, &swept, sizeof(swept));
}

static void step_objects(struct fib *f)
{
	struct sweep *s = &f->sweep;
	if (s->object_n == 0) {
		int error = list_objects(f, false);
		if (error) {
			log_err("sweep-failed error=\"%s\"", strerror(-error));
			sweep_failed(f);
		}
		s->deleted_at = 0;
	}
	size_t to = s->deleted_at + KERNEL_BATCH_MAX;
	if (to > s->object_n)
		to = s->object_n;
	delete_objects(f, s->deleted_at, to);
	s->deleted_at = to;
	if (to < s->object_n)
		return;
	s->objects = s->object_n;
	s->phase = SWEEP_IDLE;
	s->again_wait_ms = s->again ? s->again_wait_ms : 0;
	if (f->config.plain_left && !s->again)
		plain_swept(f);
	log_info("swept routes=%llu objects=%llu", (unsigned long long)s->routes,
		(unsigned long long)s->objects);
}

void sweep_step(struct fib *f)
{
	switch (f->sweep.phase) {
	case SWEEP_IDLE:
		break;
	case SWEEP_DUMP:
		step_dump(f);
		break;
	case SWEEP_DELETE:
		step_delete(f);
		break;
	case SWEEP_OBJECTS:
		step_objects(f);
		break;
	}
}

/* Without objects that take their routes along. */
static void withdraw_routes(struct fib *f)
{
	dump_close(&f->sweep.dump);
	for (size_t i = 0; i < f->tables.n; i++) {
		begin(&f->sweep, true, f->tables.table[i].table);
		while (sweep_busy(&f->sweep))
			sweep_step(f);
	}
}

void sweep_withdraw(struct fib *f)
{
	if (f->config.multipath || f->config.plain_left)
		withdraw_routes(f);
	int error = list_objects(f, true);
	if (error)
		log_err("withdraw-failed error=\"%s\"", strerror(-error));
	delete_objects(f, 0, f->sweep.object_n);
	log_info("withdrawn objects=%zu", f->sweep.object_n);
}

void sweep_free(struct sweep *s)
{
	dump_close(&s->dump);
	free(s->found);
	free(s->object);
}
