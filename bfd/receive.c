#include "bfd/receive.h"

static enum bfd_drop find(const struct bfd_table *t, const struct bfd_packet *p,
	const struct bfd_arrival *a, struct bfd_session **out)
{
	if (p->your_discr) {
		struct bfd_session *s = bfd_table_find_discr(t, p->your_discr);
		if (!s)
			return BFD_DROP_UNKNOWN_DISCR;
		*out = s;
		/* More than the RFC asks: a guessed discriminator does not help from elsewhere. */
		return bfd_table_on_path(s, a) ? BFD_DROP_NONE : BFD_DROP_WRONG_PATH;
	}
	if (p->state != BFD_STATE_DOWN && p->state != BFD_STATE_ADMIN_DOWN)
		return BFD_DROP_NO_DISCR_STATE;
	*out = bfd_table_find_path(t, a);
	return *out ? BFD_DROP_NONE : BFD_DROP_NO_SESSION;
}

static enum bfd_drop check(const struct bfd_table *t, const void *payload, size_t len,
	const struct bfd_arrival *a, struct bfd_packet *p, struct bfd_session **s, uint32_t *seq)
{
	if (!a->multihop && a->ttl != BFD_TTL)
		return BFD_DROP_TTL;
	enum bfd_drop drop = bfd_packet_decode(payload, len, p);
	if (drop != BFD_DROP_NONE)
		return drop;
	drop = find(t, p, a, s);
	if (drop == BFD_DROP_NONE && a->multihop && a->ttl < (*s)->minimum_ttl)
		drop = BFD_DROP_HOPS;
	if (drop == BFD_DROP_NONE)
		drop = bfd_auth_check(
			&(*s)->auth, payload, p, bfd_session_auth_window(*s, p, a->at_ns), seq);
	return drop;
}

static void count(struct bfd_table *t, struct bfd_session *s, enum bfd_drop drop)
{
	t->dropped[drop]++;
	if (!s)
		return;
	s->rx_dropped++;
	s->drops[drop - BFD_DROP_OF_SESSION]++;
}

struct bfd_received bfd_receive(struct bfd_table *t, const void *payload, size_t len,
	const struct bfd_arrival *a, uint64_t now_ns)
{
	struct bfd_packet p;
	struct bfd_received r = {0};
	uint32_t seq = 0;
	r.drop = check(t, payload, len, a, &p, &r.session, &seq);
	if (r.drop == BFD_DROP_NONE) {
		bfd_session_auth_seen(r.session, seq);
		r.actions = bfd_session_packet(r.session, &p, a->at_ns, now_ns, &r.drop);
	}
	if (r.drop != BFD_DROP_NONE)
		count(t, r.session, r.drop);
	else
		bfd_table_update(t, r.session, false);
	return r;
}

uint64_t bfd_refused_n(const struct bfd_table *t)
{
	uint64_t n = 0;
	for (unsigned d = BFD_DROP_NONE + 1; d < BFD_DROP_OF_SESSION; d++)
		n += t->dropped[d];
	return n;
}
