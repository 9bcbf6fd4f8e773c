#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/ctl/view.h"
#include "bgpd-lite/ctl/what_if.h"

/* The gateways that there are, to name those of sets. */
struct names {
	const struct daemon *d;
	struct rib_gateway_view *gateways;
	size_t n;
};

static void put_gateway(json_t *o, const struct names *names, uint32_t handle)
{
	const struct rib_gateway_view *found = NULL;

	for (size_t i = 0; i < names->n && !found; i++)
		if (names->gateways[i].gateway == handle)
			found = &names->gateways[i];
	put_addr(o, "address", found ? found->addr : (struct addr){0});
	put_interface(o, "interface", rib_host(names->d->rib), found ? found->ifindex : 0);
}

static json_t *view_set(const struct what_if_set *s, const struct names *names)
{
	json_t *o = json_object(), *members = json_array();

	for (size_t i = 0; i < s->set.n; i++) {
		json_t *m = json_object();
		put_gateway(m, names, s->set.gateway[i]);
		put_number(m, "weight", s->set.weight[i]);
		json_array_append_new(members, m);
	}
	json_object_set_new(o, "members", members);
	put_number(o, "prefixes", s->prefixes);
	return o;
}

static double part(double share, uint64_t of)
{
	return of ? share / (double)of : 0;
}

static json_t *view_vrf_then(const struct what_if *w, uint16_t vrf, const struct names *names)
{
	const struct what_if_vrf *v = &w->vrfs[vrf];
	json_t *o = json_object(), *gateways = json_array(), *sets = json_array();

	put_text(o, "vrf", w->d->vrfs[vrf].name);
	put_number(o, "prefixes", v->same + v->moved + v->lost);
	put_number(o, "same", v->same);
	put_number(o, "moved", v->moved);
	put_number(o, "lost", v->lost);
	for (size_t i = 0; i < w->gateways_n; i++) {
		const struct what_if_gateway *g = &w->gateways[i];
		if (g->vrf != vrf)
			continue;
		json_t *x = json_object();
		put_gateway(x, names, g->handle);
		put_number(x, "prefixes_now", g->now.prefixes);
		put_number(x, "prefixes_then", g->then.prefixes);
		json_object_set_new(
			x, "load_now", json_real(part(g->now.share, v->same + v->moved + v->lost)));
		json_object_set_new(
			x, "load_then", json_real(part(g->then.share, v->same + v->moved)));
		json_array_append_new(gateways, x);
	}
	for (size_t i = 0; i < w->sets_n; i++)
		if (w->sets[i].vrf == vrf)
			json_array_append_new(sets, view_set(&w->sets[i], names));
	json_object_set_new(o, "gateways", gateways);
	json_object_set_new(o, "sets", sets);
	return o;
}

static json_t *view_lost(const struct what_if *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->lost_prefixes_n; i++) {
		char text[PREFIX_TEXT_MAX];
		json_t *o = json_object();
		put_text(o, "prefix", prefix_text(w->lost_prefixes[i].prefix, text));
		put_text(o, "vrf", w->d->vrfs[w->lost_prefixes[i].vrf].name);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *view_names(const struct what_if *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->names_n; i++) {
		const struct neighbor *n = neighbor_by_name(w->d, w->names[i]);
		json_t *o = json_object();
		put_text(o, "neighbor", w->names[i]);
		put_bool(o, "established", n && neighbor_is_up(n));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *what_if_view(const struct what_if *w)
{
	struct names names = {.d = w->d};
	struct rib_counts counts;
	uint64_t lost = 0;
	json_t *o = json_object(), *vrfs = json_array();

	rib_count(w->d->rib, &counts);
	names.gateways = calloc((size_t)counts.gateways + 1, sizeof(*names.gateways));
	if (names.gateways)
		names.n = rib_gateways(w->d->rib, names.gateways, (size_t)counts.gateways);
	json_object_set_new(o, "down", view_names(w));
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++) {
		const struct what_if_vrf *v = &w->vrfs[i];
		lost += v->lost;
		if (v->same + v->moved + v->lost)
			json_array_append_new(vrfs, view_vrf_then(w, i, &names));
	}
	json_object_set_new(o, "vrfs", vrfs);
	put_number(o, "sets_left_out", w->sets_left_out);
	json_object_set_new(o, "lost", view_lost(w));
	put_number(o, "lost_left_out", lost - w->lost_prefixes_n);
	free(names.gateways);
	return o;
}
