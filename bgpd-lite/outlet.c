#include "bgpd-lite/outlet.h"

#include <errno.h>

#include "bgpd-lite/neighbor.h"
#include "lib/log.h"

#define RETRY_S 0.05 /* until a full queue is tried again */

static struct adj_out *table_of(const struct neighbor *n)
{
	return announcer_table(n->daemon->announcer);
}

/* ---- sending ---- */

static int send_message(void *arg, const void *bytes, size_t len)
{
	struct neighbor *n = arg;
	return session_has_room(n->session) ? session_send(n->session, bytes, len) : -ENOBUFS;
}

/* To a gateway not before a restart is over; to a speaker of this host at once, or when it has
 * heard of all routes it asked for. */
static bool send_end_of_rib(struct neighbor *n)
{
	static const uint32_t each[] = {BGP_FAMILY_IPV4, BGP_FAMILY_IPV6};
	uint8_t message[BGP_MESSAGE_MAX];

	if (!n->conf->local_speaker && !announcer_is_complete(n->daemon->announcer))
		return true;
	if (!feed_is_complete(n))
		return true;
	for (size_t i = 0; i < 2; i++) {
		if (!(n->out.end_of_rib_due & each[i]))
			continue;
		if (session_send(n->session, message, bgp_end_of_rib_encode(each[i], message)) != 0)
			return false;
		n->out.end_of_rib_due &= ~each[i];
	}
	return true;
}

/* BoRR or EoRR of the families in *due, which are done then. */
static bool send_refresh(struct neighbor *n, uint32_t *due, enum bgp_refresh subtype)
{
	static const uint32_t each[] = {BGP_FAMILY_IPV4, BGP_FAMILY_IPV6};
	uint8_t message[BGP_MESSAGE_MAX];

	for (size_t i = 0; i < 2; i++) {
		if (!(*due & each[i]))
			continue;
		size_t len = bgp_route_refresh_encode(each[i], subtype, message);
		if (session_send(n->session, message, len) != 0)
			return false;
		*due &= ~each[i];
	}
	return true;
}

/* RFC 7313 4: never a BoRR before the End-of-RIB of its family, nor while another refresh runs. */
static bool begin_refresh(struct neighbor *n)
{
	uint32_t wanted = n->out.refresh_wanted;
	bool sent = send_refresh(n, &n->out.refresh_wanted, BGP_REFRESH_BEGIN);
	uint32_t begun = wanted & ~n->out.refresh_wanted;

	if (begun)
		adj_out_refresh(table_of(n), n->out.number, begun);
	n->out.refresh_due |= begun;
	return sent;
}

static bool send_pending(struct neighbor *n)
{
	bool numbered = n->out.number != OUTLET_NO_NUMBER;

	return (!numbered ||
		       adj_out_flush(table_of(n), n->out.number, &n->out.to, send_message, n)) &&
	       feed_send(n) && send_end_of_rib(n) &&
	       send_refresh(n, &n->out.refresh_due, BGP_REFRESH_END);
}

/* False: its queue is full, the rest comes later. */
static bool flush(struct neighbor *n)
{
	return session_has_room(n->session) && send_pending(n) &&
	       (n->out.end_of_rib_due || (begin_refresh(n) && send_pending(n)));
}

void outlet_send(struct neighbor *n)
{
	if (!n->out.up || flush(n))
		ev_timer_stop(n->daemon->loop, &n->out.retry);
	else
		ev_timer_again(n->daemon->loop, &n->out.retry);
}

static void on_retry(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	outlet_send(w->data);
}

/* ---- next hops ---- */

static struct addr link_local_on(const struct host *h, uint32_t ifindex)
{
	const struct fib_address *a;
	size_t n = host_addresses(h, &a);

	for (size_t i = 0; ifindex && i < n; i++)
		if (a[i].ifindex == ifindex && a[i].addr.family == ADDR_V6 &&
			addr_is_link_local(a[i].addr))
			return a[i].addr;
	return (struct addr){.family = ADDR_NONE};
}

/* RFC 2545 3: the link-local address too where the neighbour is on the link; alone where there is
 * no global one. */
static void next_hops_v6(struct bgp_update_to *to, struct addr local, struct addr link_local)
{
	to->next_hop[1] = local;
	to->next_hop_link_local = link_local;
	if (local.family == ADDR_NONE || addr_is_link_local(local)) {
		to->next_hop[1] = local.family ? local : link_local;
		to->next_hop_link_local = (struct addr){.family = ADDR_NONE};
	}
}

static void override(struct bgp_update_to *to, const struct conf_neighbor *c)
{
	if (c->next_hop[0].family)
		to->next_hop[0] = c->next_hop[0];
	if (!c->next_hop[1].family)
		return;
	to->next_hop[1] = c->next_hop[1];
	to->next_hop_link_local = (struct addr){.family = ADDR_NONE};
}

/* A session on loopback has no address that could be a next hop: speakers refuse 127.0.0.1. */
static void next_hops_of_host(const struct neighbor *n, struct bgp_update_to *to)
{
	const struct host *h = rib_host(n->daemon->rib);
	bool ready;
	uint32_t vrf = neighbor_vrf_ifindex(n, &ready);

	host_vrf_address(h, vrf, ADDR_V4, &to->next_hop[0]);
	host_vrf_address(h, vrf, ADDR_V6, &to->next_hop[1]);
}

static struct bgp_update_to to_make(const struct neighbor *n)
{
	const struct host *h = rib_host(n->daemon->rib);
	const struct session_conf *c = session_configuration(n->session);
	uint32_t ifindex = n->conf->ebgp_multihop > 1 ? 0 : neighbor_ifindex(n);
	struct session_info info;

