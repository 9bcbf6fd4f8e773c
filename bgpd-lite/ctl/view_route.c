#include "bgpd-lite/ctl/view.h"

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/ctl/words.h"

bool view_path_wanted(const struct rib_path_view *p, enum view_paths which, uint16_t peer)
{
	if (peer != RIB_NO_PEER && p->peer != peer)
		return false;
	switch (which) {
	case VIEW_PATHS_ALL:
		return true;
	case VIEW_PATHS_ACCEPTED:
		return p->why == RIB_USED;
	case VIEW_PATHS_REJECTED:
		return p->why != RIB_USED;
	}
	return true;
}

static void put_attributes(json_t *o, const struct rib_path_view *p)
{
	const struct attrs *a = p->attrs;
	char text[1024];

	put_text(o, "as_path", attr_path_text(a, text, 512));
	put_text(o, "communities", attr_communities_text(a, text, sizeof(text)));
	put_text(o, "large_communities", attr_large_communities_text(a, text, sizeof(text)));
	put_number(o, "local_preference", p->local_pref);
	if (p->has_med)
		put_number(o, "med", p->med);
	else
		put_text(o, "med", NULL);
	put_text(o, "origin", words_origin(a->origin));
}

json_t *view_path(const struct rib_path_view *p, const struct host *h)
{
	json_t *o = json_object();

	put_text(o, "neighbor", p->peer_name);
	put_addr(o, "next_hop", p->next_hop);
	put_interface(o, "interface", h, p->ifindex);
	if (p->attrs)
		put_attributes(o, p);
	put_bool(o, "accepted", p->why == RIB_USED);
	put_text(o, "why",
		p->why == RIB_USED                   ? ""
		: p->why_text && p->why_text[0] != 0 ? p->why_text
						     : rib_why_text(p->why));
	put_text(o, "rule", p->rule.file ? p->rule.list : NULL);
	put_origin(o, "rule_origin", (struct conf_origin){p->rule.file, p->rule.line});
	put_bool(o, "graceful_shutdown", p->leaving);
	put_bool(o, "best", p->best);
	put_bool(o, "multipath", p->multipath);
	put_bool(o, "fallback", p->fallback);
	return o;
}

json_t *view_route(const struct rib_route_view *v, const struct host *h, const char *vrf,
	enum view_paths which, uint16_t peer)
{
	char prefix[PREFIX_TEXT_MAX];
	json_t *o = json_object();
	json_t *paths = json_array();

	for (size_t i = 0; i < v->paths_n && json_array_size(paths) < VIEW_PATHS_MAX; i++)
		if (view_path_wanted(&v->paths[i], which, peer))
			json_array_append_new(paths, view_path(&v->paths[i], h));
	put_text(o, "prefix", prefix_text(v->prefix, prefix));
	put_text(o, "vrf", vrf);
	put_number(o, "table", v->table);
	put_text(o, "state", words_route_state(v->state));
	put_number(o, "group", v->group);
	put_number(o, "error", v->error > 0 ? (uint64_t)v->error : 0);
	put_text(o, "error_text", v->error_text ? v->error_text : "");
	put_number(o, "paths_n", v->paths_n);
	json_object_set_new(o, "paths", paths);
	return o;
}
