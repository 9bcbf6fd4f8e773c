#include "conf/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "conf/check.h"

/* The refs of one name from refs[i] on. */
static struct conf_picked group_at(const struct conf_merge *m, enum conf_section_kind kind,
	const struct conf_ref *refs, size_t n, size_t i)
{
	struct conf_picked p = {.merge = m, .kind = kind, .refs = refs + i, .refs_n = 1};
	while (i + p.refs_n < n &&
		strcmp(refs[i].section->name, refs[i + p.refs_n].section->name) == 0)
		p.refs_n++;
	return p;
}

static void copy_interface(char out[CONF_INTERFACE_NAME_MAX], const char *name)
{
	if (name)
		strncpy(out, name, CONF_INTERFACE_NAME_MAX - 1);
}

static struct conf_picked single(struct conf_merge *m, enum conf_section_kind kind)
{
	struct conf_picked p = {.merge = m, .kind = kind};
	p.refs = conf_merge_refs(m, kind, &p.refs_n);
	return p;
}

static void make_bgp(struct conf_merge *m, struct conf *c)
{
	struct conf_picked p = single(m, CONF_SECTION_BGP);
	const struct conf_value *id = conf_picked_value(&p, CONF_KEY_BGP_ROUTER_ID, NULL);
	c->bgp.local_as = (uint32_t)conf_picked_number(&p, CONF_KEY_BGP_LOCAL_AS);
	if (id && id->addr.family)
		c->bgp.router_id = id->addr;
	else if (id)
		copy_interface(c->bgp.router_id_interface, id->text);
	c->bgp.deferral_time_s = (uint16_t)conf_picked_number(&p, CONF_KEY_BGP_DEFERRAL_TIME);
	c->bgp.origins = conf_picked_origins(&p);
	c->bgp.always_block = conf_picked_prefixes(&p, CONF_KEY_BGP_ALWAYS_BLOCK);
	c->bgp.deny_import = conf_picked_lists(c, &p, CONF_KEY_BGP_DENY_IMPORT);
	c->bgp.pod_networks = conf_picked_prefixes(&p, CONF_KEY_BGP_POD_NETWORKS);
	c->bgp.drain_at_stop = conf_picked_number(&p, CONF_KEY_BGP_DRAIN_AT_STOP);
	c->bgp.memory_limit = conf_picked_number(&p, CONF_KEY_BGP_MEMORY_LIMIT);
	c->bgp.drain_time_s = (uint16_t)conf_picked_number(&p, CONF_KEY_BGP_DRAIN_TIME);
}

static void make_kernel(struct conf_merge *m, struct conf *c)
{
	struct conf_picked p = single(m, CONF_SECTION_KERNEL);
	const struct conf_value *ids =
		conf_picked_value(&p, CONF_KEY_KERNEL_NEXTHOP_ID_RANGE, NULL);
	c->kernel = (struct conf_kernel){
		.route_protocol = (uint8_t)conf_picked_number(&p, CONF_KEY_KERNEL_ROUTE_PROTOCOL),
		.nexthop_protocol =
			(uint8_t)conf_picked_number(&p, CONF_KEY_KERNEL_NEXTHOP_PROTOCOL),
		.metric = (uint32_t)conf_picked_number(&p, CONF_KEY_KERNEL_METRIC),
		.nexthop_id_first = 1000000000,
		.nexthop_id_last = 1999999999,
		.multipath = conf_picked_number(&p, CONF_KEY_KERNEL_NEXTHOP_MODE) != 0,
		.origins = conf_picked_origins(&p)};
	if (ids) {
		c->kernel.nexthop_id_first = (uint32_t)ids->number;
		c->kernel.nexthop_id_last = (uint32_t)ids->last;
	}
}

static void make_control(struct conf_merge *m, struct conf *c)
{
	struct conf_picked p = single(m, CONF_SECTION_CONTROL);
	c->control = (struct conf_control){
		.auto_reload = conf_picked_number(&p, CONF_KEY_CONTROL_AUTO_RELOAD),
		.origins = conf_picked_origins(&p)};
}

static struct conf_vrf make_vrf(const struct conf *c, const struct conf_picked *p, const char *name)
{
	bool is_default = strcmp(name, "default") == 0;
	struct conf_vrf v = {.name = name,
		.origin = conf_picked_origin(p),
		.origins = conf_picked_origins(p),
		.table = (uint32_t)conf_picked_number(p, CONF_KEY_VRF_TABLE),
		.maximum_paths = (uint16_t)conf_picked_number(p, CONF_KEY_VRF_MAXIMUM_PATHS),
		.multipath_relax = conf_picked_number(p, CONF_KEY_VRF_MULTIPATH_RELAX),
		.bestpath_bandwidth =
			(enum conf_bandwidth)conf_picked_number(p, CONF_KEY_VRF_BESTPATH_BANDWIDTH),
		.fallthrough = is_default || conf_picked_number(p, CONF_KEY_VRF_FALLTHROUGH)};
	const struct conf_value *mark = conf_picked_value(p, CONF_KEY_VRF_RETURN_FWMARK, NULL);
	copy_interface(v.device, conf_picked_text(p, CONF_KEY_VRF_DEVICE));
	v.deny_import = conf_picked_lists(c, p, CONF_KEY_VRF_DENY_IMPORT);
	v.return_from = conf_picked_prefixes(p, CONF_KEY_VRF_RETURN_FROM);
	v.return_fwmark = mark ? (uint32_t)mark->number : 0;
	v.return_fwmask = mark ? (uint32_t)mark->last : 0;
	if (is_default && !v.table)
		v.table = CONF_TABLE_MAIN;
	return v;
}

