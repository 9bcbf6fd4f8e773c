#include "rib/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
	size_t lists_n;
	struct filter_list **lists;
};

struct filter {
	unsigned refs;
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
	for (size_t i = 0; i < c->lists_n; i++)
		filter_list_put(c->lists[i]);
	free(c->lists);
	free(c->contributor);
}

int filter_add_chain(
	struct filter *f, const char *contributor, struct filter_list *const *lists, size_t lists_n)
{
	struct chain c = {.contributor = strdup(contributor),
		.lists = calloc(lists_n ? lists_n : 1, sizeof(*c.lists))};
	struct chain *chains = realloc(f->chains, (f->chains_n + 1) * sizeof(*chains));

	if (chains)
		f->chains = chains;
	if (!chains || !c.contributor || !c.lists) {
		chain_clear(&c);
		return -ENOMEM;
	}
	for (; c.lists_n < lists_n; c.lists_n++)
		c.lists[c.lists_n] = filter_list_ref(lists[c.lists_n]);
	f->chains[f->chains_n++] = c;
	return 0;
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

static bool list_equal(const struct filter_list *a, const struct filter_list *b)
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

static bool chain_equal(const struct chain *a, const struct chain *b)
{
	if (a->lists_n != b->lists_n)
		return false;
	for (size_t i = 0; i < a->lists_n; i++)
		if (!list_equal(a->lists[i], b->lists[i]))
			return false;
	return true;
}

bool filter_equal(const struct filter *a, const struct filter *b)
{
	if (a == b)
		return true;
	if (a->chains_n != b->chains_n)
		return false;
	for (size_t i = 0; i < a->chains_n; i++)
		if (!chain_equal(&a->chains[i], &b->chains[i]))
			return false;
	return true;
}

/* The rule of the chain that decides, and the list it stands in; NULL: none matched. */
static const struct rule *chain_match(
	const struct chain *c, const struct prefix *p, const struct filter_list **list)
{
	for (size_t i = 0; i < c->lists_n; i++) {
		const struct rule *r = list_match(c->lists[i], p);
		if (r) {
			*list = c->lists[i];
			return r;
		}
	}
	return NULL;
}

bool filter_permits(const struct filter *f, const struct prefix *p)
{
	const struct filter_list *list;

	for (size_t i = 0; i < f->chains_n; i++) {
		const struct rule *r = chain_match(&f->chains[i], p, &list);
		if (r && r->permit)
			return true;
	}
	return false;
}

struct filter_verdict filter_explain(const struct filter *f, const struct prefix *p)
{
	struct filter_verdict v = {0};

	for (size_t i = 0; i < f->chains_n && !v.permit; i++) {
		const struct filter_list *list;
		const struct rule *r = chain_match(&f->chains[i], p, &list);
		if (r)
			v = (struct filter_verdict){.permit = r->permit,
				.contributor = f->chains[i].contributor,
				.list = list->name,
				.file = list->file,
				.line = r->line};
	}
	return v;
}
