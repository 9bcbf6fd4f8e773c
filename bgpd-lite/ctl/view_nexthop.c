#include "bgpd-lite/ctl/view.h"

#include "bgpd-lite/ctl/put.h"

json_t *view_gateway(const struct rib_gateway_view *g, const struct host *h)
{
	json_t *o = json_object();

	if (g->gateway)
		put_number(o, "gateway", g->gateway);
	else
		json_object_set_new(o, "gateway", json_null());
	put_addr(o, "address", g->addr);
	put_interface(o, "interface", h, g->ifindex);
	put_bool(o, "usable", g->usable);
	put_text(o, "reason", g->reason ? g->reason : "");
	put_number(o, "sessions", g->holders);
	return o;
}

json_t *view_next_hop(const struct rib_next_hop_view *n, const char *vrf, const struct host *h)
{
	bool used = n->why == RIB_USED;
	json_t *o = json_object();
	char route[PREFIX_TEXT_MAX];

	put_addr(o, "next_hop", n->address);
	put_text(o, "neighbor", n->peer_name);
	put_text(o, "vrf", vrf);
	put_bool(o, "connected", !n->far);
	put_bool(o, "usable", used);
	put_addr(o, "gateway", n->ifindex ? n->gateway : (struct addr){0});
	put_interface(o, "interface", h, n->ifindex);
	put_text(o, "route", n->ifindex ? prefix_text(n->route, route) : NULL);
	put_number(o, "paths", n->paths);
	put_text(o, "reason", used ? "" : n->why_text[0] ? n->why_text : rib_why_text(n->why));
	return o;
}

static const struct rib_gateway_view *find_gateway(
	const struct rib_gateway_view *gateways, size_t n, uint32_t handle)
{
	for (size_t i = 0; i < n; i++)
		if (gateways[i].gateway == handle)
			return &gateways[i];
	return NULL;
}

static json_t *view_members(const struct group_set *s, const struct rib_gateway_view *gateways,
	size_t gateways_n, const struct host *h)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n && i < FIB_GROUP_MEMBERS_MAX; i++) {
		json_t *o = json_object();
		const struct rib_gateway_view *g =
			find_gateway(gateways, gateways_n, s->gateway[i]);
		put_number(o, "gateway", s->gateway[i]);
		put_addr(o, "address", g ? g->addr : (struct addr){0});
		put_interface(o, "interface", h, g ? g->ifindex : 0);
		put_number(o, "weight", s->weight[i]);
		json_array_append_new(list, o);
	}
	return list;
}

json_t *view_group(const struct rib_group_view *g, const struct rib_gateway_view *gateways,
	size_t gateways_n, const struct host *h)
{
	json_t *o = json_object();

	put_number(o, "group", g->group);
	put_number(o, "prefixes", g->prefixes);
	json_object_set_new(o, "live", view_members(&g->id.live, gateways, gateways_n, h));
	json_object_set_new(o, "fallback", view_members(&g->id.fallback, gateways, gateways_n, h));
	return o;
}
