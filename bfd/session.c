#include "bfd/session.h"

#include <string.h>

enum {
	SLOW_US = 1000000,       /* least interval outside of Up (6.8.3) */
	NEAR_MOST_NS = 12500000, /* so much earlier a packet leaves in the wake-up of others */
};

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint32_t advertised_tx_us(const struct bfd_session *s)
{
	return s->state == BFD_STATE_UP ? s->tx_us : max_u32(s->tx_us, SLOW_US);
}

static void use_configured(struct bfd_session *s)
{
	s->use_tx_us = advertised_tx_us(s);
	s->use_rx_us = s->rx_us;
}

/* 6.8.1: the values of a peer that was never heard. */
static void forget_peer(struct bfd_session *s)
{
	s->remote_discr = 0;
	s->remote_rx_us = 1;
	s->remote_demand = false;
}

void bfd_session_start(struct bfd_session *s, uint32_t discr, uint64_t now_ns)
{
	s->local_discr = discr;
	s->state = s->prev_state = s->remote_state = BFD_STATE_DOWN;
	s->state_since_ns = now_ns;
	forget_peer(s);
	use_configured(s);
}

static void poll_request(struct bfd_session *s)
{
	if (s->poll)
		s->poll_again = true;
	else
		s->poll = true;
}

void bfd_session_configure(
	struct bfd_session *s, uint32_t tx_us, uint32_t rx_us, uint8_t multiplier)
{
	bool changed = s->tx_us != tx_us || s->rx_us != rx_us;
	s->tx_us = tx_us;
	s->rx_us = rx_us;
	s->multiplier = multiplier;
	if (s->state != BFD_STATE_UP) {
		use_configured(s);
		return;
	}
	if (tx_us < s->use_tx_us)
		s->use_tx_us = tx_us;
	if (rx_us > s->use_rx_us)
		s->use_rx_us = rx_us;
	if (changed)
		poll_request(s);
}

static unsigned enter(struct bfd_session *s, struct bfd_step step, uint64_t now_ns)
{
	if (!step.changed)
		return 0;
	s->prev_state = s->state;
	s->state = (uint8_t)step.state;
	s->diag = (uint8_t)step.diag;
	s->state_since_ns = now_ns;
	s->poll = step.state == BFD_STATE_UP;
	s->poll_again = false;
	use_configured(s);
	s->up_n += step.state == BFD_STATE_UP;
	s->down_n += s->prev_state == BFD_STATE_UP;
	s->down_late_n += s->prev_state == BFD_STATE_UP && bfd_session_node_late(s, now_ns);
	return BFD_ACTION_CHANGED | BFD_ACTION_SEND | (step.dead ? BFD_ACTION_DEAD : 0u);
}

unsigned bfd_session_event(struct bfd_session *s, enum bfd_event event, uint64_t now_ns)
{
	return enter(s, bfd_fsm_step((enum bfd_state)s->state, event), now_ns);
}

static void store_remote(struct bfd_session *s, const struct bfd_packet *p)
{
	s->remote_discr = p->my_discr;
	s->remote_state = p->state;
	s->remote_diag = p->diag;
	s->remote_multiplier = p->multiplier;
	s->remote_c = p->control_plane_independent;
	s->remote_demand = p->demand;
	s->remote_tx_us = p->desired_tx_us;
	s->remote_rx_us = p->required_rx_us;
}

static void poll_end(struct bfd_session *s)
{
	s->poll = false;
	if (!s->poll_again)
		use_configured(s);
}

