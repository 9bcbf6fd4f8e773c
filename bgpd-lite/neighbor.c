/* One configured neighbour: what its session tells goes to the rib, what the host and the
 * configuration tell goes to its session. */
#include "bgpd-lite/neighbor.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/compile.h"
#include "lib/clock.h"
#include "lib/log.h"

/* ---- the session tells ---- */

/* By our role: what the neighbour, which has the other one, may send (RFC 9234 5). */
static enum rib_otc otc_of(uint8_t role)
{
	switch ((enum bgp_role)role) {
	case BGP_ROLE_PROVIDER:
	case BGP_ROLE_RS:
		return RIB_OTC_NONE;
	case BGP_ROLE_PEER:
		return RIB_OTC_OWN;
	case BGP_ROLE_NONE:
	case BGP_ROLE_RS_CLIENT:
	case BGP_ROLE_CUSTOMER:
	case BGP_ROLE_UNKNOWN:
		break;
	}
	return RIB_OTC_ANY;
}

static void on_established(void *arg, struct session *s)
{
	struct neighbor *n = arg;
	struct daemon *d = n->daemon;
	struct session_info info;

	session_info(s, &info);
	n->said = graceful_said(n->conf);
	if (!n->graceful.held)
		n->incarnation = ++d->next_incarnation;
	n->end_of_rib = 0;
	if (n->conf->local_speaker) {
		graceful_back(n, &info, NULL);
		speaker_up(n, info.peer.as != n->conf->local_as, n->conf->local_as);
		events_add(&d->events, clock_realtime_ns(), EVENT_SESSION, n->conf->name,
			"Established, AS %u", info.peer.as);
		outlet_up(n);
		return;
	}
	struct rib_peer p = {.name = n->conf->name,
		.vrf = n->vrf,
		.incarnation = n->incarnation,
		.address = n->address,
		.ifindex = n->conf->ebgp_multihop > 1 ? 0 : neighbor_ifindex(n),
		.local_as = n->conf->local_as,
		.remote_as = info.peer.as,
		.ebgp = info.peer.as != n->conf->local_as,
		.router_id = info.peer.id,
		.maximum_prefix = limit_rib(n->conf),
		.bounds = compile_bounds(n->conf),
		.otc = otc_of(session_configuration(s)->role)};
	if (!graceful_back(n, &info, &p)) {
		if (n->peer != RIB_NO_PEER) {
			graceful_drop(n, FIB_CAUSE_SESSION, "another speaker has its address now");
			p.incarnation = n->incarnation = ++d->next_incarnation;
		}
		n->peer = rib_peer_up(d->rib, &p, n->import);
	}
	graceful_say(n);
	if (n->peer == RIB_NO_PEER) {
		log_err("session refused neighbor=\"%s\" reason=\"too many peers\"", n->conf->name);
		session_reset(s, BGP_CEASE_RESOURCES, SESSION_DOWN_LOCAL);
		return;
	}
	limit_start(n);
	budget_established(n);
	events_add(&d->events, clock_realtime_ns(), EVENT_SESSION, n->conf->name,
		"Established, AS %u", info.peer.as);
	liveness_update(n);
	outlet_up(n);
}

static void on_down(void *arg, struct session *s, enum session_down_cause cause, const char *text)
{
	struct neighbor *n = arg;
	struct daemon *d = n->daemon;
	enum fib_cause fib_cause = cause == SESSION_DOWN_BFD ? FIB_CAUSE_BFD : FIB_CAUSE_SESSION;

	(void)s;
	refresh_stop(n);
	if (n->peer == RIB_NO_PEER && !n->speaker)
		return;
	events_add(&d->events, clock_realtime_ns(), EVENT_SESSION, n->conf->name, "down: %s", text);
	if (n->speaker) {
		outlet_down(n);
		if (d->stop == DAEMON_RUNS && !n->pending && graceful_keep(n, cause))
			return;
		graceful_stop(n);
		n->pending = false;
		speaker_down(n);
		return;
	}
	if (d->stop == DAEMON_RUNS && !n->pending && graceful_keep(n, cause)) {
		outlet_down(n);
		liveness_update(n);
		return;
	}
	graceful_stop(n);
	n->pending = false;
	if (d->stop == DAEMON_RUNS) {
		/* The repair comes first. bfd has told fib of its own losses already. */
		if (cause != SESSION_DOWN_BFD || n->bfd.incarnation != n->incarnation)
			fibc_session_down(d, n->incarnation, fib_cause);
		rib_peer_down(d->rib, n->peer, fib_cause);
		fibc_kick(d);
	}
	n->peer = RIB_NO_PEER;
	outlet_down(n);
	if (d->stop == DAEMON_RUNS)
		liveness_update(n);
}

