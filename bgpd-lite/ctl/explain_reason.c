/* The one sentence. */
#include "bgpd-lite/ctl/explain.h"

#include <string.h>

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/ctl/text.h"
#include "bgpd-lite/ctl/trouble.h"

static void reason(json_t *o, const char *code, const struct text *sentence)
{
	put_text(o, "code", code);
	put_text(o, "sentence", sentence->s ? sentence->s : "");
}

static const char *code_of(enum rib_why why)
{
	switch (why) {
	case RIB_USED:
		return "used";
	case RIB_WHY_NO_IMPORT:
		return "no-import";
	case RIB_WHY_DENIED:
		return "denied";
	case RIB_WHY_CEILING:
		return "ceiling";
	case RIB_WHY_ALWAYS_BLOCK:
		return "always-block";
	case RIB_WHY_DENY_IMPORT:
		return "deny-import";
	case RIB_WHY_IMPORT_VRF:
		return "import-vrf";
	case RIB_WHY_MARTIAN:
		return "martian";
	case RIB_WHY_OWN_ADDRESS:
		return "own-address";
	case RIB_WHY_OWN_ANNOUNCEMENT:
		return "own-announcement";
	case RIB_WHY_HIDES_GATEWAY:
		return "hides-gateway";
	case RIB_WHY_HIDES_NEXT_HOP:
		return "hides-next-hop";
	case RIB_WHY_OWN_AS:
		return "own-as";
	case RIB_WHY_LONG_AS_PATH:
		return "long-as-path";
	case RIB_WHY_COMMUNITIES:
		return "communities";
	case RIB_WHY_LEAK:
		return "leak";
	case RIB_WHY_NEXT_HOP_OWN:
		return "next-hop-own";
	case RIB_WHY_NEXT_HOP_UNRESOLVED:
		return "next-hop-unresolved";
	case RIB_WHY_NEXT_HOP_DOWN:
		return "next-hop-down";
	case RIB_WHY_TOO_MANY_EFFECTS:
		return "too-many-effects";
	}
	return "unknown";
}

static void add_filter(struct text *t, const char *what, const struct filter_verdict *v)
{
	if (v->file)
		text_addf(t, "%s denies it at %s:%u (%s %s)", what, v->file, v->line,
			v->policy ? "policy" : "prefix-list", v->list);
	else
		text_addf(t, "%s has no rule that permits it", what);
}

static void add_next_hop(struct text *t, const struct daemon *d, const struct rib_path_view *p)
{
	char address[ADDR_TEXT_MAX];
	const struct fib_link *l =
		p->ifindex ? host_link_by_index(rib_host(d->rib), p->ifindex) : NULL;

	text_addf(t, "its next hop %s%s%s ", addr_text(p->next_hop, address), l ? " on " : "",
		l ? l->name : "");
	if (p->why == RIB_WHY_NEXT_HOP_UNRESOLVED && !(p->why_text && p->why_text[0]))
		text_adds(t, "is not on a connected network of the session");
	else if (p->why == RIB_WHY_NEXT_HOP_OWN)
		text_adds(t, "is this host");
	else
		text_addf(t, "cannot be used: %s",
			p->why_text && p->why_text[0] ? p->why_text : "its interface is down");
}

static bool add_block_of(
	struct text *t, const char *key, const struct conf_prefixes *blocks, const struct prefix *p)
{
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < blocks->n; i++) {
		if (!prefix_contains(blocks->prefix[i], *p))
			continue;
		text_addf(t, "%s %s at %s:%u", key, prefix_text(blocks->prefix[i], text),
			blocks->origin[i].file, blocks->origin[i].line);
		return true;
	}
	return false;
}

static void add_block(struct text *t, const struct conf_bgp *b, const struct prefix *p)
{
	if (!add_block_of(t, "always-block", &b->always_block, p) &&
		!add_block_of(t, "pod-networks", &b->pod_networks, p))
		text_adds(t, "always-block");
}

