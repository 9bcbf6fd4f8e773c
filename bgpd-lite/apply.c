/* A new snapshot becomes VRFs, ceilings and neighbours: what is equal is not touched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/compile.h"
#include "bgpd-lite/neighbor.h"
#include "conf/diff.h"
#include "lib/log.h"

/* ---- VRFs ---- */

int vrf_slot_find(const struct daemon *d, const char *name)
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
	       a->bandwidth == b->bandwidth && a->unreachable_default == b->unreachable_default;
}

static enum decide_bandwidth bandwidth_of(enum conf_bandwidth b)
{
	switch (b) {
	case CONF_BANDWIDTH_IGNORE:
		return DECIDE_BANDWIDTH_IGNORE;
	case CONF_BANDWIDTH_ALL:
		return DECIDE_BANDWIDTH_ALL;
	case CONF_BANDWIDTH_SKIP_MISSING:
		return DECIDE_BANDWIDTH_SKIP_MISSING;
	case CONF_BANDWIDTH_DEFAULT_WEIGHT:
		return DECIDE_BANDWIDTH_DEFAULT_WEIGHT;
	}
	return DECIDE_BANDWIDTH_IGNORE;
}

static void apply_vrf(struct daemon *d, const struct conf_vrf *v)
{
	struct rib_vrf want = {.table = v->table,
		.maximum_paths = v->maximum_paths,
		.multipath_relax = v->multipath_relax,
		.bandwidth = bandwidth_of(v->bestpath_bandwidth),
		.unreachable_default = !v->fallthrough};
	int i = vrf_slot_find(d, v->name);
	bool known = i >= 0;

	if (!known)
		i = vrf_slot_find(d, "");
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

static void apply_deny(struct daemon *d, const struct conf_vrf *v, const struct compiled *c)
{
	int i = vrf_slot_find(d, v->name);
	struct filter *f = i < 0 ? NULL : compile_deny(c, v);

	if (i >= 0)
		rib_vrf_deny(d->rib, (uint16_t)i, f);
	filter_put(f);
}

static void apply_leaks(struct daemon *d, const struct conf_vrf *v, const struct compiled *c)
{
	int i = vrf_slot_find(d, v->name);
	size_t n;
	struct rib_import *imports = compile_imports(c, v, vrf_slot_find, d, &n);

	if (i >= 0)
		rib_vrf_imports(d->rib, (uint16_t)i, imports, n);
	compiled_imports_free(imports, n);
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

static void apply_neighbor(struct daemon *d, const struct conf *old, const struct conf_neighbor *c,
	const struct compiled *compiled, bool reset)
{
	struct filter *import = compile_import(compiled, c);
	const struct conf_neighbor *before = old ? conf_neighbor_find(old, c) : NULL;
	struct neighbor *n = neighbor_of(d, before);
	enum conf_change change = n ? conf_neighbor_diff(before, c) : CONF_CHANGE_LIVE;
	int vrf = vrf_slot_find(d, c->vrf->name);

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
	outlet_changed(n);
	struct filter *export = compile_chains(compiled, &c->export, c->export.steps_n ? 1 : 0);
	feed_export(n, c->local_speaker ? export : NULL);
	outlet_export(n, export);
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

	follow_interfaces(d, next);
	d->conf = next;
	identity_choose(d);
	compile(&compiled, next);
	for (size_t i = 0; i < next->vrfs_n; i++)
		apply_vrf(d, &next->vrfs[i]);
	for (size_t i = 0; i < next->vrfs_n; i++)
		apply_deny(d, &next->vrfs[i], &compiled);
	for (size_t i = 0; i < next->vrfs_n; i++)
		apply_leaks(d, &next->vrfs[i], &compiled);
	apply_always_block(d, old, next);
	apply_imports(d, next, &compiled);
	remove_neighbors(d, next);
	apply_neighbors(d, old, next, &compiled, reset);
	announcer_update(d->announcer);
	rules_apply(d); /* before their tables are left */
	remove_vrfs(d, next);
	compiled_free(&compiled);
	unnumbered_sync(d);
	listeners_sync(d);
	budget_configured(d, old ? old->bgp.memory_limit : next->bgp.memory_limit);
	conf_free(old);
	fibc_kick(d);
}
