#include "bgpd-lite/compile.h"

#include <stdlib.h>
#include <string.h>

#include "rib/policy.h"

static struct filter_list *compile_list(const struct conf_prefix_list *l)
{
	struct filter_rule *rules = calloc(l->rules_n ? l->rules_n : 1, sizeof(*rules));
	struct filter_list *out;

	if (!rules)
		return NULL;
	for (size_t i = 0; i < l->rules_n; i++) {
		const struct conf_prefix_rule *r = &l->rules[i];
		rules[i] = (struct filter_rule){.prefix = r->prefix,
			.ge = r->ge,
			.le = r->le,
			.permit = r->permit,
			.line = r->origin.line};
	}
	out = filter_list_new(l->name, l->origin.file, rules, l->rules_n);
	free(rules);
	return out;
}

static struct filter_list *compiled_list(const struct compiled *c, const struct conf_prefix_list *l)
{
	return c->lists[l - c->conf->lists];
}

static struct policy *compile_policy(const struct compiled *c, const struct conf_policy *p)
{
	struct filter_list **lists = calloc(p->lists_n + 1, sizeof(struct filter_list *));
	struct policy_large *large = calloc(p->large_n + 1, sizeof(*large));

	if (!lists || !large)
		abort();
	for (size_t i = 0; i < p->lists_n; i++)
		lists[i] = compiled_list(c, p->lists[i]);
	for (size_t i = 0; i < p->large_n; i++)
		memcpy(large[i].number, p->large[i].number, sizeof(large[i].number));
	static const enum policy_action actions[] = {[CONF_ACTION_DENY] = POLICY_DENY,
		[CONF_ACTION_PERMIT] = POLICY_PERMIT,
		[CONF_ACTION_NEXT] = POLICY_NEXT};
	struct policy_rule r = {.name = p->name,
		.file = p->origin.file,
		.line = p->origin.line,
		.lists_n = p->lists_n,
		.lists = lists,
		.communities_n = p->communities_n,
		.communities = p->communities,
		.large_n = p->large_n,
		.large = large,
		.origin_as_n = p->origin_as_n,
		.origin_as = p->origin_as,
		.contains_n = p->contains_n,
		.contains = p->contains,
		.length_min = p->length_min,
		.length_max = p->length_max,
		.effect = {.local_pref = p->local_preference,
			.med = p->med,
			.set_local_pref = p->set_local_preference,
			.set_med = p->set_med,
			.kernel = {.metric = p->kernel_metric}},
		.source = {p->source[0], p->source[1]},
		.action = actions[p->action]};
	struct policy *out = policy_new(&r);
	if (!out)
		abort();
	free(lists);
	free(large);
	return out;
}

static void add_chain(struct filter *f, const struct compiled *c, const struct conf_chain *chain)
{
	struct filter_step *steps = calloc(chain->steps_n + 1, sizeof(*steps));
	if (!steps)
		abort(); /* a filter that lacks a chain must never be in force */
	for (size_t i = 0; i < chain->steps_n; i++) {
		const struct conf_step *s = &chain->steps[i];
		steps[i].list = s->list ? compiled_list(c, s->list) : NULL;
		steps[i].policy = s->policy ? c->policies[s->policy - c->conf->policies] : NULL;
	}
	if (filter_add_steps(f, chain->contributor, steps, chain->steps_n) < 0)
		abort();
	free(steps);
}

struct filter *compile_chains(const struct compiled *c, const struct conf_chain *chains, size_t n)
{
	struct filter *f = n ? filter_new() : NULL;
	if (n && !f)
		abort();
	for (size_t i = 0; i < n; i++)
		add_chain(f, c, &chains[i]);
	return f;
}

static void add_lists(struct filter *f, const struct compiled *c, const struct conf_lists *lists)
{
	for (size_t i = 0; i < lists->n; i++) {
		struct filter_list *l = compiled_list(c, lists->list[i]);
		if (filter_add_chain(f, lists->list[i]->contributor, &l, 1) < 0)
			abort();
	}
}

struct filter *compile_deny(const struct compiled *c, const struct conf_vrf *vrf)
{
	const struct conf_lists *all = &c->conf->bgp.deny_import;
	struct filter *f = all->n + vrf->deny_import.n ? filter_new() : NULL;

	if (!f && all->n + vrf->deny_import.n)
		abort();
	add_lists(f, c, all);
	add_lists(f, c, &vrf->deny_import);
	return f;
}

static size_t import_at(const struct rib_import *imports, size_t n, int from)
{
	size_t i = 0;
	while (i < n && imports[i].from != from)
		i++;
	return i;
}

struct rib_import *compile_imports(const struct compiled *c, const struct conf_vrf *vrf,
	int (*slot)(const struct daemon *d, const char *name), const struct daemon *d, size_t *n)
{
	struct rib_import *out = calloc(vrf->imports_n + 1, sizeof(*out));

	if (!out)
		abort();
	*n = 0;
	for (size_t i = 0; i < vrf->imports_n; i++) {
		int from = slot(d, vrf->imports[i].vrf->name);
		size_t at = import_at(out, *n, from);
		if (from < 0)
			continue;
		if (at == *n)
			out[(*n)++] = (struct rib_import){(uint16_t)from, filter_new()};
		struct filter_list *l = compiled_list(c, vrf->imports[i].list);
		if (!out[at].list || filter_add_chain(out[at].list,
					     vrf->imports[i].list->contributor, &l, 1) < 0)
			abort();
	}
	return out;
}

void compiled_imports_free(struct rib_import *imports, size_t n)
{
	while (n)
		filter_put(imports[--n].list);
	free(imports);
}

void compile(struct compiled *c, const struct conf *conf)
{
	c->conf = conf;
	c->lists = calloc(conf->lists_n + 1, sizeof(struct filter_list *));
	c->policies = calloc(conf->policies_n + 1, sizeof(struct policy *));
	if (!c->lists || !c->policies)
		abort();
	for (size_t i = 0; i < conf->lists_n; i++) {
		c->lists[i] = compile_list(&conf->lists[i]);
		if (!c->lists[i])
			abort();
	}
	for (size_t i = 0; i < conf->policies_n; i++)
		c->policies[i] = compile_policy(c, &conf->policies[i]);
}

void compiled_free(struct compiled *c)
{
	for (size_t i = 0; i < c->conf->lists_n; i++)
		filter_list_put(c->lists[i]);
	for (size_t i = 0; i < c->conf->policies_n; i++)
		policy_put(c->policies[i]);
	free(c->lists);
	free(c->policies);
}

/* The owner's chains come first. */
struct filter *compile_import(const struct compiled *compiled, const struct conf_neighbor *c)
{
	struct filter *import = compile_chains(compiled, c->imports, c->imports_n);
	if (import && !c->imports[0].owner)
		filter_disown(import);
	return import;
}

struct rib_bounds compile_bounds(const struct conf_neighbor *c)
{
	return (struct rib_bounds){.allow_as_in = c->allow_as_in,
		.as_path = c->maximum_as_path,
		.communities = c->maximum_communities};
}
