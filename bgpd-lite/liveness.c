/* The BFD session of a neighbour (RFC 5882): Down ends the BGP session with Cease 10 at once, an
 * AdminDown never does, a BFD session that never came up is no reason for anything but bfd-strict
 * to wait. */
#include <stdio.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "bgpd-lite/ctl/words.h"
#include "bgpd-lite/tcp.h"
#include "lib/clock.h"
#include "lib/log.h"

void liveness_remove(struct neighbor *n)
{
	if (n->bfd_id)
		liveness_leave(n);
	n->bfd_told = false;
	n->bfd_stats_ms = 0;
	n->bfd_error[0] = 0;
	hold_init(&n->hold, clock_ms());
}

static bool is_internal(const struct conf_neighbor *c)
{
	return c->remote_as_kind == CONF_REMOTE_AS_INTERNAL ||
	       (c->remote_as && c->remote_as == c->local_as);
}

/* RFC 5882 10.1, 5883: several hops where ebgp-multihop allows them, and to internal neighbours
 * that are on no link of ours. A neighbour that once was on a link stays a single hop while the
 * link is away. */
static bool is_multihop(const struct neighbor *n)
{
	const struct conf_neighbor *c = n->conf;
	bool was_single = n->bfd_id && !n->bfd_wish.multihop;

	if (c->interface[0] || neighbor_ifindex(n))
		return !c->interface[0] && c->ebgp_multihop > 1;
	return c->ebgp_multihop > 1 || (is_internal(c) && !was_single);
}

/* Our address of a session over several hops: what is configured, what is in use already, or what
 * the kernel would take. */
static bool find_source(const struct neighbor *n, const char *device, struct addr *local)
{
	const struct conf_neighbor *c = n->conf;
	const struct host *host = rib_host(n->daemon->rib);

	if (c->update_source_interface[0]) {
		const struct fib_link *l = host_link_by_name(host, c->update_source_interface);
		return l && host_link_address(
				    host, l->ifindex, (enum addr_family)n->address.family, local);
	}
	if (n->bfd_id && n->bfd_wish.multihop && host_is_own(host, n->bfd_wish.local)) {
		*local = n->bfd_wish.local;
		return true;
	}
	return tcp_source(device, n->address, local) == 0;
}

static bool find_local(const struct neighbor *n, struct bfd_msg_set *m)
{
	m->local = n->conf->update_source;
	if (m->local.family != ADDR_NONE)
		return true;
	if (m->multihop || n->conf->update_source_interface[0])
		return find_source(n, m->device, &m->local);
	return host_source_for(rib_host(n->daemon->rib), m->ifindex, n->address, &m->local);
}

/* What is to be asked for at present; false while an address or device is missing. */
static bool wanted(const struct neighbor *n, struct bfd_msg_set *m)
{
	const struct conf_neighbor *c = n->conf;
	bool ready;
	uint32_t vrf_ifindex = neighbor_vrf_ifindex(n, &ready);

	*m = (struct bfd_msg_set){.remote = n->address};
	if (!c->bfd || neighbor_is_shutdown(n) || !ready)
		return false;
	m->multihop = is_multihop(n);
	m->ifindex = m->multihop ? 0 : neighbor_ifindex(n);
	if (!m->multihop && m->ifindex == 0)
		return false;
	if (vrf_ifindex)
		memcpy(m->device, c->vrf->device, sizeof(m->device));
	if (!find_local(n, m))
		return false;
	m->minimum_ttl = m->multihop ? c->bfd->minimum_ttl : 0;
	m->passive = c->bfd->passive;
	m->zero_checksum = c->bfd->zero_checksum;
	m->tx_us = c->bfd->transmit_interval_us;
	m->rx_us = c->bfd->receive_interval_us;
	m->multiplier = c->bfd->detect_multiplier;
	/* While it restarts, BFD's silence says nothing unless BFD shares the fate of its
	 * forwarding (C bit, RFC 5882 4.3). */
	m->incarnation =
		neighbor_is_up(n) || (n->graceful.held && n->bfd.remote_c) ? n->incarnation : 0;
	return true;
}