/* "default" first, the others by name. */
static void make_vrfs(struct conf_merge *m, struct conf *c)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_VRF, &n);
	struct conf_picked none = {.merge = m, .kind = CONF_SECTION_VRF};
	c->vrfs = conf_arena_alloc(m->arena, (n + 1) * sizeof(*c->vrfs));
	c->vrfs[c->vrfs_n++] = make_vrf(c, &none, "default");
	for (size_t i = 0; i < n;) {
		struct conf_picked p = group_at(m, CONF_SECTION_VRF, refs, n, i);
		const char *name = refs[i].section->name;
		i += p.refs_n;
		if (strcmp(name, "default") == 0)
			c->vrfs[0] = make_vrf(c, &p, name);
		else
			c->vrfs[c->vrfs_n++] = make_vrf(c, &p, name);
	}
}

/* Both keys' rules in the order of their lines. */
static void make_rules(
	struct conf_merge *m, const struct conf_source_section *s, struct conf_prefix_list *l)
{
	const struct conf_value *permit = conf_source_value(s, CONF_KEY_LIST_PERMIT);
	const struct conf_value *deny = conf_source_value(s, CONF_KEY_LIST_DENY);
	size_t n = permit->items_n + deny->items_n, p = 0, d = 0;
	l->rules = conf_arena_alloc(m->arena, (n + 1) * sizeof(*l->rules));
	while (l->rules_n < n) {
		bool take_permit =
			d == deny->items_n ||
			(p < permit->items_n && permit->items[p].line < deny->items[d].line);
		l->rules[l->rules_n++] =
			take_permit ? permit->items[p++].rule : deny->items[d++].rule;
	}
}

static void make_lists(struct conf_merge *m, struct conf *c)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_PREFIX_LIST, &n);
	c->lists = conf_arena_alloc(m->arena, (n + 1) * sizeof(*c->lists));
	for (size_t i = 0; i < n; i++) {
		struct conf_source_section *s = refs[i].section;
		struct conf_report *r = &refs[i].party->now->report;
		s->index = c->lists_n;
		struct conf_prefix_list *l = &c->lists[c->lists_n++];
		*l = (struct conf_prefix_list){.name = s->name,
			.contributor = refs[i].party->name,
			.origin = {.file = r->file, .line = s->line}};
		make_rules(m, s, l);
		if (!l->rules_n)
			conf_report_warning(r, s->line,
				"[prefix-list %s] has no rule: it matches nothing", s->name);
	}
}

static void make_interfaces(struct conf_merge *m, struct conf *c)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_INTERFACE, &n);
	c->interfaces = conf_arena_alloc(m->arena, (n + 1) * sizeof(*c->interfaces));
	for (size_t i = 0; i < n;) {
		struct conf_picked p = group_at(m, CONF_SECTION_INTERFACE, refs, n, i);
		struct conf_interface *f = &c->interfaces[c->interfaces_n++];
		copy_interface(f->name, refs[i].section->name);
		f->origin = conf_picked_origin(&p);
		for (size_t j = 0; j < p.refs_n; j++)
			if (conf_source_value(p.refs[j].section, CONF_KEY_INTERFACE_IMPORT)->line)
				f->import = conf_picked_chain(
					c, m, &p.refs[j], CONF_KEY_INTERFACE_IMPORT);
		i += p.refs_n;
	}
}

static void make_rule(const struct conf *c, const struct conf_picked *p, struct conf_rule *r)
{
	const char *vrf = conf_picked_text(p, CONF_KEY_RULE_TO_VRF);
	*r = (struct conf_rule){.name = p->refs[0].section->name,
		.origin = conf_picked_origin(p),
		.origins = conf_picked_origins(p),
		.vrf = conf_snapshot_vrf(c, vrf),
		.from = conf_picked_prefixes(p, CONF_KEY_RULE_FROM),
		.to = conf_picked_prefixes(p, CONF_KEY_RULE_TO)};
}

static void make_routing_rules(struct conf_merge *m, struct conf *c)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_RULE, &n);
	c->rules = conf_arena_alloc(m->arena, (n + 1) * sizeof(*c->rules));
	for (size_t i = 0; i < n;) {
		struct conf_picked p = group_at(m, CONF_SECTION_RULE, refs, n, i);
		make_rule(c, &p, &c->rules[c->rules_n++]);
		i += p.refs_n;
	}
}

void conf_snapshot_make(struct conf_merge *m, struct conf *c)
{
	make_lists(m, c);
	make_bgp(m, c);
	make_kernel(m, c);
	make_control(m, c);
	make_vrfs(m, c);
	conf_snapshot_imports(m, c);
	conf_snapshot_policies(m, c);
	conf_snapshot_profiles(m, c);
	make_interfaces(m, c);
	make_routing_rules(m, c);
	conf_snapshot_neighbors(m, c);
	conf_snapshot_announcements(m, c);
}
