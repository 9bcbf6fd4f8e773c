/* `unreachable default` in the tables that ask for it: a miss must not go on to table main. */
#include <errno.h>

#include "rib/fib/fib.h"

struct wanted {
	struct fib *f;
	uint32_t table;
	bool set;
};

static void default_refused(void *ctx, size_t index, int error, const char *text)
{
	struct wanted *w = ctx;
	/* There already, by us or by someone who wants the same; or gone already. */
	if (w->set ? error == EEXIST : error == ESRCH || error == ENOENT)
		return;
	fib_log_refusal(
		w->f, w->set ? "default-of-table" : "delete-default-of-table", w->table, text);
	if (!w->set)
		sweep_failed(w->f);
	outbox_table_error(&w->f->out, w->table, error, text);
}

static void defaults_change(struct fib *f, uint32_t table, bool set)
{
	static const enum addr_family family[] = {ADDR_V4, ADDR_V6};
	struct wanted wanted = {.f = f, .table = table, .set = set};
	for (size_t i = 0; i < 2; i++) {
		struct nl_msg *m = kernel_next(&f->kernel);
		kernel_add(&f->kernel, (set ? nlbuild_default_set : nlbuild_default_del)(
					       m, family[i], table, f->config.route_protocol));
	}
	kernel_commit(&f->kernel, default_refused, &wanted);
}

void fib_defaults_set(struct fib *f, uint32_t table)
{
	defaults_change(f, table, true);
}

void fib_defaults_del(struct fib *f, uint32_t table)
{
	defaults_change(f, table, false);
}