static void withdraw_all(struct neighbor *n, struct bgp_nlri nlri)
{
	struct prefix p;
	while (bgp_nlri_next(&nlri, &p))
		rib_withdraw_path(n->daemon->rib, n->peer, &p, nlri.id);
}

static enum rib_result announce_all(struct neighbor *n, const struct bgp_update *u, int which)
{
	struct attr_store *store = rib_attrs(n->daemon->rib);
	struct bgp_nlri nlri = u->reachable[which];
	bool v6 = nlri.family == ADDR_V6;
	struct addr none = {0};
	const struct attrs *attrs = attr_get(
		store, &u->attrs, u->next_hop[which], which == 1 ? u->next_hop_link_local : none);
	enum rib_result r = attrs ? RIB_OK : RIB_NO_MEMORY;
	struct prefix p;

	while (r == RIB_OK && bgp_nlri_next(&nlri, &p)) {
		r = rib_announce_path(n->daemon->rib, n->peer, &p, nlri.id, attrs);
		if (r == RIB_LIMIT && limit_reached(n, v6 ? BGP_FAMILY_IPV6 : BGP_FAMILY_IPV4))
			r = RIB_OK;
	}
	if (attrs)
		attr_put(store, attrs);
	return r;
}

/* About what it makes us keep. */
static size_t octets_of(const struct bgp_update *u)
{
	const struct attr_view *a = &u->attrs;
	return 8u * (u->reachable[0].len + u->reachable[1].len) + a->as_path.len +
	       a->communities.len + a->ext_communities.len + a->large_communities.len +
	       a->cluster_list.len + 64u;
}

static void on_update(void *arg, struct session *s, const struct bgp_update *u)
{
	struct neighbor *n = arg;
	enum rib_result r = RIB_OK;

	if (n->speaker)
		speaker_update(n, s, u);
	if (n->peer == RIB_NO_PEER)
		return;
	for (int i = 0; i < 2; i++) {
		n->told += u->withdrawn[i].len + u->reachable[i].len;
		withdraw_all(n, u->withdrawn[i]);
	}
	for (int i = 0; i < 2 && r == RIB_OK; i++) {
		if (u->reachable[i].len == 0)
			continue;
		if (u->action == BGP_UPDATE_WITHDRAW)
			withdraw_all(n, u->reachable[i]);
		else
			r = announce_all(n, u, i);
	}
	fibc_kick(n->daemon);
	if (r == RIB_LIMIT)
		return; /* the session has ended */
	if (r != RIB_OK) {
		budget_no_memory(n);
		return;
	}
	if (!budget_admits(n, octets_of(u)))
		return;
	limit_watch(n);
	if (u->end_of_rib) {
		n->end_of_rib |= u->end_of_rib;
		graceful_end_of_rib(n, u->end_of_rib);
		daemon_end_of_rib(n->daemon);
	}
}

static void on_refresh(void *arg, struct session *s, uint32_t family, enum bgp_refresh subtype)
{
	struct neighbor *n = arg;
	(void)s;
	if (subtype == BGP_REFRESH_REQUEST)
		outlet_refresh(n, family);
	else
		refresh_received(n, family, subtype);
}

static void on_drained(void *arg, struct session *s)
{
	struct neighbor *n = arg;
	(void)s;
	if (ev_is_active(&n->out.retry))
		outlet_send(n);
}

static bool on_met(void *arg, struct session *s, struct addr a)
{
	(void)s;
	return unnumbered_met(arg, a, "connection");
}

static const struct session_ops ops = {
	.drained = on_drained,
	.met = on_met,
	.established = on_established,
	.update = on_update,
	.refresh = on_refresh,
	.down = on_down,
};

/* ---- the host ---- */

uint32_t neighbor_vrf_ifindex(const struct neighbor *n, bool *ready)
{
	const struct conf_vrf *v = n->conf->vrf;
	const struct fib_link *l = NULL;

	if (v->device[0])
		l = host_link_by_name(rib_host(n->daemon->rib), v->device);
	*ready = !v->device[0] || (l && l->vrf_table != 0);
	return l ? l->ifindex : 0;
}

uint32_t neighbor_ifindex(const struct neighbor *n)
{
	const struct conf_neighbor *c = n->conf;
	const struct host *host = rib_host(n->daemon->rib);
	uint32_t vrf_ifindex, hint = 0;
	struct prefix connected;
	bool ready, own;

	vrf_ifindex = neighbor_vrf_ifindex(n, &ready);
	if (!ready)
		return 0;
	if (c->interface[0]) {
		const struct fib_link *l = host_link_by_name(host, c->interface);
		if (!l)
			return 0;
		hint = l->ifindex;
	}
	return host_resolve(host, vrf_ifindex, n->address, hint, &connected, &own);
}