unsigned bfd_session_packet(struct bfd_session *s, const struct bfd_packet *p, uint64_t at_ns,
	uint64_t now_ns, enum bfd_drop *drop)
{
	bool was_admin = s->remote_state == BFD_STATE_ADMIN_DOWN;
	store_remote(s, p);
	if (p->final && s->poll)
		poll_end(s);
	if (s->state == BFD_STATE_ADMIN_DOWN) {
		*drop = BFD_DROP_ADMIN_DOWN;
		return 0;
	}
	unsigned actions = bfd_session_event(s, (enum bfd_event)p->state, now_ns);
	if (!actions && was_admin != (p->state == BFD_STATE_ADMIN_DOWN))
		actions = BFD_ACTION_REMOTE;
	if (p->poll)
		actions = (actions & ~(unsigned)BFD_ACTION_SEND) | BFD_ACTION_SEND_FINAL;
	if (at_ns > s->last_rx_ns)
		s->last_rx_ns = at_ns;
	s->grace_ns = 0;
	s->graced = false;
	s->rx_packets++;
	*drop = BFD_DROP_NONE;
	return actions;
}

unsigned bfd_session_disable(struct bfd_session *s, uint64_t now_ns)
{
	uint32_t interval_us = max_u32(s->use_tx_us, s->remote_rx_us);
	uint32_t told_us = max_u32(max_u32(s->use_tx_us, s->tx_us), s->remote_rx_us);
	s->linger_tx_us = interval_us;
	s->linger_ns = now_ns;
	if (s->remote_discr)
		s->linger_ns += (uint64_t)s->multiplier * told_us * 1000;
	return bfd_session_event(s, BFD_EVENT_DISABLE, now_ns);
}

unsigned bfd_session_expire(struct bfd_session *s, bool doubt, uint64_t now_ns)
{
	bool judged = s->state == BFD_STATE_INIT || s->state == BFD_STATE_UP;
	s->suspect = false;
	if (now_ns < bfd_session_expiry_ns(s)) {
		s->saved_by_drain++;
		return 0;
	}
	if (judged && doubt && !s->graced) {
		s->graced = true;
		s->grace_ns = now_ns + bfd_session_detection_ns(s);
		return 0;
	}
	forget_peer(s);
	return bfd_session_event(s, BFD_EVENT_TIMEOUT, now_ns);
}

void bfd_session_note_late(struct bfd_session *s, uint64_t late_ns, uint64_t now_ns)
{
	uint64_t detection_ns = bfd_session_detection_ns(s);
	if (detection_ns && late_ns > detection_ns / 2)
		s->late_at_ns = now_ns;
}

bool bfd_session_node_late(const struct bfd_session *s, uint64_t now_ns)
{
	return s->late_at_ns && now_ns - s->late_at_ns <= 2 * bfd_session_detection_ns(s);
}

void bfd_session_fill(const struct bfd_session *s, bool final, struct bfd_packet *out)
{
	*out = (struct bfd_packet){
		.diag = s->diag,
		.state = s->state,
		.poll = s->poll && !final,
		.final = final,
		.multiplier = s->multiplier,
		.my_discr = s->local_discr,
		.your_discr = s->remote_discr,
		.desired_tx_us = advertised_tx_us(s),
		.required_rx_us = s->rx_us,
	};
}

/* 6.7.3: a meticulous sequence number grows with each packet, the other when what is said changes.
 */
static uint32_t next_seq(struct bfd_session *s, const uint8_t *packet)
{
	bool same = memcmp(s->auth_sent, packet, sizeof(s->auth_sent)) == 0;
	if (!same || bfd_auth_is_meticulous(s->auth.type))
		s->auth_tx_seq++;
	memcpy(s->auth_sent, packet, sizeof(s->auth_sent));
	return s->auth_tx_seq;
}

size_t bfd_session_encode(struct bfd_session *s, bool final, uint8_t out[BFD_PACKET_MAX])
{
	struct bfd_packet p;
	bfd_session_fill(s, final, &p);
	bfd_packet_encode(&p, out);
	if (s->auth.type == BFD_AUTH_NONE)
		return BFD_PACKET_LEN;
	return bfd_auth_sign(&s->auth, next_seq(s, out), out);
}

void bfd_session_set_auth(struct bfd_session *s, const struct bfd_auth *a)
{
	if (a->type != s->auth.type)
		s->auth_rx_known = false;
	s->auth = *a;
}

