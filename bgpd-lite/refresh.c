/* Enhanced route refresh (RFC 7313), the receiver's part: from BoRR on, what the neighbour sent
 * before is stale; what has not come again by EoRR, or within stale-time, goes. */
#include "bgpd-lite/neighbor.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	REFRESH_LINES = 3, /* in a window */
	REFRESH_WINDOW_MS = 60000,
};

static const char *family_text(uint32_t family)
{
	return family == BGP_FAMILY_IPV6 ? "ipv6" : "ipv4";
}

/* A message that does not fit its place is ignored (RFC 7313 4). */
static void ignored(struct neighbor *n, uint32_t family, const char *what)
{
	unsigned suppressed = 0;

	if (log_allowed(&n->refresh.lines, REFRESH_LINES, REFRESH_WINDOW_MS, &suppressed))
		log_warn("route refresh ignored neighbor=\"%s\" family=%s reason=\"%s\" "
			 "suppressed=%u",
			n->conf->name, family_text(family), what, suppressed);
}

void refresh_stop(struct neighbor *n)
{
	ev_timer_stop(n->daemon->loop, &n->refresh.patience);
	n->refresh.families = 0;
	n->refresh.end_ms = 0;
}

static void end(struct neighbor *n, uint32_t families)
{
	rib_peer_drop_stale(n->daemon->rib, n->peer, families);
	fibc_kick(n->daemon);
	n->refresh.families &= ~families;
	if (!n->refresh.families)
		refresh_stop(n);
}

static void on_patience(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct neighbor *n = w->data;

	(void)loop;
	(void)events;
	log_info("stale routes go neighbor=\"%s\" reason=\"stale-time ended without EoRR\"",
		n->conf->name);
	end(n, n->refresh.families);
}

void refresh_init(struct neighbor *n)
{
	ev_timer_init(&n->refresh.patience, on_patience, 0, 0);
	n->refresh.patience.data = n;
}

static void patience_start(struct neighbor *n)
{
	struct ev_loop *loop = n->daemon->loop;

	ev_timer_stop(loop, &n->refresh.patience);
	ev_now_update(loop);
	ev_timer_set(&n->refresh.patience, n->conf->stale_time_s, 0);
	ev_timer_start(loop, &n->refresh.patience);
	n->refresh.end_ms = clock_ms() + 1000ULL * n->conf->stale_time_s;
}

static void begin(struct neighbor *n, uint32_t family)
{
	if (n->graceful.theirs.present && !(n->end_of_rib & family))
		ignored(n, family, "BoRR before End-of-RIB");
	else if (!rib_peer_refresh(n->daemon->rib, n->peer, family))
		ignored(n, family, "it begins too often");
	else {
		n->refresh.families |= family;
		patience_start(n);
	}
}

void refresh_received(struct neighbor *n, uint32_t family, enum bgp_refresh subtype)
{
	if (n->peer == RIB_NO_PEER)
		return;
	if (subtype == BGP_REFRESH_BEGIN)
		begin(n, family);
	else if (n->refresh.families & family)
		end(n, family);
	else
		ignored(n, family, "EoRR without BoRR");
}