/* ---- configuration ---- */

void neighbor_hold_changed(struct neighbor *n)
{
	if (!neighbor_is_up(n))
		neighbor_session_configure(n);
}

static void on_hold_timer(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	neighbor_hold_changed(w->data);
}

struct neighbor *neighbor_new(struct daemon *d)
{
	struct neighbor *n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->daemon = d;
	n->peer = RIB_NO_PEER;
	hold_init(&n->hold, clock_ms());
	ev_timer_init(&n->hold_timer, on_hold_timer, 0, 0);
	n->hold_timer.data = n;
	graceful_init(n);
	refresh_init(n);
	outlet_init(n);
	feed_init(n);
	n->session = session_new(d->loop, &ops, n);
	if (!n->session) {
		free(n);
		return NULL;
	}
	return n;
}

void neighbor_free(struct neighbor *n)
{
	session_stop(n->session, BGP_CEASE_DECONFIGURED, NULL);
	if (n->graceful.held)
		graceful_drop(n, FIB_CAUSE_SESSION, "it is configured no more");
	graceful_stop(n);
	refresh_stop(n);
	liveness_remove(n);
	ev_timer_stop(n->daemon->loop, &n->hold_timer);
	outlet_down(n);
	outlet_export(n, NULL);
	feed_export(n, NULL);
	session_free(n->session);
	filter_put(n->import);
	free(n);
}

static void set_import(struct neighbor *n, struct filter *import)
{
	bool same = n->import && import && filter_equal(n->import, import);
	struct filter *old = n->import;

	n->import = import;
	if (n->peer != RIB_NO_PEER && !same && (old || import))
		rib_peer_import(n->daemon->rib, n->peer, import);
	filter_put(old);
}

/* The way to it is another than at the last look, and there is one. */
static bool way_changed(struct neighbor *n)
{
	const struct host *host = rib_host(n->daemon->rib);
	uint32_t ifindex = neighbor_ifindex(n);
	struct addr source = {0};

	if (ifindex && !(host_link_usable(host_link_by_index(host, ifindex)) &&
			       host_source_for(host, ifindex, n->address, &source)))
		ifindex = 0;
	if (ifindex == n->reached_by && addr_equal(source, n->reached_from))
		return false;
	n->reached_by = ifindex;
	n->reached_from = source;
	return ifindex != 0;
}

void neighbor_configure(struct neighbor *n, const struct conf_neighbor *conf, uint16_t vrf,
	struct filter *import, enum conf_change change, bool reset)
{
	n->conf = conf;
	n->vrf = vrf;
	unnumbered_configure(n);
	set_import(n, import);
	liveness_configure(n);
	if (change != CONF_CHANGE_NONE || reset) {
		n->limit_stopped = false;
		budget_free(n);
	}
	if (n->graceful.held && (change == CONF_CHANGE_RESET || neighbor_is_shutdown(n)))
		graceful_drop(n, FIB_CAUSE_SESSION, "its configuration changed");
	struct rib_bounds bounds = compile_bounds(conf);
	if (n->peer != RIB_NO_PEER)
		rib_peer_limits(n->daemon->rib, n->peer, limit_rib(conf), &bounds);
	neighbor_session_configure(n);
	if (n->pending && reset)
		session_reset(n->session, BGP_CEASE_OTHER_CHANGE, SESSION_DOWN_LOCAL);
	way_changed(n);
	liveness_update(n);
}

/* The connection hangs in the air when its device or local address is gone. */
static bool ground_lost(const struct neighbor *n)
{
	struct session_info info;
	bool ready;

	if (!neighbor_is_up(n))
		return false;
	neighbor_vrf_ifindex(n, &ready);
	session_info(n->session, &info);
	return !ready || (info.local.family != ADDR_NONE &&
				 !host_is_own(rib_host(n->daemon->rib), info.local));
}

void neighbor_links_changed(struct neighbor *n)
{
	bool waited = n->waiting[0] != 0;
	bool kick = way_changed(n);

	if (ground_lost(n))
		session_reset(n->session, 0, SESSION_DOWN_LOCAL);
	if (!neighbor_is_up(n))
		neighbor_session_configure(n);
	if (waited && !n->waiting[0])
		log_info("neighbor ready neighbor=\"%s\"", n->conf->name);
	if (kick && !neighbor_is_up(n) && !n->waiting[0] && !neighbor_is_shutdown(n))
		session_kick(n->session);
	outlet_changed(n);
	liveness_update(n);
}

struct neighbor *neighbor_by_name(struct daemon *d, const char *name)
{
	for (size_t i = 0; i < d->neighbors_n; i++) {
		if (strcmp(d->neighbors[i]->conf->name, name) == 0)
			return d->neighbors[i];
	}
	return NULL;
}
