#include "rib/policy.h"

#include <stdlib.h>
#include <string.h>

#include "lib/wire.h"

struct policy {
	unsigned refs;
	struct policy_rule is;
};

/* A copy of n elements, never NULL while there is memory. */
static void *copy(const void *from, size_t n, size_t size, bool *ok)
{
	void *to = calloc(n ? n : 1, size);
	if (to && n)
		memcpy(to, from, n * size);
	*ok &= to != NULL;
	return to;
}

static char *copy_text(const char *text, bool *ok)
{
	char *to = strdup(text);
	*ok &= to != NULL;
	return to;
}

struct policy *policy_new(const struct policy_rule *rule)
{
	struct policy *p = calloc(1, sizeof(*p));
	bool ok = true;

	if (!p)
		return NULL;
	p->refs = 1;
	p->is = *rule;
	p->is.name = copy_text(rule->name, &ok);
	p->is.file = copy_text(rule->file, &ok);
	p->is.lists = copy(rule->lists, rule->lists_n, sizeof(rule->lists[0]), &ok);
	p->is.communities =
		copy(rule->communities, rule->communities_n, sizeof(rule->communities[0]), &ok);
	p->is.large = copy(rule->large, rule->large_n, sizeof(rule->large[0]), &ok);
	p->is.origin_as = copy(rule->origin_as, rule->origin_as_n, sizeof(rule->origin_as[0]), &ok);
	p->is.contains = copy(rule->contains, rule->contains_n, sizeof(rule->contains[0]), &ok);
	for (size_t i = 0; p->is.lists && i < rule->lists_n; i++)
		filter_list_ref(p->is.lists[i]);
	if (!ok) {
		policy_put(p);
		return NULL;
	}
	return p;
}

struct policy *policy_ref(struct policy *p)
{
	p->refs++;
	return p;
}

void policy_put(struct policy *p)
{
	if (!p || --p->refs)
		return;
	for (size_t i = 0; p->is.lists && i < p->is.lists_n; i++)
		filter_list_put(p->is.lists[i]);
	free((void *)p->is.name);
	free((void *)p->is.file);
	free((void *)p->is.lists);
	free((void *)p->is.communities);
	free((void *)p->is.large);
	free((void *)p->is.origin_as);
	free((void *)p->is.contains);
	free(p);
}

const struct policy_rule *policy_rule_of(const struct policy *p)
{
	return &p->is;
}

static struct rd communities(const struct attrs *a)
{
	return rd_init(a->bytes + a->as_path_len, a->communities_len);
}

static struct rd large_communities(const struct attrs *a)
{
	return rd_init(a->bytes + a->as_path_len + a->communities_len + a->ext_communities_len,
		a->large_communities_len);
}

static bool has_number(const uint32_t *numbers, size_t n, uint32_t x)
{
	for (size_t i = 0; i < n; i++)
		if (numbers[i] == x)
			return true;
	return false;
}

static bool any_list(const struct policy_rule *r, const struct prefix *p)
{
	for (size_t i = 0; i < r->lists_n; i++)
		if (filter_list_permits(r->lists[i], p))
			return true;
	return false;
}

static bool any_community(const struct policy_rule *r, const struct attrs *a)
{
	for (struct rd c = communities(a); rd_left(&c) >= 4;)
		if (has_number(r->communities, r->communities_n, rd_u32(&c)))
			return true;
	return false;
}

static bool any_large(const struct policy_rule *r, const struct attrs *a)
{
	for (struct rd c = large_communities(a); rd_left(&c) >= 12;) {
		struct policy_large x;
		for (int k = 0; k < 3; k++)
			x.number[k] = rd_u32(&c);
		for (size_t i = 0; i < r->large_n; i++)
			if (memcmp(&r->large[i], &x, sizeof(x)) == 0)
				return true;
	}
	return false;
}

static bool any_contained(const struct policy_rule *r, const struct attrs *a)
{
	for (size_t i = 0; i < r->contains_n; i++)
		if (attr_path_count(a, r->contains[i]) > 0)
			return true;
	return false;
}

bool policy_matches(const struct policy *p, const struct prefix *prefix, const struct attrs *a)
{
	const struct policy_rule *r = &p->is;

	if (prefix->len == 0 && r->action == POLICY_PERMIT && !r->lists_n)
		return false;
	return (!r->lists_n || any_list(r, prefix)) && (!r->communities_n || any_community(r, a)) &&
	       (!r->large_n || any_large(r, a)) &&
	       (!r->origin_as_n || has_number(r->origin_as, r->origin_as_n, a->origin_as)) &&
	       (!r->contains_n || any_contained(r, a)) && a->as_path_length >= r->length_min &&
	       a->as_path_length <= r->length_max;
}

static bool same(const void *a, size_t a_n, const void *b, size_t b_n, size_t size)
{
	return a_n == b_n && (a_n == 0 || memcmp(a, b, a_n * size) == 0);
}

static bool same_lists(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->lists_n != b->lists_n)
		return false;
	for (size_t i = 0; i < a->lists_n; i++)
		if (!filter_list_equal(a->lists[i], b->lists[i]))
			return false;
	return true;
}

static bool same_conditions(const struct policy_rule *a, const struct policy_rule *b)
{
	return same_lists(a, b) &&
	       same(a->communities, a->communities_n, b->communities, b->communities_n,
		       sizeof(a->communities[0])) &&
	       same(a->large, a->large_n, b->large, b->large_n, sizeof(a->large[0])) &&
	       same(a->origin_as, a->origin_as_n, b->origin_as, b->origin_as_n,
		       sizeof(a->origin_as[0])) &&
	       same(a->contains, a->contains_n, b->contains, b->contains_n,
		       sizeof(a->contains[0])) &&
	       a->length_min == b->length_min && a->length_max == b->length_max;
}

bool policy_equal(const struct policy *a, const struct policy *b)
{
	return a == b || (same_conditions(&a->is, &b->is) && a->is.action == b->is.action &&
				 filter_effect_equal(&a->is.effect, &b->is.effect) &&
				 addr_equal(a->is.source[0], b->is.source[0]) &&
				 addr_equal(a->is.source[1], b->is.source[1]));
}