/* Why this path is not used. */
static void add_path(struct text *t, const struct daemon *d, const struct rib_route_view *v,
	const struct rib_path_view *p, const struct rib_path_reason *why)
{
	text_addf(t, "%s sends it, but ", p->peer_name);
	switch (p->why) {
	case RIB_WHY_DENIED:
		add_filter(t, "the neighbour's import", &why->import);
		return;
	case RIB_WHY_CEILING:
		add_filter(t, "the import of the interface", &why->ceiling);
		return;
	case RIB_WHY_IMPORT_VRF:
		add_filter(t, "import-vrf", &why->leak);
		return;
	case RIB_WHY_DENY_IMPORT:
		text_addf(t, "deny-import refuses it: %s:%u (prefix-list %s) permits it",
			why->deny.file, why->deny.line, why->deny.list);
		return;
	case RIB_WHY_ALWAYS_BLOCK:
		text_adds(t, "it is in ");
		add_block(t, &d->conf->bgp, &v->prefix);
		return;
	case RIB_WHY_NEXT_HOP_UNRESOLVED:
	case RIB_WHY_NEXT_HOP_DOWN:
	case RIB_WHY_NEXT_HOP_OWN:
		add_next_hop(t, d, p);
		return;
	case RIB_WHY_NO_IMPORT:
	case RIB_WHY_MARTIAN:
	case RIB_WHY_OWN_ADDRESS:
	case RIB_WHY_OWN_ANNOUNCEMENT:
	case RIB_WHY_HIDES_GATEWAY:
	case RIB_WHY_HIDES_NEXT_HOP:
	case RIB_WHY_OWN_AS:
	case RIB_WHY_LONG_AS_PATH:
	case RIB_WHY_COMMUNITIES:
	case RIB_WHY_LEAK:
	case RIB_WHY_TOO_MANY_EFFECTS:
	case RIB_USED:
		text_addf(t, "%s", rib_why_text(p->why));
		return;
	}
}

static void add_quarantine(struct text *t, const struct conf *c)
{
	for (size_t i = 0; i < c->contributors_n; i++) {
		const struct conf_contributor *from = &c->contributors[i];
		if (conf_all_in_force(from))
			continue;
		text_addf(t, "; %scontributor %s is in quarantine",
			from->quarantined ? "" : "a section of ", from->name);
		for (size_t k = 0; k < c->messages_n; k++) {
			const struct conf_message *m = &c->messages[k];
			if (!m->error || !m->contributor || strcmp(m->contributor, from->name) != 0)
				continue;
			text_addf(t, " (%s:%u: %s)", m->origin.file, m->origin.line, m->text);
			break;
		}
	}
}

/* Where the VRF is flushed. */
static void add_flushed(struct text *t, const struct daemon *d, uint16_t vrf, const char *glue)
{
	if (!d->vrfs[vrf].flushed_realtime_ns)
		return;
	text_addf(t, "%sthe routes of VRF %s ", glue, d->vrfs[vrf].name);
	trouble_add_flushed(t, &d->vrfs[vrf]);
}

static void unused_route(
	json_t *o, struct text *t, const struct daemon *d, const struct rib_route_view *v)
{
	struct rib_path_reason why;

	if (v->paths_n == 0) {
		text_adds(t, " was withdrawn and leaves the kernel");
		reason(o, "withdrawn", t);
		return;
	}
	rib_path_explain(d->rib, v, 0, &why);
	text_adds(t, " is not installed: ");
	add_path(t, d, v, &v->paths[0], &why);
	if (v->paths_n > 1)
		text_addf(t, "; nor can another of its %zu paths be used", v->paths_n);
	add_quarantine(t, d->conf);
	add_flushed(t, d, v->vrf, "; besides, ");
	reason(o, code_of(v->paths[0].why), t);
}

static void add_gateways(struct text *t, const struct daemon *d, const struct rib_route_view *v)
{
	const char *glue = " through ";

	for (size_t i = 0; i < v->paths_n; i++) {
		const struct rib_path_view *p = &v->paths[i];
		char address[ADDR_TEXT_MAX];
		const struct fib_link *l = host_link_by_index(rib_host(d->rib), p->ifindex);
		if (!p->multipath)
			continue;
		text_addf(t, "%s%s on %s", glue, addr_text(p->next_hop, address),
			l ? l->name : "an interface that is gone");
		glue = ", ";
	}
}

