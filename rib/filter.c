#include "rib/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rib/policy.h"

/* One compiled rule: its bucket's next rule, in the order of writing. */
struct rule {
	struct prefix prefix;
	uint32_t next; /* index + 1 of a later rule in the same bucket */
	unsigned line;
	uint8_t ge;
	uint8_t le;
	bool permit;
};

struct filter_list {
	unsigned refs;
	char *name;
	char *file;
	size_t rules_n;
	struct rule *rules;
	uint32_t *buckets; /* index + 1 of the first rule; buckets_mask + 1 of them */
	uint32_t buckets_mask;
	uint8_t lengths_n[2]; /* different rule lengths, by family */
	uint8_t lengths[2][129];
};

struct chain {
	char *contributor;
	size_t steps_n;
	struct filter_step *steps;
};

struct filter {
	unsigned refs;
	bool disowned;
	size_t chains_n;
	struct chain *chains;
};

static unsigned family_slot(struct addr a)
{
	return a.family == ADDR_V6;
}

static uint32_t bucket_of(const struct filter_list *l, const struct prefix *p)
{
	return hash_bytes(p, sizeof(*p), 0) & l->buckets_mask;
}

static void length_note(struct filter_list *l, const struct prefix *p)
{
	unsigned f = family_slot(p->addr);

	if (!memchr(l->lengths[f], p->len, l->lengths_n[f]))
		l->lengths[f][l->lengths_n[f]++] = p->len;
}

static void list_compile(struct filter_list *l, const struct filter_rule *rules)
{
	for (size_t i = l->rules_n; i-- > 0;) { /* backwards: buckets keep the order of writing */
		struct rule *r = &l->rules[i];
		*r = (struct rule){.prefix = prefix_make(rules[i].prefix.addr, rules[i].prefix.len),
			.ge = rules[i].ge,
			.le = rules[i].le,
			.permit = rules[i].permit,
			.line = rules[i].line};
		uint32_t *bucket = &l->buckets[bucket_of(l, &r->prefix)];
		r->next = *bucket;
		*bucket = (uint32_t)i + 1;
		length_note(l, &r->prefix);
	}
}

struct filter_list *filter_list_new(
	const char *name, const char *file, const struct filter_rule *rules, size_t rules_n)
{
	struct filter_list *l = calloc(1, sizeof(*l));
	size_t buckets = 1;

	if (!l)
		return NULL;
	while (buckets < rules_n)
		buckets *= 2;
	l->refs = 1;
	l->rules_n = rules_n;
	l->buckets_mask = (uint32_t)buckets - 1;
	l->name = strdup(name);
	l->file = strdup(file);
	l->rules = calloc(rules_n ? rules_n : 1, sizeof(*l->rules));
	l->buckets = calloc(buckets, sizeof(*l->buckets));
	if (!l->name || !l->file || !l->rules || !l->buckets) {
		filter_list_put(l);
		return NULL;
	}
	list_compile(l, rules);
	return l;
}

struct filter_list *filter_list_ref(struct filter_list *l)
{
	l->refs++;
	return l;
}

void filter_list_put(struct filter_list *l)
{
	if (!l || --l->refs)
		return;
	free(l->name);
	free(l->file);
	free(l->rules);
	free(l->buckets);
	free(l);
}

size_t filter_list_lengths(const struct filter_list *l, enum addr_family family)
{
	return l->lengths_n[family == ADDR_V6];
}

/* The first rule written that matches, or NULL. One probe a rule length. */
static const struct rule *list_match(const struct filter_list *l, const struct prefix *p)
{
	unsigned f = family_slot(p->addr);
	uint32_t first = 0;

	for (unsigned i = 0; i < l->lengths_n[f]; i++) {
		if (l->lengths[f][i] > p->len)
			continue;
		struct prefix key = prefix_make(p->addr, l->lengths[f][i]);
		for (uint32_t n = l->buckets[bucket_of(l, &key)]; n; n = l->rules[n - 1].next) {
			const struct rule *r = &l->rules[n - 1];
			if (first && n >= first)
				break;
			if (p->len >= r->ge && p->len <= r->le && prefix_equal(r->prefix, key)) {
				first = n;
				break;
			}
		}
	}
	return first ? &l->rules[first - 1] : NULL;
}

struct filter *filter_new(void)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (f)
		f->refs = 1;
	return f;
}

static void chain_clear(struct chain *c)
{
	for (size_t i = 0; i < c->steps_n; i++) {
		filter_list_put(c->steps[i].list);
		policy_put(c->steps[i].policy);
	}
	free(c->steps);
	free(c->contributor);
}

int filter_add_steps(
	struct filter *f, const char *contributor, const struct filter_step *steps, size_t steps_n)
{
	struct chain c = {.contributor = strdup(contributor),
		.steps = calloc(steps_n ? steps_n : 1, sizeof(*c.steps))};
	struct chain *chains = realloc(f->chains, (f->chains_n + 1) * sizeof(*chains));

	if (chains)
		f->chains = chains;
	if (!chains || !c.contributor || !c.steps) {
		chain_clear(&c);
		return -ENOMEM;
	}
	for (; c.steps_n < steps_n; c.steps_n++) {
		const struct filter_step *s = &steps[c.steps_n];
		c.steps[c.steps_n] =
			(struct filter_step){.list = s->list ? filter_list_ref(s->list) : NULL,
				.policy = s->policy ? policy_ref(s->policy) : NULL};
	}
	f->chains[f->chains_n++] = c;
	return 0;
}