void liveness_update(struct neighbor *n)
{
	struct bfd_msg_set m;

	if (wanted(n, &m))
		liveness_ask(n, &m);
	else if (!n->conf->bfd || neighbor_is_shutdown(n))
		liveness_remove(n);
	/* Else a link is away: the session goes on and tells by itself that it is Down. */
}

void liveness_configure(struct neighbor *n)
{
	const struct conf_bfd_profile *p = n->conf->bfd;

	n->hold_conf = (struct hold_conf){0};
	if (!p)
		return;
	n->hold_conf = (struct hold_conf){.bfd = true,
		.strict = n->conf->bfd_strict,
		.strict_hold_ms = n->conf->bfd_strict_hold_time_s * 1000u,
		.up_delay_ms = p->up_delay_s * 1000u,
		.up_delay_max_ms = p->up_delay_maximum_s * 1000u};
}

bool liveness_holds(struct neighbor *n)
{
	uint64_t now_ms = clock_ms();
	uint64_t until_ms = hold_until_ms(&n->hold, &n->hold_conf, now_ms);
	bool held = until_ms != HOLD_OPEN;

	ev_timer_stop(n->daemon->loop, &n->hold_timer);
	if (held && until_ms != HOLD_FOR_EVER) {
		ev_now_update(n->daemon->loop);
		ev_timer_set(&n->hold_timer, (double)(until_ms - now_ms + 1) / 1000, 0);
		ev_timer_start(n->daemon->loop, &n->hold_timer);
	}
	if (held && !n->held)
		log_info("session waits for BFD neighbor=\"%s\" bfd=%s losses=%u", n->conf->name,
			n->hold.up ? "up" : "down", n->hold.flaps);
	return held;
}

static bool left_up(const struct bfd_msg_state *m)
{
	return m->old_state == BFD_STATE_UP && m->state != BFD_STATE_UP;
}

static void note_state(struct neighbor *n, const struct bfd_msg_state *m)
{
	if (m->state == BFD_STATE_UP)
		events_add(&n->daemon->events, clock_realtime_ns(), EVENT_BFD, n->conf->name, "Up");
	else if (m->old_state == BFD_STATE_UP)
		events_add(&n->daemon->events, clock_realtime_ns(), EVENT_BFD, n->conf->name,
			"%s: %s; the peer says %s", words_bfd_state(m->state),
			words_bfd_diag(m->diag), words_bfd_state(m->remote_state));
}

/* bfd has told fib of the incarnation that stood in its message; one session may have more users.
 */
static void drop_held(struct neighbor *n, bool fib_knows)
{
	if (!fib_knows)
		fibc_session_down(n->daemon, n->incarnation, FIB_CAUSE_BFD);
	graceful_drop(n, FIB_CAUSE_BFD, "BFD says that it is down");
}

void neighbor_bfd_state(struct neighbor *n, const struct bfd_msg_state *m)
{
	bool admin = m->remote_state == BFD_STATE_ADMIN_DOWN || m->state == BFD_STATE_ADMIN_DOWN;
	bool lost = left_up(m) && !admin;

	hold_bfd(&n->hold, &n->hold_conf, m->state == BFD_STATE_UP, admin, lost, clock_ms());
	if (n->bfd_told && m->state == m->old_state) {
		n->bfd.remote_state = m->remote_state;
		n->bfd.remote_diag = m->remote_diag;
	} else {
		n->bfd = *m;
	}
	n->bfd_told = true;
	note_state(n, m);
	if (m->state != m->old_state)
		reach_bfd_changed(n);
	if (lost && neighbor_is_up(n))
		session_reset(n->session, BGP_CEASE_BFD_DOWN, SESSION_DOWN_BFD);
	else if (lost && n->graceful.held && n->bfd_wish.incarnation == n->incarnation)
		drop_held(n, m->incarnation == n->incarnation);
	neighbor_hold_changed(n);
}
