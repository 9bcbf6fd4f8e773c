#include "bgpd-lite/rules.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/daemon.h"

/* The table of a VRF now, 0: none. *gone: the VRF has none, and its packets may go on to main. */
static uint32_t table_of(const struct daemon *d, const struct conf_vrf *v, bool *gone)
{
	uint32_t table = 0;
	for (unsigned i = 0; i < RIB_VRFS_MAX; i++)
		if (strcmp(d->vrfs[i].name, v->name) == 0)
			table = rib_vrf_table(d->rib, (uint16_t)i);
	*gone = !table && v->fallthrough;
	return table;
}

/* The rules of now, without those of a VRF that is gone. */
static size_t rules_now(const struct daemon *d, struct fib_rule *out)
{
	const struct rules_told *r = &d->rules;
	const struct conf_vrf *last = NULL;
	uint32_t table = 0;
	bool gone = false;
	size_t n = 0;

	for (size_t i = 0; i < r->wish_n; i++) {
		const struct rules_wish *w = &r->wish[i];
		if (w->vrf && w->vrf != last)
			table = table_of(d, w->vrf, &gone);
		last = w->vrf ? w->vrf : last;
		if (w->vrf && gone)
			continue;
		out[n] = w->rule;
		if (w->vrf)
			out[n].table = table;
		n++;
	}
	return n;
}

static bool has(const struct fib_rule *rules, size_t n, const struct fib_rule *x)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(&rules[i], x, sizeof(*x)) == 0)
			return true;
	return false;
}

static void send_rule(struct daemon *d, const struct fib_rule *rule, bool present)
{
	struct {
		struct chan_head head;
		struct fib_rule rule;
	} m = {{FIB_CHANNEL_VERSION, FIB_MSG_RULE, 1}, *rule};
	m.rule.present = present;
	rib_out_push(d->rib, &m, sizeof(m));
}

/* What comes is told before what goes: no packet falls between. */
static void send_changes(struct daemon *d, const struct fib_rule *next, size_t n)
{
	struct rules_told *r = &d->rules;
	struct chan_head end = {FIB_CHANNEL_VERSION, FIB_MSG_RULES_END, 1};

	for (size_t i = 0; i < n; i++)
		if (!has(r->rule, r->rule_n, &next[i]))
			send_rule(d, &next[i], true);
	for (size_t i = 0; i < r->rule_n; i++)
		if (!has(next, n, &r->rule[i]))
			send_rule(d, &r->rule[i], false);
	if (!r->ended)
		rib_out_push(d->rib, &end, sizeof(end));
	r->ended = true;
}

void rules_sync(struct daemon *d)
{
	struct rules_told *r = &d->rules;
	struct fib_rule *next = calloc(r->wish_n + 1, sizeof(*next));

	if (!next)
		abort();
	size_t n = rules_now(d, next);
	bool same = r->ended && n == r->rule_n &&
		    (n == 0 || memcmp(next, r->rule, n * sizeof(*next)) == 0);
	if (same) {
		free(next);
		return;
	}
	send_changes(d, next, n);
	fibc_kick(d);
	free(r->rule);
	r->rule = next;
	r->rule_n = n;
}

void rules_apply(struct daemon *d)
{
	struct rules_told *r = &d->rules;

	free(r->wish);
	r->wish = NULL;
	if (!rules_plan(d->conf, &r->wish, &r->wish_n))
		abort();
	rules_sync(d);
}

void rules_told_free(struct rules_told *r)
{
	free(r->wish);
	free(r->rule);
	*r = (struct rules_told){0};
}
