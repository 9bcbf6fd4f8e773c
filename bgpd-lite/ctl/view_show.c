#include "bgpd-lite/ctl/view.h"

#include <string.h>

#include "bgpd-lite/ctl/put.h"

static const struct conf_vrf *conf_vrf_of(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->vrfs_n; i++)
		if (strcmp(c->vrfs[i].name, name) == 0)
			return &c->vrfs[i];
	return NULL;
}

/* Names of the links in the VRF of that device; of the default VRF those in none. */
static json_t *view_links_of(const struct host *h, uint32_t vrf_ifindex)
{
	json_t *list = json_array();
	const struct fib_link *links;
	size_t n = host_links(h, &links);

	for (size_t i = 0; i < n; i++)
		if (!links[i].vrf_table && host_link_vrf(h, links[i].ifindex) == vrf_ifindex)
			json_array_append_new(list, json_string(links[i].name));
	return list;
}

json_t *view_vrf_detail(const struct daemon *d, uint16_t index)
{
	const struct vrf_slot *v = &d->vrfs[index];
	const struct conf_vrf *c = conf_vrf_of(d->conf, v->name);
	const struct host *h = rib_host(d->rib);
	const struct fib_link *device =
		v->set.device[0] ? host_link_by_name(h, v->set.device) : NULL;
	json_t *o = view_vrf(d, index);
	uint64_t established = 0;

	for (size_t i = 0; i < d->neighbors_n; i++)
		established += d->neighbors[i]->vrf == index && neighbor_is_up(d->neighbors[i]);
	put_number(o, "established", established);
	put_bool(o, "ready", rib_vrf_table(d->rib, index) != 0);
	put_number(o, "maximum_paths", v->set.maximum_paths);
	put_bool(o, "multipath_relax", v->set.multipath_relax);
	put_text(o, "bestpath_bandwidth",
		c ? conf_word(CONF_KEY_VRF_BESTPATH_BANDWIDTH, c->bestpath_bandwidth) : "");
	put_bool(o, "fallthrough", !v->set.unreachable_default);
	json_object_set_new(o, "interfaces",
		!v->set.device[0] || device ? view_links_of(h, device ? device->ifindex : 0)
					    : json_array());
	put_origin(o, "origin", c ? c->origin : (struct conf_origin){0});
	return o;
}

static json_t *view_addresses(const struct host *h, uint32_t ifindex)
{
	json_t *list = json_array();
	const struct fib_address *a;
	size_t n = host_addresses(h, &a);

	for (size_t i = 0; i < n; i++) {
		char text[PREFIX_TEXT_MAX + 8];
		if (a[i].ifindex != ifindex)
			continue;
		addr_text(a[i].addr, text);
		json_array_append_new(list, json_sprintf("%s/%u", text, a[i].len));
	}
	return list;
}

json_t *view_interface(const struct daemon *d, const struct fib_link *l)
{
	const struct host *h = rib_host(d->rib);
	const struct conf_interface *c = NULL;
	json_t *o = json_object();
	json_t *lists = json_array();

	for (size_t i = 0; i < d->conf->interfaces_n; i++)
		if (strcmp(d->conf->interfaces[i].name, l->name) == 0)
			c = &d->conf->interfaces[i];
	put_text(o, "name", l->name);
	put_number(o, "index", l->ifindex);
	put_bool(o, "usable", host_link_usable(l));
	put_number(o, "table", l->vrf_table);
	put_interface(o, "device", h, host_link_vrf(h, l->ifindex));
	json_object_set_new(o, "addresses", view_addresses(h, l->ifindex));
	for (size_t i = 0; c && i < c->import.steps_n; i++) {
		const struct conf_step *s = &c->import.steps[i];
		json_array_append_new(
			lists, json_string(s->list ? s->list->name : s->policy->name));
	}
	json_object_set_new(o, "import", lists);
	put_origin(o, "origin", c ? c->origin : (struct conf_origin){0});
	return o;
}

static json_t *view_messages_of(const struct conf *c, const char *contributor)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->messages_n && json_array_size(list) < VIEW_MESSAGES_MAX; i++)
		if (c->messages[i].contributor &&
			strcmp(c->messages[i].contributor, contributor) == 0)
			json_array_append_new(list, view_message(&c->messages[i]));
	return list;
}

json_t *view_contributor_detail(const struct conf *c, const struct conf_contributor *from)
{
	json_t *o = view_contributor(from);
	uint64_t chains = 0, lists = 0;

	for (size_t i = 0; i < c->lists_n; i++)
		lists += strcmp(c->lists[i].contributor, from->name) == 0;
	for (size_t i = 0; i < c->neighbors_n; i++)
		for (size_t k = 0; k < c->neighbors[i].imports_n; k++)
			chains += strcmp(c->neighbors[i].imports[k].contributor, from->name) == 0;
	put_number(o, "prefix_lists", lists);
	put_number(o, "imports", chains);
	json_object_set_new(o, "messages", view_messages_of(c, from->name));
	return o;
}

json_t *view_event(const struct event *e)
{
	json_t *o = json_object();

	put_number(o, "number", e->number);
	put_number(o, "at_ms", e->at_realtime_ns / 1000000);
	put_text(o, "kind", event_kind_text(e->kind));
	put_text(o, "subject", e->subject);
	put_text(o, "text", e->text);
	return o;
}