/* 6.7.3, 6.8.1: what is known is forgotten after two detection times of silence. A packet that the
 * peer sent before its restart is not told from a new one by less than that. */
struct bfd_auth_window bfd_session_auth_window(
	const struct bfd_session *s, const struct bfd_packet *p, uint64_t at_ns)
{
	bool meticulous = bfd_auth_is_meticulous(s->auth.type);
	if (!s->auth_rx_known ||
		(at_ns > s->last_rx_ns && at_ns - s->last_rx_ns > 2 * bfd_session_detection_ns(s)))
		return (struct bfd_auth_window){0};
	return (struct bfd_auth_window){
		.first = s->auth_rx_seq + meticulous, .n = 3u * p->multiplier + !meticulous};
}

void bfd_session_auth_seen(struct bfd_session *s, uint32_t seq)
{
	s->auth_rx_known = s->auth.type > BFD_AUTH_SIMPLE;
	s->auth_rx_seq = seq;
}

void bfd_session_rephase(struct bfd_session *s, uint32_t random, uint64_t now_ns)
{
	s->last_tx_ns = now_ns;
	s->jitter = random;
	if (s->poll_again && !s->poll) {
		s->poll = true;
		s->poll_again = false;
	}
}

bool bfd_session_may_send(const struct bfd_session *s)
{
	return !s->passive || s->remote_discr;
}

uint32_t bfd_session_tx_us(const struct bfd_session *s)
{
	bool both_up = s->state == BFD_STATE_UP && s->remote_state == BFD_STATE_UP;
	if (s->linger_ns)
		return s->linger_tx_us;
	if (s->remote_rx_us == 0 || !bfd_session_may_send(s) ||
		(s->remote_demand && both_up && !s->poll))
		return 0;
	return max_u32(s->use_tx_us, s->remote_rx_us);
}

uint64_t bfd_session_detection_ns(const struct bfd_session *s)
{
	return (uint64_t)s->remote_multiplier * max_u32(s->use_rx_us, s->remote_tx_us) * 1000;
}

/* 6.8.7: 0 to 25 % early; with our Detect Mult 1 no later than at 90 %. */
uint64_t bfd_session_next_tx_ns(const struct bfd_session *s)
{
	uint64_t interval_ns = (uint64_t)bfd_session_tx_us(s) * 1000;
	if (interval_ns == 0)
		return BFD_NEVER;
	uint64_t least = s->multiplier == 1 ? interval_ns / 10 : 0;
	uint64_t span = interval_ns / 4 - least;
	uint64_t early = least + (span >> 16) * (s->jitter >> 16) +
			 ((span & 0xffff) * (s->jitter >> 16) >> 16);
	return s->last_tx_ns + interval_ns - early;
}

bool bfd_session_tx_is_near(const struct bfd_session *s, uint64_t now_ns)
{
	uint64_t interval_ns = (uint64_t)bfd_session_tx_us(s) * 1000;
	uint64_t at = bfd_session_next_tx_ns(s);
	return at != BFD_NEVER && at <= now_ns + NEAR_MOST_NS &&
	       now_ns >= s->last_tx_ns + interval_ns - interval_ns / 4;
}

/* With the peer's discriminator known the timer runs in every state: 6.8.1 wants it forgotten after
 * a detection time without a packet. */
uint64_t bfd_session_expiry_ns(const struct bfd_session *s)
{
	if (s->remote_discr == 0)
		return BFD_NEVER;
	uint64_t at = s->last_rx_ns + bfd_session_detection_ns(s);
	return at > s->grace_ns ? at : s->grace_ns;
}

uint64_t bfd_session_due_ns(const struct bfd_session *s)
{
	uint64_t due = bfd_session_next_tx_ns(s);
	if (!s->suspect)
		due = min_u64(due, bfd_session_expiry_ns(s));
	if (s->linger_ns)
		due = min_u64(due, s->linger_ns);
	if (s->wake_ns)
		due = min_u64(due, s->wake_ns);
	return due;
}
