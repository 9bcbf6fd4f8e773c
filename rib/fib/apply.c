/* Carries out the ledger's operations and feeds refusals back into it. */
#include <errno.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

struct applied {
	struct fib *f;
	const struct kops *work;
	size_t op[KERNEL_BATCH_MAX]; /* of each message in the batch */
	size_t n;
	size_t again[KERNEL_BATCH_MAX]; /* replacements that were refused for the first time */
	size_t again_n;
	bool second; /* they are being asked for again */
};

void fib_log_refusal(struct fib *f, const char *what, uint32_t number, const char *text)
{
	unsigned suppressed;
	if (log_allowed(&f->refusals, 10, 10000, &suppressed))
		log_warn("kernel-refused %s=%u error=\"%s\" suppressed=%u", what, number, text,
			suppressed);
}

void fib_audit_hint(struct fib *f)
{
	uint64_t now = clock_ms();
	if (f->in_audit || now < f->hint_at_ms) {
		uint64_t at = f->in_audit ? now + FIB_AUDIT_HINT_MS : f->hint_at_ms;
		f->audit_at_ms = at < f->audit_at_ms ? at : f->audit_at_ms;
		return;
	}
	f->hint_at_ms = now + FIB_AUDIT_HINT_MS;
	f->audit_due = true;
}

void fib_group_flushed(void *ctx, const struct group *g)
{
	struct fib *f = ctx;
	log_warn("group-flushed group=%u reason=\"the kernel deleted it with its routes\"",
		g->handle);
	outbox_group_flushed(&f->out, g->handle);
	if (f->audit_deleted)
		drift_nexthop(f);
}

/* Its routes went with the group, or it still has the members of before: the audit will tell. */
static void replace_refused(struct fib *f, uint32_t handle, int error, const char *text)
{
	struct group *g = handles_find(&f->ledger.groups, handle);
	if (g && error == ENOENT) {
		ledger_group_dead(g);
		fib_group_flushed(f, g);
		return;
	}
	if (g)
		g->kernel_members = 0; /* told again, whatever set comes next */
	fib_log_refusal(f, "group", handle, text);
	fib_audit_hint(f);
}

static void gateway_refused(struct fib *f, const struct kop *op, int error, const char *text)
{
	struct gateway *g = handles_find(&f->ledger.gateways, op->handle);
	fib_log_refusal(f, "gateway", op->handle, text);
	if (g && op->id == g->twin_id) {
		ledger_twin_refused(&f->ledger, g);
	} else if (g && ledger_gateway_dead(&f->ledger, g, false)) {
		outbox_gateway_lost(&f->out, op->handle, error, text);
		g->told = true;
	}
}

static void op_refused(void *ctx, size_t index, int error, const char *text)
{
	struct applied *a = ctx;
	const struct kop *op = &a->work->op[a->op[index]];

	switch (op->kind) {
	case KOP_GATEWAY_SET:
		gateway_refused(a->f, op, error, text);
		break;
	case KOP_GROUP_SET:
		fib_log_refusal(a->f, "group", op->handle, text);
		ledger_group_failed(&a->f->ledger, op->handle, error);
		fib_audit_hint(a->f);
		break;
	case KOP_GROUP_REPLACE:
		if (!a->second && error != ENOENT) {
			a->again[a->again_n++] = a->op[index];
			break;
		}
		replace_refused(a->f, op->handle, error, text);
		break;
	case KOP_GATEWAY_DEL:
	case KOP_GROUP_DEL:
		if (error == ENOENT || error == ESRCH)
			break;
		fib_log_refusal(a->f, "delete-id", op->id, text);
		/* An audit deletes what is left of this life, a sweep what was adopted. */
		fib_audit_hint(a->f);
		if (op->id < a->f->ledger.id_first || op->id >= a->f->ledger.id_next)
			sweep_failed(a->f);
		break;
	}
}

static void add(struct applied *a, size_t i)
{
	struct fib *f = a->f;
	struct nl_msg *m = kernel_next(&f->kernel);
	kernel_add(&f->kernel, nlbuild_kop(m, a->work, i, f->config.nexthop_protocol));
	a->op[a->n++] = i;
}

/* A replacement that is refused is asked for once more: what follows may be the deletion of the
 * last member, and with it of every route. */
static void commit(struct applied *a)
{
	kernel_commit(&a->f->kernel, op_refused, a);
	a->n = 0;
	a->second = true;
	for (size_t i = 0; i < a->again_n; i++)
		add(a, a->again[i]);
	kernel_commit(&a->f->kernel, op_refused, a);
	a->n = a->again_n = 0;
	a->second = false;
}

static void carry_out(struct fib *f, const struct kops *work)
{
	struct applied a = {.f = f, .work = work};
	bool replaces = false;
	for (size_t i = 0; i < work->n; i++) {
		bool deletes = work->op[i].kind == KOP_GATEWAY_DEL;
		if (a.n == KERNEL_BATCH_MAX || (deletes && replaces)) {
			commit(&a);
			replaces = false;
		}
		replaces |= work->op[i].kind == KOP_GROUP_REPLACE;
		add(&a, i);
	}
	commit(&a);
}

uint32_t fib_apply(struct fib *f)
{
	uint64_t before = f->kernel.messages;
	if (f->config.multipath)
		kops_clear(&f->kops); /* there is nothing but routes */
	while (f->kops.n) {
		struct kops work = f->kops;
		f->kops = f->spare;
		f->spare = (struct kops){0};
		carry_out(f, &work);
		/* A gateway that was refused leaves its groups, or its twin does. */
		ledger_settle(&f->ledger, &f->kops);
		kops_clear(&work);
		f->spare = work;
	}
	return (uint32_t)(f->kernel.messages - before);
}

void fib_flush(struct fib *f)
{
	uint64_t start = clock_ns();

	if (!ledger_flush(&f->ledger, &f->kops))
		return;
	if (fib_apply(f))
		log_info("flushed us=%llu", (unsigned long long)(clock_ns() - start) / 1000);
}