int filter_add_chain(
	struct filter *f, const char *contributor, struct filter_list *const *lists, size_t lists_n)
{
	struct filter_step *steps = calloc(lists_n ? lists_n : 1, sizeof(*steps));

	if (!steps)
		return -ENOMEM;
	for (size_t i = 0; i < lists_n; i++)
		steps[i].list = lists[i];
	int error = filter_add_steps(f, contributor, steps, lists_n);
	free(steps);
	return error;
}

void filter_disown(struct filter *f)
{
	f->disowned = true;
}

bool filter_owned(const struct filter *f)
{
	return !f->disowned;
}

struct filter *filter_ref(struct filter *f)
{
	f->refs++;
	return f;
}

void filter_put(struct filter *f)
{
	if (!f || --f->refs)
		return;
	for (size_t i = 0; i < f->chains_n; i++)
		chain_clear(&f->chains[i]);
	free(f->chains);
	free(f);
}

bool filter_list_equal(const struct filter_list *a, const struct filter_list *b)
{
	if (a == b)
		return true;
	if (a->rules_n != b->rules_n)
		return false;
	for (size_t i = 0; i < a->rules_n; i++) {
		const struct rule *x = &a->rules[i], *y = &b->rules[i];
		if (!prefix_equal(x->prefix, y->prefix) || x->ge != y->ge || x->le != y->le ||
			x->permit != y->permit)
			return false;
	}
	return true;
}

static bool step_equal(const struct filter_step *a, const struct filter_step *b)
{
	if (!a->list != !b->list)
		return false;
	return a->list ? filter_list_equal(a->list, b->list) : policy_equal(a->policy, b->policy);
}

static bool chain_equal(const struct chain *a, const struct chain *b)
{
	if (a->steps_n != b->steps_n)
		return false;
	for (size_t i = 0; i < a->steps_n; i++)
		if (!step_equal(&a->steps[i], &b->steps[i]))
			return false;
	return true;
}

bool filter_kernel_equal(const struct filter_kernel *a, const struct filter_kernel *b)
{
	return addr_equal(a->source, b->source) && a->metric == b->metric;
}

bool filter_effect_equal(const struct filter_effect *a, const struct filter_effect *b)
{
	return a->set_local_pref == b->set_local_pref && a->set_med == b->set_med &&
	       a->last_choice == b->last_choice &&
	       (!a->set_local_pref || a->local_pref == b->local_pref) &&
	       (!a->set_med || a->med == b->med) && filter_kernel_equal(&a->kernel, &b->kernel);
}

bool filter_equal(const struct filter *a, const struct filter *b)
{
	if (a == b)
		return true;
	if (a->chains_n != b->chains_n || a->disowned != b->disowned)
		return false;
	for (size_t i = 0; i < a->chains_n; i++)
		if (!chain_equal(&a->chains[i], &b->chains[i]))
			return false;
	return true;
}

bool filter_list_permits(const struct filter_list *l, const struct prefix *p)
{
	const struct rule *r = list_match(l, p);
	return r && r->permit;
}

static void effect_add(
	struct filter_effect *e, const struct policy_rule *rule, const struct prefix *p)
{
	const struct filter_effect *more = &rule->effect;
	const struct addr source = rule->source[family_slot(p->addr)];

	if (more->set_local_pref)
		e->local_pref = more->local_pref;
	if (more->set_med)
		e->med = more->med;
	e->set_local_pref |= more->set_local_pref;
	if (source.family)
		e->kernel.source = source;
	if (more->kernel.metric)
		e->kernel.metric = more->kernel.metric;
	e->set_med |= more->set_med;
}

/* True when the step decides; *v then holds how. */
static bool step_decides(const struct filter_step *s, const struct prefix *p, const struct attrs *a,
	struct filter_verdict *v, struct filter_effect *effect)
{
	if (s->list) {
		const struct rule *r = list_match(s->list, p);
		if (r)
			*v = (struct filter_verdict){.permit = r->permit,
				.list = s->list->name,
				.file = s->list->file,
				.line = r->line};
		return r;
	}
	const struct policy_rule *r = policy_rule_of(s->policy);
	if (!a || !policy_matches(s->policy, p, a))
		return false;
	effect_add(effect, r, p);
	if (r->action == POLICY_NEXT)
		return false;
	*v = (struct filter_verdict){.permit = r->action == POLICY_PERMIT,
		.list = r->name,
		.policy = true,
		.file = r->file,
		.line = r->line};
	return true;
}

static bool chain_decides(const struct chain *c, const struct prefix *p, const struct attrs *a,
	struct filter_verdict *v, struct filter_effect *effect)
{
	*effect = (struct filter_effect){0};
	for (size_t i = 0; i < c->steps_n; i++)
		if (step_decides(&c->steps[i], p, a, v, effect))
			return true;
	return false;
}

bool filter_permits(const struct filter *f, const struct prefix *p, const struct attrs *a,
	struct filter_effect *effect)
{
	struct filter_verdict v;
	struct filter_effect e;

	for (size_t i = 0; i < f->chains_n; i++) {
		if (!chain_decides(&f->chains[i], p, a, &v, &e) || !v.permit)
			continue;
		if (effect)
			*effect = e;
		return true;
	}
	return false;
}

struct filter_verdict filter_explain(
	const struct filter *f, const struct prefix *p, const struct attrs *a)
{
	struct filter_verdict v = {0};
	struct filter_effect effect;

	for (size_t i = 0; i < f->chains_n && !v.permit; i++)
		if (chain_decides(&f->chains[i], p, a, &v, &effect))
			v.contributor = f->chains[i].contributor;
	return v;
}
