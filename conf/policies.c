/* [policy] sections of all files to the snapshot's policies (conf/snapshot.h). */
#include <string.h>

#include "conf/snapshot.h"

static uint32_t *numbers(
	struct conf_merge *m, const struct conf_source_section *s, enum conf_key key, size_t *n)
{
	const struct conf_value *v = conf_source_value(s, key);
	uint32_t *out = conf_arena_alloc(m->arena, (v->items_n + 1) * sizeof(*out));
	for (*n = 0; *n < v->items_n; (*n)++)
		out[*n] = v->items[*n].number[0];
	return out;
}

static void set_communities(
	struct conf_merge *m, const struct conf_source_section *s, struct conf_policy *p)
{
	const struct conf_value *v = conf_source_value(s, CONF_KEY_POLICY_MATCH_COMMUNITY);
	const struct conf_value *large =
		conf_source_value(s, CONF_KEY_POLICY_MATCH_LARGE_COMMUNITY);
	p->communities = conf_arena_alloc(m->arena, (v->items_n + 1) * sizeof(*p->communities));
	for (; p->communities_n < v->items_n; p->communities_n++) {
		const uint32_t *x = v->items[p->communities_n].number;
		p->communities[p->communities_n] = x[0] << 16 | x[1];
	}
	p->large = conf_arena_alloc(m->arena, (large->items_n + 1) * sizeof(*p->large));
	for (; p->large_n < large->items_n; p->large_n++)
		memcpy(p->large[p->large_n].number, large->items[p->large_n].number,
			sizeof(p->large[0].number));
}

static void set_lists(struct conf_merge *m, const struct conf *c, const struct conf_ref *ref,
	struct conf_policy *p)
{
	const struct conf_value *v =
		conf_source_value(ref->section, CONF_KEY_POLICY_MATCH_PREFIX_LIST);
	p->lists = conf_arena_alloc(m->arena, (v->items_n + 1) * sizeof(*p->lists));
	for (; p->lists_n < v->items_n; p->lists_n++) {
		struct conf_ref list = conf_merge_lookup(
			m, ref->party, CONF_SECTION_PREFIX_LIST, v->items[p->lists_n].name);
		p->lists[p->lists_n] = &c->lists[list.section->index];
	}
}

static struct conf_policy make_policy(
	struct conf_merge *m, const struct conf *c, const struct conf_ref *ref)
{
	const struct conf_source_section *s = ref->section;
	struct conf_picked picked = {
		.merge = m, .kind = CONF_SECTION_POLICY, .refs = ref, .refs_n = 1};
	const struct conf_value *length =
		conf_source_value(s, CONF_KEY_POLICY_MATCH_AS_PATH_LENGTH);
	const struct conf_value *pref = conf_source_value(s, CONF_KEY_POLICY_SET_LOCAL_PREFERENCE);
	const struct conf_value *med = conf_source_value(s, CONF_KEY_POLICY_SET_MED);
	struct conf_policy p = {.name = s->name,
		.contributor = ref->party->name,
		.origin = conf_picked_origin(&picked),
		.origins = conf_picked_origins(&picked),
		.length_min = (uint16_t)length->number,
		.length_max = length->line ? (uint16_t)length->last : UINT16_MAX,
		.set_local_preference = pref->line,
		.set_med = med->line,
		.local_preference = (uint32_t)pref->number,
		.med = (uint32_t)med->number,
		.kernel_metric =
			(uint32_t)conf_source_value(s, CONF_KEY_POLICY_SET_KERNEL_METRIC)->number,
		.action = (enum conf_action)conf_source_value(s, CONF_KEY_POLICY_ACTION)->number};
	p.origin_as = numbers(m, s, CONF_KEY_POLICY_MATCH_ORIGIN_AS, &p.origin_as_n);
	p.contains = numbers(m, s, CONF_KEY_POLICY_MATCH_AS_PATH_CONTAINS, &p.contains_n);
	const struct conf_value *source = conf_source_value(s, CONF_KEY_POLICY_SET_SOURCE);
	for (size_t i = 0; i < source->items_n; i++)
		p.source[source->items[i].addr.family == ADDR_V6] = source->items[i].addr;
	set_communities(m, s, &p);
	set_lists(m, c, ref, &p);
	return p;
}

void conf_snapshot_policies(struct conf_merge *m, struct conf *c)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_POLICY, &n);
	c->policies = conf_arena_alloc(m->arena, (n + 1) * sizeof(*c->policies));
	for (size_t i = 0; i < n; i++) {
		refs[i].section->index = c->policies_n;
		c->policies[c->policies_n++] = make_policy(m, c, &refs[i]);
	}
}
