#include "rib/fib/rules.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "rib/fib/fib.h"

static uint32_t count_installed(const struct ruleset *s)
{
	uint32_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		n += s->rule[i].installed;
	return n;
}

static void tell(struct fib *f)
{
	struct rules *r = &f->rules;
	struct fib_msg_rules m = {
		.head = {.version = FIB_CHANNEL_VERSION, .type = FIB_MSG_RULES, .count = 1},
		.wanted = (uint32_t)r->set.n,
		.present = count_installed(&r->set),
		.healed = r->healed};
	if (m.present != m.wanted) {
		m.error = r->error;
		memcpy(m.text, r->text, sizeof(m.text));
	}
	if (memcmp(&m, &r->told, sizeof(m)) == 0)
		return;
	r->told = m;
	outbox_put(&f->out, &m, sizeof(m));
}

static void note_error(struct rules *r, int error, const char *text)
{
	memset(r->text, 0, sizeof(r->text));
	r->error = error;
	snprintf(r->text, sizeof(r->text), "%s", text);
}

/* --- one rule to the kernel --- */

struct wish {
	struct fib *f;
	bool set;
	bool done;
};

static void refused(void *ctx, size_t index, int error, const char *text)
{
	struct wish *w = ctx;
	(void)index;
	if (w->set ? error == EEXIST : error == ENOENT || error == ESRCH)
		return;
	w->done = false;
	note_error(&w->f->rules, error, text);
	fib_log_refusal(w->f, w->set ? "rule" : "delete-rule", 0, text);
}

/* True: the kernel has it (set) or no longer has it. */
static bool write_rule(struct fib *f, const struct fib_rule *r, bool set)
{
	struct wish wish = {.f = f, .set = set, .done = true};
	struct nl_msg *m = kernel_next(&f->kernel);
	kernel_add(&f->kernel,
		(set ? nlbuild_rule_set : nlbuild_rule_del)(m, r, f->config.route_protocol));
	kernel_commit(&f->kernel, refused, &wish);
	return wish.done;
}

static const char *refusal(const struct fib *f, const struct fib_rule *r)
{
	bool known = !r->table || r->table == RT_TABLE_MAIN || tables_find(&f->tables, r->table);
	return known ? ruleset_refusal(r) : "its table is not configured";
}

static void add(struct fib *f, const struct fib_rule *m)
{
	const char *why = refusal(f, m);
	struct ruleset_rule *r = why ? NULL : ruleset_add(&f->rules.set, m);
	if (!r) {
		log_err("rule-refused priority=%u table=%u reason=\"%s\"", m->priority, m->table,
			why ? why : "there are too many");
		return;
	}
	if (!r->installed)
		r->installed = write_rule(f, m, true);
}

void rules_take(struct fib *f, const struct fib_rule *m)
{
	struct ruleset_rule *old = ruleset_find(&f->rules.set, m);
	if (m->present) {
		add(f, m);
	} else if (old) {
		struct fib_rule r = old->rule;
		ruleset_remove(&f->rules.set, old);
		write_rule(f, &r, false);
	}
	tell(f);
}

void rules_end(struct fib *f)
{
	f->rules.complete = true;
	rules_check(f);
}

/* --- the kernel's own words --- */

static bool in_our_range(const struct fib_rule *r)
{
	return r->priority >= FIB_RULE_FIRST && r->priority <= FIB_RULE_LAST;
}

void rules_event(struct fib *f, struct nlmsghdr *m)
{
	struct nlread_rule x;
	if (m->nlmsg_pid != f->kernel.pid && nlread_rule(m, &x) && in_our_range(&x.rule))
		f->rules.due = true;
}

static void take_dumped(void *ctx, struct nlmsghdr *m)
{
	struct fib *f = ctx;
	struct nlread_rule x;
	if (m->nlmsg_type != RTM_NEWRULE || !nlread_rule(m, &x) || !x.plain ||
		!in_our_range(&x.rule))
		return;
	struct ruleset_rule *r = ruleset_find(&f->rules.set, &x.rule);
	if (r)
		r->seen = true;
	else if (f->rules.complete && x.protocol == f->config.route_protocol)
		ruleset_add(&f->rules.strange, &x.rule);
}

static int dump_rules(struct fib *f)
{
	static const enum addr_family family[] = {ADDR_V4, ADDR_V6};
	int error = 0;
	for (size_t i = 0; i < f->rules.set.n; i++)
		f->rules.set.rule[i].seen = false;
	ruleset_clear(&f->rules.strange);
	for (size_t i = 0; i < 2 && !error; i++) {
		kernel_add(&f->kernel, nlbuild_dump_rules(kernel_next(&f->kernel), family[i]));
		/* A dump that begins again lists rules twice: the same are found. */
		error = kernel_dump(&f->kernel, NULL, take_dumped, f);
		if (error == -EAFNOSUPPORT || error == -EOPNOTSUPP)
			error = 0; /* a host without that family */
	}
	return error;
}

static void mend(struct fib *f)
{
	struct rules *r = &f->rules;
	uint32_t healed = 0;
	for (size_t i = 0; i < r->set.n; i++) {
		struct ruleset_rule *x = &r->set.rule[i];
		bool lost = x->installed && !x->seen;
		if (x->seen)
			x->installed = true;
		else
			x->installed = write_rule(f, &x->rule, true);
		healed += lost && x->installed;
	}
	for (size_t i = 0; i < r->strange.n; i++)
		write_rule(f, &r->strange.rule[i].rule, false);
	if (healed || r->strange.n)
		log_event(LOG_LEVEL_WARN, LOG_ID_RULES_MENDED,
			"rules-mended restored=%u removed=%zu", healed, r->strange.n);
	r->healed += healed;
	ruleset_clear(&r->strange);
}

int rules_wait_ms(const struct rules *r, uint64_t now_ms)
{
	uint64_t at = r->checked_ms + FIB_RULES_CHECK_MS;
	if (!r->due)
		return -1;
	return at > now_ms ? (int)(at - now_ms) : 0;
}

void rules_check(struct fib *f)
{
	struct rules *r = &f->rules;
	r->checked_ms = clock_ms();
	r->due = false;
	if (!r->set.n && !r->complete)
		return;
	int error = dump_rules(f);
	if (error) {
		fib_log_refusal(f, "dump-of-rules", 0, strerror(-error));
		r->due = true;
		return;
	}
	mend(f);
	tell(f);
}

void rules_withdraw(struct fib *f)
{
	while (f->rules.set.n) {
		struct fib_rule r = f->rules.set.rule[0].rule;
		ruleset_remove(&f->rules.set, &f->rules.set.rule[0]);
		write_rule(f, &r, false);
	}
}

void rules_free(struct rules *r)
{
	ruleset_clear(&r->set);
	ruleset_clear(&r->strange);
}
