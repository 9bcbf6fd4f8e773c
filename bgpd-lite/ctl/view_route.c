#include "bgpd-lite/ctl/view.h"

#include "bgpd-lite/ctl/words.h"
#include "bgpd-lite/ctl/write.h"

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

static void write_attributes(struct text *t, const struct rib_path_view *p)
{
	const struct attrs *a = p->attrs;
	char text[1024];

	write_text(t, "as_path", attr_path_text(a, text, 512));
	write_text(t, "communities", attr_communities_text(a, text, sizeof(text)));
	write_text(t, "large_communities", attr_large_communities_text(a, text, sizeof(text)));
	write_number(t, "local_preference", p->local_pref);
	if (p->has_med)
		write_number(t, "med", p->med);
	else
		write_null(t, "med");
	write_text(t, "origin", words_origin(a->origin));
}

static const char *why_text(const struct rib_path_view *p)
{
	if (p->why == RIB_USED)
		return "";
	return p->why_text && p->why_text[0] != 0 ? p->why_text : rib_why_text(p->why);
}

uint64_t view_bandwidth(float octets)
{
	double bits = (double)octets * 8;
	return bits < 9e15 ? (uint64_t)bits : 9000000000000000;
}

static void write_path(
	struct text *t, const struct rib_path_view *p, uint16_t vrf, const struct host *h)
{
	text_add(t, "{", 1);
	write_text(t, "neighbor", p->peer_name);
	write_text(t, "imported_from", p->vrf == vrf ? NULL : p->vrf_name);
	write_number(t, "path_id", p->path_id);
	write_addr(t, "next_hop", p->next_hop);
	write_interface(t, "interface", h, p->ifindex);
	if (p->attrs)
		write_attributes(t, p);
	write_bool(t, "accepted", p->why == RIB_USED);
	write_text(t, "why", why_text(p));
	write_text(t, "rule", p->rule.file ? p->rule.list : NULL);
	write_origin(t, "rule_origin", (struct conf_origin){p->rule.file, p->rule.line});
	write_bool(t, "graceful_shutdown", p->leaving);
	if (p->bandwidth > 0)
		write_number(t, "link_bandwidth", view_bandwidth(p->bandwidth));
	else
		write_null(t, "link_bandwidth");
	write_bool(t, "bad_link_bandwidth", p->bad_bandwidth);
	write_bool(t, "best", p->best);
	write_bool(t, "multipath", p->multipath);
	write_bool(t, "fallback", p->fallback);
	write_number(t, "weight", p->weight);
	text_add(t, "}", 1);
}

json_t *view_path(const struct rib_path_view *p, uint16_t vrf, const struct host *h)
{
	struct text t = {0};

	write_path(&t, p, vrf, h);
	json_t *o = t.err ? NULL : json_loadb(t.s, t.len, 0, NULL);
	text_free(&t);
	return o;
}

void view_write_route(struct text *t, const struct rib_route_view *v, const struct host *h,
	const char *vrf, enum view_paths which, uint16_t peer)
{
	char prefix[PREFIX_TEXT_MAX];
	size_t paths_n = 0;

	text_add(t, "{", 1);
	write_text(t, "prefix", prefix_text(v->prefix, prefix));
	write_text(t, "vrf", vrf);
	write_number(t, "table", v->table);
	write_text(t, "state", words_route_state(v->state));
	write_number(t, "group", v->group);
	write_addr(t, "source", v->kernel.source);
	if (v->kernel.metric)
		write_number(t, "kernel_metric", v->kernel.metric);
	else
		write_null(t, "kernel_metric");
	write_number(t, "error", v->error > 0 ? (uint64_t)v->error : 0);
	write_text(t, "error_text", v->error_text ? v->error_text : "");
	write_number(t, "paths_n", v->paths_n);
	write_key(t, "paths");
	text_add(t, "[", 1);
	for (size_t i = 0; i < v->paths_n && paths_n < VIEW_PATHS_MAX; i++) {
		if (!view_path_wanted(&v->paths[i], which, peer))
			continue;
		text_add(t, ",", paths_n++ ? 1 : 0);
		write_path(t, &v->paths[i], v->vrf, h);
	}
	text_add(t, "]}", 2);
}
