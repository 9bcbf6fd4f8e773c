#include "bgpd-lite/ctl/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/ctl/trouble.h"
#include "bgpd-lite/ctl/words.h"

static json_t *view_verdict(bool there, const struct filter_verdict *v)
{
	if (!there)
		return json_null();
	json_t *o = json_object();
	put_bool(o, "permit", v->permit);
	put_text(o, "contributor", v->contributor);
	put_text(o, "list", v->list);
	put_bool(o, "policy", v->policy);
	put_origin(o, "origin", (struct conf_origin){v->file, v->line});
	return o;
}

static const struct neighbor *neighbor_of_peer(const struct daemon *d, uint16_t peer)
{
	for (size_t i = 0; i < d->neighbors_n; i++)
		if (d->neighbors[i]->peer == peer)
			return d->neighbors[i];
	return NULL;
}

static void put_prefix(json_t *o, const char *key, const struct prefix *p)
{
	char text[PREFIX_TEXT_MAX];
	put_text(o, key, p && p->addr.family ? prefix_text(*p, text) : NULL);
}

static void put_fate(json_t *o, const struct rib_path_view *p, const struct rib_path_reason *why)
{
	put_bool(o, "external", why->ebgp);
	json_object_set_new(o, "import", view_verdict(why->has_import, &why->import));
	json_object_set_new(o, "ceiling", view_verdict(why->has_ceiling, &why->ceiling));
	json_object_set_new(o, "deny_import", view_verdict(why->has_deny, &why->deny));
	put_addr(o, "next_hop_received", p->attrs->next_hop);
	put_prefix(o, "connected", why->far ? NULL : &why->connected);
	put_prefix(o, "resolved_by", why->far ? &why->connected : NULL);
	put_text(o, "lost", rib_lost_text(why->lost));
	put_text(o, "lost_to", why->lost_to[0] ? why->lost_to : NULL);
}

/* Which import-vrf of the route's VRF the path comes by: the one with the list that decides. */
static const struct conf_vrf_import *import_of(const struct daemon *d,
	const struct rib_route_view *v, const struct rib_path_view *p, const char *list)
{
	const struct conf_vrf_import *found = NULL;

	for (size_t i = 0; i < d->conf->vrfs_n; i++) {
		const struct conf_vrf *to = &d->conf->vrfs[i];
		if (strcmp(to->name, d->vrfs[v->vrf].name) != 0)
			continue;
		for (size_t k = 0; k < to->imports_n; k++) {
			const struct conf_vrf_import *x = &to->imports[k];
			bool decides = list && strcmp(x->list->name, list) == 0;
			if (strcmp(x->vrf->name, p->vrf_name) == 0 && (!found || decides))
				found = x;
		}
	}
	return found;
}

static json_t *view_import(const struct daemon *d, const struct rib_route_view *v,
	const struct rib_path_view *p, const struct rib_path_reason *why)
{
	const struct conf_vrf_import *x = why->has_leak ? import_of(d, v, p, why->leak.list) : NULL;

	if (!x)
		return json_null();
	json_t *o = json_object();
	put_text(o, "vrf", p->vrf_name);
	put_origin(o, "origin", x->origin);
	json_object_set_new(o, "list", view_verdict(true, &why->leak));
	return o;
}

static json_t *view_paths(const struct daemon *d, const struct rib_route_view *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->paths_n && i < VIEW_PATHS_MAX; i++) {
		const struct rib_path_view *p = &v->paths[i];
		const struct neighbor *n = neighbor_of_peer(d, p->peer);
		json_t *o = view_path(p, v->vrf, rib_host(d->rib));
		struct rib_path_reason why;
		rib_path_explain(d->rib, v, i, &why);
		put_fate(o, p, &why);
		json_object_set_new(o, "import_vrf", view_import(d, v, p, &why));
		put_text(o, "bfd",
			n && n->bfd_id
				? words_bfd_state(n->bfd_told ? n->bfd.state : BFD_STATE_DOWN)
				: NULL);
		json_array_append_new(list, o);
	}
	return list;
}

static bool has_path_of(const struct rib_route_view *v, uint16_t peer)
{
	for (size_t i = 0; v && i < v->paths_n; i++)
		if (v->paths[i].peer == peer)
			return true;
	return false;
}

/* Those of the VRF that do not send it: why, and what their import would say. */
static json_t *view_silent(const struct daemon *d, uint16_t vrf, const struct prefix *p,
	const struct rib_route_view *route)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->neighbors_n && json_array_size(list) < VIEW_PATHS_MAX; i++) {
		const struct neighbor *n = d->neighbors[i];
		char text[TROUBLE_TEXT_MAX];
		struct filter_verdict v = {0};
		if (n->vrf != vrf || (n->peer != RIB_NO_PEER && has_path_of(route, n->peer)))
			continue;
		json_t *o = json_object();
		if (n->import)
			v = filter_explain(n->import, p, NULL); /* policies need a path */
		put_text(o, "neighbor", n->conf->name);
		put_bool(o, "established", neighbor_is_up(n));
		put_text(o, "trouble", trouble_of_neighbor(n, text));
		put_families(o, "end_of_rib", n->end_of_rib);
		json_object_set_new(o, "import", view_verdict(n->import != NULL, &v));
		json_array_append_new(list, o);
	}
	return list;
}