static void known_route(
	json_t *o, struct text *t, const struct daemon *d, const struct rib_route_view *v)
{
	switch (v->state) {
	case RIB_STATE_INSTALLED:
		text_addf(t, " is installed in table %u", v->table);
		add_gateways(t, d, v);
		reason(o, "installed", t);
		return;
	case RIB_STATE_FAILED:
		text_addf(t, " is wanted, but the kernel refuses it: %s; it is tried again",
			v->error_text[0] ? v->error_text : "no text");
		add_flushed(t, d, v->vrf, "; ");
		reason(o, "refused", t);
		return;
	case RIB_STATE_WAITING:
		text_adds(t, " waits for the decision, or for the kernel's answer");
		add_flushed(t, d, v->vrf, ": ");
		reason(o, "waiting", t);
		return;
	case RIB_STATE_WITHHELD:
		text_addf(t, " is wanted, but its VRF has no table: there is no device %s",
			d->vrfs[v->vrf].set.device);
		reason(o, "withheld", t);
		return;
	case RIB_STATE_ADOPTED:
		text_addf(t,
			" is in table %u since before the daemon started; it is decided when all "
			"neighbours have told all, or deferral-time ends",
			v->table);
		reason(o, "adopted", t);
		return;
	case RIB_STATE_FLUSHED:
		add_flushed(t, d, v->vrf, " is not installed: ");
		reason(o, "flushed", t);
		return;
	case RIB_STATE_NONE:
		unused_route(o, t, d, v);
		return;
	}
}

/* ---- nobody sent it ---- */

static void no_session(struct text *t, const struct daemon *d, uint16_t vrf)
{
	const char *glue = "";

	for (size_t i = 0; i < d->neighbors_n; i++) {
		char text[TROUBLE_TEXT_MAX];
		const struct neighbor *n = d->neighbors[i];
		if (n->vrf != vrf || n->peer != RIB_NO_PEER)
			continue;
		text_addf(t, "%s%s is not Established (%s)", glue, n->conf->name,
			trouble_of_neighbor(n, text));
		glue = "; ";
	}
}

static void count_sessions(const struct daemon *d, uint16_t vrf, size_t *up, size_t *down)
{
	*up = *down = 0;
	for (size_t i = 0; i < d->neighbors_n; i++) {
		if (d->neighbors[i]->vrf != vrf)
			continue;
		if (d->neighbors[i]->peer == RIB_NO_PEER)
			++*down;
		else
			++*up;
	}
}

static void unknown_route(json_t *o, struct text *t, const struct daemon *d, uint16_t vrf,
	const struct prefix *covering)
{
	char text[PREFIX_TEXT_MAX];
	size_t up, down;

	count_sessions(d, vrf, &up, &down);
	text_adds(t, " is not installed: ");
	if (up + down == 0)
		text_addf(t, "VRF %s has no neighbour", d->vrfs[vrf].name);
	else if (up)
		text_addf(t, "none of the %zu Established neighbours of VRF %s sends it", up,
			d->vrfs[vrf].name);
	if (up && down)
		text_adds(t, "; ");
	if (down)
		no_session(t, d, vrf);
	if (covering)
		text_addf(t, "; the shorter %s is there", prefix_text(*covering, text));
	add_quarantine(t, d->conf);
	add_flushed(t, d, vrf, "; besides, ");
	reason(o, up ? "not-received" : down ? "no-session" : "no-neighbor", t);
}

void explain_put_reason(json_t *o, const struct daemon *d, uint16_t vrf, const struct prefix *p,
	const struct rib_route_view *route, const struct prefix *covering)
{
	char text[PREFIX_TEXT_MAX];
	struct text t = {0};

	text_addf(&t, "%s of VRF %s", prefix_text(*p, text), d->vrfs[vrf].name);
	if (route)
		known_route(o, &t, d, route);
	else
		unknown_route(o, &t, d, vrf, covering);
	text_free(&t);
}
