#include "rib/fib/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static void begin(struct sweep *s, bool all_lives)
{
	s->all_lives = all_lives;
	s->phase = SWEEP_DUMP;
	s->family = ADDR_V4;
	s->routes = s->objects = 0;
	s->table_n = s->object_n = s->found_n = 0;
}

void sweep_begin_old(struct fib *f)
{
	struct sweep *s = &f->sweep;
	begin(s, false);
	s->table = fib_grow(s->table, f->tables.n, sizeof(s->table[0]));
	for (size_t i = 0; i < f->tables.n; i++)
		s->table[s->table_n++] = f->tables.table[i].table;
}

void sweep_begin_table(struct fib *f, uint32_t table)
{
	struct sweep *s = &f->sweep;
	begin(s, true);
	s->table = fib_grow(s->table, 1, sizeof(s->table[0]));
	s->table[s->table_n++] = table;
	s->leaving = table;
}

/* --- routes --- */

static void take_route(void *ctx, const struct nlread_route *r)
{
	struct fib *f = ctx;
	struct sweep *s = &f->sweep;
	if (!id_to_sweep(f, r->nh_id, s->all_lives) || s->found_n == SWEEP_FOUND_MAX)
		return;
	if (!s->found)
		s->found = fib_grow(NULL, SWEEP_FOUND_MAX, sizeof(s->found[0]));
	s->found[s->found_n++] =
		(struct sweep_found){.prefix = r->prefix, .metric = r->metric, .nh_id = r->nh_id};
}

/* The dump of one family of one table found nothing more. */
static void next_dump(struct sweep *s)
{
	if (s->family == ADDR_V4) {
		s->family = ADDR_V6;
		return;
	}
	s->family = ADDR_V4;
	s->table_n--;
}

static void step_dump(struct fib *f)
{
	struct sweep *s = &f->sweep;
	if (s->table_n == 0) {
		free(s->found);
		s->found = NULL;
		s->phase = s->all_lives ? SWEEP_IDLE : SWEEP_OBJECTS;
		if (s->all_lives)
			fib_defaults_del(f, s->leaving);
		return;
	}
	if (!s->dump.socket) {
		int error = dump_open(f, &s->dump, s->family, s->table[s->table_n - 1]);
		if (error) {
			log_err("sweep-failed table=%u error=\"%s\"", s->table[s->table_n - 1],
				strerror(-error));
			next_dump(s);
		}
		return;
	}
	if (dump_read(f, &s->dump, take_route, f) == DUMP_MORE && s->found_n < SWEEP_FOUND_MAX)
		return;
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
	fib_log_refusal(f, "sweep-route-of-table", f->sweep.table[f->sweep.table_n - 1], text);
}

static void step_delete(struct fib *f)
{
	struct sweep *s = &f->sweep;
	size_t n = s->found_n - s->deleted_at;
	if (n > KERNEL_BATCH_MAX)
		n = KERNEL_BATCH_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct sweep_found *x = &s->found[s->deleted_at + i];
		struct nlbuild_route r = {.table = s->table[s->table_n - 1],
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
	if (error != ENOENT && error != ESRCH)
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

static void step_objects(struct fib *f)
{
	struct sweep *s = &f->sweep;
	if (s->object_n == 0) {
		int error = list_objects(f, false);
		if (error)
			log_err("sweep-failed error=\"%s\"", strerror(-error));
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

void sweep_withdraw(struct fib *f)
{
	int error = list_objects(f, true);
	if (error)
		log_err("withdraw-failed error=\"%s\"", strerror(-error));
	delete_objects(f, 0, f->sweep.object_n);
	log_info("withdrawn objects=%zu", f->sweep.object_n);
}

void sweep_free(struct sweep *s)
{
	dump_close(&s->dump);
	free(s->table);
	free(s->found);
	free(s->object);
}