	session_info(n->session, &info);
	struct bgp_update_to to = {.as4 = info.peer.as4,
		.ebgp = info.peer.as != c->local_as,
		.graceful_shutdown = n->daemon->drain.state != DRAIN_NONE,
		.local_as = c->local_as,
		.router_id = c->router_id,
		.otc_add = c->role == BGP_ROLE_PROVIDER || c->role == BGP_ROLE_PEER ||
			   c->role == BGP_ROLE_RS,
		.otc_withhold = c->role == BGP_ROLE_CUSTOMER || c->role == BGP_ROLE_PEER ||
				c->role == BGP_ROLE_RS_CLIENT,
		.extended = info.extended_message};
	struct addr local = info.local, v6 = {.family = ADDR_NONE};
	if (local.family == ADDR_V4)
		to.next_hop[0] = local;
	else if (!info.extended_next_hop)
		host_link_address(h, ifindex, ADDR_V4, &to.next_hop[0]);
	if (local.family == ADDR_V6 && !addr_is_link_local(local))
		v6 = local;
	else if (!host_link_address(h, ifindex, ADDR_V6, &v6))
		v6 = local.family == ADDR_V6 ? local : (struct addr){.family = ADDR_NONE};
	next_hops_v6(&to, v6, link_local_on(h, ifindex));
	if (local.family == ADDR_V6 && info.extended_next_hop)
		to.next_hop[0] = to.next_hop[1]; /* RFC 8950 */
	if (n->conf->local_speaker && addr_is_loopback(local))
		next_hops_of_host(n, &to);
	override(&to, n->conf);
	return to;
}

static void say_next_hops(const struct neighbor *n, uint32_t families)
{
	for (int v6 = 0; v6 < 2; v6++)
		if ((families & (v6 ? BGP_FAMILY_IPV6 : BGP_FAMILY_IPV4)) &&
			n->out.to.next_hop[v6].family == ADDR_NONE)
			log_warn("not announced neighbor=\"%s\" family=ipv%d reason=\"this host "
				 "has no address of that family on the way to it\"",
				n->conf->name, v6 ? 6 : 4);
}

/* ---- the session ---- */

static uint16_t number_free(const struct daemon *d)
{
	struct adj_out_peers used = {0};

	for (size_t i = 0; i < d->neighbors_n; i++)
		if (d->neighbors[i]->out.number != OUTLET_NO_NUMBER)
			adj_out_peers_add(&used, d->neighbors[i]->out.number);
	for (uint16_t i = 0; i < ADJ_OUT_PEERS_MAX; i++)
		if (!adj_out_peers_has(&used, i))
			return i;
	return OUTLET_NO_NUMBER;
}

void outlet_init(struct neighbor *n)
{
	n->out.number = number_free(n->daemon);
	ev_timer_init(&n->out.retry, on_retry, 0, RETRY_S);
	n->out.retry.data = n;
}

void outlet_export(struct neighbor *n, struct filter *export)
{
	if (n->out.number == OUTLET_NO_NUMBER) {
		filter_put(export);
		return;
	}
	adj_out_export(table_of(n), n->out.number, export);
	outlet_send(n);
}

void outlet_up(struct neighbor *n)
{
	struct session_info info;

	session_info(n->session, &info);
	n->out.end_of_rib_due = info.families;
	n->out.enhanced_refresh = info.enhanced_refresh;
	n->out.to = to_make(n);
	n->out.up = true;
	if (n->out.number != OUTLET_NO_NUMBER) {
		adj_out_peer_up(table_of(n), n->out.number, info.families);
		say_next_hops(n, adj_out_pending(table_of(n), n->out.number) || n->feed.export
					 ? info.families
					 : 0);
	}
	if (n->speaker)
		feed_up(n);
	outlet_send(n);
}

void outlet_down(struct neighbor *n)
{
	if (n->out.up && n->out.number != OUTLET_NO_NUMBER)
		adj_out_peer_down(table_of(n), n->out.number);
	feed_down(n);
	n->out.up = false;
	n->out.end_of_rib_due = n->out.refresh_wanted = n->out.refresh_due = 0;
	ev_timer_stop(n->daemon->loop, &n->out.retry);
}

void outlet_refresh(struct neighbor *n, uint32_t families)
{
	if (!n->out.up || n->out.number == OUTLET_NO_NUMBER)
		return;
	if (n->out.enhanced_refresh) {
		n->out.refresh_wanted |= families;
	} else {
		n->out.end_of_rib_due |= families;
		adj_out_refresh(table_of(n), n->out.number, families);
		feed_again(n, families);
	}
	outlet_send(n);
}

void outlet_changed(struct neighbor *n)
{
	struct bgp_update_to to;
	uint32_t families = 0;

	if (!n->out.up || n->out.number == OUTLET_NO_NUMBER)
		return;
	to = to_make(n);
	bool local = !addr_equal(to.next_hop_link_local, n->out.to.next_hop_link_local);
	if (!addr_equal(to.next_hop[0], n->out.to.next_hop[0]) ||
		(local && to.next_hop[0].family == ADDR_V6))
		families |= BGP_FAMILY_IPV4;
	if (!addr_equal(to.next_hop[1], n->out.to.next_hop[1]) || local)
		families |= BGP_FAMILY_IPV6;
	feed_again(n, families);
	if (to.graceful_shutdown != n->out.to.graceful_shutdown)
		families = BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6;
	n->out.to = to;
	adj_out_refresh(table_of(n), n->out.number, families);
	outlet_send(n);
}
