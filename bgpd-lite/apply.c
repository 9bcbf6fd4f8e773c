/* A new snapshot becomes VRFs, ceilings and neighbours: what is equal is not touched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "conf/diff.h"
#include "lib/log.h"
#include "rib/policy.h"

/* ---- filters: the snapshot's lists, compiled once a snapshot ---- */

struct compiled {
	const struct conf *conf;
	struct filter_list **lists; /* by index of conf->lists */
	struct policy **policies;   /* by index of conf->policies */
};

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
		.effect = {p->local_preference, p->med, p->set_local_preference, p->set_med},
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

static struct filter *compile_chains(
	const struct compiled *c, const struct conf_chain *chains, size_t n)
{
	struct filter *f = n ? filter_new() : NULL;
	if (n && !f)
		abort();
	for (size_t i = 0; i < n; i++)
		add_chain(f, c, &chains[i]);
	return f;
}

static void compile(struct compiled *c, const struct conf *conf)
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

static void compiled_free(struct compiled *c)
{
	for (size_t i = 0; i < c->conf->lists_n; i++)
		filter_list_put(c->lists[i]);
	for (size_t i = 0; i < c->conf->policies_n; i++)
		policy_put(c->policies[i]);
	free(c->lists);
	free(c->policies);
}

/* ---- VRFs ---- */

static int slot_find(const struct daemon *d, const char *name)
{
	for (int i = 0; i < RIB_VRFS_MAX; i++) {
		if (strcmp(d->vrfs[i].name, name) == 0)
			return i;
	}
	return -1;
}

static bool vrf_equal(const struct rib_vrf *a, const struct rib_vrf *b)
{
	return strcmp(a->device, b->device) == 0 && a->table == b->table &&
	       a->maximum_paths == b->maximum_paths && a->multipath_relax == b->multipath_relax &&
	       a->unreachable_default == b->unreachable_default;
}

static void apply_vrf(struct daemon *d, const struct conf_vrf *v)
{
	struct rib_vrf want = {.table = v->table,
		.maximum_paths = v->maximum_paths,
		.multipath_relax = v->multipath_relax,
		.unreachable_default = !v->fallthrough};
	int i = slot_find(d, v->name);
	bool known = i >= 0;

	if (!known)
		i = slot_find(d, "");
	if (i < 0) {
		log_err("vrf not used vrf=%s reason=\"more than %d VRFs\"", v->name, RIB_VRFS_MAX);
		return;
	}
	memcpy(want.device, v->device, sizeof(want.device));
	snprintf(want.name, sizeof(want.name), "%s", v->name);
	if (known && vrf_equal(&want, &d->vrfs[i].set))
		return;
	memcpy(d->vrfs[i].name, want.name, sizeof(want.name));
	d->vrfs[i].set = want;
	rib_vrf_set(d->rib, (uint16_t)i, &want);
}

static bool vrf_wanted(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->vrfs_n; i++) {
		if (strcmp(c->vrfs[i].name, name) == 0)
			return true;
	}
	return false;
}

static void remove_vrfs(struct daemon *d, const struct conf *next)
{
	for (int i = 0; i < RIB_VRFS_MAX; i++) {
		if (!d->vrfs[i].name[0] || vrf_wanted(next, d->vrfs[i].name))
			continue;
		rib_vrf_remove(d->rib, (uint16_t)i);
		d->vrfs[i] = (struct vrf_slot){0};
	}
}

/* ---- ceilings ---- */

static struct filter *import_in_force(const struct daemon *d, const char *interface)
{
	for (size_t i = 0; i < d->imports_n; i++) {
		if (strcmp(d->imports[i].name, interface) == 0)
			return d->imports[i].filter;
	}
	return NULL;
}

static bool ceiling_wanted(const struct conf *c, const char *interface)
{
	for (size_t i = 0; i < c->interfaces_n; i++) {
		if (c->interfaces[i].import.steps_n &&
			strcmp(c->interfaces[i].name, interface) == 0)
			return true;
	}
	return false;
}

static void apply_imports(struct daemon *d, const struct conf *next, const struct compiled *c)
{
	struct interface_import *imports = calloc(next->interfaces_n + 1, sizeof(*imports));
	size_t n = 0;

	if (!imports)
		abort();
	for (size_t i = 0; i < d->imports_n; i++) {
		if (!ceiling_wanted(next, d->imports[i].name))
			rib_interface_import(d->rib, d->imports[i].name, NULL);
	}
	for (size_t i = 0; i < next->interfaces_n; i++) {
		const struct conf_interface *ci = &next->interfaces[i];
		if (ci->import.steps_n == 0)
			continue;
		struct filter *f = compile_chains(c, &ci->import, 1);
		struct filter *old = import_in_force(d, ci->name);
		memcpy(imports[n].name, ci->name, sizeof(imports[n].name));
		imports[n++].filter = f;
		if (!old || !filter_equal(old, f))
			rib_interface_import(d->rib, ci->name, f);
	}
	for (size_t i = 0; i < d->imports_n; i++)
		filter_put(d->imports[i].filter);
	free(d->imports);
	d->imports = imports;
	d->imports_n = n;
}

