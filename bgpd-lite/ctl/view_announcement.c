#include "bgpd-lite/ctl/view.h"

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/when.h"

static json_t *view_peers(const struct daemon *d, const struct adj_out_peers *peers)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *n = d->neighbors[i];
		if (n->out.number != OUTLET_NO_NUMBER && adj_out_peers_has(peers, n->out.number))
			json_array_append_new(list, json_string(n->conf->name));
	}
	return list;
}

static void put_attributes(json_t *o, const struct attrs *a)
{
	char text[4096];

	put_text(o, "communities",
		a->communities_len ? attr_communities_text(a, text, sizeof(text)) : "");
	put_text(o, "extended_communities",
		a->ext_communities_len ? attr_ext_communities_text(a, text, sizeof(text)) : "");
	if (attr_bandwidth(a) > 0)
		put_number(o, "link_bandwidth", view_bandwidth(attr_bandwidth(a)));
	else
		put_text(o, "link_bandwidth", NULL);
	put_text(o, "large_communities",
		a->large_communities_len ? attr_large_communities_text(a, text, sizeof(text)) : "");
	if (a->flags & ATTR_HAS_LOCAL_PREF)
		put_number(o, "local_preference", a->local_pref);
	else
		put_text(o, "local_preference", NULL);
	if (a->flags & ATTR_HAS_MED)
		put_number(o, "med", a->med);
	else
		put_text(o, "med", NULL);
	put_text(o, "as_path", a->as_path_len ? attr_path_text(a, text, sizeof(text)) : "");
}

static void put_section(json_t *o, const struct daemon *d, const struct conf_announcement *c,
	const struct prefix *p)
{
	put_text(o, "contributor", c->contributor);
	put_text(o, "name", c->name);
	put_origin(o, "origin", c->origin);
	put_text(o, "waits", when_waits(d, c, p));
}

static void put_speaker(json_t *o, const struct daemon *d, uint32_t number)
{
	put_text(o, "contributor", "local-speaker");
	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *n = d->neighbors[i];
		if (n->out.number != number)
			continue;
		put_text(o, "name", n->conf->name);
		put_origin(o, "origin", n->conf->origin);
	}
	put_text(o, "waits", "");
}

static json_t *view_offer(const struct daemon *d, size_t i, size_t k, const struct prefix *p)
{
	const struct adj_out_peers *peers;
	const struct attrs *attrs;
	uint32_t tag = adj_out_look_offer(announcer_table(d->announcer), i, k, &attrs, &peers);
	json_t *o = json_object();

	if (tag & ANNOUNCER_SPEAKER)
		put_speaker(o, d, tag & ~ANNOUNCER_SPEAKER);
	else
		put_section(o, d, &d->conf->announcements[tag], p);
	put_attributes(o, attrs);
	json_object_set_new(o, "neighbors", view_peers(d, peers));
	return o;
}

json_t *view_announcement(const struct daemon *d, size_t i)
{
	struct adj_out *table = announcer_table(d->announcer);
	struct adj_out_peers told = {0}, denied = {0};
	json_t *o = json_object(), *offers = json_array();
	char prefix[PREFIX_TEXT_MAX];
	struct adj_out_view v;

	adj_out_look(table, i, &v);
	put_text(o, "prefix", prefix_text(v.prefix, prefix));
	for (size_t k = 0; k < v.offers_n; k++)
		json_array_append_new(offers, view_offer(d, i, k, &v.prefix));
	json_object_set_new(o, "offers", offers);
	for (uint16_t p = 0; p < ADJ_OUT_PEERS_MAX; p++) {
		if (adj_out_has(table, p, i))
			adj_out_peers_add(&told, p);
		if (adj_out_denied(table, p, i))
			adj_out_peers_add(&denied, p);
	}
	json_object_set_new(o, "told", view_peers(d, &told));
	json_object_set_new(o, "denied", view_peers(d, &denied));
	return o;
}