static bool put_block_of(json_t *o, const struct conf_prefixes *blocks, const struct prefix *p)
{
	for (size_t i = 0; i < blocks->n; i++) {
		if (!prefix_contains(blocks->prefix[i], *p))
			continue;
		json_t *block = json_object();
		put_prefix(block, "prefix", &blocks->prefix[i]);
		put_origin(block, "origin", blocks->origin[i]);
		json_object_set_new(o, "always_block", block);
		return true;
	}
	return false;
}

/* always-block, or pod-networks, which imply one. */
static void put_always_block(json_t *o, const struct conf_bgp *b, const struct prefix *p)
{
	if (!put_block_of(o, &b->always_block, p) && !put_block_of(o, &b->pod_networks, p))
		put_text(o, "always_block", NULL);
}

static void put_group(json_t *o, const struct daemon *d, uint32_t handle)
{
	struct rib_counts counts;
	json_t *found = NULL;

	rib_count(d->rib, &counts);
	struct rib_gateway_view *gateways = calloc((size_t)counts.gateways + 1, sizeof(*gateways));
	struct rib_group_view *groups = calloc((size_t)counts.groups + 1, sizeof(*groups));
	size_t gateways_n = gateways ? rib_gateways(d->rib, gateways, (size_t)counts.gateways) : 0;
	size_t n = groups && handle ? rib_groups(d->rib, groups, (size_t)counts.groups) : 0;
	for (size_t i = 0; i < n && !found; i++)
		if (groups[i].group == handle)
			found = view_group(&groups[i], gateways, gateways_n, rib_host(d->rib));
	json_object_set_new(o, "group", found ? found : json_null());
	free(gateways);
	free(groups);
}

/* How the kernel is asked: so that the client can compare. */
static void put_wanted(json_t *o, const struct daemon *d, const struct rib_route_view *route)
{
	json_t *k = json_object();

	put_number(k, "protocol", d->conf->kernel.route_protocol);
	put_number(k, "metric", route ? route->metric : d->conf->kernel.metric);
	put_addr(k, "source", route ? route->kernel.source : (struct addr){0});
	put_number(k, "error", route && route->error > 0 ? (uint64_t)route->error : 0);
	put_text(k, "error_text", route && route->error_text ? route->error_text : "");
	json_object_set_new(o, "asked", k);
}

static bool is_judged(enum rib_follow_fate f)
{
	return f == RIB_FOLLOW_TOLD || f == RIB_FOLLOW_DENIED || f == RIB_FOLLOW_COMMUNITY;
}

/* Speakers of this host that hear of the VRF's routes, and whether they do of this one. */
static json_t *view_passed_on(const struct daemon *d, uint16_t vrf, const struct prefix *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->neighbors_n && json_array_size(list) < VIEW_PATHS_MAX; i++) {
		const struct neighbor *n = d->neighbors[i];
		struct filter_verdict v = {0};
		if (n->vrf != vrf || !n->feed.follower)
			continue;
		json_t *o = json_object();
		enum rib_follow_fate fate = rib_follow_explain(d->rib, n->feed.follower, p, &v);
		put_text(o, "neighbor", n->conf->name);
		put_bool(o, "told", rib_follow_has(d->rib, n->feed.follower, vrf, p));
		put_text(o, "why", words_follow_fate(fate));
		json_object_set_new(
			o, "export", view_verdict(n->feed.export && is_judged(fate), &v));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *view_explanation(const struct daemon *d, uint16_t vrf, const struct prefix *p,
	const struct rib_route_view *route, const struct prefix *covering)
{
	const struct vrf_slot *slot = &d->vrfs[vrf];
	json_t *o = json_object();

	put_prefix(o, "prefix", p);
	put_text(o, "vrf", slot->name);
	put_text(o, "device", slot->set.device[0] ? slot->set.device : NULL);
	put_number(o, "table", rib_vrf_table(d->rib, vrf));
	put_text(o, "state", route ? words_route_state(route->state) : "unknown");
	explain_put_reason(o, d, vrf, p, route, covering);
	put_prefix(o, "covered_by", covering);
	put_always_block(o, &d->conf->bgp, p);
	json_object_set_new(o, "paths", route ? view_paths(d, route) : json_array());
	json_object_set_new(o, "silent", view_silent(d, vrf, p, route));
	json_object_set_new(o, "passed_on", view_passed_on(d, vrf, p));
	put_group(o, d, route ? route->group : 0);
	put_wanted(o, d, route);
	return o;
}
