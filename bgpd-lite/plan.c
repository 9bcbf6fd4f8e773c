#include "bgpd-lite/plan.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "bgpd-lite/site.h"
#include "conf/files.h"

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);
	if (!p)
		abort();
	return p;
}

static struct filter *own_filter(struct plan *p, struct filter *f)
{
	if (f)
		p->owned_filters[p->owned_n++] = f;
	return f;
}

static void try_block(struct plan *p)
{
	const struct conf_prefixes *block = &p->next->bgp.always_block,
				   *pods = &p->next->bgp.pod_networks;
	struct prefix *all = zeroed(block->n + pods->n, sizeof(*all));

	if (block->n)
		memcpy(all, block->prefix, block->n * sizeof(*all));
	if (pods->n)
		memcpy(all + block->n, pods->prefix, pods->n * sizeof(*all));
	if (block->n + pods->n)
		p->trial->block = own_filter(p, rib_block_new(all, block->n + pods->n));
	free(all);
}

static void try_deny(struct plan *p)
{
	for (size_t i = 0; i < p->next->vrfs_n; i++) {
		int slot = vrf_slot_find(p->d, p->next->vrfs[i].name);
		if (slot >= 0)
			p->trial->deny[slot] =
				own_filter(p, compile_deny(&p->compiled, &p->next->vrfs[i]));
	}
}

static void try_leaks(struct plan *p)
{
	for (size_t i = 0; i < p->next->vrfs_n; i++) {
		const struct conf_vrf *v = &p->next->vrfs[i];
		int slot = vrf_slot_find(p->d, v->name);
		if (slot >= 0)
			p->trial->imports[slot] = compile_imports(
				&p->compiled, v, vrf_slot_find, p->d, &p->trial->imports_n[slot]);
	}
}

static void try_ceilings(struct plan *p)
{
	const struct conf *c = p->next;

	p->ceilings = zeroed(c->interfaces_n, sizeof(*p->ceilings));
	p->ceiling_filters = zeroed(c->interfaces_n, sizeof(*p->ceiling_filters));
	for (size_t i = 0; i < c->interfaces_n; i++) {
		struct rib_trial_ceiling *x = &p->ceilings[p->trial->ceilings_n];
		if (!c->interfaces[i].import.steps_n)
			continue;
		memcpy(x->interface, c->interfaces[i].name, sizeof(x->interface));
		x->import = p->ceiling_filters[p->trial->ceilings_n++] =
			compile_chains(&p->compiled, &c->interfaces[i].import, 1);
	}
	p->trial->ceilings = p->ceilings;
}

static void try_peer(struct plan *p, const struct neighbor *n)
{
	const struct conf_neighbor *after = conf_neighbor_find(p->next, n->conf);
	bool gone = !after || after->shutdown || after->local_speaker;

	p->trial->peers[n->peer] = (struct rib_trial_peer){.incarnation = n->incarnation,
		.gone = gone,
		.bounds = gone ? (struct rib_bounds){0} : compile_bounds(after),
		.import = gone ? NULL : own_filter(p, compile_import(&p->compiled, after))};
}

static void begin_trial(struct plan *p)
{
	compile(&p->compiled, p->next);
	p->trial = zeroed(1, sizeof(*p->trial));
	try_block(p);
	try_deny(p);
	try_leaks(p);
	try_ceilings(p);
	for (size_t i = 0; i < p->d->neighbors_n; i++)
		if (p->d->neighbors[i]->peer != RIB_NO_PEER)
			try_peer(p, p->d->neighbors[i]);
}

static void begin(struct plan *p)
{
	const struct daemon_options *o = &p->d->options;
	size_t texts_n;

	p->now = p->d->conf;
	p->reload_ns = p->d->reload.at_realtime_ns;
	p->files =
		conf_files_read(o->config, o->conf_dirs, o->conf_dirs_n, o->state_dir, p->d->files);
	for (size_t i = 0; i < p->texts_n; i++)
		conf_files_replace(
			p->files, p->texts[i].name, NULL, p->texts[i].text, p->texts[i].len);
	const struct conf_text *texts = conf_files_texts(p->files, &texts_n);
	p->next = site_build(p->d, texts, texts_n, &p->usable);
	if (!p->usable)
		return;
	follow_interfaces(p->d, p->next);
	p->prefixes = zeroed(PLAN_PREFIXES_MAX, sizeof(*p->prefixes));
	plan_compare(p);
	begin_trial(p);
	plan_announcements(p);
}

/* Everything but the texts. */
static void end(struct plan *p)
{
	for (size_t i = 0; i < p->owned_n; i++)
		filter_put(p->owned_filters[i]);
	for (size_t i = 0; p->trial && i < p->trial->ceilings_n; i++)
		filter_put(p->ceiling_filters[i]);
	for (size_t i = 0; p->trial && i < RIB_VRFS_MAX; i++)
		compiled_imports_free(p->trial->imports[i], p->trial->imports_n[i]);
	if (p->trial)
		compiled_free(&p->compiled);
	free(p->trial);
	free(p->ceilings);
	free(p->ceiling_filters);
	free(p->own);
	free(p->sessions);
	free(p->interfaces);
	free(p->vrfs);
	free(p->prefixes);
	free(p->announced);
	conf_free(p->next);
	conf_files_free(p->files);
	*p = (struct plan){.d = p->d, .texts = p->texts, .texts_n = p->texts_n};
}

struct plan *plan_new(struct daemon *d, struct plan_text *texts, size_t n)
{
	struct plan *p = zeroed(1, sizeof(*p));

	p->d = d;
	p->texts = texts;
	p->texts_n = n;
	begin(p);
	return p;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	end(p);
	for (size_t i = 0; i < p->texts_n; i++) {
		free(p->texts[i].name);
		free(p->texts[i].text);
	}
	free(p->texts);
	free(p);
}

static void visit(
	void *arg, uint16_t vrf, const struct prefix *prefix, enum rib_trial_outcome outcome)
{
	struct plan *p = arg;

	p->outcomes[vrf][outcome]++;
	if (p->prefixes_n < PLAN_PREFIXES_MAX)
		p->prefixes[p->prefixes_n++] = (struct plan_prefix){vrf, *prefix, outcome};
}

bool plan_run(struct plan *p, unsigned budget)
{
	if (p->now != p->d->conf || p->reload_ns != p->d->reload.at_realtime_ns) {
		end(p);
		begin(p);
	}
	return p->usable && rib_trial_walk(p->d->rib, p->trial, &p->cursor, budget, visit, p);
}
