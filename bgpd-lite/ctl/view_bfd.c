#include "bgpd-lite/ctl/view.h"

#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/ctl/words.h"

static void put_age_ms(json_t *o, const char *key, uint64_t then_ns, uint64_t now_ns)
{
	if (then_ns == 0)
		put_text(o, key, NULL);
	else
		put_number(o, key, now_ns > then_ns ? (now_ns - then_ns) / 1000000 : 0);
}

static json_t *view_change(const struct bfd_msg_state *m, uint64_t now_ns)
{
	json_t *o = json_object();

	put_text(o, "from", words_bfd_state(m->old_state));
	put_text(o, "to", words_bfd_state(m->state));
	put_age_ms(o, "ago_ms", m->at_ns, now_ns);
	put_text(o, "diagnostic", words_bfd_diag(m->diag));
	put_text(o, "remote_state", words_bfd_state(m->remote_state));
	put_text(o, "remote_diagnostic", words_bfd_diag(m->remote_diag));
	put_us_as_ms(o, "detection_ms", m->detection_ns / 1000);
	/* How long before the decision the last packet came. */
	if (m->last_rx_ns && m->at_ns >= m->last_rx_ns)
		put_us_as_ms(o, "silence_ms", (m->at_ns - m->last_rx_ns) / 1000);
	else
		put_text(o, "silence_ms", NULL);
	put_bool(o, "node_late", m->node_late);
	return o;
}

static void put_timers(json_t *o, const struct neighbor *n)
{
	const struct bfd_msg_stats *s = &n->bfd_stats;

	put_us_as_ms(o, "transmit_interval_configured_ms", n->bfd_asked.tx_us);
	put_us_as_ms(o, "receive_interval_configured_ms", n->bfd_asked.rx_us);
	put_us_as_ms(o, "transmit_interval_ms", s->tx_interval_us);
	put_us_as_ms(o, "remote_transmit_interval_ms", s->remote_tx_us);
	put_us_as_ms(o, "remote_receive_interval_ms", s->remote_rx_us);
	put_us_as_ms(o, "detection_ms", s->detection_us);
	put_number(o, "multiplier", s->multiplier);
	put_number(o, "remote_multiplier", s->remote_multiplier);
}

static json_t *view_drops(const uint64_t *drops, unsigned first, unsigned end)
{
	json_t *o = json_object();

	for (unsigned d = first; d < end; d++)
		put_number(o, bfd_drop_text((enum bfd_drop)d), drops[d]);
	return o;
}

static void put_packets(json_t *o, const struct bfd_msg_stats *s)
{
	put_number(o, "received", s->rx_packets);
	put_number(o, "sent", s->tx_packets);
	put_number(o, "dropped", s->rx_dropped);
	json_object_set_new(
		o, "dropped_by_reason", view_drops(s->drops, BFD_DROP_OF_SESSION, BFD_DROP_N));
	put_number(o, "refused_by_process", s->rx_refused);
	json_object_set_new(o, "refused_by_reason",
		view_drops(s->drops, BFD_DROP_NONE + 1, BFD_DROP_OF_SESSION));
	put_number(o, "up_n", s->up_n);
	put_number(o, "down_n", s->down_n);
	put_number(o, "down_late_n", s->down_late_n);
	put_number(o, "saved_by_drain", s->saved_by_drain);
	put_us_as_ms(o, "late_max_ms", s->tx_late_max_us);
	put_us_as_ms(o, "late_average_ms", s->tx_packets ? s->tx_late_sum_us / s->tx_packets : 0);
	put_us_as_ms(o, "wake_late_max_ms", s->wake_late_max_us);
	put_us_as_ms(o, "wake_late_average_ms", s->wake_n ? s->wake_late_sum_us / s->wake_n : 0);
}

static json_t *view_stats(const struct neighbor *n, uint64_t now_ns)
{
	const struct bfd_msg_stats *s = &n->bfd_stats;
	json_t *o = json_object();

	put_age_ms(o, "stats_age_ms", n->bfd_stats_ms * 1000000, now_ns);
	put_text(o, "diagnostic", words_bfd_diag(s->diag));
	put_text(o, "remote_state", words_bfd_state(s->remote_state));
	put_text(o, "remote_diagnostic", words_bfd_diag(s->remote_diag));
	put_bool(o, "remote_control_plane_independent", s->remote_c);
	put_age_ms(o, "since_ms", s->state_since_ns, now_ns);
	put_number(o, "local_discriminator", s->local_discr);
	put_number(o, "remote_discriminator", s->remote_discr);
	put_timers(o, n);
	put_packets(o, s);
	put_text(o, "error", s->error);
	return o;
}

/* What BGP waits for. */
static void put_hold(json_t *o, const struct neighbor *n, uint64_t now_ms)
{
	const struct hold_conf *c = &n->hold_conf;
	uint64_t until = hold_until_ms(&n->hold, c, now_ms);

	put_bool(o, "strict", c->strict);
	put_bool(o, "holds_bgp", n->held);
	if (n->held && until != HOLD_OPEN && until != HOLD_FOR_EVER)
		put_number(o, "holds_for_ms", until - now_ms);
	else
		put_text(o, "holds_for_ms", NULL);
	put_number(o, "recent_losses", n->hold.flaps);
	put_number(o, "up_delay_ms", c->up_delay_ms ? hold_delay_ms(&n->hold, c) : 0);
}

json_t *view_bfd(const struct neighbor *n, uint64_t now_ns)
{
	json_t *o = json_object();
	bool stats = n->bfd_stats_ms != 0;

	put_text(o, "neighbor", n->conf->name);
	put_text(o, "vrf", n->conf->vrf->name);
	put_addr(o, "local", n->bfd_asked.local);
	put_addr(o, "remote", n->bfd_asked.remote);
	put_text(o, "device", n->bfd_asked.device);
	put_bool(o, "multihop", n->bfd_asked.multihop);
	if (n->bfd_asked.multihop)
		put_number(o, "minimum_ttl", n->bfd_asked.minimum_ttl);
	else
		put_text(o, "minimum_ttl", NULL);
	put_bool(o, "passive", n->bfd_asked.passive);
	put_text(o, "authentication", words_bfd_auth(n->bfd_asked.auth.type));
	put_text(o, "key_error", n->bfd_error);
	put_bool(o, "shared", liveness_is_shared(n));
	put_hold(o, n, now_ns / 1000000);
	put_text(o, "profile", n->conf->bfd ? n->conf->bfd->name : NULL);
	put_text(o, "state",
		stats         ? words_bfd_state(n->bfd_stats.state)
		: n->bfd_told ? words_bfd_state(n->bfd.state)
			      : "Down");
	json_object_set_new(
		o, "last_change", n->bfd_told ? view_change(&n->bfd, now_ns) : json_null());
	json_object_set_new(o, "stats", stats ? view_stats(n, now_ns) : json_null());
	return o;
}