static bool prefixes_equal(const struct conf_prefixes *a, const struct conf_prefixes *b)
{
	bool same = a->n == b->n;
	for (size_t i = 0; same && i < a->n; i++)
		same = prefix_equal(a->prefix[i], b->prefix[i]);
	return same;
}

/* Networks of pods are never learnt either. */
static void apply_always_block(struct daemon *d, const struct conf *old, const struct conf *next)
{
	const struct conf_prefixes *block = &next->bgp.always_block,
				   *pods = &next->bgp.pod_networks;
	struct prefix *all = calloc(block->n + pods->n + 1, sizeof(*all));

	if (!all)
		abort();
	if (block->n)
		memcpy(all, block->prefix, block->n * sizeof(*all));
	if (pods->n)
		memcpy(all + block->n, pods->prefix, pods->n * sizeof(*all));
	if (!old || !prefixes_equal(&old->bgp.always_block, block) ||
		!prefixes_equal(&old->bgp.pod_networks, pods))
		rib_always_block(d->rib, all, block->n + pods->n);
	free(all);
}

/* ---- neighbours ---- */

static struct neighbor *neighbor_of(const struct daemon *d, const struct conf_neighbor *old)
{
	for (size_t i = 0; old && i < d->neighbors_n; i++) {
		if (d->neighbors[i]->conf == old)
			return d->neighbors[i];
	}
	return NULL;
}

static void remove_neighbors(struct daemon *d, const struct conf *next)
{
	size_t kept = 0;
	for (size_t i = 0; i < d->neighbors_n; i++) {
		struct neighbor *n = d->neighbors[i];
		if (conf_neighbor_find(next, n->conf)) {
			d->neighbors[kept++] = n;
			continue;
		}
		neighbor_free(n);
		d->reload.removed++;
	}
	d->neighbors_n = kept;
}

/* The owner's chains come first. */
static struct filter *compile_import(const struct compiled *compiled, const struct conf_neighbor *c)
{
	struct filter *import = compile_chains(compiled, c->imports, c->imports_n);
	if (import && !c->imports[0].owner)
		filter_disown(import);
	return import;
}

static void apply_neighbor(struct daemon *d, const struct conf *old, const struct conf_neighbor *c,
	const struct compiled *compiled, bool reset)
{
	struct filter *import = compile_import(compiled, c);
	const struct conf_neighbor *before = old ? conf_neighbor_find(old, c) : NULL;
	struct neighbor *n = neighbor_of(d, before);
	enum conf_change change = n ? conf_neighbor_diff(before, c) : CONF_CHANGE_LIVE;
	int vrf = slot_find(d, c->vrf->name);

	if (!n) {
		n = neighbor_new(d);
		if (!n)
			abort();
		d->neighbors[d->neighbors_n++] = n;
		d->reload.added++;
	} else if (change == CONF_CHANGE_LIVE) {
		d->reload.changed++;
	}
	if (vrf < 0) { /* one VRF too many, told above: it stays unconfigured */
		filter_put(import);
		vrf = 0;
		import = NULL;
	}
	neighbor_configure(n, c, (uint16_t)vrf, import, change, reset);
	d->reload.pending += n->pending;
}

static void apply_neighbors(struct daemon *d, const struct conf *old, const struct conf *next,
	const struct compiled *compiled, bool reset)
{
	struct neighbor **all = realloc(
		d->neighbors, (d->neighbors_n + next->neighbors_n + 1) * sizeof(struct neighbor *));
	if (!all)
		abort();
	d->neighbors = all;
	for (size_t i = 0; i < next->neighbors_n; i++)
		apply_neighbor(d, old, &next->neighbors[i], compiled, reset);
}

void listeners_sync(struct daemon *d)
{
	struct session **sessions = calloc(d->neighbors_n + 1, sizeof(struct session *));
	size_t n = 0;

	if (!sessions)
		abort();
	for (size_t i = 0; i < d->neighbors_n; i++) {
		if (!d->neighbors[i]->waiting[0] && !neighbor_is_shutdown(d->neighbors[i]))
			sessions[n++] = d->neighbors[i]->session;
	}
	listeners_update(d->listeners, sessions, n);
	free(sessions);
}

void apply_conf(struct daemon *d, struct conf *next, bool reset)
{
	struct conf *old = d->conf;
	struct compiled compiled;

	d->conf = next;
	identity_choose(d);
	compile(&compiled, next);
	for (size_t i = 0; i < next->vrfs_n; i++)
		apply_vrf(d, &next->vrfs[i]);
	apply_always_block(d, old, next);
	apply_imports(d, next, &compiled);
	remove_neighbors(d, next);
	apply_neighbors(d, old, next, &compiled, reset);
	announcer_update(d->announcer);
	rules_apply(d); /* before their tables are left */
	remove_vrfs(d, next);
	compiled_free(&compiled);
	listeners_sync(d);
	conf_free(old);
	fibc_kick(d);
}
