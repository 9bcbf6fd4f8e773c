/* The BFD session of a neighbour (RFC 5882): Down ends the BGP session with Cease 10 at once, an
 * AdminDown never does, a BFD session that never came up is no reason for anything. */
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/log.h"

void liveness_remove(struct neighbor *n)
{
	if (n->bfd_id)
		bfdc_remove(n->daemon, n->bfd_id);
	n->bfd_id = 0;
	n->bfd_told = false;
	n->bfd_stats_ms = 0;
}

/* What is to be asked for now; false while an address or device is missing. */
static bool wanted(const struct neighbor *n, struct bfd_msg_set *m)
{
	const struct conf_neighbor *c = n->conf;
	bool ready;
	uint32_t vrf_ifindex = neighbor_vrf_ifindex(n, &ready);
	struct daemon *d = n->daemon;

	*m = (struct bfd_msg_set){.remote = c->address, .ifindex = neighbor_ifindex(n)};
	if (!c->bfd || c->shutdown || !ready || c->ebgp_multihop > 1 || m->ifindex == 0)
		return false;
	if (vrf_ifindex)
		memcpy(m->device, c->vrf->device, sizeof(m->device));
	m->local = c->update_source;
	if (m->local.family == ADDR_NONE &&
		!host_source_for(rib_host(d->rib), m->ifindex, c->address, &m->local))
		return false;
	m->tx_us = c->bfd->transmit_interval_us;
	m->rx_us = c->bfd->receive_interval_us;
	m->multiplier = c->bfd->detect_multiplier;
	m->incarnation = n->peer == RIB_NO_PEER ? 0 : n->incarnation;
	return true;
}

static bool same_session(const struct bfd_msg_set *a, const struct bfd_msg_set *b)
{
	return strcmp(a->device, b->device) == 0 && a->ifindex == b->ifindex &&
	       addr_equal(a->local, b->local) && addr_equal(a->remote, b->remote);
}

void liveness_update(struct neighbor *n)
{
	struct daemon *d = n->daemon;
	struct bfd_msg_set m;

	if (!wanted(n, &m)) {
		/* While a link is away the session goes on and tells by itself that it is Down. */
		if (!n->conf->bfd || n->conf->shutdown)
			liveness_remove(n);
		return;
	}
	if (n->bfd_id && !same_session(&m, &n->bfd_asked))
		liveness_remove(n);
	if (!n->bfd_id)
		n->bfd_id = d->bfdc.next_id++;
	m.id = n->bfd_id;
	m.head = n->bfd_asked.head;
	if (memcmp(&m, &n->bfd_asked, sizeof(m)) == 0)
		return;
	n->bfd_asked = m;
	bfdc_set(d, &m);
}

void neighbor_bfd_state(struct neighbor *n, const struct bfd_msg_state *m)
{
	bool admin = m->remote_state == BFD_STATE_ADMIN_DOWN || m->state == BFD_STATE_ADMIN_DOWN;

	n->bfd = *m;
	n->bfd_told = true;
	if (m->old_state != BFD_STATE_UP || m->state == BFD_STATE_UP || admin)
		return;
	if (n->peer != RIB_NO_PEER)
		session_reset(n->session, BGP_CEASE_BFD_DOWN, SESSION_DOWN_BFD);
}
